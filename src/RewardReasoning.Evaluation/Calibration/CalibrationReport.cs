using System.Globalization;
using System.Text.Json.Serialization;
using RewardReasoning.Calibration;
using RewardReasoning.Evaluation.Metrics;
using RewardReasoning.Evaluation.Plots;
using RewardReasoning.Judging;

namespace RewardReasoning.Evaluation.Calibration;

/// <summary>What a calibration was fitted to, and how far confidence is off before and after.</summary>
public sealed record CalibrationReport
{
    private static readonly double[] Risks = [0.01, 0.05, 0.1];

    private readonly ConfidenceFit _fit;

    internal CalibrationReport(LabelledJudgments labelled, ConfidenceFit fit, CalibrationFit written)
    {
        _fit = fit;
        (Rows, Missing, Unlabelled, Fit) = (labelled.Rows, labelled.Missing, labelled.Unlabelled, written);
    }

    /// <summary>Rows read.</summary>
    public int Rows { get; }

    /// <summary>Rows without a judgment that prefers a response.</summary>
    public int Missing { get; }

    /// <summary>Judged rows without a label.</summary>
    public int Unlabelled { get; }

    /// <summary>All others: what the map was fitted to.</summary>
    public int Labelled => _fit.Judgments.Count;

    /// <summary>Different queries among them.</summary>
    public int Queries => _fit.Queries;

    /// <summary>Share of the labelled judgments that is right.</summary>
    public double Accuracy => _fit.Accuracy;

    /// <summary><c>temperature</c> or <c>isotonic</c>.</summary>
    public string Method => _fit.Method.ToString().ToLowerInvariant();

    /// <summary>The fitted temperature; null for the other method.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? Temperature => (_fit.Map as ConfidenceMap.Temperature)?.Value;

    /// <summary>The points of an isotonic map; null for the other method.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<CalibrationKnot>? Knots => (_fit.Map as ConfidenceMap.Isotonic)?.Knots;

    /// <summary>Folds of the cross-validation.</summary>
    public int Folds => _fit.Folds;

    /// <summary>How far the confidences are off as they are.</summary>
    public CalibrationError Before => _fit.Before;

    /// <summary>How far they are off when calibrated by a map that was fitted without them.</summary>
    public CalibrationError After => _fit.After;

    /// <summary>How well confidence separates right judgments from wrong ones; null without both kinds.</summary>
    public double? Auroc => Discrimination.Auroc(_fit.Confidences, _fit.Right);

    /// <summary>
    /// The share of the judgments that a judge gives if at most 1, 5 or 10 % of these may be wrong (<see cref="JudgeOptions.Abstain"/>), by
    /// risk; null for a risk that the fit does not reach.
    /// </summary>
    public IReadOnlyDictionary<string, double?> CoverageAtRisk =>
        Risks.ToDictionary(risk => risk.ToString(CultureInfo.InvariantCulture), risk => Fit.Abstention?.At(new(risk))?.Coverage);

    /// <summary>What a first stage before the judge would decide; null where none was tried.</summary>
    [JsonInclude]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    internal FirstStageReport? FirstStage { get; init; }

    /// <summary>Identity of the model.</summary>
    public string Model => Fit.Model;

    /// <summary>The file that the fit was saved to; null if it was not.</summary>
    public string? Out { get; private init; }

    /// <summary>The fit, as a calibration file holds it.</summary>
    [JsonIgnore]
    public CalibrationFit Fit { get; }

    /// <summary>Adds the fit to a calibration file, which is made if it is not there; the fits of other settings in it stay.</summary>
    /// <returns>The report, which names the file.</returns>
    /// <exception cref="FormatException">The file is there and is not a calibration file.</exception>
    public CalibrationReport SaveTo(string path)
    {
        (File.Exists(path) ? CalibrationFile.Load(path) : new CalibrationFile()).With(Fit).Save(path);
        return this with { Out = path };
    }

    /// <summary>Draws the reliability before and after into an SVG or PNG file.</summary>
    /// <exception cref="NotSupportedException">The file's ending is that of another format.</exception>
    public void Draw(string path) =>
        new ReliabilityDiagram
        {
            Title = FormattableString.Invariant($"{Labelled} labelled judgments"),
            Curves =
            [
                new(
                    FormattableString.Invariant($"by the votes alone (ECE {Before.Ece:0.000})"),
                    CalibrationMetrics.Bins(_fit.Confidences, _fit.Right)
                ),
                new(
                    FormattableString.Invariant($"{Method}, cross-validated (ECE {After.Ece:0.000})"),
                    CalibrationMetrics.Bins(_fit.CrossValidated, _fit.Right)
                ),
            ],
        }.Save(path);
}

/// <summary>What a first stage before a judge would decide.</summary>
/// <param name="Name">The first stage.</param>
/// <param name="Pairs">Labelled pairs, one of each query.</param>
/// <param name="DecidedAtLoss">
/// The share of the pairs that it decides if it may cost at most 0.5, 1, 2 or 5 points of accuracy, by loss; null for a loss that the fit
/// does not reach.
/// </param>
internal sealed record FirstStageReport(string Name, int Pairs, IReadOnlyDictionary<string, double?> DecidedAtLoss)
{
    private static readonly double[] Losses = [0.005, 0.01, 0.02, 0.05];

    public static FirstStageReport Of(string name, ScreenFit fit) =>
        new(
            name,
            fit.Pairs,
            Losses.ToDictionary(
                loss => loss.ToString(CultureInfo.InvariantCulture),
                loss => fit.LevelFor(new AbstentionTarget(loss)) is { } level ? (double?)level.Decided / fit.Pairs : null
            )
        );
}
