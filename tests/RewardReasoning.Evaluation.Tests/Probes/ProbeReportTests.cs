using RewardReasoning.Evaluation.Probes;
using Xunit;

namespace RewardReasoning.Evaluation.Tests.Probes;

public sealed class ProbeReportTests
{
    private static readonly ProbeDefinition[] Probes = [ProbeCatalog.Find("again"), ProbeCatalog.Find("empty")];

    private static ProbedJudgment Said(string id, string probe, ProbeAnswer answer) =>
        new()
        {
            Id = id,
            Probe = probe,
            Shown = new("q", "a", "b"),
            Better = Verdict.First,
            Answer = answer,
            Usage = Usage.None with { OutputTokens = 3 },
        };

    [Fact]
    public void Of_Judgments_CountsWhatTurnedOfWhatWasRight()
    {
        ProbeReport report = ProbeReport.Of(
            "judge",
            Probes,
            [
                Said("1", "unchanged", ProbeAnswer.Better),
                Said("2", "unchanged", ProbeAnswer.Better),
                Said("3", "unchanged", ProbeAnswer.Better),
                Said("4", "unchanged", ProbeAnswer.Worse),
                Said("5", "unchanged", ProbeAnswer.Missing),
                Said("6", "unchanged", ProbeAnswer.Refused),
                Said("1", "empty", ProbeAnswer.Worse),
                Said("2", "empty", ProbeAnswer.Better),
                Said("3", "empty", ProbeAnswer.Refused),
                Said("1", "again", ProbeAnswer.Better),
                Said("2", "again", ProbeAnswer.Missing),
                Said("3", "again", ProbeAnswer.Better),
                Said("4", "again", ProbeAnswer.Worse), // was wrong before: nothing to turn
            ]
        );
        Assert.Equal(
            ("judge", 6, 3, 1, 1, 39L),
            (report.Judge, report.Pairs, report.Right, report.Refused, report.Missing, report.Usage.OutputTokens)
        );
        Assert.Equal(["again", "empty"], report.Probes.Select(probe => probe.Probe));
        ProbeResult again = report.Probes[0],
            empty = report.Probes[1];
        Assert.Equal((4, 0, 1, 2, 0, 0.0), (again.Pairs, again.Refused, again.Missing, again.Compared, again.Turned, again.Rate));
        Assert.Equal((3, 1, 0, 2, 1, 0.5), (empty.Pairs, empty.Refused, empty.Missing, empty.Compared, empty.Turned, empty.Rate));
        Assert.Equal(
            (0.0945, 0.9055),
            (empty.Low ?? 0, empty.High ?? 0),
            (one, other) => Math.Abs(one.Item1 - other.Item1) < 1e-4 && Math.Abs(one.Item2 - other.Item2) < 1e-4
        );
        Assert.False(report.IsComplete);
    }

    [Fact]
    public void Of_EverythingRefused_HasNoRate()
    {
        ProbeReport report = ProbeReport.Of(
            "judge",
            Probes,
            [Said("1", "unchanged", ProbeAnswer.Better), Said("1", "empty", ProbeAnswer.Refused)]
        );
        Assert.Equal(
            (1, 0, null, null),
            (report.Probes[1].Refused, report.Probes[1].Compared, report.Probes[1].Rate, report.Probes[1].Low)
        );
        Assert.True(report.IsComplete);
    }
}
