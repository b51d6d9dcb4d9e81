namespace RewardReasoning.Evaluation.Canaries;

/// <summary>
/// Whether a judge is still the one it was, pair after pair, by votes of then and now (<see cref="VoteShift"/>). The evidence is the wealth
/// of a gambler who starts with 1 and bets against an unchanged judge, parted over the directions of change and over how great it may be:
/// with an unchanged judge it ever reaches 1/a with a probability of at most a, whenever one looks (Ville's inequality). So it may be
/// stopped at any pair.
/// </summary>
/// <param name="alarm">The probability of a false alarm, a.</param>
internal sealed class CanaryTest(double alarm)
{
    private static readonly double[] Factors = [1.3, 2, 4];
    private readonly Dictionary<(CanaryChange Change, double Factor), double> _logWealth = Enum.GetValues<CanaryChange>()
        .SelectMany(change => Factors, (change, factor) => (change, factor))
        .ToDictionary(bet => bet, _ => 0.0);

    /// <summary>What the evidence has to reach.</summary>
    public double Threshold => 1 / alarm;

    /// <summary>The wealth now.</summary>
    public double Evidence => Math.Exp(LogMean(_logWealth.Values));

    /// <summary>The most it has been.</summary>
    public double MostEvidence { get; private set; } = 1;

    /// <summary>Whether the judge has changed.</summary>
    public bool IsChanged => MostEvidence >= Threshold;

    /// <summary>The direction for which there is most evidence; null while the judge has not changed.</summary>
    public CanaryChange? Change { get; private set; }

    /// <summary>Adds the votes on a pair.</summary>
    /// <param name="before">Votes of then.</param>
    /// <param name="now">Votes of now.</param>
    /// <param name="label">The better response; <see cref="Verdict.Unparsable"/> where that is not known.</param>
    public void Add(IReadOnlyList<Vote> before, IReadOnlyList<Vote> now, Verdict label)
    {
        foreach (ShownOrder order in Enum.GetValues<ShownOrder>())
        {
            Verdict[] then = DecidedIn(before, order),
                later = DecidedIn(now, order);
            if (then.Length == 0 || later.Length == 0)
            {
                continue;
            }

            Verdict shownFirst = order == ShownOrder.Given ? Verdict.First : Verdict.Second;
            Bet(then, later, MostFrequent([.. then, .. later]), CanaryChange.OtherVerdicts, more: false);
            Bet(then, later, shownFirst, CanaryChange.ShownFirstMore, more: true);
            Bet(then, later, shownFirst, CanaryChange.ShownFirstLess, more: false);
            if (label is Verdict.First or Verdict.Second)
            {
                Bet(then, later, label, CanaryChange.RightMoreOften, more: true);
                Bet(then, later, label, CanaryChange.RightLessOften, more: false);
            }
        }

        if (!IsChanged && Evidence is var evidence && evidence > MostEvidence)
        {
            MostEvidence = evidence;
            Change = IsChanged ? MostLikely() : null;
        }
    }

    private void Bet(Verdict[] before, Verdict[] now, Verdict kind, CanaryChange change, bool more)
    {
        int ofKindNow = now.Count(verdict => verdict == kind),
            ofKind = before.Count(verdict => verdict == kind) + ofKindNow;
        foreach (double factor in Factors)
        {
            _logWealth[(change, factor)] += VoteShift.LogWealth(before.Length, now.Length, ofKind, ofKindNow, more ? factor : 1 / factor);
        }
    }

    private CanaryChange MostLikely() =>
        Enum.GetValues<CanaryChange>().MaxBy(change => LogMean(Factors.Select(factor => _logWealth[(change, factor)])));

    /// <summary>The verdict of most votes of then and now together: to count them apart would make the later ones look changed.</summary>
    private static Verdict MostFrequent(IEnumerable<Verdict> verdicts) =>
        verdicts.GroupBy(verdict => verdict).OrderByDescending(group => group.Count()).ThenBy(group => group.Key).First().Key;

    private static Verdict[] DecidedIn(IReadOnlyList<Vote> votes, ShownOrder order) =>
        [.. votes.Where(vote => vote.Order == order && vote.Verdict != Verdict.Unparsable).Select(vote => vote.Verdict)];

    private static double LogMean(IEnumerable<double> logs)
    {
        double[] all = [.. logs];
        double most = all.Max();
        return most + Math.Log(all.Average(log => Math.Exp(log - most)));
    }
}
