namespace RewardReasoning.Judging;

/// <summary>Raw completion text taken apart into thought and answer.</summary>
public static class ThinkingText
{
    /// <summary>The tag that opens a thought.</summary>
    public const string OpenTag = "<think>";

    /// <summary>The tag that closes a thought.</summary>
    public const string CloseTag = "</think>";

    /// <summary>
    /// Splits at the last closing tag, for a judge may quote one in its thought. Where a thought was opened, by the prompt or anywhere in
    /// the text, and not closed afterwards, all is reasoning and there is no answer.
    /// </summary>
    /// <param name="text">A completion as the model wrote it.</param>
    /// <param name="promptOpensThought">Whether the prompt ended with an opening tag.</param>
    /// <returns>Thought and answer without tags; <c>Closed</c> is null where no thought was opened.</returns>
    public static (string Reasoning, string Answer, bool? Closed) Split(string text, bool promptOpensThought = false)
    {
        ArgumentNullException.ThrowIfNull(text);
        int close = text.LastIndexOf(CloseTag, StringComparison.Ordinal);
        int open = text.LastIndexOf(OpenTag, StringComparison.Ordinal);
        if (close < 0 && open < 0 && !promptOpensThought)
        {
            return ("", text, null);
        }

        return close < 0 || open > close
            ? (WithoutOpenTag(text), "", false)
            : (WithoutOpenTag(text[..close]), text[(close + CloseTag.Length)..], true);
    }

    private static string WithoutOpenTag(string thought)
    {
        string start = thought.TrimStart();
        return start.StartsWith(OpenTag, StringComparison.Ordinal) ? start[OpenTag.Length..] : thought;
    }
}
