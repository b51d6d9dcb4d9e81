using System.Security.Cryptography;
using System.Text;
using RewardReasoning.Calibration;
using RewardReasoning.Evaluation.Metrics;

namespace RewardReasoning.Evaluation.Calibration;

/// <summary>How confidences are calibrated.</summary>
public enum CalibrationMethod
{
    /// <summary><see cref="TemperatureFit"/>: one number, good from a few dozen judgments on.</summary>
    Temperature,

    /// <summary><see cref="IsotonicFit"/>: any shape that never falls, from some hundreds on.</summary>
    Isotonic,
}

/// <summary>One judgment whose better response is known.</summary>
/// <param name="Confidence">Its confidence, by the votes alone.</param>
/// <param name="IsRight">Whether it prefers the better response.</param>
/// <param name="Query">What was asked: judgments of one query are not independent, so a fold has all of them or none.</param>
/// <param name="Uncertainty">How unsure it is (<see cref="Judgment.Uncertainty"/>).</param>
/// <param name="Pair">A hash of the pair, whatever its numbering.</param>
internal sealed record LabelledConfidence(double Confidence, bool IsRight, string Query, double Uncertainty = 0, string Pair = "");

/// <summary>
/// A map fitted to labelled judgments, and what it brings on judgments that it was not fitted to: for <see cref="After"/> the queries are
/// dealt into folds, by the order of their hashes, and each fold is calibrated by a map that was fitted to all others.
/// </summary>
internal sealed record ConfidenceFit
{
    private ConfidenceFit() { }

    /// <summary>The map, fitted to all judgments.</summary>
    public required ConfidenceMap Map { get; init; }

    /// <summary>How it was fitted.</summary>
    public required CalibrationMethod Method { get; init; }

    /// <summary>Folds of the cross-validation.</summary>
    public required int Folds { get; init; }

    /// <summary>The judgments.</summary>
    public required IReadOnlyList<LabelledConfidence> Judgments { get; init; }

    /// <summary>The confidence of each judgment by the map that was fitted without its fold.</summary>
    public required IReadOnlyList<double> CrossValidated { get; init; }

    /// <summary>Queries among the judgments.</summary>
    public required int Queries { get; init; }

    /// <summary>Share of the judgments that is right.</summary>
    public double Accuracy => (double)Right.Count(isRight => isRight) / Judgments.Count;

    /// <summary>How far the confidences are off as they are.</summary>
    public CalibrationError Before => CalibrationMetrics.Error(Confidences, Right) ?? default;

    /// <summary>How far they are off when calibrated by a map that was fitted without them.</summary>
    public CalibrationError After => CalibrationMetrics.Error(CrossValidated, Right) ?? default;

    /// <summary>The confidences as they are.</summary>
    public IReadOnlyList<double> Confidences => [.. Judgments.Select(judgment => judgment.Confidence)];

    /// <summary>Which judgments are right.</summary>
    public IReadOnlyList<bool> Right => [.. Judgments.Select(judgment => judgment.IsRight)];

    /// <summary>Fits a map.</summary>
    /// <exception cref="ArgumentException">There are fewer queries than folds, or fewer than two folds.</exception>
    public static ConfidenceFit Of(IReadOnlyList<LabelledConfidence> judgments, CalibrationMethod method, int folds)
    {
        ArgumentNullException.ThrowIfNull(judgments);
        if (folds < 2)
        {
            throw new ArgumentException(
                $"There {(folds == 1 ? "is 1 fold" : $"are {folds} folds")}; at least 2 are needed, one to fit to and one to check on.",
                nameof(folds)
            );
        }

        string[] queries = [.. judgments.Select(judgment => judgment.Query).Distinct().OrderBy(HashOf, StringComparer.Ordinal)];
        if (queries.Length < folds)
        {
            throw new ArgumentException(
                $"The labelled judgments have {queries.Length} distinct {(queries.Length == 1 ? "query" : "queries")} for {folds} "
                    + $"folds; give more rows, or fewer folds.",
                nameof(judgments)
            );
        }

        Dictionary<string, int> foldOf = queries.Index().ToDictionary(query => query.Item, query => query.Index % folds);
        ConfidenceMap[] maps =
        [
            .. Enumerable.Range(0, folds).Select(fold => FitTo([.. judgments.Where(judgment => foldOf[judgment.Query] != fold)], method)),
        ];
        return new()
        {
            Map = FitTo(judgments, method),
            Method = method,
            Folds = folds,
            Judgments = judgments,
            CrossValidated = [.. judgments.Select(judgment => maps[foldOf[judgment.Query]].Apply(judgment.Confidence))],
            Queries = queries.Length,
        };
    }

    private static ConfidenceMap FitTo(IReadOnlyList<LabelledConfidence> judgments, CalibrationMethod method)
    {
        double[] confidences = [.. judgments.Select(judgment => judgment.Confidence)];
        bool[] right = [.. judgments.Select(judgment => judgment.IsRight)];
        return method == CalibrationMethod.Temperature ? TemperatureFit.Fit(confidences, right) : IsotonicFit.Fit(confidences, right);
    }

    private static string HashOf(string query) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(query)));
}
