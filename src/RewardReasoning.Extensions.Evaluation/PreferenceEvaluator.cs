using Microsoft.Extensions.AI;
using Microsoft.Extensions.AI.Evaluation;
using RewardReasoning.Judging;

namespace RewardReasoning.Extensions.Evaluation;

/// <summary>
/// Compares the evaluated response with a baseline (<see cref="BaselineResponseContext"/>) by a judge that reasons before it chooses.
/// Gives whether the response is preferred (<see cref="PreferredMetricName"/>) and how probably (<see cref="PreferenceMetricName"/>).
/// Without a verdict neither metric has a value: a diagnostic says why.
/// </summary>
public sealed class PreferenceEvaluator : IEvaluator
{
    /// <summary>A <see cref="BooleanMetric"/>: whether the response is preferred to the baseline.</summary>
    public const string PreferredMetricName = "Preferred to baseline";

    /// <summary>
    /// A <see cref="NumericMetric"/>: the confidence, calibrated where the judge is, that the response is the better one, from 0 to 1.
    /// </summary>
    public const string PreferenceMetricName = "Preference";

    private readonly JudgeEvaluator _judge;

    /// <summary>With a judge of its own.</summary>
    public PreferenceEvaluator(IJudge judge)
    {
        ArgumentNullException.ThrowIfNull(judge);
        _judge = new JudgeEvaluator(judge, null);
    }

    /// <summary>Judges with the chat client of each evaluation's <see cref="ChatConfiguration"/>.</summary>
    /// <param name="options">How to judge; the defaults if null.</param>
    public PreferenceEvaluator(JudgeOptions? options = null) => _judge = new JudgeEvaluator(null, options);

    /// <inheritdoc/>
    public IReadOnlyCollection<string> EvaluationMetricNames { get; } = [PreferredMetricName, PreferenceMetricName];

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">There is neither a judge nor a chat client.</exception>
    public async ValueTask<EvaluationResult> EvaluateAsync(
        IEnumerable<ChatMessage> messages,
        ChatResponse modelResponse,
        ChatConfiguration? chatConfiguration = null,
        IEnumerable<EvaluationContext>? additionalContext = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(messages);
        ArgumentNullException.ThrowIfNull(modelResponse);
        BooleanMetric preferred = new(PreferredMetricName);
        NumericMetric preference = new(PreferenceMetricName);
        IJudge judge = _judge.JudgeFor(chatConfiguration);
        if (JudgeEvaluator.ContextOf<BaselineResponseContext>(additionalContext) is not { } baseline)
        {
            return JudgeEvaluator.Missing(
                $"There is nothing to compare with: add a {nameof(BaselineResponseContext)} to the evaluation's context.",
                preferred,
                preference
            );
        }

        preferred.AddOrUpdateContext(baseline);
        preference.AddOrUpdateContext(baseline);
        Judgment judgment;
        try
        {
            judgment = await judge
                .JudgeAsync(new Comparison(JudgeEvaluator.QueryOf(messages), modelResponse.Text, baseline.Baseline), cancellationToken)
                .ConfigureAwait(false);
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested && FailurePolicy.ScopeOf(failure) != FailureScope.Run)
        {
            return JudgeEvaluator.Missing(failure.Message, preferred, preference);
        }

        return judgment.Preferred is null
            ? JudgeEvaluator.Missing(
                judgment.MissingReason ?? (judgment.IsTie ? "The judge called a tie." : "The judge gave no verdict."),
                preferred,
                preference
            )
            : Result(judgment, preferred, preference);
    }

    private static EvaluationResult Result(Judgment judgment, BooleanMetric preferred, NumericMetric preference)
    {
        bool wins = judgment.Preferred == Verdict.First;
        double? confidence = judgment.CalibratedConfidence ?? judgment.Confidence;
        string? reasoning = judgment
            .Votes.Where(vote => vote.Verdict == judgment.Preferred)
            .Select(vote => vote.Reasoning.Length > 0 ? vote.Reasoning : vote.Answer)
            .FirstOrDefault();
        preferred.Value = wins;
        preference.Value = wins ? confidence : 1 - confidence;
        EvaluationMetricInterpretation interpretation = new(
            wins ? EvaluationRating.Good : EvaluationRating.Poor,
            failed: !wins,
            wins ? "The judge prefers the response to the baseline." : "The judge prefers the baseline to the response."
        );
        foreach (EvaluationMetric metric in new EvaluationMetric[] { preferred, preference })
        {
            metric.Interpretation = interpretation;
            metric.Reason = reasoning;
            JudgeEvaluator.AddMetadata(
                metric,
                judgment.Usage,
                ("judge-model", judgment.Model),
                ("confidence", confidence is { } known ? JudgeEvaluator.Text(known) : null),
                ("is-calibrated", judgment.CalibratedConfidence is null ? "false" : "true"),
                ("votes", JudgeEvaluator.Text(judgment.Votes.Count)),
                ("missing-votes", JudgeEvaluator.Text(judgment.Votes.Count(vote => vote.Verdict == Verdict.Unparsable)))
            );
            metric.AddDiagnostics([.. judgment.Warnings.Select(EvaluationDiagnostic.Warning)]);
        }

        return new EvaluationResult(preferred, preference);
    }
}
