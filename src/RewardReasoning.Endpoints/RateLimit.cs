namespace RewardReasoning.Endpoints;

/// <summary>
/// Spreads something evenly over time: a number of units a minute, without a burst at the beginning, so that no minute holds more than its
/// share and the one in progress.
/// </summary>
internal sealed class RateLimit(double perMinute, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly double _perUnit = 60 * time.TimestampFrequency / perMinute;
    private double _free;

    /// <summary>Waits for its turn, which comes in the order of asking, and takes the units.</summary>
    public async Task WaitAsync(double units, CancellationToken cancellationToken)
    {
        double wait;
        lock (_lock)
        {
            double now = time.GetTimestamp();
            double turn = Math.Max(now, _free);
            _free = turn + (units * _perUnit);
            wait = turn - now;
        }

        if (wait > 0)
        {
            try
            {
                await Task.Delay(TimeSpan.FromSeconds(wait / time.TimestampFrequency), time, cancellationToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                Take(-units);
                throw;
            }
        }
    }

    /// <summary>Takes further units (or gives some back) that were not known when the turn came.</summary>
    public void Take(double units)
    {
        lock (_lock)
        {
            _free += units * _perUnit;
        }
    }
}
