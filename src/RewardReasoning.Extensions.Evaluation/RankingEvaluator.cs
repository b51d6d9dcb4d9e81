using Microsoft.Extensions.AI;
using Microsoft.Extensions.AI.Evaluation;
using RewardReasoning.Judging;
using RewardReasoning.Rankings;

namespace RewardReasoning.Extensions.Evaluation;

/// <summary>
/// Ranks the evaluated response among others (<see cref="CandidateResponsesContext"/>) by matches between them. Gives its rank
/// (<see cref="RankMetricName"/>, 1 is the best) and its reward (<see cref="RewardMetricName"/>). A response none of whose matches has a
/// winner has neither: a diagnostic says why.
/// </summary>
public sealed class RankingEvaluator : IEvaluator
{
    /// <summary>A <see cref="NumericMetric"/>: the response's place among all, from 1.</summary>
    public const string RankMetricName = "Rank";

    /// <summary>
    /// A <see cref="NumericMetric"/>: its reward, by default the mean probability of beating another one (<see
    /// cref="RankingOptions.Reward"/>).
    /// </summary>
    public const string RewardMetricName = "Reward";

    private readonly JudgeEvaluator _judge;
    private readonly RankingOptions? _ranking;

    /// <summary>With a judge of its own.</summary>
    /// <param name="judge">Judges the matches.</param>
    /// <param name="ranking">How to rank; the defaults if null.</param>
    public RankingEvaluator(IJudge judge, RankingOptions? ranking = null)
    {
        ArgumentNullException.ThrowIfNull(judge);
        (_judge, _ranking) = (new JudgeEvaluator(judge, null), ranking);
    }

    /// <summary>Judges with the chat client of each evaluation's <see cref="ChatConfiguration"/>.</summary>
    /// <param name="options">How to judge; the defaults if null.</param>
    /// <param name="ranking">How to rank; the defaults if null.</param>
    public RankingEvaluator(JudgeOptions? options = null, RankingOptions? ranking = null) =>
        (_judge, _ranking) = (new JudgeEvaluator(null, options), ranking);

    /// <inheritdoc/>
    public IReadOnlyCollection<string> EvaluationMetricNames { get; } = [RankMetricName, RewardMetricName];

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
        NumericMetric rank = new(RankMetricName);
        NumericMetric reward = new(RewardMetricName);
        Ranker ranker = new(_judge.JudgeFor(chatConfiguration), _ranking);
        if (JudgeEvaluator.ContextOf<CandidateResponsesContext>(additionalContext) is not { Candidates.Count: > 0 } others)
        {
            return JudgeEvaluator.Missing(
                $"There is nothing to rank among: add a {nameof(CandidateResponsesContext)} to the evaluation's context.",
                rank,
                reward
            );
        }

        rank.AddOrUpdateContext(others);
        reward.AddOrUpdateContext(others);
        Ranking ranking;
        try
        {
            ranking = await ranker
                .RankAsync(JudgeEvaluator.QueryOf(messages), [modelResponse.Text, .. others.Candidates], null, cancellationToken)
                .ConfigureAwait(false);
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested && FailurePolicy.ScopeOf(failure) != FailureScope.Run)
        {
            return JudgeEvaluator.Missing(failure.Message, rank, reward);
        }

        RankedResponse own = ranking.Responses.First(response => response.Index == 0);
        return own.Reward is null
            ? JudgeEvaluator.Missing(own.MissingReason ?? "No match has a winner.", rank, reward)
            : Result(ranking, own, rank, reward);
    }

    private static EvaluationResult Result(Ranking ranking, RankedResponse own, NumericMetric rank, NumericMetric reward)
    {
        int better = ranking.Responses.Count(response => response.Reward is not null && response.Rating > own.Rating);
        int ranked = ranking.Responses.Count(response => response.Reward is not null);
        rank.Value = better + 1;
        reward.Value = own.Reward;
        EvaluationMetricInterpretation interpretation = new(
            better == 0 ? EvaluationRating.Exceptional
                : 2 * better < ranked ? EvaluationRating.Good
                : EvaluationRating.Poor,
            failed: false,
            $"Place {better + 1} of {ranked}."
        );
        foreach (EvaluationMetric metric in new EvaluationMetric[] { rank, reward })
        {
            metric.Interpretation = interpretation;
            JudgeEvaluator.AddMetadata(
                metric,
                ranking.Usage,
                ("rating", JudgeEvaluator.Text(own.Rating)),
                ("wins", JudgeEvaluator.Text(own.Wins)),
                ("losses", JudgeEvaluator.Text(own.Losses)),
                ("matches", JudgeEvaluator.Text(ranking.Matches.Count)),
                ("missing-matches", JudgeEvaluator.Text(ranking.MissingMatches))
            );
            if (ranking.MissingMatches > 0)
            {
                metric.AddDiagnostics(
                    EvaluationDiagnostic.Warning($"{ranking.MissingMatches} of {ranking.Matches.Count} matches have no winner.")
                );
            }
        }

        return new EvaluationResult(rank, reward);
    }
}
