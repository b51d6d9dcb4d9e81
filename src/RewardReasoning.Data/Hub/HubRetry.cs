namespace RewardReasoning.Data.Hub;

/// <summary>
/// When a failed request is tried again: after waits that double, or when the hub says, up to a number of failures in a row.
/// </summary>
internal sealed class HubRetry(HubOptions options, TimeProvider time)
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(60);
    private int _failed;

    /// <summary>Something came; the failures before it count no more.</summary>
    public void Progressed() => _failed = 0;

    /// <summary>Waits for the next try; false where there is none.</summary>
    public async Task<bool> WaitAsync(HubException failure, CancellationToken cancellationToken)
    {
        if (!failure.IsTransient || ++_failed >= options.Tries)
        {
            return false;
        }

        TimeSpan wait = failure.RetryAfter ?? options.FirstDelay * Math.Pow(2, _failed - 1);
        await Task.Delay(wait < LongestWait ? wait : LongestWait, time, cancellationToken).ConfigureAwait(false);
        return true;
    }

    /// <summary>Runs an attempt until one succeeds.</summary>
    public async Task<T> RunAsync<T>(Func<Task<T>> attempt, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return await attempt().ConfigureAwait(false);
            }
            catch (HubException failure)
            {
                if (!await WaitAsync(failure, cancellationToken).ConfigureAwait(false))
                {
                    throw;
                }
            }
        }
    }
}
