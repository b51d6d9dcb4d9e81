using System.Text.Json;
using System.Text.Json.Serialization;

namespace RewardReasoning;

/// <summary>What a model costs, in any currency, for a million tokens each.</summary>
public sealed record TokenPrices
{
    private const decimal Million = 1_000_000m;
    private const string Form = """It looks like {"NAME": {"prompt": 0.4, "cached": 0.1, "output": 1.6}}, for a million tokens each.""";

    /// <summary>Of the prompt.</summary>
    public required decimal Prompt { get; init; }

    /// <summary>Of the prompt's tokens that the server had in its cache.</summary>
    /// <value>null (the same as <see cref="Prompt"/>).</value>
    public decimal? Cached { get; init; }

    /// <summary>Of what is generated, reasoning included.</summary>
    public required decimal Output { get; init; }

    /// <summary>
    /// The prices of a model from a table: a JSON file with an object {"prompt": …, "cached": …, "output": …} under each name.
    /// </summary>
    /// <exception cref="FormatException">The file is not such a table, or does not have the model; the message names the file.</exception>
    public static TokenPrices Load(string path, string model)
    {
        Dictionary<string, TokenPrices>? table;
        try
        {
            table = JsonSerializer.Deserialize(File.ReadAllBytes(path), PriceJson.Default.DictionaryStringTokenPrices);
        }
        catch (JsonException error)
        {
            throw new FormatException($"{path}, line {error.LineNumber + 1}: no table of prices: {error.Message} {Form}", error);
        }

        TokenPrices? prices = table?.GetValueOrDefault(model);
        return prices switch
        {
            null => throw new FormatException(
                $"{path} has no price for {model}; it has {(table is { Count: > 0 } ? string.Join(", ", table.Keys) : "none at all")}."
            ),
            { Prompt: < 0 } or { Cached: < 0 } or { Output: < 0 } => throw new FormatException($"{path}: a price of {model} is below 0."),
            _ => prices,
        };
    }

    /// <summary>What these tokens cost.</summary>
    public decimal CostOf(Usage usage)
    {
        ArgumentNullException.ThrowIfNull(usage);
        long cached = Math.Min(usage.CachedTokens ?? 0, usage.PromptTokens);
        return (((usage.PromptTokens - cached) * Prompt) + (cached * (Cached ?? Prompt)) + (usage.OutputTokens * Output)) / Million;
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    ReadCommentHandling = JsonCommentHandling.Skip,
    AllowTrailingCommas = true
)]
[JsonSerializable(typeof(Dictionary<string, TokenPrices>))]
internal sealed partial class PriceJson : JsonSerializerContext;
