using RewardReasoning.Evaluation.Benchmarks;
using RewardReasoning.Evaluation.BestOf;
using RewardReasoning.Ratings;

namespace RewardReasoning.Evaluation.Reports;

/// <summary>A comparison of a run, an item of its own or a match between candidates.</summary>
/// <param name="Item">Identity of the item that it belongs to.</param>
/// <param name="Row">The row of the data that it belongs to; comparisons of one row are drawn together.</param>
/// <param name="Texts">What was asked; null in runs that did not keep it.</param>
/// <param name="Gold">What is right; <see cref="MatchOutcome.Missing"/> where nothing is known to be.</param>
/// <param name="Preferred">What the judge prefers.</param>
/// <param name="Confidence">How sure it is.</param>
/// <param name="CalibratedConfidence">How often such judgments are right.</param>
/// <param name="Votes">Its votes.</param>
/// <param name="Missing">Why there is no answer.</param>
internal sealed record AnalysedComparison(
    string Item,
    string Row,
    Comparison? Texts,
    MatchOutcome Gold,
    MatchOutcome Preferred,
    double? Confidence,
    double? CalibratedConfidence,
    IReadOnlyList<Vote> Votes,
    string? Missing
)
{
    /// <summary>What the judge prefers, or would have preferred where it abstained.</summary>
    public MatchOutcome Leans { get; init; } = Preferred;

    /// <summary>What each member of a jury said; none of a single judge.</summary>
    public IReadOnlyDictionary<string, Judgment> Members { get; init; } = Judgment.NoMembers;

    /// <summary>How unsure it is of that; null where it is not known.</summary>
    public double? Uncertainty { get; init; }

    public bool HasGold => Gold is MatchOutcome.First or MatchOutcome.Second;

    public bool IsRight => Preferred == Gold;

    public static AnalysedComparison Of(RecordedJudgment judgment) =>
        new(
            judgment.Id,
            $"{judgment.Section}\n{judgment.Row}",
            judgment.Comparison,
            judgment.Gold,
            judgment.Preferred,
            judgment.Confidence,
            judgment.CalibratedConfidence,
            judgment.Votes,
            judgment.Missing
        )
        {
            Leans = judgment.Withheld is { } withheld ? Outcomes.Of(withheld) : judgment.Preferred,
            Members = judgment.Members ?? Judgment.NoMembers,
            Uncertainty = judgment.Uncertainty ?? UncertaintyOf(judgment.Votes, judgment.Preferred, judgment.Confidence),
        };

    /// <summary>The matches of a ranking; between two right or two wrong responses nothing is right.</summary>
    public static IEnumerable<AnalysedComparison> Of(RecordedRanking ranking) => ranking.Matches.Select(match => Of(ranking, match));

    private static AnalysedComparison Of(RecordedRanking ranking, RecordedMatch match)
    {
        MatchOutcome preferred =
            match.Winner is not { } winner ? MatchOutcome.Missing
            : winner == match.First ? MatchOutcome.First
            : MatchOutcome.Second;
        return new AnalysedComparison(
            ranking.Item.Id,
            ranking.Item.Id,
            new Comparison(ranking.Item.Query, ranking.Item.Responses[match.First], ranking.Item.Responses[match.Second]),
            (ranking.Item.Correct[match.First], ranking.Item.Correct[match.Second]) switch
            {
                (true, false) => MatchOutcome.First,
                (false, true) => MatchOutcome.Second,
                _ => MatchOutcome.Missing,
            },
            preferred,
            match.Confidence,
            match.CalibratedConfidence,
            match.Votes,
            match.Missing
        )
        {
            Uncertainty = UncertaintyOf(match.Votes, preferred, match.Confidence),
        };
    }

    /// <summary>Of a judgment that was recorded without it.</summary>
    private static double? UncertaintyOf(IReadOnlyList<Vote> votes, MatchOutcome preferred, double? confidence) =>
        preferred is not (MatchOutcome.First or MatchOutcome.Second) ? null
        : votes.Any(vote => vote.Verdict != Verdict.Unparsable)
            ? PreferenceEntropy.Of(votes, preferred == MatchOutcome.First ? Verdict.First : Verdict.Second)
        : confidence is { } known ? PreferenceEntropy.Of(known)
        : null;

    /// <summary>Whether a vote is right; null where it has no verdict, or nothing is known to be right.</summary>
    public bool? IsRightVote(Vote vote) => !HasGold || vote.Verdict == Verdict.Unparsable ? null : Outcomes.Of(vote.Verdict) == Gold;
}
