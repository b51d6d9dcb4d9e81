using RewardReasoning.Evaluation.Plots;
using RewardReasoning.Evaluation.Probes;

namespace RewardReasoning.Evaluation.Reports;

/// <summary>How often probes flip the verdicts of a judge.</summary>
internal sealed record ProbeRun : ReportedRun
{
    private const string Again = "again";

    /// <summary>The report of the run.</summary>
    public required ProbeReport Report { get; init; }

    /// <summary>Every judgment of a probe, without its texts.</summary>
    public required IReadOnlyList<ReportCase> Judgments { get; init; }

    /// <summary>Some of the verdicts that were flipped, to read.</summary>
    public required IReadOnlyList<ProbeExample> Examples { get; init; }

    /// <summary>Missing verdicts by class.</summary>
    public required IReadOnlyList<MissingClass> Missing { get; init; }

    public override string Kind => "probes";

    public override IReadOnlyList<string> Result
    {
        get
        {
            ProbeResult? worst = Report.Probes.Where(probe => probe.Probe != Again && probe.Compared > 0).MaxBy(probe => probe.Rate);
            ProbeResult? again = Report.Probes.FirstOrDefault(probe => probe.Probe == Again && probe.Compared > 0);
            string flips =
                worst is null ? "No probe could be asked about any of them."
                : worst.Turned == 0 ? "No probe flips any of these verdicts."
                : $"The probe that flips most of these verdicts is {worst.Probe} ({worst.Says}): "
                    + $"{ReportText.Said(worst.Rate, worst.Low, worst.High)}, {ReportText.Count(worst.Turned)} of "
                    + $"{ReportText.Count(worst.Compared)}.";
            return
            [
                $"{Report.Judge} is right on {ReportText.Count(Report.Right)} of "
                    + $"{ReportText.Count(Report.Pairs, "pair", "pairs")} as they are. {flips}",
                again is null
                    ? "The unchanged pairs were not asked a second time, so the judge's own randomness is not known."
                    : $"Asking the unchanged pairs again flips {ReportText.Percent(again.Rate)}: that is the judge's own "
                        + "randomness, with which the others are to be compared.",
            ];
        }
    }

    public override IReadOnlyList<string> Warnings =>
        [
            .. Report.Probes.Where(probe => probe.Pairs > 0 && probe.Compared == 0).Select(probe => probe.Probe).ToArray()
                is { Length: > 0 } mute
                ?
                [
                    $"{string.Join(", ", mute)}: nothing could be compared, because the judge refuses such texts or gave no "
                        + "verdict. These probes say nothing about it.",
                ]
                : Array.Empty<string>(),
        ];

    public override ReportFigure? MainFigure =>
        Report.Probes.All(probe => probe.Compared == 0)
            ? null
            : new(
                "probes",
                "How often a probe flips a verdict that was right, with 95 % intervals. No probe should flip more than asking again does.",
                new IntervalChart
                {
                    Title = "Right verdicts that a probe flips",
                    Width = ReportFigures.Width,
                    XTitle = "flipped verdicts (%)",
                    IsPercent = true,
                    Rows =
                    [
                        .. Report
                            .Probes.Where(probe => probe.Compared > 0)
                            .Select(probe => new IntervalRow(probe.Probe, probe.Rate ?? 0, probe.Low, probe.High)),
                    ],
                    Reference = Report.Probes.FirstOrDefault(probe => probe.Probe == Again)?.Rate,
                    ReferenceName = Report.Probes.Any(probe => probe.Probe == Again && probe.Compared > 0)
                        ? "the unchanged pair asked again"
                        : "",
                }
            );

    public override ReportTable MainTable =>
        new(
            "Probes",
            "Pairs are those that the probe changes. Refused: the judge says that it does not judge such texts. Compared are "
                + "those that the judge "
                + "had right before and answered as changed; flipped are those of them that it then has wrong.",
            [
                ["probe", "what it does", "pairs", "refused", "missing", "compared", "flipped", "share flipped"],
                .. Report.Probes.Select(probe =>
                    new[]
                    {
                        probe.Probe,
                        probe.Says,
                        ReportText.Count(probe.Pairs),
                        ReportText.Count(probe.Refused),
                        ReportText.Count(probe.Missing),
                        ReportText.Count(probe.Compared),
                        ReportText.Count(probe.Turned),
                        ReportText.Percent(probe.Rate, probe.Low, probe.High),
                    }
                ),
            ]
        );

    public override IReadOnlyList<ReportTable> Details => ReportTables.Missing(Name, Missing) is { } missing ? [missing] : [];

    public override IReadOnlyList<ReportCase> Cases => Judgments;
}

/// <summary>A verdict that a probe flipped.</summary>
/// <param name="Id">The pair.</param>
/// <param name="Probe">The probe.</param>
/// <param name="Texts">The texts as they were shown.</param>
/// <param name="Votes">The votes, in words.</param>
/// <param name="Reasoning">The reasoning of a vote for the worse response.</param>
internal sealed record ProbeExample(string Id, string Probe, IReadOnlyList<NamedText> Texts, string Votes, string Reasoning);
