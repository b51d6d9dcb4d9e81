namespace RewardReasoning.Endpoints;

/// <summary>
/// Watches one try: when its server last gave a sign of life, and whether a limit ended it. The longest silence that is allowed depends on
/// whether the answer has begun; time in which the reader itself is busy does not count.
/// </summary>
internal sealed class TryWatch : IDisposable
{
    private const long Paused = long.MaxValue;

    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenRegistration _cancelled;
    private readonly Lock _lock = new();
    private ITimer? _timer;
    private long _began;
    private long _lastSign = Paused;
    private long _longest;
    private TimeSpan _total;
    private TimeSpan _silence;

    public TryWatch(TimeProvider time, CancellationToken cancellationToken)
    {
        _time = time;
        _cancelled = cancellationToken.UnsafeRegister(static state => (state as TryWatch)?.Cancel(), this);
    }

    /// <summary>Ends with the caller's token, with <see cref="Cancel"/>, or at a limit.</summary>
    public CancellationToken Token => _stop.Token;

    /// <summary>The limit that ended it; null where none did.</summary>
    public TimeSpan? Expired { get; private set; }

    /// <summary>Whether that limit was the one on silence.</summary>
    public bool WasSilent { get; private set; }

    /// <summary>Whether the answer has begun.</summary>
    public bool HasBegun { get; private set; }

    /// <summary>The longest silence so far, in seconds.</summary>
    public double LongestSilence => Volatile.Read(ref _longest) / (double)_time.TimestampFrequency;

    /// <summary>How long the server has been silent; zero before the request is sent and while the reader is busy.</summary>
    public TimeSpan SilentFor => Volatile.Read(ref _lastSign) is var last && last == Paused ? TimeSpan.Zero : _time.GetElapsedTime(last);

    /// <summary>The request is sent now.</summary>
    /// <param name="total">The most time to the end of the answer.</param>
    /// <param name="silence">The most time without a sign of life.</param>
    public void Start(TimeSpan total, TimeSpan silence)
    {
        _total = total;
        _silence = silence;
        _began = _time.GetTimestamp();
        Volatile.Write(ref _lastSign, _began);
        Arm(total < silence ? total : silence);
    }

    /// <summary>The first bytes came; from now on this is the most time without a sign of life.</summary>
    public void Begin(TimeSpan silence)
    {
        Sign();
        HasBegun = true;
        _silence = silence;
        TimeSpan left = _total - _time.GetElapsedTime(_began);
        Arm(left < silence ? left : silence);
    }

    /// <summary>A sign of life.</summary>
    public void Sign()
    {
        long now = _time.GetTimestamp(),
            last = Interlocked.Exchange(ref _lastSign, now);
        if (last != Paused && now - last > _longest)
        {
            Volatile.Write(ref _longest, now - last);
        }
    }

    /// <summary>The reader is busy: silence does not count.</summary>
    public void Pause() => Volatile.Write(ref _lastSign, Paused);

    /// <summary>The reader waits for the server again.</summary>
    public void Resume() => Volatile.Write(ref _lastSign, _time.GetTimestamp());

    /// <summary>Ends the try.</summary>
    public void Cancel()
    {
        try
        {
            _stop.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It had ended already.
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _cancelled.Dispose();
        lock (_lock)
        {
            _timer?.Dispose();
            _timer = null;
            _total = TimeSpan.Zero;
        }

        _stop.Dispose();
    }

    private void Arm(TimeSpan due)
    {
        TimeSpan wait = TimeSpan.FromMilliseconds(Math.Clamp(Math.Ceiling(due.TotalMilliseconds) + 1, 1, int.MaxValue));
        lock (_lock)
        {
            if (_timer is null)
            {
                _timer = _time.CreateTimer(static state => (state as TryWatch)?.Look(), this, wait, Timeout.InfiniteTimeSpan);
            }
            else
            {
                _timer.Change(wait, Timeout.InfiniteTimeSpan);
            }
        }
    }

    private void Look()
    {
        lock (_lock)
        {
            if (_timer is null || _total == TimeSpan.Zero)
            {
                return;
            }
        }

        TimeSpan left = _total - _time.GetElapsedTime(_began),
            patience = _silence - SilentFor;
        if (left > TimeSpan.Zero && patience > TimeSpan.Zero)
        {
            Arm(left < patience ? left : patience);
            return;
        }

        WasSilent = left > TimeSpan.Zero;
        Expired = WasSilent ? _silence : _total;
        Cancel();
    }
}
