using System.Globalization;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.AI.Evaluation;
using RewardReasoning.Judging;

namespace RewardReasoning.Extensions.Evaluation;

/// <summary>What both evaluators share: the judge, the query, and how failures are reported.</summary>
internal sealed class JudgeEvaluator(IJudge? judge, JudgeOptions? options)
{
    /// <summary>The judge that was given, or one over the chat client of the evaluation.</summary>
    /// <exception cref="InvalidOperationException">There is neither.</exception>
    public IJudge JudgeFor(ChatConfiguration? configuration) =>
        judge
        ?? (
            configuration?.ChatClient is { } client
                ? JudgeFactory.Open(client, options).Judge
                : throw new InvalidOperationException(
                    "There is no judge: give the evaluator one, or the evaluation a ChatConfiguration whose chat client is to judge."
                )
        );

    /// <summary>The conversation as the query that a judge reads.</summary>
    public static string QueryOf(IEnumerable<ChatMessage> messages) => Conversation.Render(messages);

    /// <summary>The one context of this kind; null if there is none.</summary>
    public static T? ContextOf<T>(IEnumerable<EvaluationContext>? contexts)
        where T : EvaluationContext => contexts?.OfType<T>().FirstOrDefault();

    /// <summary>Leaves a metric without a value, and says why: a judgment that failed is never a number.</summary>
    public static EvaluationResult Missing(string reason, params EvaluationMetric[] metrics)
    {
        foreach (EvaluationMetric metric in metrics)
        {
            metric.AddDiagnostics(EvaluationDiagnostic.Error(reason));
            metric.Interpretation = new EvaluationMetricInterpretation(EvaluationRating.Inconclusive, failed: false, reason);
        }

        return new EvaluationResult(metrics);
    }

    /// <summary>Adds what a judgment cost and how it came about.</summary>
    public static void AddMetadata(EvaluationMetric metric, Usage usage, params (string Name, string? Value)[] more)
    {
        IEnumerable<(string Name, string? Value)> all =
        [
            .. more,
            ("input-tokens", Text(usage.PromptTokens)),
            ("output-tokens", Text(usage.OutputTokens)),
            ("reasoning-tokens", usage.ReasoningTokens is { } reasoning ? Text(reasoning) : null),
        ];
        foreach ((string name, string? value) in all)
        {
            if (value is not null)
            {
                metric.AddOrUpdateMetadata(name, value);
            }
        }
    }

    public static string Text(IFormattable value) => value.ToString(null, CultureInfo.InvariantCulture);
}
