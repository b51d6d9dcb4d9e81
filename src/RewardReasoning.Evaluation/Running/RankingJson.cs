using RewardReasoning.Rankings;

namespace RewardReasoning.Evaluation.Running;

/// <summary>A ranking as <c>rank --json</c> prints it; docs/ranking.md describes the fields. Indices count from 0.</summary>
public sealed record RankingJson(
    IReadOnlyList<RankedResponseJson> Ranking,
    int? Best,
    IReadOnlyList<PlayedMatchJson> Matches,
    double? CycleRate,
    string? Missing,
    bool Cancelled,
    UsageJson Usage
)
{
    /// <summary>As it is written.</summary>
    public static RankingJson Of(Ranking ranking, bool cancelled = false) =>
        new(
            [
                .. ranking.Responses.Select(response => new RankedResponseJson(
                    response.Index,
                    response.Rating,
                    response.Low,
                    response.High,
                    response.Wins,
                    response.Losses,
                    response.Reward,
                    response.SameAs
                )),
            ],
            ranking.Best,
            [.. ranking.Matches.Select(PlayedMatchJson.Of)],
            ranking.CycleRate,
            ranking.MissingReason,
            cancelled,
            UsageJson.Of(ranking.Usage)
        );
}

/// <summary>One response of a ranking.</summary>
public sealed record RankedResponseJson(
    int Index,
    double Rating,
    double? Low,
    double? High,
    int Wins,
    int Losses,
    double? Reward,
    int? SameAs
);

/// <summary>One match of a ranking; <c>Winner</c> is one of the two indices, or null.</summary>
public sealed record PlayedMatchJson(int Round, int First, int Second, int? Winner, double? Confidence, double? VoteShare, string? Missing)
{
    /// <summary>As it is written.</summary>
    public static PlayedMatchJson Of(PlayedMatch match) =>
        new(
            match.Round,
            match.First,
            match.Second,
            match.Winner,
            match.Judgment?.CalibratedConfidence ?? match.Judgment?.Confidence,
            match.Judgment?.VoteShare,
            match.MissingReason
        );
}
