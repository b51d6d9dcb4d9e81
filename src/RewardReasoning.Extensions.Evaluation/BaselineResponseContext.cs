using Microsoft.Extensions.AI;
using Microsoft.Extensions.AI.Evaluation;

namespace RewardReasoning.Extensions.Evaluation;

/// <summary>The response that <see cref="PreferenceEvaluator"/> compares the evaluated one with.</summary>
/// <param name="baseline">Its text.</param>
public sealed class BaselineResponseContext(string baseline) : EvaluationContext(ContextName, new TextContent(baseline))
{
    /// <summary>The name under which it appears in evaluation reports.</summary>
    public const string ContextName = "Baseline response";

    /// <summary>The text.</summary>
    public string Baseline { get; } = baseline;
}
