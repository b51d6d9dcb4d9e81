using Microsoft.Extensions.AI;
using Microsoft.Extensions.AI.Evaluation;

namespace RewardReasoning.Extensions.Evaluation;

/// <summary>The other responses that <see cref="RankingEvaluator"/> ranks the evaluated one among.</summary>
/// <param name="candidates">Their texts, at least one.</param>
public sealed class CandidateResponsesContext(IReadOnlyList<string> candidates)
    : EvaluationContext(ContextName, [.. candidates.Select(AIContent (candidate) => new TextContent(candidate))])
{
    /// <summary>The name under which they appear in evaluation reports.</summary>
    public const string ContextName = "Candidate responses";

    /// <summary>The texts.</summary>
    public IReadOnlyList<string> Candidates { get; } = candidates;
}
