namespace RewardReasoning.Endpoints;

/// <summary>A request's place at a server, from when it entered.</summary>
internal readonly record struct EndpointPlace(EndpointServer Server, long Entered);

/// <summary>
/// Gives requests their places at servers: at the one with the fewest requests in flight, of those that are below the limit and not
/// resting. A server that failed rests, longer with each failure in a row, or for as long as it asked; then, while another one is well,
/// a single request finds out whether it is back. Requests that find no place wait, in order. Once every server has failed for the retry
/// window, or asks for a longer rest, they fail at once.
/// </summary>
internal sealed class EndpointPool(IReadOnlyList<EndpointServer> servers, EndpointOptions options, TimeProvider time, Random random)
    : IDisposable
{
    private const double LongestTimer = 24 * 3600 * 1000;
    private const double LongestRest = 365 * 24 * 3600;

    private readonly Lock _lock = new();
    private readonly LinkedList<Waiter> _waiters = new();
    private ITimer? _timer;
    private int _next;
    private bool _disposed;

    /// <summary>A place at a server, one that is not to be avoided if there is a choice.</summary>
    /// <exception cref="EndpointException">All servers are down.</exception>
    public ValueTask<EndpointPlace> EnterAsync(HashSet<EndpointServer>? avoid, CancellationToken cancellationToken)
    {
        Waiter waiter;
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            long now = time.GetTimestamp();
            if (AllDown(now) is { } down)
            {
                throw down;
            }

            if (_waiters.Count == 0 && Pick(avoid, now) is { } place)
            {
                return new(place);
            }

            waiter = new(avoid);
            waiter.Node = _waiters.AddLast(waiter);
            SetTimer(now);
        }

        return new(WaitAsync(waiter, cancellationToken));
    }

    /// <summary>
    /// A place for a try beside silent ones, at another server if there is one: at once and beyond the limit on requests in flight, for
    /// the place of a silent try is most likely lost. Null where every server rests.
    /// </summary>
    public EndpointPlace? TryEnterBeside(HashSet<EndpointServer> silent)
    {
        lock (_lock)
        {
            long now = time.GetTimestamp();
            EndpointServer? best = servers
                .Where(server => !server.IsResting(now))
                .OrderBy(server => silent.Contains(server))
                .ThenBy(server => server.InFlight)
                .FirstOrDefault();
            if (_disposed || best is null)
            {
                return null;
            }

            best.InFlight++;
            return new(best, now);
        }
    }

    /// <summary>Gives a place back after an answer, a failure, or (with neither) a cancelled try.</summary>
    public void Leave(EndpointPlace place, bool answered, EndpointException? failure)
    {
        EndpointServer server = place.Server;
        lock (_lock)
        {
            server.InFlight--;
            if (failure is { IsTransient: true })
            {
                Rest(server, place.Entered, failure);
            }
            else if (answered || failure is not null)
            {
                Recover(server);
            }

            Dispatch();
        }
    }

    /// <summary>Whether a server that is not to be avoided is up.</summary>
    public bool HasOther(HashSet<EndpointServer> avoid)
    {
        lock (_lock)
        {
            long now = time.GetTimestamp();
            return servers.Any(server => !avoid.Contains(server) && !server.IsResting(now));
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            _disposed = true;
            _timer?.Dispose();
            foreach (Waiter waiter in _waiters)
            {
                waiter.Done.TrySetException(new ObjectDisposedException(nameof(EndpointChatClient)));
            }

            _waiters.Clear();
        }
    }

    private async Task<EndpointPlace> WaitAsync(Waiter waiter, CancellationToken cancellationToken)
    {
        try
        {
            return await waiter.Done.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            bool gotPlace;
            lock (_lock)
            {
                gotPlace = waiter.Node is null;
                if (waiter.Node is { } node)
                {
                    _waiters.Remove(node);
                    waiter.Node = null;
                }
            }

            if (gotPlace && waiter.Done.Task.IsCompletedSuccessfully)
            {
                Leave(await waiter.Done.Task.ConfigureAwait(false), answered: false, failure: null);
            }

            throw;
        }
    }

    private EndpointPlace? Pick(HashSet<EndpointServer>? avoid, long now)
    {
        bool anyIsWell = servers.Any(server => server.Failures == 0);
        EndpointServer? best = null;
        int at = _next;
        for (int i = 0; i < servers.Count; i++)
        {
            EndpointServer server = servers[(_next + i) % servers.Count];
            bool onTrial = server.Failures > 0 && anyIsWell;
            bool free =
                !server.IsResting(now) && server.InFlight < (options.Concurrency ?? int.MaxValue) && !(onTrial && server.InFlight > 0);
            if (free && (best is null || Rank(server).CompareTo(Rank(best)) < 0))
            {
                best = server;
                at = (_next + i + 1) % servers.Count;
            }
        }

        if (best is null)
        {
            return null;
        }

        _next = at;
        best.InFlight++;
        return new(best, now);

        (bool, int) Rank(EndpointServer server) => (avoid?.Contains(server) == true, server.InFlight);
    }

    private void Rest(EndpointServer server, long entered, EndpointException failure)
    {
        long now = time.GetTimestamp();
        server.LastFailure = failure;
        server.FailingSince ??= now;

        // Requests that were under way together fail together; that is one failure.
        bool counts = server.Failures == 0 || entered >= server.RestBegan;
        if (counts)
        {
            server.Failures++;
            server.RestBegan = now;
        }

        if (counts || failure.RetryAfter is not null)
        {
            TimeSpan rest = failure.RetryAfter ?? EndpointRetry.DelayAfter(server.Failures, options.FirstDelay, random);
            server.RestUntil = Math.Max(server.RestUntil, now + Ticks(rest));
            server.AskedToRest |= failure.RetryAfter is not null;
        }
    }

    private void Recover(EndpointServer server)
    {
        server.Failures = 0;
        server.FailingSince = null;
        server.LastFailure = null;
        if (!server.AskedToRest || !server.IsResting(time.GetTimestamp()))
        {
            server.RestUntil = long.MinValue;
            server.AskedToRest = false;
        }
    }

    private void Dispatch()
    {
        long now = time.GetTimestamp();
        if (_waiters.Count > 0 && AllDown(now) is { } down)
        {
            foreach (Waiter waiter in _waiters)
            {
                waiter.Node = null;
                waiter.Done.TrySetException(down);
            }

            _waiters.Clear();
        }

        while (_waiters.First is { } first && Pick(first.Value.Avoid, now) is { } place)
        {
            _waiters.RemoveFirst();
            first.Value.Node = null;
            first.Value.Done.TrySetResult(place);
        }

        SetTimer(now);
    }

    /// <summary>Those who wait look again when the first rest ends.</summary>
    private void SetTimer(long now)
    {
        long next =
            _waiters.Count == 0
                ? long.MaxValue
                : servers.Where(server => server.IsResting(now)).Select(server => server.RestUntil).DefaultIfEmpty(long.MaxValue).Min();
        if (next == long.MaxValue || _disposed)
        {
            return;
        }

        // A timer counts whole milliseconds, and one that fires early would find nobody rested. It cannot count months.
        TimeSpan wait = TimeSpan.FromMilliseconds(
            Math.Min(Math.Ceiling((next - now) * 1000.0 / time.TimestampFrequency) + 1, LongestTimer)
        );
        _timer?.Dispose();
        _timer = time.CreateTimer(_ => Look(), null, wait, Timeout.InfiniteTimeSpan);
    }

    private void Look()
    {
        lock (_lock)
        {
            if (!_disposed)
            {
                Dispatch();
            }
        }
    }

    private EndpointException? AllDown(long now)
    {
        long window = Ticks(options.RetryWindow);
        return
            servers.All(server =>
                server.IsResting(now) && (server.RestUntil - now > window || (server.FailingSince is { } since && now - since > window))
            ) && servers.MinBy(server => server.RestUntil) is { LastFailure: { } failure } first
            ? new EndpointException(
                $"{failure.Message} {(servers.Count == 1 ? "The server is" : "All servers are")} down; "
                    + $"the next try is in {(first.RestUntil - now) / (double)time.TimestampFrequency:0} s.",
                failure
            )
            {
                Failure = failure.Failure,
                Status = failure.Status,
                RetryAfter = failure.RetryAfter,
            }
            : null;
    }

    private long Ticks(TimeSpan span) => (long)(Math.Min(span.TotalSeconds, LongestRest) * time.TimestampFrequency);

    private sealed class Waiter(HashSet<EndpointServer>? avoid)
    {
        public HashSet<EndpointServer>? Avoid { get; } = avoid;

        public TaskCompletionSource<EndpointPlace> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>Its place in the line; null once it was called.</summary>
        public LinkedListNode<Waiter>? Node { get; set; }
    }
}
