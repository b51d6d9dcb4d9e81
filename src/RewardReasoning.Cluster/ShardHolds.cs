using RewardReasoning.Server.Rewards;

namespace RewardReasoning.Cluster;

/// <summary>
/// The holds that requests at any server have on members of one shard, by the names that those servers chose. A hold whose server does not
/// ask any more is let go after a while. For one activation of a shard, whose calls take turns.
/// </summary>
internal sealed class ShardHolds(TimeProvider time)
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(12);

    private readonly Dictionary<string, Hold> _holds = new(StringComparer.Ordinal);

    /// <summary>How many there are.</summary>
    public int Count => _holds.Count;

    /// <summary>Adds a ticket under a name; done when the ticket is there. The same name again is the same ticket.</summary>
    public Task<RewardTicket> AddAsync(string name, Func<Task<RewardTicket>> ticket)
    {
        if (_holds.TryGetValue(name, out Hold? known))
        {
            known.Seen = time.GetTimestamp();
            return known.Ticket;
        }

        Hold hold = _holds[name] = new(ticket()) { Seen = time.GetTimestamp() };
        return ForgetIfFailedAsync(name, hold);
    }

    /// <summary>The ticket with this name; null if no request holds one.</summary>
    public Task<RewardTicket>? Find(string name)
    {
        if (!_holds.TryGetValue(name, out Hold? hold))
        {
            return null;
        }

        hold.Seen = time.GetTimestamp();
        return hold.Ticket;
    }

    /// <summary>Lets a hold go.</summary>
    public void Leave(string name, bool delivered)
    {
        if (_holds.Remove(name, out Hold? hold))
        {
            hold.Leave(delivered);
        }
    }

    /// <summary>Lets those go that nobody has asked about for a while.</summary>
    public void LeaveSilent()
    {
        foreach ((string name, Hold hold) in _holds.Where(one => time.GetElapsedTime(one.Value.Seen) > Lease).ToArray())
        {
            _holds.Remove(name);
            hold.Leave(delivered: false);
        }
    }

    /// <summary>Lets all go.</summary>
    public void Clear()
    {
        foreach (string name in _holds.Keys.ToArray())
        {
            Leave(name, delivered: false);
        }
    }

    private async Task<RewardTicket> ForgetIfFailedAsync(string name, Hold hold)
    {
        try
        {
            return await hold.Ticket;
        }
        catch
        {
            if (_holds.TryGetValue(name, out Hold? known) && known == hold)
            {
                _holds.Remove(name);
            }

            throw;
        }
    }

    private sealed class Hold(Task<RewardTicket> ticket)
    {
        public Task<RewardTicket> Ticket => ticket;

        public long Seen { get; set; }

        public void Leave(bool delivered) =>
            _ = ticket.ContinueWith(
                done =>
                {
                    if (delivered)
                    {
                        done.Result.Delivered();
                    }

                    done.Result.Dispose();
                },
                CancellationToken.None,
                TaskContinuationOptions.OnlyOnRanToCompletion | TaskContinuationOptions.ExecuteSynchronously,
                TaskScheduler.Default
            );
    }
}
