using Microsoft.Extensions.AI;
using RewardReasoning.Ratings;

namespace RewardReasoning.Data.Recognition;

/// <summary>What a row holds, taken out of its fields.</summary>
internal abstract record RowContent
{
    /// <summary>What the row is.</summary>
    public abstract RowKind Kind { get; }
}

/// <summary>Two responses to one query.</summary>
/// <param name="Query">What was asked.</param>
/// <param name="Comparison">The texts that a judge reads.</param>
/// <param name="Label">The better response; <see cref="Verdict.Unparsable"/> where none is known to be.</param>
/// <param name="IsNamedByLabel">Whether the fields themselves say which is better (<c>chosen</c>, <c>rejected</c>), so that the first
/// always is.</param>
internal sealed record PairContent(RowQuery Query, Comparison Comparison, Verdict Label, bool IsNamedByLabel) : RowContent
{
    /// <inheritdoc/>
    public override RowKind Kind => RowKind.Pair;

    /// <summary>The pair by its label; null without one.</summary>
    public PreferencePair? Preference =>
        Label switch
        {
            Verdict.First => new(Comparison.Query, Comparison.Response1, Comparison.Response2),
            Verdict.Second => new(Comparison.Query, Comparison.Response2, Comparison.Response1),
            _ => null,
        };
}

/// <summary>Responses to one query.</summary>
/// <param name="Query">What was asked.</param>
/// <param name="Responses">The candidates, at least two.</param>
internal sealed record CandidatesContent(RowQuery Query, IReadOnlyList<string> Responses) : RowContent
{
    /// <inheritdoc/>
    public override RowKind Kind => RowKind.Candidates;
}

/// <summary>Better and worse responses to one query.</summary>
/// <param name="Query">What was asked.</param>
/// <param name="Chosen">The better ones.</param>
/// <param name="Rejected">The worse ones.</param>
internal sealed record ChosenListsContent(RowQuery Query, IReadOnlyList<string> Chosen, IReadOnlyList<string> Rejected) : RowContent
{
    /// <inheritdoc/>
    public override RowKind Kind => RowKind.ChosenLists;
}

/// <summary>A conversation.</summary>
/// <param name="Messages">Its turns, at least one.</param>
internal sealed record MessagesContent(IReadOnlyList<ChatMessage> Messages) : RowContent
{
    /// <inheritdoc/>
    public override RowKind Kind => RowKind.Messages;
}

/// <summary>A question whose answer can be checked.</summary>
/// <param name="Query">The question.</param>
/// <param name="Answer">The right answer as its source writes it.</param>
internal sealed record QuestionContent(RowQuery Query, string Answer) : RowContent
{
    /// <inheritdoc/>
    public override RowKind Kind => RowKind.Question;
}

/// <summary>An expected and a given answer.</summary>
/// <param name="Gold">The right answer.</param>
/// <param name="Prediction">An answer, or an output that holds one.</param>
internal sealed record AnswerCheckContent(string Gold, string Prediction) : RowContent
{
    /// <inheritdoc/>
    public override RowKind Kind => RowKind.AnswerCheck;
}

/// <summary>A query without responses.</summary>
/// <param name="Query">What is asked.</param>
internal sealed record QueryContent(RowQuery Query) : RowContent
{
    /// <inheritdoc/>
    public override RowKind Kind => RowKind.Query;
}

/// <summary>What a named model answered.</summary>
/// <param name="Model">Its name.</param>
/// <param name="Query">What it was asked; null where the row does not say.</param>
/// <param name="Answer">What it wrote.</param>
internal sealed record ModelAnswerContent(string Model, RowQuery? Query, string Answer) : RowContent
{
    /// <inheritdoc/>
    public override RowKind Kind => RowKind.ModelAnswer;
}

/// <summary>One match.</summary>
/// <param name="Player1">The first player.</param>
/// <param name="Player2">The second player.</param>
/// <param name="Outcome">Who won; <see cref="MatchOutcome.Missing"/> where the row says that nobody judged it.</param>
internal sealed record MatchContent(string Player1, string Player2, MatchOutcome Outcome) : RowContent
{
    /// <inheritdoc/>
    public override RowKind Kind => RowKind.Match;
}

/// <summary>A row that is not what its fields promise, or promises nothing.</summary>
/// <param name="Promised">What its fields make it look like.</param>
/// <param name="Error">What is wrong, for people.</param>
internal sealed record FaultyContent(RowKind Promised, string Error) : RowContent
{
    /// <inheritdoc/>
    public override RowKind Kind => Promised;
}

/// <summary>What was asked: a text, or a conversation.</summary>
/// <param name="Messages">Its turns; a text is one turn of the user's.</param>
internal sealed record RowQuery(IReadOnlyList<ChatMessage> Messages)
{
    /// <summary>The query as a judge reads it (<see cref="Conversation.Render"/>).</summary>
    public string Text => Conversation.Render(Messages);

    /// <summary>A query of one turn.</summary>
    public static RowQuery OfText(string text) => new([new ChatMessage(ChatRole.User, text)]);
}
