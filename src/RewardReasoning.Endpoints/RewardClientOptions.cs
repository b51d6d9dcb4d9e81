using RewardReasoning.Recipes;

namespace RewardReasoning.Endpoints;

/// <summary>Where and how a <see cref="RewardClient"/> asks.</summary>
public sealed record RewardClientOptions : ICheckedOptions
{
    /// <summary>Address of <c>rrm serve</c>, such as <c>http://localhost:8000/v1</c>; a bare host gets <c>/v1</c>.</summary>
    public required Uri Url { get; init; }

    /// <summary>Name of the environment variable that holds the API key. The key itself appears in no error.</summary>
    /// <value>null (no key is sent).</value>
    public string? ApiKeyVariable { get; init; }

    /// <summary>The HTTP client to send with; the caller disposes it, and its time-out applies too.</summary>
    /// <value>null (one is made for this use).</value>
    public HttpClient? HttpClient { get; init; }

    /// <summary>Requests in flight; a group that waits for its rewards is one.</summary>
    /// <value>64, at least 1.</value>
    public int Concurrency { get; init; } = 64;

    /// <summary>
    /// How often a group is judged when none of its members has a reward for a passing reason. A new attempt replaces the one before, so
    /// no two of them are ever mixed.
    /// </summary>
    /// <value>3, at least 1.</value>
    public int Attempts { get; init; } = 3;

    /// <summary>How long the judge may work on a group; waiting for its turn does not count.</summary>
    /// <value>null (the service derives it from the judge's speed), else above 0.</value>
    public TimeSpan? JudgeTime { get; init; }

    /// <summary>For how long a request is repeated while the service cannot be reached or takes no work.</summary>
    /// <value>10 minutes.</value>
    public TimeSpan RetryWindow { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Called with each failed try that will be repeated: the failure, the number of the try, and the wait.</summary>
    /// <value>null (nobody).</value>
    public Action<EndpointException, int, TimeSpan>? OnRetry { get; init; }

    /// <summary>How long one request asks to be held, so that no proxy on the way loses patience.</summary>
    internal TimeSpan Hold { get; init; } = TimeSpan.FromSeconds(25);

    /// <summary>Checks all values.</summary>
    /// <exception cref="ArgumentException">At least one cannot be used; the message lists every fault, a line each.</exception>
    public void Validate() => OptionsCheck.ThrowIfInvalid(this);

    /// <summary>The same for the client of one server.</summary>
    internal EndpointOptions ToEndpointOptions() =>
        new()
        {
            Url = Url,
            Model = "rewards",
            ApiKeyVariable = ApiKeyVariable,
            HttpClient = HttpClient,
            Concurrency = Concurrency,
            Tries = int.MaxValue,
            RetryWindow = RetryWindow,
            OnRetry = OnRetry,
        };

    /// <inheritdoc/>
    IEnumerable<string> ICheckedOptions.Faults(OptionNames names)
    {
        ArgumentNullException.ThrowIfNull(names);
        foreach (string fault in ((ICheckedOptions)ToEndpointOptions()).Faults(names))
        {
            yield return fault;
        }

        if (Attempts < 1)
        {
            yield return $"{names[nameof(Attempts)]} is {Attempts}; at least 1 is needed.";
        }

        if (JudgeTime <= TimeSpan.Zero)
        {
            yield return $"{names[nameof(JudgeTime)]} is {JudgeTime}; it is above 0.";
        }
    }
}
