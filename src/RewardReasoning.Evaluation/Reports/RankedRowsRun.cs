using RewardReasoning.Evaluation.Metrics;
using RewardReasoning.Evaluation.Plots;

namespace RewardReasoning.Evaluation.Reports;

/// <summary>The ranked rows of a scored file of candidates.</summary>
internal sealed record RankedRowsRun : ReportedRun
{
    /// <summary>Rows of candidates.</summary>
    public required int Rows { get; init; }

    /// <summary>Those with a ranking.</summary>
    public required int Ranked { get; init; }

    /// <summary>Responses of the ranked rows.</summary>
    public required int Responses { get; init; }

    /// <summary>Of them, those without a reward.</summary>
    public required int WithoutReward { get; init; }

    /// <summary>Matches without a winner.</summary>
    public required int MissingMatches { get; init; }

    /// <summary>Rows whose best response is the longest one, of those whose responses differ in length.</summary>
    public required CountedShare BestIsLongest { get; init; }

    /// <summary>Rows whose best response is at the place, by place.</summary>
    public required IReadOnlyList<int> BestAt { get; init; }

    /// <summary>Every row: whether it has a ranking.</summary>
    public required IReadOnlyList<ReportCase> Items { get; init; }

    /// <summary>Missing rankings by class.</summary>
    public required IReadOnlyList<MissingClass> Missing { get; init; }

    /// <summary>Names of the fields of <see cref="RankedRowsRun"/> for people: each place with its share of best responses.</summary>
    private IEnumerable<(string Name, CountedShare Share)> Places =>
        BestAt.Select((count, place) => (ReportText.Invariant($"best response is number {place + 1}"), new CountedShare(count, Ranked)));

    public override string Kind => "rankings";

    public override IReadOnlyList<string> Result =>
        [
            $"{ReportText.Count(Ranked)} of {ReportText.Count(Rows, "row", "rows")} {(Ranked == 1 ? "has" : "have")} a "
                + "ranking of candidates"
                + (
                    WithoutReward > 0
                        ? $"; {ReportText.Count(WithoutReward)} of {ReportText.Count(Responses, "response", "responses")} have no reward."
                        : ", with a reward for every response."
                ),
            .. BestIsLongest.Of > 0
                ?
                [
                    $"The best response is the longest one in {ReportText.SaidOf(BestIsLongest.Count, BestIsLongest.Of)} of "
                        + $"{ReportText.Count(BestIsLongest.Of, "row", "rows")}.",
                ]
                : Array.Empty<string>(),
        ];

    public override IReadOnlyList<string> Warnings =>
        MissingMatches > 0
            ?
            [
                $"{ReportText.Count(MissingMatches, "match has", "matches have")} no winner, so some rankings rest on fewer "
                    + "matches than were planned.",
            ]
            : [];

    public override ReportFigure? MainFigure =>
        Ranked == 0
            ? null
            : new(
                "ranked",
                "Where the best response is among the candidates, with 95 % intervals. If the order of the candidates in the "
                    + "file means nothing, "
                    + "each place is equally likely.",
                new IntervalChart
                {
                    Title = "Place of the best response",
                    Width = ReportFigures.Width,
                    XTitle = "ranked rows (%)",
                    IsPercent = true,
                    Rows =
                    [
                        .. Places.Select(place =>
                        {
                            WilsonInterval interval = WilsonInterval.At95(place.Share.Count, place.Share.Of);
                            return new IntervalRow(place.Name, place.Share.Value ?? 0, interval.Low, interval.High);
                        }),
                    ],
                }
            );

    public override ReportTable MainTable =>
        new(
            "Ranked rows",
            "",
            [
                ["what", "count"],
                ["rows of candidates", ReportText.Count(Rows)],
                ["with a ranking", ReportText.Count(Ranked)],
                ["responses in them", ReportText.Count(Responses)],
                ["responses without a reward", ReportText.Count(WithoutReward)],
                ["matches without a winner", ReportText.Count(MissingMatches)],
                ["best response is the longest", ReportText.PercentOf(BestIsLongest)],
            ]
        );

    public override IReadOnlyList<ReportCase> Cases => Items;

    public override IReadOnlyList<ReportTable> Details => ReportTables.Missing(Name, Missing) is { } missing ? [missing] : [];
}
