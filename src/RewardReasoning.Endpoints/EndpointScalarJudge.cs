using System.Net;
using System.Text.Json.Nodes;
using RewardReasoning.Judging;

namespace RewardReasoning.Endpoints;

/// <summary>
/// A scalar reward model behind vLLM (started with <c>--runner pooling</c>) as a judge: each response is scored by itself with
/// <c>/classify</c>, or <c>/pooling</c> where that is missing, and the higher raw score wins, as with a reward model in this process. Safe
/// to use from many threads at once.
/// </summary>
public sealed class EndpointScalarJudge : IScalarJudge
{
    private static readonly string[] Paths = ["/classify", "/pooling"];

    private readonly EndpointOptions _options;
    private readonly TimeProvider _time;
    private readonly Random _random;
    private readonly HttpClient _http;
    private readonly EndpointPool _pool;
    private volatile int _path;

    /// <summary>A judge over one reward model.</summary>
    /// <param name="options">Where and how to ask.</param>
    /// <param name="time">Clock for time-outs and waits; the system's if null.</param>
    /// <param name="random">Chance for the jitter of waits; if null, one that differs between processes.</param>
    /// <exception cref="ArgumentException">The options have faults; the message lists all of them.</exception>
    public EndpointScalarJudge(EndpointOptions options, TimeProvider? time = null, Random? random = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _options = options;
        _time = time ?? TimeProvider.System;
        _random = random ?? new Random(Environment.ProcessId);
        _http = EndpointChatClient.NewHttpClient(options);
        EndpointKey? key = EndpointKey.Of(options);
        _pool = new([.. options.Urls.Select(url => new EndpointServer(url, options, key, _http, _time))], options, _time, _random);
    }

    /// <inheritdoc/>
    public string Name => _options.Model;

    /// <inheritdoc/>
    public string Identity => EndpointIdentity.Of(_options, turnsSamplersOff: false) + "+scores";

    /// <inheritdoc/>
    public int Concurrency => (_options.Concurrency ?? JudgeOptions.DefaultConcurrency) * (1 + _options.MoreUrls.Count);

    /// <summary>The raw score of a response; only differences between responses to one query mean anything.</summary>
    /// <exception cref="EndpointException">The server gave no score.</exception>
    public async Task<double> ScoreAsync(string query, string response, CancellationToken cancellationToken = default) =>
        (await AskAsync(query, response, cancellationToken).ConfigureAwait(false)).Value;

    /// <inheritdoc/>
    /// <exception cref="EndpointException">The server gave no score.</exception>
    public async Task<Judgment> JudgeAsync(Comparison comparison, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(comparison);
        long start = _time.GetTimestamp();
        WireScore[] scores = await Task.WhenAll(
                AskAsync(comparison.Query, comparison.Response1, cancellationToken),
                AskAsync(comparison.Query, comparison.Response2, cancellationToken)
            )
            .ConfigureAwait(false);
        Usage usage = new() { PromptTokens = scores.Sum(score => score.Usage?.PromptTokens ?? 0), Elapsed = _time.GetElapsedTime(start) };
        return Judgment.OfScores(comparison, scores[0].Value, scores[1].Value, usage, Name);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _pool.Dispose();
        if (_http != _options.HttpClient)
        {
            _http.Dispose();
        }
    }

    private async Task<WireScore> AskAsync(string query, string response, CancellationToken cancellationToken)
    {
        JsonObject question = new()
        {
            ["model"] = _options.Model,
            ["messages"] = new JsonArray(
                new JsonObject { ["role"] = "user", ["content"] = query },
                new JsonObject { ["role"] = "assistant", ["content"] = response }
            ),
            ["add_generation_prompt"] = false,
            ["use_activation"] = false, // the raw score, of which the sigmoid would be the activation
        };
        foreach ((string name, JsonNode? value) in _options.ExtraFields ?? [])
        {
            question[name] = value?.DeepClone();
        }

        EndpointRetry retry = new(_options, _time, _random);
        HashSet<EndpointServer>? avoid = null;
        int path = _path;
        while (true)
        {
            EndpointPlace place = await _pool.EnterAsync(avoid, cancellationToken).ConfigureAwait(false);
            EndpointException? failure = null;
            bool answered = false;
            try
            {
                WireScore score = await place.Server.ScoreAsync(Paths[path], question, cancellationToken).ConfigureAwait(false);
                answered = true;
                _path = path;
                return score;
            }
            catch (EndpointException error)
            {
                failure = error;
            }
            finally
            {
                _pool.Leave(place, answered, failure);
            }

            if (failure.Status is HttpStatusCode.NotFound or HttpStatusCode.MethodNotAllowed && path + 1 < Paths.Length)
            {
                path++;
                continue;
            }

            (avoid ??= []).Add(place.Server);
            bool elsewhere = failure.IsTransient && _pool.HasOther(avoid);
            await retry.WaitAsync(failure, elsewhere, cancellationToken).ConfigureAwait(false);
            avoid = elsewhere ? avoid : null;
        }
    }
}
