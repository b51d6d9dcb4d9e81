using System.Xml.Linq;
using RewardReasoning.Evaluation.Reports;
using Xunit;

namespace RewardReasoning.Evaluation.Tests.Reports;

public sealed class ReportFormatTests
{
    private static readonly Leaderboard Board = new(
        "bradley-terry",
        3,
        1,
        [new("a|b", 1100, 1000, 1200, 2, 0, 0), new("<c>", 900, 800, 1050, 0, 2, 0)]
    );

    [Fact]
    public void JUnit_Items_AreCasesByOutcomeWithCounts()
    {
        JudgingRun run = new()
        {
            Name = "run",
            Facts = new RunFacts { Started = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero) },
            Items =
            [
                new ReportCase("1", "easy", CaseStatus.Passed, ""),
                new ReportCase("2", "easy", CaseStatus.Failed, "The judge prefers <the second>."),
                new ReportCase("3\u0001", "hard", CaseStatus.Missing, "cut"),
                new ReportCase("4", "hard", CaseStatus.Unlabelled, "no label"),
            ],
        };
        string xml = JUnitFile.OfItems([run], [new ReportCheck("run", "fail-below", false, "Failed: below.")]);
        Assert.Empty(JUnitSchema.FaultsOf(xml));
        XElement suites = XDocument.Parse(xml).Root ?? new("none");
        Assert.Equal(("testsuites", "5", "2", "1", null), Counts(suites));
        Assert.Equal(
            [("testsuite", "2", "1", "0", "0"), ("testsuite", "2", "0", "1", "1"), ("testsuite", "1", "1", "0", "0")],
            suites.Elements().Select(Counts)
        );
        Assert.Equal(["run.easy", "run.hard", "checks"], suites.Elements().Select(suite => suite.Attribute("name")?.Value));
        Assert.Equal("2026-01-02T03:04:05", suites.Elements().First().Attribute("timestamp")?.Value);
        Assert.Equal("The judge prefers <the second>.", suites.Descendants("failure").First().Attribute("message")?.Value);
        Assert.Equal(["3\uFFFD"], suites.Descendants("error").Select(error => error.Parent?.Attribute("name")?.Value));
        Assert.Empty(suites.Descendants("testcase").First().Elements());

        static (string, string?, string?, string?, string?) Counts(XElement element) =>
            (
                element.Name.LocalName,
                element.Attribute("tests")?.Value,
                element.Attribute("failures")?.Value,
                element.Attribute("errors")?.Value,
                element.Attribute("skipped")?.Value
            );
    }

    [Fact]
    public void JUnit_Leaderboard_HasACaseForEachPlayerAndEachNeighbours()
    {
        LeaderboardRun run = new()
        {
            Name = "ratings",
            Facts = new RunFacts(),
            Board = Board with
            {
                Ratings = [.. Board.Ratings, new("last", 500, 400, 600, 0, 1, 0), new("idle", 1000, null, null, 0, 0, 0)],
            },
        };
        string xml = JUnitFile.OfItems([run], []);
        Assert.Empty(JUnitSchema.FaultsOf(xml));
        Assert.Equal(
            [
                ("ratings.players", "a|b", null),
                ("ratings.players", "<c>", null),
                ("ratings.players", "last", null),
                ("ratings.players", "idle", "error"),
                ("ratings.order", "a|b before <c>", "skipped"),
                ("ratings.order", "<c> before last", null),
            ],
            XDocument
                .Parse(xml)
                .Descendants("testcase")
                .Select(one =>
                    (one.Attribute("classname")?.Value, one.Attribute("name")?.Value, one.Elements().FirstOrDefault()?.Name.LocalName)
                )
        );
    }

    [Fact]
    public void JUnitSchema_ForeignElementsAndMissingAttributes_AreFaults()
    {
        Assert.Empty(JUnitSchema.FaultsOf("<testsuites/>"));
        Assert.NotEmpty(JUnitSchema.FaultsOf("<testsuites skipped=\"1\"/>"));
        Assert.NotEmpty(JUnitSchema.FaultsOf("<testsuites><testsuite name=\"a\"/></testsuites>"));
        Assert.NotEmpty(JUnitSchema.FaultsOf("<testsuites time=\"soon\"/>"));
    }

    [Fact]
    public void Markdown_TextsOfData_AreNoMarkupLinkOrMention()
    {
        string escaped = ReportMarkdown.Escape("a|b <img src=x> @team [x](https://example.org) `code` *bold* line\nbreak # h");
        Assert.Equal(
            "a\\|b &lt;img src=x&gt; @\u200bteam \\[x\\](https:\u200b//example.org) \\`code\\` \\*bold\\* line break \\# h",
            escaped
        );
    }

    [Fact]
    public void Markdown_Leaderboard_HasResultTableAndFacts()
    {
        string markdown = ReportMarkdown.Of(
            "Weekly",
            [
                new LeaderboardRun
                {
                    Name = "ratings",
                    Facts = new RunFacts(),
                    Board = Board,
                },
            ],
            []
        );
        Assert.StartsWith(
            "## Weekly\n\na\\|b leads 2 players with a rating of 1100 (95 % interval 1000 to 1200).",
            markdown,
            StringComparison.Ordinal
        );
        Assert.Contains("the intervals overlap", markdown, StringComparison.Ordinal);
        Assert.Contains("1 of them have no winner", markdown, StringComparison.Ordinal);
        Assert.Contains("| player | rating | 95 % interval | won | lost | tied |\n|---|---:|", markdown, StringComparison.Ordinal);
        Assert.Contains("| &lt;c&gt; | 900 | 800 to 1050 | 0 | 2 | 0 |", markdown, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0.832, null, "83.2 %")]
    [InlineData(1.0, 0.95, "100.0 % (95.0 to 100.0)")]
    [InlineData(null, null, "-")]
    public void Percent_Share_HasOneDecimalAndItsInterval(double? share, double? low, string expected) =>
        Assert.Equal(expected, ReportText.Percent(share, low, low is null ? null : 1.0));

    /// <summary>A run with items alone.</summary>
    private sealed record JudgingRun : ReportedRun
    {
        public required IReadOnlyList<ReportCase> Items { get; init; }

        public override string Kind => "bench";

        public override IReadOnlyList<string> Result => ["It is so."];

        public override ReportFigure? MainFigure => null;

        public override ReportTable MainTable =>
            new(
                "t",
                "",
                [
                    ["a"],
                    ["b"],
                ]
            );

        public override IReadOnlyList<ReportCase> Cases => Items;
    }
}
