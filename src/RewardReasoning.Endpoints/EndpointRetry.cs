namespace RewardReasoning.Endpoints;

/// <summary>
/// The tries of one request: exponential back-off with jitter, or what the server asks for, within a number and a window.
/// </summary>
internal sealed class EndpointRetry(EndpointOptions options, TimeProvider time, Random random)
{
    private static readonly TimeSpan LongestDelay = TimeSpan.FromMinutes(1);

    private int _tries;
    private long _firstFailure;

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
        if (!failure.IsTransient || _tries >= options.Tries || !inTime)
        {
            throw failure.IsTransient ? GaveUp(failure, inTime, delay) : failure;
        }

        options.OnRetry?.Invoke(failure, _tries, delay);
        await Task.Delay(delay, time, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The wait after so many failures in a row: doubled with each, up to a minute, and half of it chance.</summary>
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
            : $"Gave up after {_tries} {(_tries == 1 ? "try" : "tries")}: the next would begin in {delay.TotalSeconds:0} s, past the {options.RetryWindow.TotalMinutes:0} minutes allowed.";
        return new($"{failure.Message} {why}", failure) { Status = failure.Status, RetryAfter = failure.RetryAfter };
    }
}
