using System.Text.RegularExpressions;
using Microsoft.Extensions.AI;

namespace RewardReasoning.Judging;

/// <summary>The probability of 1 against 2 at the verdict token, where a client returned log-probs.</summary>
internal static class SoftVerdict
{
    private const string Assistant = "Assistant";

    /// <summary>
    /// Probability that the response shown first is better: P(1) / (P(1) + P(2)) at the token that holds the number of the last box, or,
    /// for
    /// a verdict that was begun for the model, at the first number after that beginning. A number that is not among the most probable
    /// tokens
    /// gets the least it could have been given: the smaller of the last one listed and the mass not listed.
    /// </summary>
    /// <param name="response">With log-probs.</param>
    /// <param name="forced">Whether the model's reasoning was closed for it, so that the box's beginning is not among its tokens.</param>
    /// <returns>Null if there are no log-probs or no verdict token.</returns>
    public static double? FirstProbability(ChatResponse response, bool forced) =>
        FirstProbability(response, tokens => forced ? NumberOfForced(tokens, response.Text) : NumberInLastBox(tokens));

    /// <summary>
    /// The same for a response that continues an open box: its first number is the verdict, unless it opens a box of its own.
    /// </summary>
    internal static double? FirstProbabilityOfContinuation(ChatResponse response) =>
        FirstProbability(response, tokens => NumberInLastBox(tokens) ?? FirstNumber(tokens, 0));

    private static double? FirstProbability(ChatResponse response, Func<string[], int?> find)
    {
        ArgumentNullException.ThrowIfNull(response);
        return
            response.AdditionalProperties is { } properties
            && properties.TryGetValue(ChatResponseKeys.TokenTexts, out object? texts)
            && texts is string[] tokens
            && properties.TryGetValue(ChatResponseKeys.TokenTopLogProbs, out object? tops)
            && tops is KeyValuePair<string, float>[][] top
            && top.Length == tokens.Length
            && find(tokens) is { } at
            ? FirstProbability(top[at])
            : null;
    }

    /// <summary>P(1) / (P(1) + P(2)) of one place's most probable tokens; null when neither number is among them.</summary>
    public static double? FirstProbability(IReadOnlyList<KeyValuePair<string, float>> top)
    {
        ArgumentNullException.ThrowIfNull(top);
        double first = MassOf(top, "1"),
            second = MassOf(top, "2");
        if (first + second == 0)
        {
            return null;
        }

        double unlisted = Math.Max(0, 1 - top.Sum(entry => Math.Exp(entry.Value)));
        double least = Math.Min(unlisted, top.Min(entry => Math.Exp(entry.Value)));
        first = first == 0 ? least : first;
        second = second == 0 ? least : second;
        return first / (first + second);
    }

    private static double MassOf(IReadOnlyList<KeyValuePair<string, float>> top, string number) =>
        top.Where(entry => entry.Key.Trim() == number).Sum(entry => Math.Exp(entry.Value));

    private static int? NumberInLastBox(string[] tokens)
    {
        string text = string.Concat(tokens);
        int box = Math.Max(text.LastIndexOf(@"\boxed", StringComparison.Ordinal), text.LastIndexOf(@"\fbox", StringComparison.Ordinal));
        if (box < 0)
        {
            return null;
        }

        int offset = 0;
        for (int at = 0; at < tokens.Length; at++)
        {
            if (offset > box && IsNumber(tokens[at]))
            {
                return at;
            }

            offset += tokens[at].Length;
        }

        return null;
    }

    /// <summary>The first number in the end of the tokens that makes up what follows the begun box; else the last number of all.</summary>
    private static int? NumberOfForced(string[] tokens, string answer)
    {
        Match? box = VerdictParser.BoxOpening().Matches(answer).LastOrDefault();
        string begun = box is null ? "" : answer[(box.Index + box.Length)..].TrimStart();
        string rest = begun.StartsWith(Assistant, StringComparison.OrdinalIgnoreCase) ? begun[Assistant.Length..].TrimStart() : begun;
        string end = "";
        for (int at = tokens.Length - 1; at >= 0 && rest.Length > 0; at--)
        {
            end = tokens[at] + end;
            if (end.Contains(rest, StringComparison.Ordinal))
            {
                return FirstNumber(tokens, at);
            }
        }

        return Array.FindLastIndex(tokens, IsNumber) is >= 0 and var last ? last : null;
    }

    private static int? FirstNumber(string[] tokens, int from) => Array.FindIndex(tokens, from, IsNumber) is >= 0 and var at ? at : null;

    private static bool IsNumber(string token) => token.Trim() is "1" or "2";
}
