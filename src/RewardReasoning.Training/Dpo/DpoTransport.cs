namespace RewardReasoning.Training.Dpo;

/// <summary>
/// What belongs to each pair of a micro-batch once the two sides of the whole batch are sorted: all that the losses of sorted batches
/// (aot, aot_unpaired; arXiv 2406.05882) know of the other pairs. The sides are the policy's and the reference's margins, or the log-ratios
/// of the chosen and of the rejected responses.
/// </summary>
/// <param name="BesideFirst">For each pair the second side's number at the rank of the pair's number in the first side.</param>
/// <param name="BesideSecond">For each pair the first side's number at the rank of the pair's number in the second side.</param>
internal sealed record DpoTransport(double[] BesideFirst, double[] BesideSecond)
{
    /// <summary>Sorts both sides of a whole batch; equal numbers keep the order of the pairs.</summary>
    /// <exception cref="ArgumentException">The sides are not of one length.</exception>
    public static DpoTransport Of(double[] first, double[] second)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        if (first.Length != second.Length)
        {
            throw new ArgumentException(
                $"The first side has {first.Length} numbers and the second {second.Length}; both have one for each pair.",
                nameof(second)
            );
        }

        int[] firstOrder = Order(first),
            secondOrder = Order(second);
        double[] besideFirst = new double[first.Length],
            besideSecond = new double[first.Length];
        foreach ((int at, int other) in firstOrder.Zip(secondOrder))
        {
            (besideFirst[at], besideSecond[other]) = (second[other], first[at]);
        }

        return new DpoTransport(besideFirst, besideSecond);
    }

    /// <summary>That of some of the pairs.</summary>
    /// <param name="pairs">Their places in the batch.</param>
    public DpoTransport Select(IEnumerable<int> pairs)
    {
        int[] places = [.. pairs];
        return new DpoTransport([.. places.Select(place => BesideFirst[place])], [.. places.Select(place => BesideSecond[place])]);
    }

    private static int[] Order(double[] side) => [.. Enumerable.Range(0, side.Length).OrderBy(place => side[place])];
}
