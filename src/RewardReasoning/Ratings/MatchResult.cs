namespace RewardReasoning.Ratings;

/// <summary>How a match ended. The zero value is the failure, so that nothing forgotten can mean a win.</summary>
public enum MatchOutcome
{
    /// <summary>No judgment came of it.</summary>
    Missing,

    /// <summary>The first player won.</summary>
    First,

    /// <summary>The second player won.</summary>
    Second,

    /// <summary>Half a point each.</summary>
    Tie,

    /// <summary>The judge abstained, for it was not sure enough; a match without points, like a missing one.</summary>
    Abstained,
}

/// <summary>One match between two of n players, who are numbered from 0.</summary>
public readonly record struct MatchResult(int First, int Second, MatchOutcome Outcome)
{
    /// <summary>The first player's points: 1, 0 or one half; null for a missing match and one that the judge abstained from.</summary>
    public double? FirstPoints =>
        Outcome switch
        {
            MatchOutcome.First => 1,
            MatchOutcome.Second => 0,
            MatchOutcome.Tie => 0.5,
            _ => null,
        };

    /// <summary>
    /// The groups of players that decided matches connect, each in rising order, the group of the lowest player first. Ratings of players
    /// in
    /// different groups cannot be compared: nothing connects them but the prior.
    /// </summary>
    /// <exception cref="ArgumentException">A match names a player that is not there, or one player twice.</exception>
    public static IReadOnlyList<IReadOnlyList<int>> Groups(int players, IReadOnlyList<MatchResult> matches)
    {
        ArgumentNullException.ThrowIfNull(matches);
        Check(players, matches);
        int[] parent = [.. Enumerable.Range(0, players)];
        foreach (MatchResult match in matches.Where(match => match.FirstPoints is not null))
        {
            parent[RootOf(match.Second)] = RootOf(match.First);
        }

        return
        [
            .. Enumerable.Range(0, players).GroupBy(RootOf).Select(IReadOnlyList<int> (group) => [.. group]).OrderBy(group => group[0]),
        ];

        int RootOf(int player)
        {
            while (parent[player] != player)
            {
                player = parent[player] = parent[parent[player]];
            }

            return player;
        }
    }

    /// <summary>Refuses players that are not there and a match against oneself.</summary>
    /// <exception cref="ArgumentException">Says which match it is.</exception>
    internal static void Check(int players, IReadOnlyList<MatchResult> matches)
    {
        for (int at = 0; at < matches.Count; at++)
        {
            (int first, int second, MatchOutcome outcome) = matches[at];
            if (first < 0 || first >= players || second < 0 || second >= players || first == second || !Enum.IsDefined(outcome))
            {
                throw new ArgumentException(
                    $"Match {at} is {first} against {second} ({outcome}); players are two different numbers from 0 to {players - 1}.",
                    nameof(matches)
                );
            }
        }
    }
}
