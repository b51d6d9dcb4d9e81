using System.Text.Json.Serialization;
using RewardReasoning.Evaluation.Juries;
using RewardReasoning.Evaluation.Metrics;
using RewardReasoning.Evaluation.Running;
using RewardReasoning.Judging;

namespace RewardReasoning.Evaluation.Scoring;

/// <summary>What a scored file shows, missing rows counted apart: they are neither right nor wrong.</summary>
public sealed record ScoreReport
{
    /// <summary>All rows together.</summary>
    public required ScoreGroup Total { get; init; }

    /// <summary>Matches of all rankings that have no winner, because their judgment failed or has no verdict.</summary>
    public long MissingMatches { get; init; }

    /// <summary>Matches of all rankings that the judge abstained from.</summary>
    public long AbstainedMatches { get; init; }

    /// <summary>Whether the judge abstained from a row or a match.</summary>
    [JsonIgnore]
    public bool HasAbstained => Total.Abstained > 0 || AbstainedMatches > 0;

    /// <summary>The row at which the run was stopped because it could not be judged; null where it went to its end.</summary>
    public MissingItem? StoppedAt { get; init; }

    /// <summary>Whether every row and every match has a result.</summary>
    [JsonIgnore]
    public bool IsComplete => Total.Missing == 0 && MissingMatches == 0 && StoppedAt is null;

    /// <summary>Rows that are each other's swap: the same query, the responses exchanged.</summary>
    public required SwapAgreement Swaps { get; init; }

    /// <summary>The rows by the values of the fields that were asked for.</summary>
    public IReadOnlyList<ScoreBreakdown> By { get; init; } = [];

    /// <summary>Judgments that a first stage decided (<see cref="ScreenedJudge"/>); null where there is one stage.</summary>
    public long? Screened { get; init; }

    /// <summary>What the members of a jury did; null of a single judge.</summary>
    [JsonInclude]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    internal JuryFigures? Jury { get; init; }

    /// <summary>What the judgments took, missing ones included.</summary>
    public required ScoreTokens Tokens { get; init; }

    /// <summary>Time from the first row to the last.</summary>
    public required double Seconds { get; init; }

    /// <summary>Rows with a judgment, per second of that time.</summary>
    public required double PairsPerSecond { get; init; }
}

/// <summary>
/// Tokens of all judgments. Those that came from a store are included, and also counted alone: what was spent is the difference.
/// </summary>
/// <param name="Prompt">Tokens read.</param>
/// <param name="Output">Tokens written.</param>
/// <param name="KeptPrompt">Of the tokens read, those of completions from a store.</param>
/// <param name="KeptOutput">Of the tokens written, those of completions from a store.</param>
/// <param name="KeptCompletions">Completions from a store.</param>
public sealed record ScoreTokens(long Prompt, long Output, long KeptPrompt, long KeptOutput, long KeptCompletions)
{
    /// <summary>What all tokens cost; null without prices.</summary>
    public decimal? Cost { get; init; }

    /// <summary>Of that, what the tokens from a store had cost before.</summary>
    public decimal? KeptCost { get; init; }
}

/// <summary>How often a pair and its swap, judged apart, come to the same response.</summary>
public sealed record SwapAgreement
{
    /// <summary>Pairs of rows that are each other's swap and both have a judgment.</summary>
    public required long Pairs { get; init; }

    /// <summary>Those of them whose judgments prefer the same response.</summary>
    public required long Agreeing { get; init; }

    /// <summary>Their share; null without such pairs.</summary>
    public double? Share => Pairs > 0 ? (double)Agreeing / Pairs : null;
}

/// <summary>The rows by one field, smallest value first (numbers as numbers).</summary>
/// <param name="Field">Dotted path of the field.</param>
/// <param name="Groups">One for each value.</param>
public sealed record ScoreBreakdown(string Field, IReadOnlyList<ScoreGroup> Groups);

/// <summary>Counts of a group of rows.</summary>
public sealed record ScoreGroup
{
    /// <summary>The value of the field; null for rows without it, and for the total.</summary>
    public string? Value { get; init; }

    /// <summary>Rows, whatever became of them.</summary>
    public required long Rows { get; init; }

    /// <summary>Rows with a judgment that prefers a response.</summary>
    public required long Judged { get; init; }

    /// <summary>Rows that the judge abstained from.</summary>
    public long Abstained { get; init; }

    /// <summary>Rows that the judge called a tie, where it may (<c>JudgeOptions.Ties</c>).</summary>
    public long Ties { get; init; }

    /// <summary>Judged rows whose better response is known.</summary>
    public required long Labelled { get; init; }

    /// <summary>Labelled rows whose judgment prefers the better response.</summary>
    public required long Correct { get; init; }

    /// <summary>Votes of the judged rows.</summary>
    public required long Votes { get; init; }

    /// <summary>Votes without a readable verdict.</summary>
    public required long MissingVotes { get; init; }

    /// <summary>Votes whose reasoning was closed by the thinking budget.</summary>
    public required long ForcedVotes { get; init; }

    /// <summary>
    /// Mean number of tokens that a vote's reasoning takes (of all its output where a model does not count reasoning apart).
    /// </summary>
    public required double? MeanReasoningTokens { get; init; }

    /// <summary>Share of labelled rows that are correct; null without labels.</summary>
    public double? Accuracy => Labelled > 0 ? (double)Correct / Labelled : null;

    /// <summary>Lower bound of the 95% interval of <see cref="Accuracy"/> (Wilson).</summary>
    public double? AccuracyLow => Labelled > 0 ? WilsonInterval.At95(Correct, Labelled).Low : null;

    /// <summary>Upper bound of the 95% interval of <see cref="Accuracy"/> (Wilson).</summary>
    public double? AccuracyHigh => Labelled > 0 ? WilsonInterval.At95(Correct, Labelled).High : null;

    /// <summary>Share of the rows with a result that the judge gave a judgment on; null without any.</summary>
    public double? Coverage => Judged + Ties + Abstained > 0 ? (double)(Judged + Ties) / (Judged + Ties + Abstained) : null;

    /// <summary>Rows without a judgment; those that the judge abstained from or called a tie are not among them.</summary>
    public long Missing => Rows - Judged - Abstained - Ties;
}
