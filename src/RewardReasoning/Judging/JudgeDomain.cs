using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;

namespace RewardReasoning.Judging;

/// <summary>
/// What a model can judge, as its folder declares it in <c>judge-domain.json</c>: a pattern that the whole query matches, one that each
/// whole response matches, and a sentence for people. Patterns run in time linear in the text.
/// </summary>
public sealed class JudgeDomain
{
    private readonly Regex _query;
    private readonly Regex _response;

    /// <summary>A domain of two patterns; each must match from the first to the last character.</summary>
    /// <exception cref="ArgumentException">A pattern is not a regular expression, or one that needs backtracking.</exception>
    public JudgeDomain(string queryPattern, string responsePattern, string says)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(says);
        _query = WholeMatch(queryPattern, "query");
        _response = WholeMatch(responsePattern, "response");
        (QueryPattern, ResponsePattern, Says) = (queryPattern, responsePattern, says);
    }

    internal string QueryPattern { get; }

    internal string ResponsePattern { get; }

    /// <summary>One sentence that says what the model can judge.</summary>
    public string Says { get; }

    /// <summary>Reads a <c>judge-domain.json</c>.</summary>
    /// <exception cref="FormatException">The file is not one; the message names it and the fault.</exception>
    public static JudgeDomain Load(string path)
    {
        try
        {
            using FileStream stream = File.OpenRead(path);
            DomainFile? file = JsonSerializer.Deserialize(stream, DomainJson.Default.DomainFile);
            return file is { Query: { } query, Response: { } response, Says: { } says }
                ? new(query, response, says)
                : throw new FormatException($"{path}: needs the strings \"query\", \"response\" (patterns) and \"says\" (a sentence).");
        }
        catch (Exception error) when (error is JsonException or ArgumentException)
        {
            throw new FormatException($"{path}: {error.Message}", error);
        }
    }

    /// <summary>Whether a query is one that the model can judge responses to.</summary>
    public bool HoldsQuery(string query) => _query.IsMatch(query);

    /// <summary>Whether a response is one that the model can judge.</summary>
    public bool HoldsResponse(string response) => _response.IsMatch(response);

    /// <summary>Null when the model can judge the comparison, else the sentence to refuse it with, and what to do instead.</summary>
    public string? Check(Comparison comparison)
    {
        ArgumentNullException.ThrowIfNull(comparison);
        string? outside =
            !HoldsQuery(comparison.Query) ? "the query"
            : !HoldsResponse(comparison.Response1) ? "response 1"
            : !HoldsResponse(comparison.Response2) ? "response 2"
            : null;
        return outside is null
            ? null
            : $"This model cannot judge this: {outside} is outside of what it was made for. {Says} "
                + "Use --endpoint URL --model NAME for a judge on a server, or --model FOLDER for another one on this machine.";
    }

    private static Regex WholeMatch(string pattern, string name)
    {
        ArgumentNullException.ThrowIfNull(pattern);
        try
        {
            return new Regex($@"\A(?:{pattern})\z", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        }
        catch (Exception error) when (error is ArgumentException or NotSupportedException)
        {
            throw new ArgumentException($"The pattern \"{name}\" cannot be used: {error.Message}", name, error);
        }
    }
}

internal sealed record DomainFile(string? Query, string? Response, string? Says);

[JsonSourceGenerationOptions(PropertyNameCaseInsensitive = false, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(DomainFile))]
internal sealed partial class DomainJson : JsonSerializerContext;
