using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using RewardReasoning.Data.AnswerRows;
using RewardReasoning.Data.Export;
using RewardReasoning.Data.Inspection;
using RewardReasoning.Evaluation.Calibration;
using RewardReasoning.Evaluation.Labelling;
using RewardReasoning.Evaluation.Scoring;

namespace RewardReasoning.Cli.Output;

/// <summary>Every JSON object that the command prints, with names in snake case.</summary>
[JsonSerializable(typeof(Judgment))]
[JsonSerializable(typeof(PromptJson))]
[JsonSerializable(typeof(Rankings.Ranking))]
[JsonSerializable(typeof(RatingsJson))]
[JsonSerializable(typeof(ScoreReport))]
[JsonSerializable(typeof(LabelReport))]
[JsonSerializable(typeof(CalibrationReport))]
[JsonSerializable(typeof(List<FileInspection>))]
[JsonSerializable(typeof(VerificationSummary))]
[JsonSerializable(typeof(EndpointProbeJson))]
[JsonSerializable(typeof(ExportReport))]
[JsonSerializable(typeof(ModelInfoJson))]
[JsonSerializable(typeof(GgufJson))]
[JsonSerializable(typeof(ModelCheckJson))]
[JsonSerializable(typeof(StoreStatisticsJson))]
[JsonSerializable(typeof(PruneReportJson))]
internal sealed partial class OutputJson : JsonSerializerContext
{
    /// <summary>For people: indented.</summary>
    public static OutputJson Indented { get; } = new(Written(indented: true));

    /// <summary>For rows of a file: one line.</summary>
    public static OutputJson Lines { get; } = new(Written(indented: false));

    private static JsonSerializerOptions Written(bool indented) =>
        new()
        {
            PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            WriteIndented = indented,
        };
}
