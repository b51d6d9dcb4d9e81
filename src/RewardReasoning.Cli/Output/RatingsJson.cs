using RewardReasoning.Ratings;

namespace RewardReasoning.Cli.Output;

/// <summary>What <c>rate --json</c> prints.</summary>
internal sealed record RatingsJson(string Method, int Matches, int MissingMatches, IReadOnlyList<RatingJson> Ratings);

/// <summary>One player of a leaderboard.</summary>
internal sealed record RatingJson(string Player, double Rating, double? Low, double? High, int Wins, int Losses, int Ties)
{
    public static RatingJson Of(string player, Standing standing) =>
        new(player, standing.Rating, standing.Low, standing.High, standing.Wins, standing.Losses, standing.Ties);
}
