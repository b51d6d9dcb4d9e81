namespace RewardReasoning.Data.Building;

/// <summary>How many pairs of each source are taken, and in which order they come.</summary>
internal static class Mixture
{
    /// <summary>
    /// The most pairs that keep the weights: with counts c and weights w, floor(w·t) of each source, where t is the least of c / w. All
    /// pairs if there are no weights.
    /// </summary>
    public static long[] Take(IReadOnlyList<long> counts, IReadOnlyList<double?> weights)
    {
        if (weights.Any(weight => weight is null))
        {
            return [.. counts];
        }

        double scale = counts.Zip(weights, (count, weight) => count / (weight ?? 1)).Min();

        // Rounding must not lose a pair of the source that decides: its count over its weight times its weight.
        return [.. counts.Zip(weights, (count, weight) => Math.Min(count, (long)Math.Floor(((weight ?? 1) * scale) + 1e-9)))];
    }

    /// <summary>
    /// Which source each place of the mixture goes to: at every place the sources stand as near to their shares as they can.
    /// </summary>
    public static IEnumerable<int> Order(IReadOnlyList<long> takes)
    {
        long[] given = new long[takes.Count];
        for (long place = takes.Sum(); place > 0; place--)
        {
            int next = -1;
            for (int i = 0; i < takes.Count; i++)
            {
                if (given[i] < takes[i] && (next < 0 || (given[i] + 0.5) * takes[next] < (given[next] + 0.5) * takes[i]))
                {
                    next = i;
                }
            }

            given[next]++;
            yield return next;
        }
    }

    /// <summary>
    /// Marks <paramref name="take"/> of <paramref name="count"/> items, every choice of them as likely (Knuth's algorithm S).
    /// </summary>
    public static IEnumerable<bool> Sample(long count, long take, SeededRandom random)
    {
        long left = take;
        for (long i = 0; i < count; i++)
        {
            bool isTaken = random.NextUnit() * (count - i) < left;
            left -= isTaken ? 1 : 0;
            yield return isTaken;
        }
    }
}
