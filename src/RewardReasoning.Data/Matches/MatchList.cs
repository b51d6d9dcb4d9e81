using RewardReasoning.Data.Recognition;
using RewardReasoning.Data.Rows;
using RewardReasoning.Ratings;

namespace RewardReasoning.Data.Matches;

/// <summary>Players by name, in the order in which they were first named, and the matches between them by their numbers.</summary>
internal sealed record MatchList(IReadOnlyList<string> Players, IReadOnlyList<MatchResult> Matches)
{
    /// <summary>The matches of rows, in their order; <paramref name="refuse"/> is called with each row that holds none, and why.</summary>
    public static async Task<MatchList> ReadAsync(
        IAsyncEnumerable<DataRow> rows,
        Action<DataRow, string> refuse,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentNullException.ThrowIfNull(refuse);
        Dictionary<string, int> numbers = new(StringComparer.Ordinal);
        List<MatchResult> matches = [];
        await foreach (DataRow row in rows.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            switch (RowRecognizer.Recognize(row))
            {
                case MatchContent match:
                    matches.Add(new(NumberOf(match.Player1), NumberOf(match.Player2), match.Outcome));
                    break;
                case FaultyContent faulty when row.Fields is null || faulty.Promised == RowKind.Match:
                    refuse(row, faulty.Error);
                    break;
                case var other:
                    refuse(
                        row,
                        $"The row holds {RowKinds.Describe(other.Kind)}; a match has player_1, player_2 and winner (1, 2 or \"tie\")."
                    );
                    break;
            }
        }

        return new([.. numbers.OrderBy(entry => entry.Value).Select(entry => entry.Key)], matches);

        int NumberOf(string player) => numbers.TryGetValue(player, out int number) ? number : numbers[player] = numbers.Count;
    }
}
