namespace RewardReasoning.Judging;

/// <summary>What a judge is to put into its box, where it has to be asked for it.</summary>
/// <param name="ShortRequest">Asks for the verdict alone.</param>
/// <param name="Numbers">What the box can hold behind its beginning; empty where that is more than a token.</param>
/// <param name="IsReadable">Whether a completion has a verdict.</param>
internal sealed record VerdictForm(string ShortRequest, string[] Numbers, Func<Completion, bool> IsReadable)
{
    private const string StopThinking = "Stop thinking now. On what you have considered so far, reply with your ";

    /// <summary>The greatest score.</summary>
    public const int MostPoints = 5;

    /// <summary>Which of two responses is better.</summary>
    public static VerdictForm Pairwise { get; } =
        new(
            StopThinking + @"verdict alone: \boxed{Assistant 1} or \boxed{Assistant 2}.",
            ["1", "2"],
            completion => VerdictParser.Parse(completion) != Verdict.Unparsable
        );

    /// <summary>The same, or that neither is: the box cannot be restricted to one token then.</summary>
    public static VerdictForm WithTies { get; } =
        new(
            StopThinking + @"verdict alone: \boxed{Assistant 1}, \boxed{Assistant 2} or \boxed{Tie}.",
            [],
            completion => VerdictParser.Parse(completion, ties: true) != Verdict.Unparsable
        );

    /// <summary>A score of one response.</summary>
    public static VerdictForm Pointwise { get; } =
        new(
            StopThinking + @"score alone, from 1 to 5 in a box, such as \boxed{3}.",
            ["1", "2", "3", "4", "5"],
            completion => VerdictParser.ParseNumber(completion, MostPoints) is not null
        );

    /// <summary>The number of one of up to nine choices.</summary>
    public static VerdictForm OfChoices(int choices) =>
        new(
            StopThinking + $@"choice alone: its number, from 1 to {choices}, in a box, such as \boxed{{1}}.",
            [.. Enumerable.Range(1, choices).Select(number => $"{number}")],
            completion => VerdictParser.ParseNumber(completion, choices) is not null
        );
}
