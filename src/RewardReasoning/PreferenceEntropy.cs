namespace RewardReasoning;

/// <summary>
/// How unsure a judge is of a preference, in bits: the entropy of its probability, averaged over both orders of the responses, so that a
/// bias to the one shown first makes it unsure and not sure (bidirectional preference entropy, arXiv 2602.13110). Of each order, the
/// probability is the mean at the verdict tokens where every vote with a verdict has log-probs, else the share of its votes.
/// </summary>
internal static class PreferenceEntropy
{
    /// <summary>0 (sure) to 1 (even, or against what is preferred); of one order where no vote of the other has a verdict.</summary>
    /// <param name="votes">At least one of them has a verdict.</param>
    /// <param name="preferred">The response that they come to.</param>
    public static double Of(IReadOnlyList<Vote> votes, Verdict preferred)
    {
        Vote[] decided = [.. votes.Where(vote => vote.Verdict != Verdict.Unparsable)];
        bool soft = Array.TrueForAll(decided, vote => vote.FirstProbability is not null);
        double first = decided.GroupBy(vote => vote.Order).Average(shown => shown.Average(FirstProbability));
        return Of(preferred == Verdict.First ? first : 1 - first);

        double FirstProbability(Vote vote) =>
            soft ? vote.FirstProbability ?? 0
            : vote.Verdict == Verdict.First ? 1
            : vote.Verdict == Verdict.Tie ? 0.5
            : 0;
    }

    /// <summary>The same of the probability that the preferred response is better.</summary>
    public static double Of(double probability) =>
        probability <= 0.5 ? 1
        : probability >= 1 ? 0
        : -((probability * Math.Log2(probability)) + ((1 - probability) * Math.Log2(1 - probability)));
}
