namespace RewardReasoning.Verification.Answers;

/// <summary>Where in a text an answer was found.</summary>
public enum AnswerSource
{
    /// <summary>No answer was found.</summary>
    None,

    /// <summary>The text is nothing but the answer.</summary>
    Whole,

    /// <summary>The last box, or the last boxes that belong together.</summary>
    Boxed,

    /// <summary>After "the answer is", under a heading "Answer", or the like.</summary>
    Stated,

    /// <summary>The last expression of the text, for lack of anything better: it may be the answer, and nothing says so.</summary>
    Last,

    /// <summary>In an <c>answer</c> tag, or in the field <c>answer</c> of a JSON object.</summary>
    Tagged,
}

/// <summary>An answer as the text writes it.</summary>
/// <param name="Source">Where it was found.</param>
/// <param name="Parts">Its text; several where several boxes make up one answer.</param>
public readonly record struct StatedAnswer(AnswerSource Source, IReadOnlyList<string> Parts)
{
    /// <summary>No answer.</summary>
    public static StatedAnswer None { get; } = new(AnswerSource.None, []);

    /// <summary>The answer as one text.</summary>
    public string Text => string.Join(", ", Parts);
}
