namespace RewardReasoning.Evaluation.Canaries;

/// <summary>
/// The exact test that two sets of votes on one pair, shown in one order, are by one judge. If they are, each way of parting all votes into
/// earlier and later ones is as likely as any other, however sure the judge is of the pair: of s votes of a kind, the number x among the k
/// later ones is hypergeometric. Against it is bet that the odds of such a vote have changed by a factor w: the wealth becomes
/// w^x / E[w^X], whose mean is 1 where nothing has changed.
/// </summary>
internal static class VoteShift
{
    private const int Tabled = 512;

    private static readonly double[] LogFactorials = Table();

    /// <summary>The logarithm of the wealth.</summary>
    /// <param name="before">Earlier votes.</param>
    /// <param name="now">Later votes.</param>
    /// <param name="ofKind">Votes of the kind, earlier and later.</param>
    /// <param name="ofKindNow">Later votes of the kind.</param>
    /// <param name="factor">The factor of the odds.</param>
    public static double LogWealth(int before, int now, int ofKind, int ofKindNow, double factor)
    {
        double logFactor = Math.Log(factor),
            mean = 0;
        for (int x = Math.Max(0, ofKind - before); x <= Math.Min(now, ofKind); x++)
        {
            mean += Math.Exp(
                LogChoose(ofKind, x) + LogChoose(before + now - ofKind, now - x) - LogChoose(before + now, now) + (x * logFactor)
            );
        }

        return (ofKindNow * logFactor) - Math.Log(mean);
    }

    private static double LogChoose(int n, int k) => LogFactorial(n) - LogFactorial(k) - LogFactorial(n - k);

    private static double LogFactorial(int n) =>
        n < LogFactorials.Length
            ? LogFactorials[n]
            : LogFactorials[^1] + Enumerable.Range(LogFactorials.Length, n - LogFactorials.Length + 1).Sum(i => Math.Log(i));

    private static double[] Table()
    {
        double[] logs = new double[Tabled];
        for (int n = 1; n < Tabled; n++)
        {
            logs[n] = logs[n - 1] + Math.Log(n);
        }

        return logs;
    }
}
