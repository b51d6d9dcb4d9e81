using System.Net;

namespace RewardReasoning.Endpoints;

/// <summary>
/// The tries of one request: exponential back-off with jitter, or what the server asks for, within a number and a window.
/// </summary>
internal sealed class EndpointRetry(EndpointOptions options, TimeProvider time, Random random)
{
    private static readonly TimeSpan LongestDelay = TimeSpan.FromMinutes(1);

    /// <summary>Tries where another one seldom helps.</summary>
    private const int FewTries = 3;

    private int _tries;
    private int _alike;
    private long _firstFailure;
    private string _lastFault = "";

    /// <summary>Waits until the request may be tried again; not at all where it goes elsewhere.</summary>
    /// <exception cref="EndpointException">It may not: the failure itself, with what was tried.</exception>
    public async Task WaitAsync(EndpointException failure, bool elsewhere, CancellationToken cancellationToken)
    {
        _tries++;
        if (_tries == 1)
        {
            _firstFailure = time.GetTimestamp();
        }

        TimeSpan delay = elsewhere ? TimeSpan.Zero : failure.RetryAfter ?? DelayAfter(_tries, options.FirstDelay, random);
        bool inTime = time.GetElapsedTime(_firstFailure) + delay <= options.RetryWindow;
        if (!failure.IsTransient || _tries >= MostTries(failure) || !inTime)
        {
            throw failure.IsTransient ? GaveUp(failure, inTime, delay) : failure;
        }

        options.OnRetry?.Invoke(failure, _tries, delay);
        await Task.Delay(delay, time, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Passes on what was learnt about the server.</summary>
    public void Notice(string learnt) => options.OnNotice?.Invoke(learnt);

    /// <summary>
    /// An answer that ends for an unknown reason will often do so again, and so will a request whose HTTP 500 is the same each time: some
    /// servers (transformers) give that for what a request has wrong.
    /// </summary>
    private int MostTries(EndpointException failure)
    {
        bool isFault = failure.Status == HttpStatusCode.InternalServerError;
        _alike = isFault && failure.Message == _lastFault ? _alike + 1 : 1;
        _lastFault = failure.Message;
        bool few = failure.Failure == EndpointFailure.UnknownEnd || (isFault && _alike >= FewTries);
        return few ? Math.Min(FewTries, options.Tries) : options.Tries;
    }

    /// <summary>The wait after this number of failures in a row: doubled with each, up to a minute, and half of it chance.</summary>
    public static TimeSpan DelayAfter(int failures, TimeSpan first, Random random)
    {
        double longest = Math.Min(first.TotalSeconds * Math.Pow(2, failures - 1), LongestDelay.TotalSeconds);
        lock (random)
        {
            return TimeSpan.FromSeconds(longest * (0.5 + (0.5 * random.NextDouble())));
        }
    }

    private EndpointException GaveUp(EndpointException failure, bool inTime, TimeSpan delay)
    {
        string why = inTime
            ? $"Gave up after {_tries} {(_tries == 1 ? "try" : "tries")}."
            : $"Gave up after {_tries} {(_tries == 1 ? "try" : "tries")}: the next would begin in {delay.TotalSeconds:0} s, "
                + $"past the {options.RetryWindow.TotalMinutes:0} minutes allowed.";
        return new($"{failure.Message} {why}", failure)
        {
            Failure = failure.Failure,
            Status = failure.Status,
            RetryAfter = failure.RetryAfter,
        };
    }
}
