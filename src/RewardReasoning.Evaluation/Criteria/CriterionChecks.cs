using System.Globalization;
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
            catch (RefResolutionException exception)
            {
                return new CheckResult(null, $"The schema refers to what is not in it: {exception.Message}");
            }
        };
    }

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
