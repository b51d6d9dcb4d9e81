using Microsoft.Extensions.AI;

namespace RewardReasoning.Endpoints;

/// <summary>
/// One request through all its tries until the first answer. Mostly one try runs at a time; where it is silent for far longer than others
/// are, another one runs beside it, at another server if there is one, and the first answer wins: it alone is returned and counted.
/// </summary>
internal sealed class HedgedCall(
    EndpointCall call,
    EndpointPool pool,
    SilenceStatistics silences,
    TimeProvider time,
    Func<EndpointServer, EndpointCall, TryWatch, CancellationToken, Task<ChatResponse>> ask
)
{
    private const int MostAtOnce = 4;

    private readonly List<Running> _running = [];

    public async Task<ChatResponse> RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                if (_running.Count == 0)
                {
                    Start(await pool.EnterAsync(call.Avoid, cancellationToken).ConfigureAwait(false), cancellationToken);
                }

                Running ended = await FirstEndedAsync(cancellationToken).ConfigureAwait(false);
                _running.Remove(ended);
                EndpointException? failure = null;
                bool answered = false;
                try
                {
                    ChatResponse response = await ended.Answer.ConfigureAwait(false);
                    answered = true;
                    silences.Add(ended.Watch.LongestSilence, call.Body.Length);
                    return response;
                }
                catch (EndpointException error)
                {
                    failure = error;
                }
                finally
                {
                    ended.Watch.Dispose();
                    pool.Leave(ended.Place, answered, failure);
                }

                // A failure beside a try that still runs costs nothing: the other one may yet answer.
                if (_running.Count == 0)
                {
                    await call.PrepareNextAsync(failure, ended.Place.Server, pool, cancellationToken).ConfigureAwait(false);
                }
            }
        }
        finally
        {
            foreach (Running other in _running)
            {
                GiveUp(other);
            }
        }
    }

    private void Start(EndpointPlace place, CancellationToken cancellationToken)
    {
        TryWatch watch = new(time, cancellationToken);
        _running.Add(new(place, watch, ask(place.Server, call, watch, cancellationToken)));
    }

    private async Task<Running> FirstEndedAsync(CancellationToken cancellationToken)
    {
        TimeSpan wait = silences.Floor;
        while (true)
        {
            Task any = _running is [var only] ? only.Answer : Task.WhenAny(_running.Select(running => running.Answer));
            if (!any.IsCompleted)
            {
                using CancellationTokenSource enough = new();
                Task pause = Task.Delay(wait, time, enough.Token);
                await Task.WhenAny(any, pause).ConfigureAwait(false);
                await enough.CancelAsync().ConfigureAwait(false);
            }

            if (_running.Find(running => running.Answer.IsCompleted) is { } ended)
            {
                return ended;
            }

            TimeSpan silent = _running.Min(running => running.Watch.SilentFor);
            TimeSpan? limit = silences.Limit(call.Body.Length);
            if (silent >= limit && _running.Count < MostAtOnce && silences.TryTake())
            {
                HashSet<EndpointServer> silentServers = [.. _running.Select(running => running.Place.Server)];
                if (pool.TryEnterBeside(silentServers) is { } place)
                {
                    Start(place, cancellationToken);
                    silent = TimeSpan.Zero;
                }
            }

            wait = limit - silent is { } left && left > silences.Floor ? left : silences.Floor;
        }
    }

    /// <summary>Takes a try back from its server; its place is free once it has ended.</summary>
    private void GiveUp(Running other)
    {
        other.Watch.Cancel();
        _ = other.Answer.ContinueWith(
            ended =>
            {
                _ = ended.Exception; // seen: it lost
                other.Watch.Dispose();
                pool.Leave(other.Place, answered: false, failure: null);
            },
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default
        );
    }

    private sealed record Running(EndpointPlace Place, TryWatch Watch, Task<ChatResponse> Answer);
}
