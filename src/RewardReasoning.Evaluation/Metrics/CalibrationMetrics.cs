using RewardReasoning.Calibration;
using RewardReasoning.Evaluation.Plots;

namespace RewardReasoning.Evaluation.Metrics;

/// <summary>Whether confidences are right as often as they say.</summary>
internal static class CalibrationMetrics
{
    private const int BinCount = 10;

    /// <summary>
    /// Claims by confidence p in ten bins of equal width, bin ⌊10p⌋ and 1 in the last, with the 95% interval (Wilson) of their accuracy.
    /// Empty bins are left out.
    /// </summary>
    public static IReadOnlyList<ReliabilityBin> Bins(IReadOnlyList<double> confidences, IReadOnlyList<bool> right)
    {
        Check(confidences, right);
        return
        [
            .. confidences
                .Zip(right, (confidence, isRight) => (Confidence: confidence, IsRight: isRight))
                .GroupBy(claim => Math.Min((int)Math.Floor(claim.Confidence * BinCount), BinCount - 1))
                .OrderBy(bin => bin.Key)
                .Select(bin => BinOf([.. bin])),
        ];
    }

    /// <summary>
    /// Expected calibration error, Σ n_b/n · |share right in bin b - mean confidence in it| over these bins, and Brier score, the mean of
    /// (p - right)². Null without claims.
    /// </summary>
    public static CalibrationError? Error(IReadOnlyList<double> confidences, IReadOnlyList<bool> right)
    {
        IReadOnlyList<ReliabilityBin> bins = Bins(confidences, right);
        return confidences.Count == 0
            ? null
            : new(
                bins.Sum(bin => bin.Count * Math.Abs(bin.Accuracy - bin.Confidence)) / confidences.Count,
                confidences.Zip(right, (confidence, isRight) => confidence - (isRight ? 1 : 0)).Average(miss => miss * miss)
            );
    }

    private static ReliabilityBin BinOf((double Confidence, bool IsRight)[] claims)
    {
        int rights = claims.Count(claim => claim.IsRight);
        WilsonInterval interval = WilsonInterval.At95(rights, claims.Length);
        return new(claims.Average(claim => claim.Confidence), (double)rights / claims.Length, claims.Length)
        {
            Low = interval.Low,
            High = interval.High,
        };
    }

    private static void Check(IReadOnlyList<double> confidences, IReadOnlyList<bool> right)
    {
        ArgumentNullException.ThrowIfNull(confidences);
        ArgumentNullException.ThrowIfNull(right);
        if (confidences.Count != right.Count)
        {
            throw new ArgumentException(
                $"{confidences.Count} confidences and {right.Count} outcomes; every confidence needs one.",
                nameof(right)
            );
        }

        if (confidences.FirstOrDefault(confidence => confidence is not (>= 0 and <= 1), 0) is var outside && outside != 0)
        {
            throw new ArgumentException(
                FormattableString.Invariant($"A confidence is {outside}; it is a probability, 0 to 1."),
                nameof(confidences)
            );
        }
    }
}
