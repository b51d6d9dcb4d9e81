using RewardReasoning.Data.Recognition;
using RewardReasoning.Data.Rows;
using RewardReasoning.Rankings;

namespace RewardReasoning.Cli.Scoring;

/// <summary>
/// Judges rows one by one (pairs, and with a ranker candidates too). Whether a failure ends the row or the run is decided by
/// <see cref="FailurePolicy"/>.
/// </summary>
internal sealed class RowJudge(IJudge judge, Ranker? ranker = null)
{
    private readonly FailurePolicy _failures = new();

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
            _failures.Succeeded();
            return (judgment, judgment.Preferred is null ? judgment.MissingReason : null);
        }
        catch (Exception exception) when (_failures.EndsOnlyTheRow(exception, cancellationToken))
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
            if (ranking.Matches.Any(match => match.Judgment is not null))
            {
                _failures.Succeeded();
            }

            return (ranking, ranking.Best is null ? ranking.MissingReason : null);
        }
        catch (Exception exception) when (_failures.EndsOnlyTheRow(exception, cancellationToken))
        {
            return (null, exception.Message);
        }
    }
}
