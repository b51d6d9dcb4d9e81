using System.Text.RegularExpressions;
using System.Xml.Linq;
using RewardReasoning.Evaluation.Benchmarks;
using RewardReasoning.Evaluation.Reports;
using RewardReasoning.Judging;
using RewardReasoning.Ratings;
using RewardReasoning.Testing;
using Xunit;

namespace RewardReasoning.Evaluation.Tests.Reports;

public sealed partial class ReportPageTests
{
    private const string Hostile = "</pre><script>alert(1)</script><img src=x onerror=alert(1)>&\"' \u0007";

    [Fact]
    public async Task Of_HostileTexts_AreNeverMarkup()
    {
        using TemporaryFolder folder = new();
        JudgedRun run = await RunAsync(folder, Hostile, Hostile);
        string page = ReportPage.Of(Hostile, [run], [new ReportCheck(Hostile, "fail-below", false, Hostile)]);
        Assert.DoesNotContain("<script", page, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("<img src=x", page, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("onerror=alert(1)>", page, StringComparison.Ordinal);
        Assert.DoesNotContain('\u0007', page);
        Assert.Contains("&lt;/pre&gt;&lt;script&gt;alert(1)", page, StringComparison.Ordinal);

        // Everything between the tags is balanced: the body is well-formed XML once images are closed.
        string body = ImageTag()
            .Replace(
                page[
                    page.IndexOf("<body>", StringComparison.Ordinal)..(page.IndexOf("</body>", StringComparison.Ordinal) + "</body>".Length)
                ],
                "<img/>"
            );
        Assert.Equal("body", XElement.Parse(body).Name.LocalName);
    }

    [Fact]
    public async Task Of_Run_NeedsNothingBesideIt()
    {
        using TemporaryFolder folder = new();
        string page = ReportPage.Of("t", [await RunAsync(folder, "run", "think")], []);
        Assert.Contains("default-src 'none'", page, StringComparison.Ordinal);
        Assert.DoesNotContain("http://", Without(page), StringComparison.Ordinal);
        Assert.DoesNotContain("https://", Without(page), StringComparison.Ordinal);
        Assert.Contains("width=device-width", page, StringComparison.Ordinal);
        Assert.Contains("@media print", page, StringComparison.Ordinal);
        string[] images =
        [
            .. Image().Matches(page).Select(match => System.Text.Encoding.UTF8.GetString(Convert.FromBase64String(match.Groups[1].Value))),
        ];
        Assert.True(images.Length >= 4);
        Assert.All(images, image => Assert.Equal("svg", XDocument.Parse(image).Root?.Name.LocalName));

        static string Without(string page) => Image().Replace(page, "");
    }

    [Fact]
    public async Task Of_Run_CanBeReadWithoutSeeing()
    {
        using TemporaryFolder folder = new();
        string page = ReportPage.Of("t", [await RunAsync(folder, "run", "think")], []);
        XElement body = XElement.Parse(
            ImageTag()
                .Replace(
                    page[page.IndexOf("<body>", StringComparison.Ordinal)..page.IndexOf("</html>", StringComparison.Ordinal)],
                    "<img/>"
                )
        );

        // What came out is said before anything is drawn, and how it was made before the details.
        string[] order =
        [
            .. body.Descendants().Select(element => element.Attribute("class")?.Value == "result" ? "result" : element.Name.LocalName),
        ];
        Assert.True(Array.IndexOf(order, "result") < Array.IndexOf(order, "figure"));
        Assert.True(Array.IndexOf(order, "figure") < Array.IndexOf(order, "dl"));
        Assert.True(Array.IndexOf(order, "dl") < Array.IndexOf(order, "table"));

        // Headings go down one level at a time, and every link of the contents has its heading.
        int[] levels =
        [
            .. order.Where(name => name.Length == 2 && name[0] == 'h' && char.IsAsciiDigit(name[1])).Select(name => name[1] - '0'),
        ];
        Assert.All(levels.Zip(levels.Skip(1)), pair => Assert.True(pair.Second <= pair.First + 1));
        string[] ids = [.. body.Descendants("h2").Select(heading => heading.Attribute("id")?.Value ?? "")];
        Assert.Equal(ids, body.Descendants("a").Select(link => link.Attribute("href")?.Value.TrimStart('#')));
        Assert.NotEmpty(ids);

        // Tables have a caption and headers of columns and rows, and can be scrolled by keys.
        Assert.All(
            body.Descendants("table"),
            table =>
            {
                Assert.NotEqual("", table.Element("caption")?.Value ?? "");
                Assert.All(table.Element("thead")?.Descendants("th") ?? [], cell => Assert.Equal("col", cell.Attribute("scope")?.Value));
                Assert.All(
                    table.Element("tbody")?.Elements("tr") ?? [],
                    row => Assert.Equal("row", row.Element("th")?.Attribute("scope")?.Value)
                );
                Assert.Equal("0", table.Parent?.Attribute("tabindex")?.Value);
            }
        );

        // Images say their values.
        string[] images = [.. ImageTag().Matches(page).Select(image => image.Value)];
        Assert.All(images, image => Assert.Contains(" %", AltText().Match(image).Groups[1].Value, StringComparison.Ordinal));
        Assert.Contains("prefers-color-scheme: dark", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Analyse_Run_CountsVotesBiasAndPatterns()
    {
        using TemporaryFolder folder = new();
        RunAnalysis run = (await RunAsync(folder, "run", "Wait, let me check. Wait!")).Analysis;

        // Rows 0 to 3: two of three votes are right but for row 3, where one is.
        Assert.Equal((0.75 * 2 / 3) + (0.25 / 3), run.ByVotes[0].Value, 1e-12);
        Assert.Equal(0.75, run.ByVotes[2].Value, 1e-12);
        Assert.Equal((12, 4), (run.Bias.ShownFirst.Of, run.Bias.Longer.Of));

        // The right response is the longer one.
        Assert.Equal((3, 4), (run.Bias.RightIsLonger.Count, run.Bias.RightIsLonger.Of));
        Assert.Equal(0, run.Bias.RightIsShorter.Of);
        PatternShare reflection = Assert.Single(run.Patterns, pattern => pattern.Pattern == "reflection");
        Assert.Equal((12, 12), (reflection.Votes.Count, reflection.Votes.Of));
        Assert.Equal(3000 / 5.0, reflection.PerThousandWords, 1e-9);
        Assert.Equal(
            ["Wrong, with the highest confidence of the wrong ones", "Right, with the lowest confidence of the right ones"],
            run.Examples.Select(example => example.Why).Take(2)
        );
        Assert.NotNull(run.Calibration);
    }

    [Fact]
    public void Patterns_Keywords_AreWholeWordsInAnyCase()
    {
        using TemporaryFolder folder = new();
        ReasoningPatterns patterns = ReasoningPatterns.Load(
            folder.Write("patterns.json", """{"a": ["wait", "'s correct"], "b": ["more"]}""")
        );
        Assert.Equal([2, 0], patterns.Count("WAIT: awaiting furthermore. That’s correct"));
        Assert.Equal(["transition", "reflection", "comparison", "breakdown"], ReasoningPatterns.BuiltIn.Names);
    }

    [Theory]
    [InlineData("[1]")]
    [InlineData("""{"a": []}""")]
    [InlineData("""{"a": [" "]}""")]
    public void Patterns_BadFile_IsNamed(string json)
    {
        using TemporaryFolder folder = new();
        Assert.Contains(
            "patterns.json",
            Assert.Throws<FormatException>(() => ReasoningPatterns.Load(folder.Write("patterns.json", json))).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Clip_LongText_LosesItsMiddleAndNoHalfCharacter()
    {
        Assert.Equal("abc", ExamplePicker.Clip("abc", 4));
        Assert.Equal("ab\n[… 6 characters …]\nij", ExamplePicker.Clip("abcdefghij", 4));
        string clipped = ExamplePicker.Clip(string.Concat(Enumerable.Repeat("😀", 20)), 6);
        Assert.DoesNotContain('\uFFFD', new string([.. clipped.EnumerateRunes().Select(rune => (char)Math.Min(rune.Value, 0xFFFE))]));
    }

    private static async Task<JudgedRun> RunAsync(TemporaryFolder folder, string name, string reasoning)
    {
        BenchmarkRunFolder run = new(Path.Combine(folder.Path, "run"));
        RecordedJudgment[] judgments =
        [
            .. Enumerable.Range(0, 4).Select(row => Judgment(row, name, reasoning, rightVotes: row < 3 ? 2 : 1)),
        ];
        await run.WriteJudgmentsAsync(judgments);
        await run.WriteReportAsync(
            BenchmarkReport.Of(
                (BenchmarkDefinition)BenchmarkCatalog.Find("pairs"),
                name,
                [.. judgments.Select(judgment => judgment.ToItem())],
                new(rounds: 20)
            ) with
            {
                Judging = (new JudgeOptions { Votes = 3 }).Voting,
            },
            TestContext.Current.CancellationToken
        );
        return Assert.Single(
            await RunAnalyzer.AnalyseAsync(
                [new FolderSource(name, Path.Combine(folder.Path, "run"), "pairs")],
                ReasoningPatterns.BuiltIn,
                TestContext.Current.CancellationToken
            )
        );
    }

    private static RecordedJudgment Judgment(int row, string text, string reasoning, int rightVotes)
    {
        Vote[] votes =
        [
            .. Enumerable
                .Range(0, 3)
                .Select(i => new Vote
                {
                    Index = i,
                    Verdict = i < rightVotes ? Verdict.First : Verdict.Second,
                    Order = i % 2 == 0 ? ShownOrder.Given : ShownOrder.Swapped,
                    Seed = i,
                    Reasoning = reasoning,
                    Answer = text,
                    GeneratedTokens = 10 + i,
                }),
        ];
        BenchmarkItem item = new()
        {
            Id = $"{row}",
            Row = $"{row}",
            Section = row % 2 == 0 ? text : "even",
            Comparison = new Comparison(text, $"{text} and more", text),
            Gold = MatchOutcome.First,
        };
        return RecordedJudgment.Of(
            JudgedItem.Missing(item, null) with
            {
                Preferred = rightVotes > 1 ? MatchOutcome.First : MatchOutcome.Second,
                Shown = ShownOutcome.Of(votes),
            },
            new Judgment
            {
                Preferred = rightVotes > 1 ? Verdict.First : Verdict.Second,
                Confidence = 0.6 + (row / 10.0),
                Votes = votes,
                Usage = Usage.None,
                Model = "m",
            }
        );
    }

    [GeneratedRegex("<img [^>]*>")]
    private static partial Regex ImageTag();

    [GeneratedRegex("alt=\"([^\"]*)\"")]
    private static partial Regex AltText();

    [GeneratedRegex("data:image/svg\\+xml;base64,([A-Za-z0-9+/=]+)")]
    private static partial Regex Image();
}
