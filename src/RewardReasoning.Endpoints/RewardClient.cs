using System.Text.Json;
using System.Text.Json.Nodes;
using RewardReasoning.Judging;

namespace RewardReasoning.Endpoints;

/// <summary>
/// A client of <c>rrm serve</c>: rewards for groups of responses, and the judge behind the service as an <see cref="IJudge"/>. A request is
/// repeated while the service is away, and asking again costs nothing there: the same group has the same rewards. Safe to use from many
/// threads at once.
/// </summary>
/// <example>
/// <code>
/// using RewardClient client = new(new() { Url = new Uri("http://localhost:8000/v1") });
/// var rewards = await client.RewardAsync("run-1/step-7/prompt-3", "12*4+7", ["55", "54", "45"]);
/// Console.WriteLine(rewards[0].Reward);
/// </code>
/// </example>
public sealed class RewardClient : IJudge, IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly RewardClientOptions _options;
    private readonly EndpointOptions _endpoint;
    private readonly TimeProvider _time;
    private readonly Random _random;
    private readonly HttpClient _http;
    private readonly EndpointServer _judge;
    private readonly EndpointServer _rewards;
    private readonly EndpointErrors _errors;
    private readonly SemaphoreSlim _places;

    /// <summary>A client of one service.</summary>
    /// <param name="options">Where and how to ask.</param>
    /// <param name="time">Clock for waits; the system's if null.</param>
    /// <param name="random">Chance for the jitter of waits; if null, one that differs between processes.</param>
    /// <exception cref="ArgumentException">The options have faults; the message lists all of them.</exception>
    public RewardClient(RewardClientOptions options, TimeProvider? time = null, Random? random = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        (_options, _endpoint) = (options, options.ToEndpointOptions());
        _time = time ?? TimeProvider.System;
        _random = random ?? new Random(Environment.ProcessId);
        _http = EndpointChatClient.NewHttpClient(_endpoint);
        EndpointKey? key = EndpointKey.Of(_endpoint);
        _judge = new(options.Url, _endpoint, key, _http, _time);
        // These are held for a known time: a connection that is silent for longer is dead.
        _rewards = new(options.Url, _endpoint with { RequestTimeout = options.Hold + Patience }, key, _http, _time);
        _errors = new(options.Url, Secrets.Of(_endpoint, key), _time);
        _places = new(options.Concurrency);
    }

    /// <summary>The rewards of a whole group, by comparing its responses with each other.</summary>
    /// <param name="group">The group's name, unique across runs, steps and prompts: the same one again has the same rewards.</param>
    /// <param name="query">What the responses answer.</param>
    /// <param name="responses">The members, at least two.</param>
    /// <param name="cancellationToken">Ends the wait; the service judges on, and the same call again takes the result.</param>
    /// <returns>One for each response, in their order. A failed judgment is a missing reward, never a number.</returns>
    /// <exception cref="EndpointException">The service could not be reached for too long, or refused the request.</exception>
    public async Task<IReadOnlyList<MemberReward>> RewardAsync(
        string group,
        string query,
        IReadOnlyList<string> responses,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(group);
        ArgumentNullException.ThrowIfNull(query);
        ArgumentNullException.ThrowIfNull(responses);
        ArgumentOutOfRangeException.ThrowIfLessThan(responses.Count, 2, nameof(responses));
        await _places.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            for (int attempt = 0; ; attempt++)
            {
                WireReward[] rewards = await AttemptAsync(Members(group, attempt, query, responses), cancellationToken)
                    .ConfigureAwait(false);
                bool isLast = attempt + 1 >= _options.Attempts;
                if (isLast || Array.Exists(rewards, member => member.Reward is not null) || !rewards.Any(member => member.WantsAttempt))
                {
                    return [.. rewards.Select(member => member.ToMemberReward())];
                }
            }
        }
        finally
        {
            _places.Release();
        }
    }

    /// <inheritdoc/>
    /// <exception cref="EndpointException">The service could not be reached for too long, or refused the request.</exception>
    public async Task<Judgment> JudgeAsync(Comparison comparison, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(comparison);
        JsonObject question = new()
        {
            ["query"] = comparison.Query,
            ["response_1"] = comparison.Response1,
            ["response_2"] = comparison.Response2,
        };
        await _places.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await RetryingAsync(_judge, "/judge", question, JudgmentJson.Read, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _places.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _places.Dispose();
        if (_http != _options.HttpClient)
        {
            _http.Dispose();
        }
    }

    /// <summary>Which judge is behind the service, as text to compare, and what it can judge.</summary>
    /// <exception cref="EndpointException">The service could not be reached for too long, or refused the request.</exception>
    internal Task<(string Fingerprint, JudgeDomain? Domain)> AskForJudgeAsync(CancellationToken cancellationToken) =>
        RetryingAsync(
            _judge,
            "/judge",
            null,
            answer =>
            {
                WireJudge judge = answer.Deserialize(RewardWire.Default.WireJudge) ?? throw new JsonException("It is null.");
                JudgeDomain? domain = judge.Domain is { } known ? new(known.Query, known.Response, known.Says) : null;
                return (judge.Judge.GetRawText(), domain);
            },
            cancellationToken
        );

    /// <summary>Submits the members until all of them are final: a member that is sent again is the same one.</summary>
    private async Task<WireReward[]> AttemptAsync(JsonArray members, CancellationToken cancellationToken)
    {
        while (true)
        {
            WireReward[] rewards = await RetryingAsync(_rewards, "/rewards", members, Read, cancellationToken).ConfigureAwait(false);
            if (Array.TrueForAll(rewards, member => member.IsFinal))
            {
                return rewards;
            }
        }

        WireReward[] Read(JsonElement answer)
        {
            WireReward[] rewards = answer.Deserialize(RewardWire.Default.WireRewardArray) ?? [];
            return rewards.Length != members.Count
                    ? throw new JsonException($"It has {rewards.Length} members, and {members.Count} were sent.")
                : Array.Find(rewards, member => member.IsTurnedAway)?.Failure is { } full ? throw _errors.Overloaded(full.Detail ?? "")
                : rewards;
        }
    }

    private async Task<T> RetryingAsync<T>(
        EndpointServer server,
        string path,
        JsonNode? question,
        Func<JsonElement, T> read,
        CancellationToken cancellationToken
    )
    {
        EndpointRetry retry = new(_endpoint, _time, _random);
        while (true)
        {
            EndpointException failure;
            try
            {
                JsonElement answer = await server.AskAsync(path, question, cancellationToken).ConfigureAwait(false);
                try
                {
                    return read(answer);
                }
                catch (Exception error) when (error is JsonException or ArgumentException)
                {
                    throw _errors.NotJson(answer.GetRawText(), error);
                }
            }
            catch (EndpointException error)
            {
                failure = error;
            }

            await retry.WaitAsync(failure, elsewhere: false, cancellationToken).ConfigureAwait(false);
        }
    }

    private JsonArray Members(string group, int attempt, string query, IReadOnlyList<string> responses)
    {
        JsonArray members = [];
        foreach ((int index, string response) in responses.Index())
        {
            JsonObject member = new()
            {
                ["group"] = group,
                ["attempt"] = attempt,
                ["index"] = index,
                ["size"] = responses.Count,
                ["query"] = query,
                ["response"] = response,
                ["wait_s"] = _options.Hold.TotalSeconds,
            };
            if (_options.JudgeTime is { } limit)
            {
                member["deadline"] = new JsonObject { ["judge_s"] = limit.TotalSeconds };
            }

            members.Add(member);
        }

        return members;
    }
}
