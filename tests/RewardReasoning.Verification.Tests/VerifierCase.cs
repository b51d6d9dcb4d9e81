using System.Text.Json;

namespace RewardReasoning.Verification.Tests;

/// <summary>
/// Rows of cases.jsonl: 337 pairs of answers with the verdict that the test suites and graders named in `source` expect (Math-Verify,
/// NeMo-Skills, SkyThought, lighteval, verifiers, TRL, Qwen2.5-Math, simpleRL-reason; facts alone, their licences in each row's
/// repository).
/// </summary>
internal sealed record VerifierCase(
    string Gold,
    string Prediction,
    bool Equal,
    string Source,
    string? Test,
    string? Note,
    VerifierOptions Options
)
{
    public static IReadOnlyList<VerifierCase> All { get; } = [.. Rows("cases.jsonl").Select(Read)];

    public static IEnumerable<JsonElement> Rows(string file) =>
        File.ReadLines(Path.Combine(AppContext.BaseDirectory, file)).Select(line => JsonDocument.Parse(line).RootElement);

    private static VerifierCase Read(JsonElement row)
    {
        VerifierOptions options = new();
        options = row.TryGetProperty("precision", out JsonElement precision) ? options with { Decimals = precision.GetInt32() } : options;
        options = row.TryGetProperty("strict", out JsonElement strict) ? options with { Strict = strict.GetBoolean() } : options;
        options = row.TryGetProperty("allow_set_relation_comp", out JsonElement sets)
            ? options with
            {
                SetEqualsInequality = sets.GetBoolean(),
            }
            : options;
        options =
            row.TryGetProperty("match", out JsonElement match) && match.EnumerateArray().All(form => form.GetString() == "letter")
                ? options with
                {
                    Choices = true,
                }
                : options;
        return new VerifierCase(
            Text("gold") ?? "",
            Text("prediction") ?? "",
            row.GetProperty("equal").GetBoolean(),
            Text("source") ?? "",
            Text("test"),
            Text("note"),
            options
        );

        string? Text(string name) => row.TryGetProperty(name, out JsonElement value) ? value.GetString() : null;
    }
}
