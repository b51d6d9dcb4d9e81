using RewardReasoning.Data.Export.Trl;
using RewardReasoning.Data.Recognition;
using RewardReasoning.Data.Rows;
using RewardReasoning.Evaluation.Running;
using RewardReasoning.Rankings;
using RewardReasoning.Ratings;

namespace RewardReasoning.Evaluation.Labelling;

/// <summary>
/// Makes preference pairs of rows. Each written pair was itself judged (the best/worst pair is judged now if the ranking never compared
/// it), so its margin is always one of votes.
/// </summary>
internal sealed class RowLabeller(RowJudge judge, PairChoice choice)
{
    public async Task<LabelledRow> LabelAsync(DataRow row, CancellationToken cancellationToken)
    {
        JudgedRow scored = await judge.JudgeAsync(row, cancellationToken).ConfigureAwait(false);
        return scored switch
        {
            { Content: PairContent pair, Judgment.Preferred: not null } => new LabelledRow(
                scored,
                [.. PairsOf(pair.Query, pair.Comparison, scored.Judgment)]
            ),
            { Content: CandidatesContent candidates, Ranking.Best: not null } => await PairsOfAsync(
                    scored,
                    candidates,
                    scored.Ranking,
                    cancellationToken
                )
                .ConfigureAwait(false),
            _ => new LabelledRow(scored, []),
        };
    }

    private async Task<LabelledRow> PairsOfAsync(
        JudgedRow scored,
        CandidatesContent candidates,
        Ranking ranking,
        CancellationToken cancellationToken
    )
    {
        if (choice == PairChoice.All)
        {
            return new LabelledRow(
                scored,
                [
                    .. ranking
                        .Matches.DistinctBy(Players)
                        .SelectMany(match => PairsOf(candidates.Query, ComparisonOf(match.First, match.Second), match.Judgment)),
                ]
            );
        }

        int best = JudgedFor(ranking.Responses[0]);
        int worst = JudgedFor(ranking.Responses.Last(response => response.Reward is not null));
        if (best == worst)
        {
            return new LabelledRow(scored, [new TrlPair(candidates.Query, candidates.Responses[best], candidates.Responses[best], 0)]);
        }

        Judgment? judgment = ranking.Matches.FirstOrDefault(match =>
            match.Winner is not null && Players(match) == (Math.Min(best, worst), Math.Max(best, worst))
        )
            is { } met
            ? met.First == best
                ? met.Judgment
                : met.Judgment is { } swapped
                    ? Swapped(swapped)
                    : null
            : null;
        Judgment? extra = null;
        string? error = null;
        if (judgment is null)
        {
            (extra, error) = await judge.JudgeAsync(ComparisonOf(best, worst), cancellationToken).ConfigureAwait(false);
        }

        // A pair whose own judgment is against the ranking has a margin below 0, and is dropped by it.
        double? margin = MarginOf(judgment ?? extra);
        TrlPair[] pairs = margin is { } known
            ?
            [
                new(
                    candidates.Query,
                    candidates.Responses[best],
                    candidates.Responses[worst],
                    (judgment ?? extra)?.Preferred == Verdict.First ? known : -known
                ),
            ]
            : [];
        return new LabelledRow(scored with { Error = pairs.Length == 0 ? error ?? scored.Error : scored.Error }, pairs) { Extra = extra };

        Comparison ComparisonOf(int first, int second) =>
            new(candidates.Query.Text, candidates.Responses[first], candidates.Responses[second]);
    }

    private static IEnumerable<TrlPair> PairsOf(RowQuery query, Comparison comparison, Judgment? judgment) =>
        MarginOf(judgment) is not { } margin ? []
        : judgment?.Preferred == Verdict.First ? [new(query, comparison.Response1, comparison.Response2, margin)]
        : [new(query, comparison.Response2, comparison.Response1, margin)];

    private static Judgment Swapped(Judgment judgment) =>
        judgment with
        {
            Preferred = judgment.Preferred == Verdict.First ? Verdict.Second : Verdict.First,
        };

    /// <summary>Share of the votes for the preferred response less that for the other; 0 on a draw, whatever broke it.</summary>
    private static double? MarginOf(Judgment? judgment) =>
        judgment is { Preferred: not null, VoteShare: { } share } ? (2 * share) - 1 : null;

    private static int JudgedFor(RankedResponse response) => response.SameAs ?? response.Index;

    private static (int Lower, int Higher) Players(PlayedMatch match) =>
        (Math.Min(match.First, match.Second), Math.Max(match.First, match.Second));
}

/// <summary>A row and the pairs made of it, those that are to be dropped included.</summary>
internal sealed record LabelledRow(JudgedRow Scored, IReadOnlyList<TrlPair> Pairs)
{
    /// <summary>A judgment beyond those of the ranking.</summary>
    public Judgment? Extra { get; init; }

    /// <summary>Whether the judge called a tie of what the pair would have been made of.</summary>
    public bool IsTie => Scored.Judgment?.Outcome == MatchOutcome.Tie || Extra?.Outcome == MatchOutcome.Tie;

    /// <summary>Whether the judge abstained from what the pair would have been made of.</summary>
    public bool IsAbstained => Scored.IsAbstained || Extra?.Outcome == MatchOutcome.Abstained;
}
