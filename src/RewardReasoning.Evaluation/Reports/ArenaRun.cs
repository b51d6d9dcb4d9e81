using System.Globalization;
using RewardReasoning.Evaluation.Arena;

namespace RewardReasoning.Evaluation.Reports;

/// <summary>A leaderboard of models by what a judge said of their answers.</summary>
internal sealed record ArenaRun : ReportedRun
{
    /// <summary>The leaderboard.</summary>
    public required ArenaReport Report { get; init; }

    public override string Kind => "arena";

    public override IReadOnlyList<string> Result
    {
        get
        {
            ArenaStanding first = Report.Standings[0];
            string leads =
                Report.Measure == ArenaMeasure.WinRate
                    ? $"{first.Model} {(Report.Standings.Count > 1 ? "leads: it " : "")}wins "
                        + $"{ReportText.Said(first.Figure.Value, first.Figure.Low, first.Figure.High)} of the points against "
                        + $"{Report.Baselines[0]}."
                    : string.Create(
                        CultureInfo.InvariantCulture,
                        $"{first.Model} leads with a rating of {first.Figure.Value:0} (95 % interval {first.Figure.Low:0} to "
                            + $"{first.Figure.High:0})."
                    );
            string second = "";
            if (Report.Standings.Count > 1)
            {
                ArenaStanding next = Report.Standings[1];
                second =
                    next.Figure.High >= first.Figure.Low
                        ? $" {next.Model} is second; the intervals overlap, so the order of the two is not settled."
                        : $" {next.Model} is second, and the intervals do not overlap.";
            }

            return
            [
                leads + second,
                $"{Report.Judge} judged {ReportText.Count(Report.Battles, "battle", "battles")} over "
                    + $"{ReportText.Count(Report.Prompts, "prompt", "prompts")}, each in both orders"
                    + (Report.Missing > 0 ? $"; {ReportText.Count(Report.Missing)} more have no result and count for nobody." : "."),
            ];
        }
    }

    public override IReadOnlyList<ReportCase> Cases =>
        LeaderboardCases.Of([
            .. Report.Standings.Select(standing => new LeaderboardCases.Place(
                standing.Model,
                standing.Figure.Low,
                standing.Figure.High,
                standing.Games > 0 ? null : "No game of the model has a result."
            )),
        ]);

    public override ReportFigure MainFigure =>
        new(
            "arena",
            (Report.Measure == ArenaMeasure.WinRate ? "Share of the points, a tie counting half" : "Ratings on the Elo scale")
                + ", with 95 % intervals over prompts"
                + (Report.StyleWeights is null ? "." : "; also as they would be if all answers were equally long and styled alike."),
            Report.Plot(ReportFigures.Width)
        );

    public override ReportTable MainTable
    {
        get
        {
            bool hasStyle = Report.StyleWeights is not null;
            return new(
                "Leaderboard",
                (
                    hasStyle
                        ? "At equal length and at equal style: the figure as it would be if the answers were equally long, or "
                            + "also had equally many headings, list items and bold pieces. "
                        : ""
                ) + "Length is the mean length of the answers in characters, games are the answers of the judge that count.",
                [
                    [
                        "model",
                        Report.Measure == ArenaMeasure.WinRate ? "win rate" : "rating",
                        .. hasStyle ? ["at equal length", "at equal style", "length"] : Array.Empty<string>(),
                        "games",
                    ],
                    .. Report.Standings.Select(standing =>
                        (string[])
                            [
                                standing.Model,
                                Value(standing.Figure),
                                .. hasStyle
                                    ?
                                    [
                                        Value(standing.EqualLength),
                                        Value(standing.EqualStyle),
                                        ReportText.Invariant($"{standing.MeanLength:0}"),
                                    ]
                                    : Array.Empty<string>(),
                                ReportText.Count(standing.Games),
                            ]
                    ),
                ]
            );
        }
    }

    public override IReadOnlyList<ReportTable> Details =>
        [
            new(
                "The judge",
                "Position bias is by how many percentage points more than half of the answers go to the response shown "
                    + "first. A style weight "
                    + "says by how many logits a difference of one root mean square moves the judge: 0 is no effect, 0.7 doubles the odds.",
                [
                    ["what", "value"],
                    ["judge", Report.Judge],
                    ["same answer in both orders", ReportText.Percent(Report.Consistency)],
                    ["position bias", ReportText.Points(Report.PositionBias)],
                    ["tokens written", ReportText.Count(Report.Usage.OutputTokens)],
                    .. (Report.StyleWeights ?? new Dictionary<string, double>()).Select(weight =>
                        new[]
                        {
                            $"style weight of {weight.Key.Replace('_', ' ')}",
                            ReportText.Invariant($"{weight.Value:+0.00;-0.00;0.00}"),
                        }
                    ),
                ]
            ),
        ];

    private string Value(ArenaFigure? figure) =>
        figure is null ? ReportText.Nothing
        : Report.Measure == ArenaMeasure.WinRate ? ReportText.Percent(figure.Value, figure.Low, figure.High)
        : ReportText.Invariant($"{figure.Value:0} ({figure.Low:0} to {figure.High:0})");
}
