using RewardReasoning.Server.Http;

namespace RewardReasoning.Server.Rewards;

/// <summary>The tickets of one request; disposing them says that its connection is gone.</summary>
internal sealed class RewardTickets : IDisposable
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);

    private readonly List<RewardTicket> _tickets = [];

    private RewardTickets() { }

    public IReadOnlyList<RewardTicket> All => _tickets;

    /// <summary>Takes all members, in their order.</summary>
    /// <exception cref="ApiException">One of them cannot be served.</exception>
    public static async Task<RewardTickets> SubmitAsync(IRewardService service, IReadOnlyList<RewardMember> members)
    {
        foreach (RewardMember member in members)
        {
            service.Check(member); // all or nobody
        }

        await service.ReadyAsync(); // from then on each is entered before the next one
        RewardTickets tickets = new();
        try
        {
            // Each is entered before the next one, so that numbers follow the order; their commits are shared.
            IReadOnlyList<Task<RewardTicket>> submitted = service.Enter(members);
            foreach (Task<RewardTicket> one in submitted)
            {
                await ((Task)one).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (one.IsCompletedSuccessfully)
                {
                    tickets._tickets.Add(one.Result);
                }
            }

            await Task.WhenAll(submitted);
            return tickets;
        }
        catch
        {
            tickets.Dispose();
            throw;
        }
    }

    /// <summary>
    /// The same, and members of groups that the server has no room for are held until it has: for trainers that a refusal costs one of a
    /// few tries, or the whole run. Where the patience ends or the server closes, the refusal is their answer.
    /// </summary>
    /// <exception cref="ApiException">One of them cannot be served.</exception>
    public static async Task<RewardTickets> SubmitAsync(
        IRewardService service,
        IReadOnlyList<RewardMember> members,
        Patience patience,
        CancellationToken cancellationToken
    )
    {
        RewardTickets tickets = await SubmitAsync(service, members);
        try
        {
            for (
                TimeSpan pause = FirstPause;
                !service.IsClosing && patience.Left > TimeSpan.Zero && tickets.TurnedAway() is { Length: > 0 } turned;
                pause = 2 * pause < LongestPause ? 2 * pause : LongestPause
            )
            {
                await Task.Delay(patience.Left < pause ? patience.Left : pause, patience.Time, cancellationToken);
                IReadOnlyList<Task<RewardTicket>> again = service.Enter([.. turned.Select(place => members[place])]);
                for (int i = 0; i < turned.Length; i++)
                {
                    tickets._tickets[turned[i]] = await again[i];
                }
            }

            return tickets;
        }
        catch
        {
            tickets.Dispose();
            throw;
        }
    }

    /// <summary>All answers as soon as they are final, or what is known when the wait is over.</summary>
    public async Task<IReadOnlyList<RewardAnswer>> WaitAsync(TimeSpan wait, CancellationToken cancellationToken)
    {
        await Task.WhenAll(_tickets.Select(ticket => ticket.WaitAsync(wait, cancellationToken)));
        return [.. _tickets.Select(ticket => ticket.Answer)];
    }

    /// <summary>The answers were sent.</summary>
    public void Delivered() => _tickets.ForEach(ticket => ticket.Delivered());

    private int[] TurnedAway() => [.. Enumerable.Range(0, _tickets.Count).Where(place => _tickets[place].IsTurnedAway)];

    public void Dispose() => _tickets.ForEach(ticket => ticket.Dispose());
}
