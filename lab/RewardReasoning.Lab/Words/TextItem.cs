namespace RewardReasoning.Lab.Words;

/// <summary>Something asked, with a right and a wrong response whose difference a program can check.</summary>
/// <param name="Family">What kind of thing is asked: the name of a question set, or of a kind of instruction.</param>
/// <param name="Query">What is asked.</param>
/// <param name="Work">The calculation or rewriting that leads to the answer; empty where the query itself says what is wanted.</param>
/// <param name="Wanted">What the right response does, as the end of a question with "Who": "said 323", "begins with River".</param>
/// <param name="Right">A response that does it.</param>
/// <param name="Wrong">A response that does not.</param>
/// <param name="Answer">The answer itself, for documents that solve.</param>
/// <param name="Difficulty">easy, medium or hard.</param>
internal sealed record TextItem(
    string Family,
    string Query,
    string Work,
    string Wanted,
    string Right,
    string Wrong,
    string Answer,
    string Difficulty
)
{
    /// <summary>The work, and the question that it leads to: who of the two did what was wanted?</summary>
    public string Thought => Work.Length > 0 ? $"{Work} {Question}" : Question;

    /// <summary>The question that decides between two responses.</summary>
    public string Question => $"Who {Wanted}?";

    /// <summary>How the wrong response came about.</summary>
    public string Mistake { get; init; } = "";

    /// <summary>
    /// The same of the wrong response: "said 12"; null where only the right response does something that can be named.
    /// </summary>
    public string? WrongDid { get; init; }
}
