using RewardReasoning.Calibration;
using RewardReasoning.Ratings;

namespace RewardReasoning.Evaluation.Reports;

/// <summary>Gathers how unsure labelled judgments are and whether they are right, those that the judge abstained from included.</summary>
internal sealed class RiskCounter
{
    private const int MostLevels = 200;

    private readonly List<(double Uncertainty, bool IsRight)> _judged = [];
    private long _given;
    private long _wrong;

    public void Add(AnalysedComparison comparison)
    {
        if (!comparison.HasGold || comparison.Leans is not (MatchOutcome.First or MatchOutcome.Second))
        {
            return;
        }

        if (comparison.Uncertainty is { } uncertainty)
        {
            _judged.Add((uncertainty, comparison.Leans == comparison.Gold));
        }

        if (comparison.Preferred != MatchOutcome.Abstained)
        {
            _given++;
            _wrong += comparison.IsRight ? 0 : 1;
        }
    }

    /// <summary>The curve; null where all judgments are equally unsure.</summary>
    public RiskAnalysis? Analyse(string? promised) =>
        AbstentionFit.Of(_judged, MostLevels) is { Levels.Count: > 1 } curve
            ? new RiskAnalysis(curve, promised, new CountedShare(_given, _judged.Count), new CountedShare(_wrong, _given))
            : null;
}
