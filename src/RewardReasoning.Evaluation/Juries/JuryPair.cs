using RewardReasoning.Evaluation.Metrics;

namespace RewardReasoning.Evaluation.Juries;

/// <summary>What the members of a jury say of one pair.</summary>
/// <param name="Query">Its query: pairs of one query are not independent.</param>
/// <param name="FirstIsBetter">Whether its first response is; null where that is not known.</param>
/// <param name="Said">
/// Of each member, its lean to the first response, from -1 to 1: twice its probability for it less one, averaged over both orders. Null
/// where it has no verdict: it is missing, which is no vote.
/// </param>
internal sealed record JuryPair(string Query, bool? FirstIsBetter, IReadOnlyList<double?> Said)
{
    /// <summary>The same as numbers for a fit: a missing member leans to neither.</summary>
    public double[] Signals => [.. Said.Select(said => said ?? 0)];

    /// <summary>
    /// Fleiss' kappa over the pairs on which all members prefer a response, and how many these are; null where it is undefined.
    /// </summary>
    public static (double? Kappa, int Pairs) Agreement(IEnumerable<IReadOnlyList<double?>> said)
    {
        int[][] decided =
        [
            .. said.Where(leans => leans.All(lean => lean is not (null or 0)))
                .Select(leans => new[] { leans.Count(lean => lean > 0), leans.Count(lean => lean < 0) }),
        ];
        return (decided.Length == 0 || decided[0].Sum() < 2 ? null : FleissKappa.Of(decided), decided.Length);
    }
}
