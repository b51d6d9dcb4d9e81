using System.Globalization;

namespace RewardReasoning.Calibration;

/// <summary>
/// Risk and coverage of a judge on labelled pairs, by its uncertainty (<see cref="Judgment.Uncertainty"/>): enough to find the threshold
/// above which it must abstain for any <see cref="AbstentionTarget"/>. The bounds hold for pairs that are like those of the fit and
/// independent of each other, so one pair of each query counts.
/// </summary>
internal sealed class AbstentionFit
{
    /// <summary>
    /// The parts of the pairs at which a search that holds with a confidence begins, or at the fewest pairs that can show it; each has an
    /// equal share of the error.
    /// </summary>
    private static readonly double[] Starts = [1.0 / 8, 1.0 / 3, 1];

    internal AbstentionFit(IReadOnlyList<AbstentionLevel> levels) => Levels = levels;

    /// <summary>The levels of uncertainty by rising uncertainty, counts added up from the first.</summary>
    internal IReadOnlyList<AbstentionLevel> Levels { get; }

    /// <summary>How many labelled pairs were judged, one of each query.</summary>
    public int Pairs => Levels.Count == 0 ? 0 : Levels[^1].Given;

    /// <summary>The share of the pairs that a judge gives at a target, and of these the share that is wrong; null if none.</summary>
    public (double Coverage, double Risk)? At(AbstentionTarget target) =>
        LevelFor(target) is { } level ? ((double)level.Given / Pairs, (double)level.Wrong / level.Given) : null;

    /// <summary>Adds up judged pairs, at most <paramref name="mostLevels"/> levels: neighbours are one where there are more.</summary>
    internal static AbstentionFit Of(IEnumerable<(double Uncertainty, bool IsRight)> judged, int mostLevels = 1000)
    {
        (double Uncertainty, bool IsRight)[] sorted = [.. judged.OrderBy(pair => pair.Uncertainty)];
        int least = (sorted.Length + mostLevels - 1) / mostLevels;
        List<AbstentionLevel> levels = [];
        int wrong = 0;
        for (int at = 0; at < sorted.Length; at++)
        {
            wrong += sorted[at].IsRight ? 0 : 1;
            bool endsLevel = at == sorted.Length - 1 || sorted[at].Uncertainty < sorted[at + 1].Uncertainty;
            if (endsLevel && (at == sorted.Length - 1 || at + 1 >= (levels.Count == 0 ? 0 : levels[^1].Given) + least))
            {
                levels.Add(new(sorted[at].Uncertainty, at + 1, wrong));
            }
        }

        return new AbstentionFit(levels);
    }

    /// <summary>The level up to which judgments may be given; null if none may.</summary>
    internal AbstentionLevel? LevelFor(AbstentionTarget target)
    {
        ArgumentNullException.ThrowIfNull(target);
        return target.Confidence is { } confidence ? LevelWith(confidence, target.Risk) : LevelOnAverage(target.Risk);
    }

    /// <summary>Why no judgment may be given at a target.</summary>
    internal string WhyNone(AbstentionTarget target)
    {
        int needed = FewestPairs(target);
        string risk = target.Risk.ToString("0.####%", CultureInfo.InvariantCulture);
        return Pairs < needed
            ? $"It has {Pairs} labelled queries, and a risk of {risk} cannot be shown with fewer than {needed}, even if all are right. "
                + $"Calibrate on more pairs, or allow more risk."
            : $"No threshold of uncertainty keeps the risk at {risk} on its {Pairs} labelled queries. A judge that is wrong when it is "
                + "surest cannot be helped by abstaining: ask for more votes in both orders (--order both), calibrate again, or allow more "
                + "risk.";
    }

    /// <summary>
    /// Conformal risk control of the loss (wrong - risk) of given judgments: one more pair, given and wrong, is counted for the one to
    /// come.
    /// </summary>
    private AbstentionLevel? LevelOnAverage(double risk)
    {
        for (int at = Levels.Count - 1; at >= 0; at--)
        {
            if (Levels[at].Wrong + 1 <= risk * (Levels[at].Given + 1))
            {
                return Levels[at];
            }
        }

        return null;
    }

    /// <summary>
    /// Learn then test (arXiv 2110.01052): from each start the threshold is raised while a binomial test at the start's share of the error
    /// rejects a risk above the target; the farthest level that a search reached holds.
    /// </summary>
    private AbstentionLevel? LevelWith(double confidence, double risk)
    {
        double error = (1 - confidence) / Starts.Length;
        int fewest = FewestPairs(new AbstentionTarget(risk) { Confidence = confidence });
        int farthest = -1;
        foreach (double start in Starts)
        {
            for (
                int at = Levels.TakeWhile(level => level.Given < Math.Max(start * Pairs, fewest)).Count();
                at < Levels.Count && (at <= farthest || Binomial.AtMost(Levels[at].Wrong, Levels[at].Given, risk) <= error);
                at++
            )
            {
                farthest = Math.Max(farthest, at);
            }
        }

        return farthest < 0 ? null : Levels[farthest];
    }

    /// <summary>The fewest pairs, all of them right, with which a target can be reached.</summary>
    private static int FewestPairs(AbstentionTarget target)
    {
        const double Rounding = 1e-9;
        return (int)
            Math.Ceiling(
                (
                    target.Confidence is { } confidence
                        ? Math.Log((1 - confidence) / Starts.Length) / Math.Log(1 - target.Risk)
                        : (1 / target.Risk) - 1
                ) - Rounding
            );
    }
}

/// <summary>The judgments up to an uncertainty.</summary>
/// <param name="Uncertainty">The greatest uncertainty of them.</param>
/// <param name="Given">How many there are.</param>
/// <param name="Wrong">How many of them are wrong.</param>
internal readonly record struct AbstentionLevel(double Uncertainty, int Given, int Wrong);
