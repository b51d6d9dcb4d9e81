using System.Text.Json;
using RewardReasoning.Testing;
using Xunit;
using static TorchSharp.torch;

namespace RewardReasoning.Training.Tests;

/// <summary>
/// Numbers that verl, TRL, transformers and torch computed (tests/Fixtures/rl-losses, README there for formulas and
/// tolerances). Errors are measured as there: max |difference| / max(1, max |value|).
/// </summary>
internal static class ReferenceNumbers
{
    /// <summary>Cases of one file, by name.</summary>
    public static IReadOnlyDictionary<string, ReferenceCase> Load(string topic)
    {
        set_num_threads(1);
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(Fixtures.PathOf($"rl-losses/{topic}.json")));
        return document
            .RootElement.GetProperty("cases")
            .EnumerateArray()
            .ToDictionary(c => c.GetProperty("name").GetString() ?? "", c => new ReferenceCase(c.Clone()));
    }

    public static void AssertClose(IReadOnlyList<double> expected, IReadOnlyList<double> actual, double tolerance, string what)
    {
        Assert.Equal(expected.Count, actual.Count);
        double scale = Math.Max(1, expected.Select(Math.Abs).DefaultIfEmpty().Max());
        double error = expected.Zip(actual, (e, a) => Math.Abs(e - a)).DefaultIfEmpty().Max() / scale;
        Assert.True(error <= tolerance, $"{what}: error {error:g3} is above {tolerance:g3}");
    }

    public static double[] Flat(Tensor tensor)
    {
        using Tensor wide = tensor.detach().to(float64).contiguous();
        return wide.data<double>().ToArray();
    }
}

internal sealed class ReferenceCase(JsonElement element)
{
    public string Name => element.GetProperty("name").GetString() ?? "";

    /// <summary>1e-8 for cases that the library ran in float64, 1e-6 for those it runs in float32 only.</summary>
    public double Tolerance => element.GetProperty("dtype").GetString() == "float64" ? 1e-8 : 1e-6;

    public JsonElement Inputs => element.GetProperty("inputs");

    public JsonElement Outputs => element.GetProperty("outputs");

    public double? Setting(string name) =>
        element.GetProperty("settings").TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Number
            ? value.GetDouble()
            : null;

    public string? Text(string name) =>
        element.GetProperty("settings").TryGetProperty(name, out JsonElement value) ? value.GetString() : null;

    public bool Flag(string name) => element.GetProperty("settings").TryGetProperty(name, out JsonElement value) && value.GetBoolean();

    public JsonElement Raw(string name) => element.GetProperty("settings").GetProperty(name);

    public bool Has(string name) => element.GetProperty("settings").TryGetProperty(name, out _);

    public Tensor Input(string name, ScalarType dtype = ScalarType.Float64) => Read(Inputs.GetProperty(name), dtype);

    public Tensor? OptionalInput(string name, ScalarType dtype = ScalarType.Float64) =>
        Inputs.TryGetProperty(name, out JsonElement value) ? Read(value, dtype) : null;

    public double[] Output(string name) => Numbers(Outputs.GetProperty(name));

    public double Metric(string name) => Outputs.GetProperty("metrics").GetProperty(name).GetDouble();

    public bool HasMetric(string name) => Outputs.TryGetProperty("metrics", out JsonElement m) && m.TryGetProperty(name, out _);

    /// <summary>All numbers of a nested array, row by row; null is NaN.</summary>
    public static double[] Numbers(JsonElement value) =>
        value.ValueKind switch
        {
            JsonValueKind.Array => [.. value.EnumerateArray().SelectMany(Numbers)],
            JsonValueKind.Null => [double.NaN],
            _ => [value.GetDouble()],
        };

    public static Tensor Read(JsonElement value, ScalarType dtype)
    {
        List<long> shape = [];
        for (JsonElement at = value; at.ValueKind == JsonValueKind.Array; at = at[0])
        {
            shape.Add(at.GetArrayLength());
        }

        return tensor(Numbers(value), float64).reshape([.. shape]).to(dtype);
    }
}
