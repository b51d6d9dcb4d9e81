using System.Text.Json.Serialization;
using RewardReasoning.Calibration;
using RewardReasoning.Cli.Calibrating;
using RewardReasoning.Evaluation.Calibration;
using RewardReasoning.Evaluation.Metrics;

namespace RewardReasoning.Cli.Output;

/// <summary>What <c>calibrate --json</c> prints; docs/cli.md describes the fields.</summary>
internal sealed record CalibrationReportJson
{
    public required int Rows { get; init; }

    public required int Missing { get; init; }

    public required int Unlabelled { get; init; }

    public required int Labelled { get; init; }

    public required int Queries { get; init; }

    public required double Accuracy { get; init; }

    public required string Method { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? Temperature { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<CalibrationKnot>? Knots { get; init; }

    public required int Folds { get; init; }

    public required CalibrationError Before { get; init; }

    public required CalibrationError After { get; init; }

    public required double? Auroc { get; init; }

    public required string Model { get; init; }

    public required string Out { get; init; }

    public static CalibrationReportJson Of(LabelledJudgments labelled, ConfidenceFit fit, string model, string output) =>
        new()
        {
            Rows = labelled.Rows,
            Missing = labelled.Missing,
            Unlabelled = labelled.Unlabelled,
            Labelled = fit.Judgments.Count,
            Queries = fit.Queries,
            Accuracy = fit.Accuracy,
            Method = fit.Method.ToString().ToLowerInvariant(),
            Temperature = (fit.Map as ConfidenceMap.Temperature)?.Value,
            Knots = (fit.Map as ConfidenceMap.Isotonic)?.Knots,
            Folds = fit.Folds,
            Before = fit.Before,
            After = fit.After,
            Auroc = Discrimination.Auroc(fit.Confidences, fit.Right),
            Model = model,
            Out = output,
        };
}
