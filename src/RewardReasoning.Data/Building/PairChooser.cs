namespace RewardReasoning.Data.Building;

/// <summary>
/// Chooses which right response of a query meets which wrong one. Where there is a choice, it goes to the side that keeps the better
/// response the longer one half of the time; among equals a seeded draw decides. No response is used twice before all were used once.
/// </summary>
internal sealed class PairChooser(int pairsPerQuery, bool balanceLength, SeededRandom random)
{
    private long _longer;
    private long _shorter;

    public IEnumerable<(string Better, string Worse)> Choose(GradedQuery query)
    {
        List<string> right = [.. query.Right.Distinct()];
        List<string> wrong = [.. query.Wrong.Distinct()];
        List<(string Better, string Worse)> open =
        [
            .. right.SelectMany(better => wrong.Select(worse => (better, worse))).Where(pair => pair.better != pair.worse),
        ];
        random.Shuffle(open);
        Dictionary<string, int> uses = new(StringComparer.Ordinal);
        for (int i = 0; i < pairsPerQuery && open.Count > 0; i++)
        {
            (string Better, string Worse) best = open.MinBy(pair =>
                ((long)uses.GetValueOrDefault(pair.Better) + uses.GetValueOrDefault(pair.Worse), LengthCost(pair))
            );
            open.Remove(best);
            uses[best.Better] = uses.GetValueOrDefault(best.Better) + 1;
            uses[best.Worse] = uses.GetValueOrDefault(best.Worse) + 1;
            _longer += best.Better.Length > best.Worse.Length ? 1 : 0;
            _shorter += best.Better.Length < best.Worse.Length ? 1 : 0;
            yield return best;
        }
    }

    private int LengthCost((string Better, string Worse) pair) =>
        !balanceLength ? 0
        : pair.Better.Length > pair.Worse.Length ? Math.Sign(_longer - _shorter)
        : pair.Better.Length < pair.Worse.Length ? Math.Sign(_shorter - _longer)
        : 0;
}
