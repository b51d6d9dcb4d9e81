using System.Globalization;

namespace RewardReasoning.Calibration;

/// <summary>
/// What a first stage before a judge costs in accuracy, on labelled pairs: by how sure it is, how many pairs it decides, and on how many of
/// these it is wrong where the judge would have been right. The loss in accuracy against always asking the judge is at most that share of
/// all pairs. The bound holds for pairs that are like those of the fit and independent of each other, so one pair of each query counts.
/// </summary>
/// <param name="First">Identity of the first stage.</param>
/// <param name="Pairs">Labelled pairs that the judge decided.</param>
/// <param name="Levels">By falling sureness, counts added up from the first.</param>
internal sealed record ScreenFit(string First, int Pairs, IReadOnlyList<ScreenLevel> Levels)
{
    /// <summary>Adds up judged pairs, at most <paramref name="mostLevels"/> levels.</summary>
    /// <param name="first">Identity of the first stage.</param>
    /// <param name="judged">How sure the first stage was (null: it had no verdict), whether it was right, and whether the judge
    /// was.</param>
    /// <param name="mostLevels">Neighbours are one level where there are more.</param>
    public static ScreenFit Of(
        string first,
        IReadOnlyList<(double? Sureness, bool IsRight, bool JudgeIsRight)> judged,
        int mostLevels = 1000
    )
    {
        (double Sureness, bool IsRight, bool JudgeIsRight)[] sorted =
        [
            .. judged
                .Where(pair => pair.Sureness is > 0.5)
                .Select(pair => (pair.Sureness ?? 0, pair.IsRight, pair.JudgeIsRight))
                .OrderByDescending(pair => pair.Item1),
        ];
        int least = (sorted.Length + mostLevels - 1) / mostLevels;
        List<ScreenLevel> levels = [];
        int lost = 0;
        for (int at = 0; at < sorted.Length; at++)
        {
            lost += !sorted[at].IsRight && sorted[at].JudgeIsRight ? 1 : 0;
            bool isLast = at == sorted.Length - 1;
            if (isLast || (sorted[at].Sureness > sorted[at + 1].Sureness && at + 1 >= (levels.Count == 0 ? 0 : levels[^1].Decided) + least))
            {
                levels.Add(new(sorted[at].Sureness, at + 1, lost));
            }
        }

        return new ScreenFit(first, judged.Count, levels);
    }

    /// <summary>
    /// The least sureness from which on the first stage may decide: learn then test (arXiv 2110.01052). The loss never falls from level to
    /// level, so the tests go down from the surest, each at the whole error, and end at the first that does not reject a loss above the
    /// target.
    /// </summary>
    /// <param name="target">The most accuracy that may be lost, and in what share of fits that holds.</param>
    /// <returns>Null where not even the surest level is safe.</returns>
    public ScreenLevel? LevelFor(AbstentionTarget target)
    {
        double error = 1 - (target.Confidence ?? throw new ArgumentException("A loss holds with a confidence.", nameof(target)));
        ScreenLevel[] safe = [.. Levels.TakeWhile(level => Binomial.AtMost(level.Lost, Pairs, target.Risk) <= error)];
        return safe.Length == 0 ? null : safe[^1];
    }

    /// <summary>Why the first stage may decide nothing at a target.</summary>
    public string WhyNone(AbstentionTarget target)
    {
        int needed = (int)Math.Ceiling((Math.Log(1 - (target.Confidence ?? 0)) / Math.Log(1 - target.Risk)) - 1e-9);
        string loss = target.Risk.ToString("0.####%", CultureInfo.InvariantCulture);
        return Pairs < needed
            ? $"It has {Pairs} labelled queries, and a loss of at most {loss} cannot be shown with fewer than {needed}. Calibrate on more "
                + "pairs, or allow more loss."
            : $"Where the first stage is surest it is too often wrong where the judge is right for a loss of at most {loss}. Allow more "
                + "loss, or leave the first stage out.";
    }
}

/// <summary>The pairs that a first stage decides from a sureness on.</summary>
/// <param name="Sureness">The least sureness of them.</param>
/// <param name="Decided">How many there are.</param>
/// <param name="Lost">On how many of them it is wrong and the judge right.</param>
internal readonly record struct ScreenLevel(double Sureness, int Decided, int Lost);
