using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Json.Schema;
using RewardReasoning.Verification;

namespace RewardReasoning.Evaluation.Criteria;

/// <summary>
/// The checks of criteria. Responses are hostile texts: each check is bounded in time, and one that the bound ends says so.
/// </summary>
internal static partial class CriterionChecks
{
    /// <summary>The longest that a pattern may take on a response.</summary>
    private static readonly TimeSpan PatternTime = TimeSpan.FromSeconds(1);

    /// <summary>Scripts by their blocks of Unicode; those that letters of running text come from.</summary>
    private static readonly Dictionary<string, (int From, int To)[]> Scripts = new(StringComparer.OrdinalIgnoreCase)
    {
        ["latin"] = [(0x41, 0x5A), (0x61, 0x7A), (0xAA, 0xAA), (0xBA, 0xBA), (0xC0, 0x24F), (0x1E00, 0x1EFF), (0xFF21, 0xFF5A)],
        ["greek"] = [(0x370, 0x3FF), (0x1F00, 0x1FFF)],
        ["cyrillic"] = [(0x400, 0x52F), (0x1C80, 0x1C8F), (0x2DE0, 0x2DFF), (0xA640, 0xA69F)],
        ["armenian"] = [(0x530, 0x58F)],
        ["hebrew"] = [(0x590, 0x5FF), (0xFB1D, 0xFB4F)],
        ["arabic"] = [(0x600, 0x6FF), (0x750, 0x77F), (0x8A0, 0x8FF), (0xFB50, 0xFDFF), (0xFE70, 0xFEFF)],
        ["devanagari"] = [(0x900, 0x97F), (0xA8E0, 0xA8FF)],
        ["bengali"] = [(0x980, 0x9FF)],
        ["tamil"] = [(0xB80, 0xBFF)],
        ["telugu"] = [(0xC00, 0xC7F)],
        ["thai"] = [(0xE00, 0xE7F)],
        ["georgian"] = [(0x10A0, 0x10FF), (0x1C90, 0x1CBF), (0x2D00, 0x2D2F)],
        ["ethiopic"] = [(0x1200, 0x139F)],
        ["khmer"] = [(0x1780, 0x17FF)],
        ["hangul"] = [(0x1100, 0x11FF), (0x3130, 0x318F), (0xAC00, 0xD7FF)],
        ["kana"] = [(0x3040, 0x30FF), (0x31F0, 0x31FF), (0xFF66, 0xFF9F)],
        ["han"] = [(0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x323AF)],
        ["japanese"] =
        [
            (0x3040, 0x30FF),
            (0x31F0, 0x31FF),
            (0x3400, 0x4DBF),
            (0x4E00, 0x9FFF),
            (0xF900, 0xFAFF),
            (0xFF66, 0xFF9F),
            (0x20000, 0x323AF),
        ],
    };

    public static Func<string, CheckResult> Contains(string text) =>
        response => CheckResult.Of(response.Contains(text, StringComparison.Ordinal), $"It does not contain '{text}'.");

    public static Func<string, CheckResult> NotContains(string text) =>
        response => CheckResult.Of(!response.Contains(text, StringComparison.Ordinal), $"It contains '{text}'.");

    /// <exception cref="FormatException">The pattern cannot be read; the message says why.</exception>
    public static Func<string, CheckResult> Matches(string pattern)
    {
        Regex regex;
        try
        {
            regex = new Regex(pattern, RegexOptions.CultureInvariant, PatternTime);
        }
        catch (ArgumentException exception)
        {
            throw new FormatException(exception.Message, exception);
        }

        return response =>
        {
            try
            {
                return CheckResult.Of(regex.IsMatch(response), $"It does not match {pattern}.");
            }
            catch (RegexMatchTimeoutException)
            {
                return new CheckResult(null, $"Matching {pattern} took more than {PatternTime.TotalSeconds:0} s on this response.");
            }
        };
    }

    /// <summary>Words are what blanks part.</summary>
    public static Func<string, CheckResult> Words(int least, int most) =>
        response => Within(response.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Length, least, most, "words");

    /// <summary>Sentences end with a full stop, a question or an exclamation mark, or with the text.</summary>
    public static Func<string, CheckResult> Sentences(int least, int most) =>
        response => Within(SentenceEnd().Split(response).Count(part => part.Any(char.IsLetterOrDigit)), least, most, "sentences");

    /// <exception cref="FormatException">It is not a schema.</exception>
    public static Func<string, CheckResult> FitsSchema(JsonElement schema)
    {
        JsonSchema built;
        try
        {
            built = JsonSchema.FromText(schema.GetRawText());
        }
        catch (Exception exception) when (exception is JsonException or JsonSchemaException or ArgumentException)
        {
            throw new FormatException($"it is not a JSON schema: {exception.Message}", exception);
        }

        BoundPatterns(built.Root, []);
        return response =>
        {
            try
            {
                return CheckResult.Of(
                    built.Evaluate(JsonElement.Parse(WithoutFence(response))).IsValid,
                    "It is JSON that does not fit the schema."
                );
            }
            catch (JsonException)
            {
                return new CheckResult(false, "It is not JSON.");
            }
            catch (RegexMatchTimeoutException exception)
            {
                return new CheckResult(
                    null,
                    $"Matching the schema's pattern {exception.Pattern} took more than {PatternTime.TotalSeconds:0} s on this response."
                );
            }
            catch (RefResolutionException exception)
            {
                return new CheckResult(null, $"The schema refers to what is not in it: {exception.Message}");
            }
        };
    }

    /// <summary>
    /// JsonSchema.Net makes regular expressions of patterns without a time limit; a response could be written to take hours on one.
    /// </summary>
    private static void BoundPatterns(JsonSchemaNode? node, HashSet<JsonSchemaNode> seen)
    {
        if (node is null || !seen.Add(node))
        {
            return;
        }

        foreach (KeywordData keyword in node.Keywords ?? [])
        {
            keyword.Value = keyword.Value switch
            {
                Regex pattern => Bounded(pattern),
                Dictionary<string, Regex> patterns => patterns.ToDictionary(one => one.Key, one => Bounded(one.Value)),
                var other => other,
            };
            foreach (JsonSchemaNode below in keyword.Subschemas ?? [])
            {
                BoundPatterns(below, seen);
            }
        }

        static Regex Bounded(Regex pattern) => new(pattern.ToString(), pattern.Options, PatternTime);
    }

    /// <summary>Whether most letters of the response are in a script.</summary>
    /// <exception cref="FormatException">The script is not known; the message lists those that are.</exception>
    public static Func<string, CheckResult> IsInScript(string name) =>
        Scripts.TryGetValue(name, out (int From, int To)[]? ranges)
            ? response =>
            {
                int letters = 0,
                    within = 0;
                foreach (Rune rune in response.EnumerateRunes().Where(Rune.IsLetter))
                {
                    letters++;
                    within += Array.Exists(ranges, range => rune.Value >= range.From && rune.Value <= range.To) ? 1 : 0;
                }

                return CheckResult.Of(2 * within > letters, $"{within} of its {letters} letters are {name}; most are asked for.");
            }
            : throw new FormatException($"'{name}' is not known; it is {string.Join(", ", Scripts.Keys)}.");

    /// <summary>Whether the answer that the response comes to equals the gold one, by <see cref="AnswerVerifier"/>.</summary>
    public static Func<string, CheckResult> EqualsAnswer(string gold)
    {
        AnswerVerifier verifier = new();
        return response =>
            verifier.Verify(gold, ReasoningText.Split(response).Answer) switch
            {
                AnswerVerdict.Equal => new CheckResult(true),
                AnswerVerdict.Different => new CheckResult(false, $"Its answer is not {gold}."),
                _ => new CheckResult(null, $"Whether its answer is {gold} cannot be decided by rules."),
            };
    }

    private static CheckResult Within(int count, int least, int most, string what) =>
        CheckResult.Of(
            count >= least && count <= most,
            string.Create(
                CultureInfo.InvariantCulture,
                $"It has {count} {what}; {(most == int.MaxValue ? $"at least {least}" : $"{least} to {most}")} are asked for."
            )
        );

    /// <summary>The text inside of a code fence that is the whole response.</summary>
    private static string WithoutFence(string response) =>
        Fenced().Match(response) is { Success: true } fenced ? fenced.Groups[1].Value : response;

    [GeneratedRegex(@"[.!?…。！？]+(?=\s|$|[""'”’)\]])", RegexOptions.CultureInvariant)]
    private static partial Regex SentenceEnd();

    [GeneratedRegex(
        @"^\s*```(?:json)?[ \t]*\r?\n(.*)\n[ \t]*```\s*$",
        RegexOptions.CultureInvariant | RegexOptions.Singleline | RegexOptions.NonBacktracking
    )]
    private static partial Regex Fenced();
}
