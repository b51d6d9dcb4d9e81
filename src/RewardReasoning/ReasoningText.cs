namespace RewardReasoning;

/// <summary>A completion with its reasoning apart from its answer; <see cref="ReasoningSplitter"/> does the same for a stream.</summary>
/// <param name="Reasoning">The reasoning without its markers; empty if there is none.</param>
/// <param name="Answer">What follows the reasoning; empty where the reasoning was never closed.</param>
/// <param name="Closed">Whether reasoning that was opened was also closed; null where none was opened.</param>
internal readonly record struct ReasoningText(string Reasoning, string Answer, bool? Closed)
{
    /// <summary>The tag that opens reasoning in most models, and in every prefill of this library.</summary>
    public const string OpenTag = "<think>";

    /// <summary>The tag that closes it.</summary>
    public const string CloseTag = "</think>";

    /// <summary>
    /// Splits at the last closing marker, for a model may quote one in its reasoning. Where reasoning was opened, by the prompt or by the
    /// text, and not closed afterwards, everything is reasoning and there is no answer. The markers of other model families are known too:
    /// <c>&lt;thinking&gt;</c>, <c>&lt;thought&gt;</c>, <c>&lt;reasoning&gt;</c>, <c>[THINK]</c>, <c>◁think▷</c>,
    /// <c>&lt;|begin_of_thought|&gt;</c>, <c>&lt;|START_THINKING|&gt;</c>, <c>&lt;seed:think&gt;</c> and the channels of gpt-oss (harmony),
    /// of
    /// which only the final one is an answer.
    /// </summary>
    /// <param name="text">A completion as the model wrote it.</param>
    /// <param name="promptOpensReasoning">Whether the prompt ended with <see cref="OpenTag"/>.</param>
    public static ReasoningText Split(string text, bool promptOpensReasoning = false)
    {
        ArgumentNullException.ThrowIfNull(text);
        ReasoningMarkers? markers = promptOpensReasoning ? ReasoningMarkers.Think : ReasoningMarkers.In(text);
        if (markers is null)
        {
            return new("", text, null);
        }

        int close = text.LastIndexOf(markers.Close, StringComparison.Ordinal);
        int open = text.LastIndexOf(markers.Open, StringComparison.Ordinal);
        return close < 0 || open > close
            ? new(WithoutMarkers(text, markers), "", false)
            : new(WithoutMarkers(text[..close], markers), markers.Clean(text[(close + markers.Close.Length)..]), true);
    }

    /// <summary>
    /// The answer alone, without blanks around it. Null where the reasoning was never closed (the text was cut inside it) or nothing
    /// follows
    /// it.
    /// </summary>
    public static string? AnswerOf(string text) => Split(text).Answer.Trim() is { Length: > 0 } answer ? answer : null;

    private static string WithoutMarkers(string reasoning, ReasoningMarkers markers)
    {
        string start = reasoning.TrimStart();
        return markers.Clean(start.StartsWith(markers.Open, StringComparison.Ordinal) ? start[markers.Open.Length..] : reasoning);
    }
}
