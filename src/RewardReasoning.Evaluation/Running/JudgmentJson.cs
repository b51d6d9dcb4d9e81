using System.Text.Json.Serialization;

namespace RewardReasoning.Evaluation.Running;

/// <summary>A judgment as <c>judge --json</c> prints it and <c>score</c> writes it; docs/cli.md describes the fields.</summary>
public sealed record JudgmentJson(
    int? Preferred,
    double? Confidence,
    double? CalibratedConfidence,
    double? VoteShare,
    double? PositionBias,
    string? DrawBrokenBy,
    int MaxVotes,
    string EndedBy,
    string? Missing,
    IReadOnlyList<VoteJson> Votes,
    UsageJson Usage,
    string Model,
    IReadOnlyList<string> Warnings
)
{
    /// <summary>As it is written.</summary>
    public static JudgmentJson Of(Judgment judgment, bool withReasoning) =>
        new(
            NumberOf(judgment.Preferred ?? Verdict.Unparsable),
            judgment.Confidence,
            judgment.CalibratedConfidence,
            judgment.VoteShare,
            judgment.PositionBias,
            judgment.DrawBrokenBy switch
            {
                DrawBreak.LogOdds => "log_odds",
                DrawBreak.FurtherVotes => "further_votes",
                DrawBreak.Coin => "coin",
                _ => null,
            },
            judgment.MaxVotes,
            judgment.EndedBy switch
            {
                VotingEnd.Certain => "certain",
                VotingEnd.Confident => "confident",
                _ => "all_votes",
            },
            judgment.MissingReason,
            [.. judgment.Votes.Select(vote => VoteJson.Of(vote, withReasoning))],
            UsageJson.Of(judgment.Usage),
            judgment.Model,
            judgment.Warnings
        );

    /// <summary>1, 2, or null for none.</summary>
    public static int? NumberOf(Verdict verdict) =>
        verdict switch
        {
            Verdict.First => 1,
            Verdict.Second => 2,
            _ => null,
        };
}

/// <summary>
/// One vote; <c>Reasoning</c> and <c>Answer</c> number the assistants as they were shown, everything else as the caller does.
/// </summary>
public sealed record VoteJson(
    int? Verdict,
    string Order,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Reasoning,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Answer,
    bool Forced,
    int Seed,
    int Redraws,
    int Tokens,
    double? FirstProbability,
    string? Missing
)
{
    /// <summary>As it is written.</summary>
    public static VoteJson Of(Vote vote, bool withReasoning) =>
        new(
            JudgmentJson.NumberOf(vote.Verdict),
            vote.Order == ShownOrder.Given ? "given" : "swapped",
            withReasoning ? vote.Reasoning : null,
            withReasoning ? vote.Answer : null,
            vote.Forced,
            vote.Seed,
            vote.Redraws,
            vote.GeneratedTokens,
            vote.FirstProbability,
            vote.MissingReason
        );
}

/// <summary>
/// Tokens, time and cost; a count that the model does not report is null, and so is a cost without prices. What was kept came from the
/// store, and was not spent now.
/// </summary>
public sealed record UsageJson(
    long PromptTokens,
    long? CachedTokens,
    long? ReasoningTokens,
    long OutputTokens,
    double Seconds,
    long KeptCompletions,
    long KeptPromptTokens,
    long KeptOutputTokens,
    decimal? Cost,
    decimal? KeptCost
)
{
    /// <summary>As it is written.</summary>
    public static UsageJson Of(Usage usage) =>
        new(
            usage.PromptTokens,
            usage.CachedTokens,
            usage.ReasoningTokens,
            usage.OutputTokens,
            Math.Round(usage.Elapsed.TotalSeconds, 3),
            usage.KeptCompletions,
            usage.KeptPromptTokens,
            usage.KeptOutputTokens,
            usage.Cost,
            usage.KeptCost
        );
}
