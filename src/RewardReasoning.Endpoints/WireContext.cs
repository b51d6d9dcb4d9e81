using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace RewardReasoning.Endpoints;

/// <summary>
/// The length of a context in what servers tell of themselves or of a model: llama.cpp's <c>/props</c>, SGLang's <c>/get_model_info</c>,
/// Ollama's <c>/api/show</c>.
/// </summary>
internal static partial class WireContext
{
    private static readonly string[] Names = ["n_ctx", "context_length", "max_model_len", "max_context_length", "context_len"];

    /// <summary>The length; null where it is not told, or where the answer is no object.</summary>
    public static int? Read(ReadOnlySpan<byte> body)
    {
        try
        {
            JsonElement root = JsonElement.Parse(body);
            return root.ValueKind != JsonValueKind.Object
                ? null
                : In(root)
                    ?? Parameter(root)
                    ?? (Object(root, "default_generation_settings") is { } settings ? In(settings) : null)
                    ?? (Object(root, "model_info") is { } model ? Trained(model) : null);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static int? In(JsonElement from) =>
        Names
            .Select(name => from.TryGetProperty(name, out JsonElement value) ? Count(value) : null)
            .FirstOrDefault(count => count is not null);

    /// <summary>Of Ollama: what the model is run with, a line <c>num_ctx 8192</c>, where somebody has set it.</summary>
    private static int? Parameter(JsonElement root) =>
        root.TryGetProperty("parameters", out JsonElement lines)
        && lines.ValueKind == JsonValueKind.String
        && NumCtx().Match(lines.GetString() ?? "") is { Success: true } match
        && int.TryParse(match.Groups["tokens"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out int tokens)
        && tokens > 0
            ? tokens
            : null;

    /// <summary>Of Ollama: <c>llama.context_length</c>, after the architecture, the most that the model is made for.</summary>
    private static int? Trained(JsonElement model) =>
        model
            .EnumerateObject()
            .Where(property => property.Name.EndsWith(".context_length", StringComparison.Ordinal))
            .Select(property => Count(property.Value))
            .FirstOrDefault(count => count is not null);

    private static JsonElement? Object(JsonElement root, string name) =>
        root.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Object ? value : null;

    private static int? Count(JsonElement value) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int count) && count > 0 ? count : null;

    [GeneratedRegex(@"(^|\n)\s*num_ctx\s+(?<tokens>\d+)", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex NumCtx();
}
