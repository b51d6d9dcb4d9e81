namespace RewardReasoning.Evaluation.Metrics;

/// <summary>How well a score tells right from wrong.</summary>
internal static class Discrimination
{
    /// <summary>
    /// Area under the ROC curve: the probability that a right item's score is above a wrong item's, equal scores counting half. Null
    /// where all are right, or all are wrong.
    /// </summary>
    public static double? Auroc(IReadOnlyList<double> scores, IReadOnlyList<bool> right)
    {
        Check(scores, right);
        double below = 0;
        long wrongSeen = 0;
        long rights = right.LongCount(r => r);
        long wrongs = right.Count - rights;
        foreach ((int rightHere, int wrongHere) in Levels(scores, right, descending: false))
        {
            below += rightHere * (wrongSeen + (wrongHere / 2.0));
            wrongSeen += wrongHere;
        }

        return rights == 0 || wrongs == 0 ? null : below / ((double)rights * wrongs);
    }

    /// <summary>
    /// Area under the risk-coverage curve: the mean, over k = 1 to n, of the share of errors among the k items with the highest scores;
    /// items of one score share their errors evenly, so their order does not count. 0 is best. Null without items.
    /// </summary>
    public static double? Aurc(IReadOnlyList<double> scores, IReadOnlyList<bool> right)
    {
        Check(scores, right);
        double area = 0;
        double errors = 0;
        int covered = 0;
        foreach ((int rightHere, int wrongHere) in Levels(scores, right, descending: true))
        {
            int here = rightHere + wrongHere;
            for (int i = 0; i < here; i++)
            {
                covered++;
                errors += (double)wrongHere / here;
                area += errors / covered;
            }
        }

        return covered == 0 ? null : area / covered;
    }

    private static IEnumerable<(int Right, int Wrong)> Levels(IReadOnlyList<double> scores, IReadOnlyList<bool> right, bool descending)
    {
        int[] order = [.. Enumerable.Range(0, scores.Count)];
        Array.Sort(order, (a, b) => descending ? scores[b].CompareTo(scores[a]) : scores[a].CompareTo(scores[b]));
        for (int start = 0; start < order.Length; )
        {
            int end = start;
            int rights = 0;
            for (; end < order.Length && scores[order[end]].Equals(scores[order[start]]); end++)
            {
                rights += right[order[end]] ? 1 : 0;
            }

            yield return (rights, end - start - rights);
            start = end;
        }
    }

    private static void Check(IReadOnlyList<double> scores, IReadOnlyList<bool> right)
    {
        ArgumentNullException.ThrowIfNull(scores);
        ArgumentNullException.ThrowIfNull(right);
        if (scores.Count != right.Count)
        {
            throw new ArgumentException($"{scores.Count} scores and {right.Count} outcomes; every score needs one.", nameof(right));
        }
    }
}
