using System.Net;
using RewardReasoning.Data.Recognition;
using RewardReasoning.Data.Rows;
using RewardReasoning.Endpoints;
using RewardReasoning.Storage;

namespace RewardReasoning.Cli.Scoring;

/// <summary>
/// Judges rows one by one and keeps the faults of one row from ending the run. A judge that fails before it has judged anything is at
/// fault itself (no server there, a wrong key, weights that do not load): that ends the run at once, and so does a store that fails.
/// </summary>
internal sealed class RowJudge(IJudge judge)
{
    private volatile bool _hasJudged;

    public async Task<ScoredRow> ScoreAsync(DataRow row, CancellationToken cancellationToken)
    {
        RowContent content = RowRecognizer.Recognize(row);
        if (content is not PairContent pair)
        {
            return new ScoredRow(row, content, null, content is FaultyContent faulty ? faulty.Error : $"The row holds {RowKinds.Describe(content.Kind)}; a judge needs two responses to compare.");
        }

        (Judgment? judgment, string? error) = await JudgeAsync(pair.Comparison, cancellationToken);
        return new ScoredRow(row, content, judgment, error);
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
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested && exception is not CompletionStoreException && (_hasJudged || IsOfTheRow(exception)))
        {
            return (null, exception.Message);
        }
    }

    private static bool IsOfTheRow(Exception exception) => exception is OutOfDomainException
        or EndpointException { Status: HttpStatusCode.BadRequest or HttpStatusCode.RequestEntityTooLarge or HttpStatusCode.UnprocessableEntity };
}
