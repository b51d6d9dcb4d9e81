using RewardReasoning.Evaluation.Plots;

namespace RewardReasoning.Evaluation.Reports;

/// <summary>What <c>rrm rank --json</c> prints, as far as a report shows it.</summary>
/// <param name="Ranking">The responses, best first.</param>
/// <param name="Best">The best one, from 0; null where no match was decided.</param>
/// <param name="Matches">The matches.</param>
/// <param name="MissingMatches">Matches without a verdict.</param>
/// <param name="AbstainedMatches">Matches that the judge abstained from.</param>
/// <param name="CycleRate">Share of the triples of responses of which each beats the next; null if there are none.</param>
/// <param name="Missing">Why there is no ranking; null if there is one.</param>
/// <param name="Cancelled">Whether it was stopped early.</param>
internal sealed record PrintedRanking(
    IReadOnlyList<PrintedResponse> Ranking,
    int? Best,
    IReadOnlyList<PrintedMatch> Matches,
    int MissingMatches,
    int AbstainedMatches,
    double? CycleRate,
    string? Missing,
    bool Cancelled
);

/// <summary>A response of a ranking.</summary>
internal sealed record PrintedResponse(
    int Index,
    double Rating,
    double? Low,
    double? High,
    int Wins,
    int Losses,
    double? Reward,
    int? SameAs,
    string? Missing
)
{
    /// <summary>Its name for people, who count from 1.</summary>
    public string Name => ReportText.Invariant($"response {Index + 1}");
}

/// <summary>A match of a ranking.</summary>
internal sealed record PrintedMatch(int First, int Second, int? Winner);

/// <summary>The ranking of the responses to one query.</summary>
internal sealed record RankingRun : ReportedRun
{
    /// <summary>What was printed.</summary>
    public required PrintedRanking Printed { get; init; }

    public override string Kind => "ranking";

    public override IReadOnlyList<string> Result
    {
        get
        {
            PrintedResponse first = Printed.Ranking[0];
            string matches = ReportText.Count(Printed.Matches.Count, "match", "matches");
            return Printed.Best is null
                ? [$"The {ReportText.Count(Printed.Ranking.Count, "response", "responses")} could not be ranked. " + Printed.Missing]
                :
                [
                    ReportText.Invariant($"Response {first.Index + 1} is the best of {Printed.Ranking.Count} with a rating of ")
                        + ReportText.Invariant($"{first.Rating:0}{Interval(first)}.{Second(first)}"),
                    $"The ranking is made of {matches}"
                        + (
                            Printed.MissingMatches + Printed.AbstainedMatches > 0
                                ? $"; {ReportText.Count(Printed.MissingMatches + Printed.AbstainedMatches)} of them have no winner."
                                : "."
                        ),
                    .. Printed.CycleRate is { } rate
                        ? [$"In {ReportText.Percent(rate)} of the triples of responses each one beats the next."]
                        : Array.Empty<string>(),
                ];
        }
    }

    public override IReadOnlyList<string> Warnings =>
        [
            .. Printed.Cancelled ? ["The ranking was stopped early; these are the matches that had been played."] : Array.Empty<string>(),
            .. Printed.Ranking.Any(response => response.Missing is not null)
                ? ["Some responses met nobody, or none of their matches was decided: they have no reward."]
                : Array.Empty<string>(),
        ];

    public override IReadOnlyList<ReportCase> Cases =>
        LeaderboardCases.Of([
            .. Printed.Ranking.Select(response => new LeaderboardCases.Place(
                response.Name,
                response.Low,
                response.High,
                response.Reward is null ? response.Missing ?? Printed.Missing ?? "The response has no reward." : null
            )),
        ]);

    public override ReportFigure MainFigure =>
        new(
            "ranking",
            "Ratings on the Elo scale, 95 % intervals where the method has them: 200 points more mean about three wins of four.",
            new IntervalChart
            {
                Title = "Ranking",
                Width = ReportFigures.Width,
                XTitle = "rating (Elo points)",
                Rows =
                [
                    .. Printed.Ranking.Select(response => new IntervalRow(response.Name, response.Rating, response.Low, response.High)),
                ],
            }
        );

    public override ReportTable MainTable =>
        new(
            "Ranking",
            "Best first; responses are numbered from 1 in the order in which they were given. "
                + "Responses of one text are one in all matches.",
            [
                ["response", "rating", "95 % interval", "won", "lost", "reward"],
                .. Printed.Ranking.Select(response =>
                    new[]
                    {
                        response.Name + (response.SameAs is { } same ? ReportText.Invariant($" (same as {same + 1})") : ""),
                        ReportText.Invariant($"{response.Rating:0}"),
                        response is { Low: { } low, High: { } high } ? ReportText.Invariant($"{low:0} to {high:0}") : ReportText.Nothing,
                        ReportText.Count(response.Wins),
                        ReportText.Count(response.Losses),
                        response.Reward is { } reward ? ReportText.Invariant($"{reward:0.000}") : ReportText.Nothing,
                    }
                ),
            ]
        );

    private static string Interval(PrintedResponse response) =>
        response is { Low: { } low, High: { } high } ? ReportText.Invariant($" (95 % interval {low:0} to {high:0})") : "";

    private string Second(PrintedResponse first) =>
        Printed.Ranking.FirstOrDefault(response => response.Index != first.Index && response.SameAs is null) is not { High: { } high } next
        || first.Low is not { } low
            ? ""
            : ReportText.Invariant($" Response {next.Index + 1} is second")
                + (
                    high >= low ? "; the intervals overlap, so the order of the two is not settled." : ", and the intervals do not overlap."
                );
}
