using RewardReasoning.Data.Recognition;
using RewardReasoning.Data.Rows;
using RewardReasoning.Rankings;
using RewardReasoning.Ratings;

namespace RewardReasoning.Evaluation.Running;

/// <summary>Judges rows one by one: pairs, and with a ranker candidates too. <see cref="FailurePolicy"/> says which failures end only the
/// row; all others end the run.</summary>
internal sealed class RowJudge(IJudge judge, Ranker? ranker = null)
{
    private readonly FailurePolicy _failures = new();

    public async Task<JudgedRow> JudgeAsync(DataRow row, CancellationToken cancellationToken)
    {
        RowContent content = RowRecognizer.Recognize(row);
        switch (content)
        {
            case PairContent pair:
                (Judgment? judgment, string? error) = await JudgeAsync(pair.Comparison, cancellationToken).ConfigureAwait(false);
                return new JudgedRow(row, content, judgment, error);
            case CandidatesContent candidates when ranker is not null:
                (Ranking? ranking, string? fault) = await RankAsync(ranker, candidates, cancellationToken).ConfigureAwait(false);
                return new JudgedRow(row, content, null, fault) { Ranking = ranking };
            case FaultyContent faulty:
                return new JudgedRow(row, content, null, faulty.Error);
            default:
                return new JudgedRow(
                    row,
                    content,
                    null,
                    $"The row holds {RowKinds.Describe(content.Kind)}; a judge needs two responses to compare."
                );
        }
    }

    /// <summary>The judgment, abstained ones included, or the reason why there is none (perhaps with votes).</summary>
    public async Task<(Judgment? Judgment, string? Error)> JudgeAsync(Comparison comparison, CancellationToken cancellationToken)
    {
        try
        {
            Judgment judgment = await judge.JudgeAsync(comparison, cancellationToken).ConfigureAwait(false);
            _failures.Succeeded();
            return (judgment, judgment.Outcome == MatchOutcome.Missing ? judgment.MissingReason ?? "No vote has a verdict." : null);
        }
        catch (Exception exception) when (_failures.EndsOnlyTheRow(exception, cancellationToken))
        {
            return (null, exception.Message);
        }
    }

    /// <summary>Whether a ranking has no best response because the judge abstained from all of its matches.</summary>
    public static bool IsAbstained(Ranking? ranking) => ranking is { Best: null, MissingMatches: 0, AbstainedMatches: > 0 };

    /// <summary>The ranking, or the reason why nothing is ranked; some of its matches may be missing.</summary>
    public async Task<(Ranking? Ranking, string? Error)> RankAsync(
        Ranker of,
        CandidatesContent candidates,
        CancellationToken cancellationToken
    )
    {
        try
        {
            Ranking ranking = await of.RankAsync(candidates.Query.Text, candidates.Responses, null, cancellationToken)
                .ConfigureAwait(false);
            if (ranking.Best is not null || IsAbstained(ranking))
            {
                _failures.Succeeded();
            }

            return (ranking, ranking.Best is null && !IsAbstained(ranking) ? ranking.MissingReason ?? "No match has a winner." : null);
        }
        catch (Exception exception) when (_failures.EndsOnlyTheRow(exception, cancellationToken))
        {
            return (null, exception.Message);
        }
    }
}

/// <summary>
/// A row and what became of it: a judgment that prefers a response or that the judge abstained from, a ranking of candidates, or the reason
/// why there is none (perhaps with
/// votes).
/// </summary>
internal sealed record JudgedRow(DataRow Row, RowContent Content, Judgment? Judgment, string? Error)
{
    /// <summary>The ranking of a row of candidates; null for other rows, and where it failed.</summary>
    public Ranking? Ranking { get; init; }

    /// <summary>What its judgments took.</summary>
    public Usage Usage => Judgment?.Usage ?? Ranking?.Usage ?? Usage.None;

    /// <summary>Whether the judge abstained from the pair, or from every match of the candidates.</summary>
    public bool IsAbstained => Judgment?.Outcome == MatchOutcome.Abstained || RowJudge.IsAbstained(Ranking);

    /// <summary>Matches of its ranking that the judge abstained from.</summary>
    public int AbstainedMatches => Ranking?.AbstainedMatches ?? 0;

    /// <summary>Matches of its ranking whose judgment failed or has no verdict.</summary>
    public int MissingMatches => Ranking?.MissingMatches ?? 0;
}
