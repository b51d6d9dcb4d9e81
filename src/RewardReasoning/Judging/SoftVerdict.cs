using Microsoft.Extensions.AI;

namespace RewardReasoning.Judging;

/// <summary>The probability of 1 against 2 at the verdict token, where a client returned log-probs.</summary>
public static class SoftVerdict
{
    private const double Extreme = 1e-6;

    /// <summary>
    /// Probability that the response shown first is better: P(1) / (P(1) + P(2)) at the token that holds the number of the last box, or
    /// for a forced verdict at the last token that is a number of the two. A number that is not among the most probable tokens gets the
    /// least it could have been given: the smaller of the last one listed and the mass not listed.
    /// </summary>
    /// <returns>Null where there are no log-probs or no verdict token.</returns>
    public static double? FirstProbability(ChatResponse response, bool forced)
    {
        ArgumentNullException.ThrowIfNull(response);
        return
            response.AdditionalProperties is { } properties
            && properties.TryGetValue(ChatResponseKeys.TokenTexts, out object? texts)
            && texts is string[] tokens
            && properties.TryGetValue(ChatResponseKeys.TokenTopLogProbs, out object? tops)
            && tops is KeyValuePair<string, float>[][] top
            && top.Length == tokens.Length
            && (forced ? LastNumber(tokens, 0) : NumberInLastBox(tokens)) is { } at
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

    /// <summary>Log-odds of a probability, kept finite: within ±ln(10^6), about 13.8.</summary>
    public static double LogOdds(double probability)
    {
        double kept = Math.Clamp(probability, Extreme, 1 - Extreme);
        return Math.Log(kept / (1 - kept));
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

    private static int? LastNumber(string[] tokens, int from)
    {
        int at = Array.FindLastIndex(tokens, IsNumber);
        return at < from ? null : at;
    }

    private static bool IsNumber(string token) => token.Trim() is "1" or "2";
}
