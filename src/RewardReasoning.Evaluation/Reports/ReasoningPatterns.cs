using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;

namespace RewardReasoning.Evaluation.Reports;

/// <summary>
/// Patterns of reasoning, each a list of keywords (paper, section on reasoning patterns: transition, reflection, comparison, breakdown).
/// The lists are data: <c>reasoning-patterns.json</c> beside this file, or a file of the user's. Case does not count; a keyword that begins
/// or ends with a letter or digit begins or ends a word.
/// </summary>
internal sealed class ReasoningPatterns
{
    private static readonly Lazy<ReasoningPatterns> LazyBuiltIn = new(() =>
    {
        using Stream stream =
            typeof(ReasoningPatterns).Assembly.GetManifestResourceStream("reasoning-patterns.json")
            ?? throw new InvalidOperationException("The built-in lists of keywords are missing from the assembly.");
        using StreamReader reader = new(stream);
        return Parse(reader.ReadToEnd(), "reasoning-patterns.json");
    });

    private readonly (string Name, Regex Keywords)[] _patterns;

    private ReasoningPatterns(IReadOnlyDictionary<string, IReadOnlyList<string>> keywords) =>
        _patterns = [
            .. keywords.Select(pattern =>
                (
                    pattern.Key,
                    new Regex(
                        string.Join('|', pattern.Value.Select(Expression)),
                        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.NonBacktracking
                    )
                )
            ),
        ];

    /// <summary>The lists that come with the library.</summary>
    public static ReasoningPatterns BuiltIn => LazyBuiltIn.Value;

    /// <summary>Names of the patterns, in the order of their file.</summary>
    public IReadOnlyList<string> Names => [.. _patterns.Select(pattern => pattern.Name)];

    /// <summary>Lists from a file: a JSON object with a list of keywords under the name of each pattern.</summary>
    /// <exception cref="FormatException">It holds something else; the message names the file.</exception>
    public static ReasoningPatterns Load(string path) => Parse(File.ReadAllText(path), path);

    /// <summary>How often each pattern's keywords stand in a text.</summary>
    public IReadOnlyList<int> Count(string reasoning)
    {
        ArgumentNullException.ThrowIfNull(reasoning);
        string text = reasoning.Replace('’', '\'');
        return [.. _patterns.Select(pattern => pattern.Keywords.Count(text))];
    }

    private static ReasoningPatterns Parse(string json, string file)
    {
        Dictionary<string, IReadOnlyList<string>>? lists;
        try
        {
            lists = JsonSerializer.Deserialize(json, PatternJson.Default.DictionaryStringIReadOnlyListString);
        }
        catch (JsonException exception)
        {
            throw new FormatException(
                $"{file}, line {exception.LineNumber + 1}: no lists of keywords: {exception.Message} It looks like {{\"reflection\": "
                    + $"[\"wait\", \"let me check\"]}}.",
                exception
            );
        }

        return
            lists is { Count: > 0 }
            && lists.Values.All(words => words is { Count: > 0 } && words.All(word => !string.IsNullOrWhiteSpace(word)))
            ? new ReasoningPatterns(lists)
            : throw new FormatException($"{file}: every pattern needs at least one keyword, and none may be empty.");
    }

    private static string Expression(string keyword)
    {
        string word = keyword.Trim().Replace('’', '\'');
        return $"{(char.IsLetterOrDigit(word[0]) ? @"\b" : "")}{Regex.Escape(word)}{(char.IsLetterOrDigit(word[^1]) ? @"\b" : "")}";
    }
}

[JsonSerializable(typeof(Dictionary<string, IReadOnlyList<string>>))]
internal sealed partial class PatternJson : JsonSerializerContext;
