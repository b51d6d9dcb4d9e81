using System.Text.Json;
using System.Text.Json.Serialization;

namespace RewardReasoning.Calibration;

/// <summary>The content of a calibration file.</summary>
internal sealed record CalibrationFileJson(IReadOnlyList<CalibrationFitJson>? Fits);

/// <summary>One fit; <c>Temperature</c> or <c>Knots</c> ([confidence, value] each) as the method has it.</summary>
internal sealed record CalibrationFitJson(
    string Model,
    VotingSettings Voting,
    int Rows,
    double Accuracy,
    CalibrationErrorJson Before,
    CalibrationErrorJson After,
    string Method,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? Temperature = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double[][]? Knots = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] AbstentionJson? Abstention = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ScreenJson[]? FirstStages = null
)
{
    private const string TemperatureMethod = "temperature";
    private const string IsotonicMethod = "isotonic";

    public static CalibrationFitJson Of(CalibrationFit fit) =>
        new(
            fit.Model,
            fit.Voting,
            fit.Rows,
            fit.Accuracy,
            new(fit.Before.Ece, fit.Before.Brier),
            new(fit.After.Ece, fit.After.Brier),
            fit.Map is ConfidenceMap.Temperature ? TemperatureMethod : IsotonicMethod,
            (fit.Map as ConfidenceMap.Temperature)?.Value,
            (fit.Map as ConfidenceMap.Isotonic)?.Knots.Select(knot => new[] { knot.Confidence, knot.Value }).ToArray(),
            fit.Abstention is { } abstention ? AbstentionJson.Of(abstention) : null,
            fit.Screens.Count > 0 ? [.. fit.Screens.Select(ScreenJson.Of)] : null
        );

    public CalibrationFit ToFit() =>
        new()
        {
            Map = ToMap(),
            Model = Model,
            Voting = Voting,
            Rows = Rows,
            Accuracy = Accuracy,
            Before = new(Before.Ece, Before.Brier),
            After = new(After.Ece, After.Brier),
            Abstention = Abstention?.ToFit(),
            Screens = FirstStages is null ? [] : [.. FirstStages.Select(stage => stage.ToFit())],
        };

    private ConfidenceMap ToMap() =>
        Method switch
        {
            TemperatureMethod => Temperature is > 0 and < double.PositiveInfinity
                ? new ConfidenceMap.Temperature(Temperature.Value)
                : throw new JsonException($"its temperature is {Temperature?.ToString() ?? "missing"}; it is a number above 0."),
            IsotonicMethod => Knots is { Length: > 0 } && AreKnots(Knots)
                ? new ConfidenceMap.Isotonic([.. Knots.Select(knot => new CalibrationKnot(knot[0], knot[1]))])
                : throw new JsonException(
                    "its knots are not pairs of numbers from 0 to 1, the first ones rising, the second ones never falling."
                ),
            _ => throw new JsonException($"its method is '{Method}'; it is {TemperatureMethod} or {IsotonicMethod}."),
        };

    private static bool AreKnots(double[][] knots) =>
        Array.TrueForAll(knots, knot => knot is [>= 0 and <= 1, >= 0 and <= 1])
        && knots.Zip(knots.Skip(1)).All(pair => pair.First[0] < pair.Second[0] && pair.First[1] <= pair.Second[1]);
}

/// <summary>Levels of uncertainty, [uncertainty, judgments given up to it, wrong ones among them] each.</summary>
internal sealed record AbstentionJson(double[][] Levels)
{
    public static AbstentionJson Of(AbstentionFit fit) =>
        new([.. fit.Levels.Select(level => new[] { level.Uncertainty, level.Given, level.Wrong })]);

    public AbstentionFit ToFit() =>
        AreLevels()
            ? new([.. Levels.Select(level => new AbstentionLevel(level[0], (int)level[1], (int)level[2]))])
            : throw new JsonException(
                "its levels of abstention are not triples of an uncertainty from 0 to 1, a number of judgments and a number of wrong ones "
                    + "among them, the first two rising, the third never falling."
            );

    private bool AreLevels() =>
        Array.TrueForAll(Levels, level => level is [>= 0 and <= 1, >= 1 and <= int.MaxValue, >= 0] && level[2] <= level[1])
        && Levels
            .Zip(Levels.Skip(1))
            .All(pair => pair.First[0] < pair.Second[0] && pair.First[1] < pair.Second[1] && pair.First[2] <= pair.Second[2]);
}

/// <summary>A first stage: levels of [sureness, pairs decided from it on, pairs lost by that].</summary>
internal sealed record ScreenJson(string First, int Pairs, double[][] Levels)
{
    public static ScreenJson Of(ScreenFit fit) =>
        new(fit.First, fit.Pairs, [.. fit.Levels.Select(level => new[] { level.Sureness, level.Decided, level.Lost })]);

    public ScreenFit ToFit() =>
        AreLevels()
            ? new(First, Pairs, [.. Levels.Select(level => new ScreenLevel(level[0], (int)level[1], (int)level[2]))])
            : throw new JsonException(
                "its levels of a first stage are not triples of a sureness from 0.5 to 1, a number of pairs and a number of lost ones "
                    + "among them, the first falling, the second rising, the third never falling."
            );

    private bool AreLevels() =>
        Array.TrueForAll(Levels, level => level is [> 0.5 and <= 1 + 1e-9, >= 1, >= 0] && level[1] <= Pairs && level[2] <= level[1])
        && Levels
            .Zip(Levels.Skip(1))
            .All(pair => pair.First[0] > pair.Second[0] && pair.First[1] < pair.Second[1] && pair.First[2] <= pair.Second[2]);
}

/// <summary>How far confidences are off.</summary>
internal sealed record CalibrationErrorJson(double Ece, double Brier);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    RespectRequiredConstructorParameters = true,
    RespectNullableAnnotations = true,
    WriteIndented = true
)]
[JsonSerializable(typeof(CalibrationFileJson))]
internal sealed partial class CalibrationJson : JsonSerializerContext;
