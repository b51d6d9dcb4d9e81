using RewardReasoning.Evaluation.Plots;

namespace RewardReasoning.Evaluation.Reports;

/// <summary>What <c>rrm rate --json</c> prints.</summary>
/// <param name="Method">How the ratings were made: bradley-terry or elo.</param>
/// <param name="Matches">Matches.</param>
/// <param name="MissingMatches">Those without a winner.</param>
/// <param name="Ratings">The players, best first.</param>
internal sealed record Leaderboard(string Method, int Matches, int MissingMatches, IReadOnlyList<LeaderboardPlayer> Ratings);

/// <summary>A player of a leaderboard.</summary>
internal sealed record LeaderboardPlayer(string Player, double Rating, double? Low, double? High, int Wins, int Losses, int Ties);

/// <summary>Ratings of players by their matches.</summary>
internal sealed record LeaderboardRun : ReportedRun
{
    /// <summary>The ratings.</summary>
    public required Leaderboard Board { get; init; }

    public override string Kind => "ratings";

    public override IReadOnlyList<string> Result
    {
        get
        {
            LeaderboardPlayer first = Board.Ratings[0];
            string interval = first is { Low: { } low, High: { } high }
                ? ReportText.Invariant($" (95 % interval {low:0} to {high:0})")
                : "";
            string second =
                Board.Ratings.Count < 2 ? ""
                : Board.Ratings[1] is not { High: { } reach } next || first.Low is not { } floor ? ""
                : reach >= floor ? $" {next.Player} is second; the intervals overlap, so the order of the two is not settled."
                : $" {next.Player} is second, and the intervals do not overlap.";
            return
            [
                ReportText.Invariant(
                    $"{first.Player} leads {Board.Ratings.Count} players with a rating of {first.Rating:0}{interval}.{second}"
                ),
                $"The ratings are made of {ReportText.Count(Board.Matches, "match", "matches")} "
                    + $"({(Board.Method == "elo" ? "Elo, in the order of the matches" : "Bradley-Terry")})"
                    + (Board.MissingMatches > 0 ? $"; {ReportText.Count(Board.MissingMatches)} of them have no winner." : "."),
            ];
        }
    }

    public override IReadOnlyList<ReportCase> Cases =>
        LeaderboardCases.Of([
            .. Board.Ratings.Select(player => new LeaderboardCases.Place(
                player.Player,
                player.Low,
                player.High,
                player.Wins + player.Losses + player.Ties > 0 ? null : "The player has no match with a result."
            )),
        ]);

    public override ReportFigure MainFigure =>
        new(
            "ratings",
            "Ratings on the Elo scale, 95 % intervals where the method has them: 200 points more mean about three wins of four.",
            new IntervalChart
            {
                Title = "Leaderboard",
                Width = ReportFigures.Width,
                XTitle = "rating (Elo points)",
                Rows = [.. Board.Ratings.Select(player => new IntervalRow(player.Player, player.Rating, player.Low, player.High))],
            }
        );

    public override ReportTable MainTable =>
        new(
            "Leaderboard",
            "Best first. A draw counts for neither won nor lost.",
            [
                ["player", "rating", "95 % interval", "won", "lost", "tied"],
                .. Board.Ratings.Select(player =>
                    new[]
                    {
                        player.Player,
                        ReportText.Invariant($"{player.Rating:0}"),
                        player is { Low: { } low, High: { } high } ? ReportText.Invariant($"{low:0} to {high:0}") : ReportText.Nothing,
                        ReportText.Count(player.Wins),
                        ReportText.Count(player.Losses),
                        ReportText.Count(player.Ties),
                    }
                ),
            ]
        );
}
