using RewardReasoning.Evaluation.Metrics;

namespace RewardReasoning.Evaluation.Reports;

/// <summary>Gathers confidences of judgments and whether they are right.</summary>
internal sealed class ConfidenceCounter
{
    private readonly List<double> _confidences = [];
    private readonly List<double> _calibrated = [];
    private readonly List<bool> _right = [];

    public void Add(AnalysedComparison comparison)
    {
        if (comparison is { HasGold: true, Confidence: { } confidence })
        {
            _confidences.Add(confidence);
            _right.Add(comparison.IsRight);
            if (comparison.CalibratedConfidence is { } calibrated)
            {
                _calibrated.Add(calibrated);
            }
        }
    }

    /// <summary>The analysis; null without confidences. Calibrated ones count where every judgment has one.</summary>
    public CalibrationAnalysis? Analyse()
    {
        bool areCalibrated = _calibrated.Count > 0 && _calibrated.Count == _confidences.Count;
        return CalibrationMetrics.Error(_confidences, _right) is not { } error
            ? null
            : new CalibrationAnalysis(
                CalibrationMetrics.Bins(_confidences, _right),
                error,
                areCalibrated ? CalibrationMetrics.Bins(_calibrated, _right) : null,
                areCalibrated ? CalibrationMetrics.Error(_calibrated, _right) : null,
                Discrimination.Aurc(_confidences, _right)
            );
    }
}
