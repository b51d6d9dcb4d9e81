using System.Net;
using RewardReasoning.Data.Recognition;
using RewardReasoning.Data.Rows;
using RewardReasoning.Endpoints;
using RewardReasoning.Rankings;
using RewardReasoning.Storage;

namespace RewardReasoning.Cli.Scoring;

/// <summary>
/// Judges rows one by one (pairs, and with a ranker candidates too) and keeps the faults of one row from ending the run. A judge that fails
/// before it has judged anything is at
/// fault itself (no server there, a wrong key, weights that do not load): that ends the run at once, and so does a store that fails.
/// </summary>
internal sealed class RowJudge(IJudge judge, Ranker? ranker = null)
{
    private volatile bool _hasJudged;

    public async Task<ScoredRow> ScoreAsync(DataRow row, CancellationToken cancellationToken)
    {
        RowContent content = RowRecognizer.Recognize(row);
        switch (content)
        {
            case PairContent pair:
                (Judgment? judgment, string? error) = await JudgeAsync(pair.Comparison, cancellationToken);
                return new ScoredRow(row, content, judgment, error);
            case CandidatesContent candidates when ranker is not null:
                (Rankings.Ranking? ranking, string? fault) = await RankAsync(ranker, candidates, cancellationToken);
                return new ScoredRow(row, content, null, fault) { Ranking = ranking };
            case FaultyContent faulty:
                return new ScoredRow(row, content, null, faulty.Error);
            default:
                return new ScoredRow(
                    row,
                    content,
                    null,
                    $"The row holds {RowKinds.Describe(content.Kind)}; a judge needs two responses to compare."
                );
        }
    }

    /// <summary>The judgment, or the reason why nothing is preferred (perhaps with votes).</summary>
    public async Task<(Judgment? Judgment, string? Error)> JudgeAsync(Comparison comparison, CancellationToken cancellationToken)
    {
        try
        {
            Judgment judgment = await judge.JudgeAsync(comparison, cancellationToken);
            _hasJudged = true;
            return (judgment, judgment.Preferred is null ? judgment.MissingReason : null);
        }
        catch (Exception exception)
            when (!cancellationToken.IsCancellationRequested
                && exception is not CompletionStoreException
                && (_hasJudged || IsOfTheRow(exception))
            )
        {
            return (null, exception.Message);
        }
    }

    private async Task<(Rankings.Ranking? Ranking, string? Error)> RankAsync(
        Ranker of,
        CandidatesContent candidates,
        CancellationToken cancellationToken
    )
    {
        try
        {
            Rankings.Ranking ranking = await of.RankAsync(candidates.Query.Text, candidates.Responses, null, cancellationToken);
            _hasJudged |= ranking.Best is not null;
            return (ranking, ranking.Best is null ? ranking.MissingReason : null);
        }
        catch (Exception exception)
            when (!cancellationToken.IsCancellationRequested
                && exception is not CompletionStoreException
                && (_hasJudged || IsOfTheRow(exception))
            )
        {
            return (null, exception.Message);
        }
    }

    private static bool IsOfTheRow(Exception exception) =>
        exception
            is OutOfDomainException
                or EndpointException
                {
                    Status: HttpStatusCode.BadRequest or HttpStatusCode.RequestEntityTooLarge or HttpStatusCode.UnprocessableEntity
                };
}
