using RewardReasoning.Rankings;
using RewardReasoning.Ratings;

namespace RewardReasoning.Cli.Output;

/// <summary>A ranking as <c>rank --json</c> prints it; docs/ranking.md describes the fields. Indices count from 0.</summary>
internal sealed record RankingJson(
    IReadOnlyList<RankedResponseJson> Ranking,
    int? Best,
    IReadOnlyList<PlayedMatchJson> Matches,
    double? CycleRate,
    string? Missing,
    bool Cancelled,
    UsageJson Usage
)
{
    public static RankingJson Of(Rankings.Ranking ranking, bool cancelled = false) =>
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
internal sealed record RankedResponseJson(
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
internal sealed record PlayedMatchJson(
    int Round,
    int First,
    int Second,
    int? Winner,
    double? Confidence,
    double? VoteShare,
    string? Missing
)
{
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

/// <summary>What <c>rate --json</c> prints.</summary>
internal sealed record RatingsJson(string Method, int Matches, int MissingMatches, IReadOnlyList<RatingJson> Ratings);

/// <summary>One player of a leaderboard.</summary>
internal sealed record RatingJson(string Player, double Rating, double? Low, double? High, int Wins, int Losses, int Ties)
{
    public static RatingJson Of(string player, Standing standing) =>
        new(player, standing.Rating, standing.Low, standing.High, standing.Wins, standing.Losses, standing.Ties);
}
