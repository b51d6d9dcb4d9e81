using RewardReasoning.Ratings;

namespace RewardReasoning.Rankings;

/// <summary>Two candidates who are to meet, numbered from 0.</summary>
public readonly record struct Pairing(int First, int Second)
{
    /// <summary>The same two, the lower number first.</summary>
    public Pairing Ordered => First < Second ? this : new(Second, First);
}

/// <summary>
/// Who meets whom. A scheduler is pure: equal results give an equal next round, on every machine, and nothing is judged by it.
/// </summary>
public interface IMatchScheduler
{
    /// <summary>How many matches there will be; null where that follows from the results or a budget.</summary>
    int? Matches { get; }

    /// <summary>The matches of the next round, which may all run at once; none when the tournament is over.</summary>
    /// <param name="played">
    /// Results of all rounds before, in the order they were given out, missing ones included. A round that was cut short is not continued
    /// with.
    /// </param>
    IReadOnlyList<Pairing> NextRound(IReadOnlyList<MatchResult> played);
}
