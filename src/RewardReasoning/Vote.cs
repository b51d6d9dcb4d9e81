using System.Text.Json.Serialization;

namespace RewardReasoning;

/// <summary>One sampled completion of a judge and what it decided, numbered as the caller numbers the responses.</summary>
[JsonConverter(typeof(JudgmentJson))]
public sealed record Vote
{
    /// <summary>Place of the vote within its judgment, from 0; in one that is repeated, counted on beyond those before.</summary>
    public required int Index { get; init; }

    /// <summary>The verdict as numbered by the caller; <see cref="Verdict.Unparsable"/> when the vote is missing.</summary>
    public required Verdict Verdict { get; init; }

    /// <summary>The order in which this vote's prompt showed the responses.</summary>
    public required ShownOrder Order { get; init; }

    /// <summary>The reasoning, without its tags. Its "Assistant 1" is the response that was <em>shown</em> first.</summary>
    public string Reasoning { get; init; } = "";

    /// <summary>What the judge wrote after its reasoning; numbered as shown, like <see cref="Reasoning"/>.</summary>
    public string Answer { get; init; } = "";

    /// <summary>Whether the verdict was begun for the judge: at its thinking budget, or because its answer had none.</summary>
    public bool Forced { get; init; }

    /// <summary>The seed the completion was sampled with (31 bits); of the last draw, if there were redraws.</summary>
    public required int Seed { get; init; }

    /// <summary>How often the vote was drawn again because no verdict could be read.</summary>
    public int Redraws { get; init; }

    /// <summary>Tokens generated for the draw that counted; 0 where the model did not report them.</summary>
    public int GeneratedTokens { get; init; }

    /// <summary>Why the vote counts for neither response; null for a vote with a verdict.</summary>
    public string? MissingReason { get; init; }

    /// <summary>The judge's probability that the caller's first response is better, at the verdict token; null without log-probs.</summary>
    public double? FirstProbability { get; init; }

    /// <summary>Cost of all draws of this vote.</summary>
    public Usage Usage { get; init; } = Usage.None;

    /// <summary>What kind of failure made the vote missing; it is not kept in JSON.</summary>
    internal VoteFault Fault { get; init; }

    /// <summary>How the vote's request failed; null where it did not.</summary>
    internal RequestFailure? Failure { get; init; }
}

/// <summary>Why a vote has no verdict.</summary>
internal enum VoteFault
{
    /// <summary>It has one, or nobody said.</summary>
    None,

    /// <summary>No verdict could be read in what the judge wrote.</summary>
    Unparsable,

    /// <summary>The judge was cut at its token limit.</summary>
    Cut,

    /// <summary>A content filter, a refusal, or a prompt that the model does not take.</summary>
    Refused,

    /// <summary>The request failed.</summary>
    Failed,
}
