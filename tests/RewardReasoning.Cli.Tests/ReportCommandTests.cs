using System.Text.Json;
using System.Xml.Linq;
using RewardReasoning.Cli.Terminals;
using RewardReasoning.Testing;

namespace RewardReasoning.Cli.Tests;

public sealed class ReportCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("rrm-report-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Report_RunOfPairs_WritesPagePlotsAndTables()
    {
        string run = await BenchAsync(
            "pairs",
            """
            {"query":"q1","response_1":"right","response_2":"no","label":1}
            {"query":"q2","response_1":"no","response_2":"right","label":2}
            """,
            "--votes",
            "3"
        );
        string page = Path.Combine(_folder, "report.html");
        RrmResult result = await Rrm.RunAsync(
            "report",
            run,
            "--out",
            page,
            "--plots",
            Path.Combine(_folder, "plots"),
            "--title",
            "A <title>"
        );
        Assert.Equal((ExitCodes.Done, ""), (result.ExitCode, result.Error));
        Assert.StartsWith("m is right on 100.0 % of 2 pairs (95 % interval ", result.Out, StringComparison.Ordinal);
        Assert.Contains("Accuracy against votes", result.Out, StringComparison.Ordinal);
        Assert.Contains("reflection", result.Out, StringComparison.Ordinal);
        Assert.Contains(
            "<h1>A &lt;title&gt;</h1>",
            await File.ReadAllTextAsync(page, TestContext.Current.CancellationToken),
            StringComparison.Ordinal
        );
        Assert.True(File.Exists(Path.Combine(_folder, "plots", "votes.svg")));
    }

    [Fact]
    public async Task Report_BestOfRuns_CompareWaysOfChoosing()
    {
        string run = await BenchAsync(
            "best-of-n",
            """
            {"query":"q1","responses":["no, 1","right, 2","no, 3","no, 4"],"correct":[false,true,false,false]}
            """,
            "--mode",
            "round-robin"
        );
        RrmResult result = await Rrm.RunAsync("report", run, run, "--json");
        Assert.Equal((ExitCodes.Done, ""), (result.ExitCode, result.Error));
        JsonElement[] runs =
        [
            .. JsonDocument.Parse(result.Out).RootElement.GetProperty("runs").EnumerateArray().Select(one => one.GetProperty("analysis")),
        ];
        Assert.Equal(JsonValueKind.Null, runs[0].GetProperty("comparison").ValueKind);
        Assert.Equal(
            (1, 0),
            (
                runs[1].GetProperty("comparison").GetProperty("items").GetInt32(),
                runs[1].GetProperty("comparison").GetProperty("difference").GetDouble()
            )
        );
        JsonElement choices = runs[0].GetProperty("choices");
        Assert.Equal(
            ["knockout", "Elo", "Bradley-Terry"],
            choices.GetProperty("ways").EnumerateArray().Select(way => way.GetProperty("name").GetString())
        );
        Assert.Equal((0.25, 1), (choices.GetProperty("random").GetDouble(), choices.GetProperty("oracle").GetDouble()));
    }

    [Fact]
    public async Task Report_NoRun_SaysSo()
    {
        RrmResult result = await Rrm.RunAsync("report", _folder);
        Assert.Equal(ExitCodes.BadUsage, result.ExitCode);
        Assert.Contains("holds no report.json", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Report_BenchRun_SaysHowItWasMade()
    {
        string run = await BenchAsync("pairs", Pairs, "--seed", "7");
        JsonElement facts = await FactsAsync(run);
        Assert.Equal(7, facts.GetProperty("seed").GetInt32());
        Assert.Equal("m", facts.GetProperty("judge").GetString());
        Assert.Equal("data.jsonl", Path.GetFileName(facts.GetProperty("data")[0].GetProperty("path").GetString()));
        Assert.Equal(64, facts.GetProperty("data")[0].GetProperty("sha256").GetString()?.Length);
        Assert.Equal("bench", facts.GetProperty("command")[1].GetString());
        Assert.True(facts.GetProperty("complete").GetBoolean());
        Assert.StartsWith("0.", facts.GetProperty("version").GetString(), StringComparison.Ordinal);

        // A run that is broken off leaves nothing that would describe the lines of another one.
        Assert.True(File.Exists(Path.Combine(run, "run.json")));
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(FakeReply.Error(401, "no"));
        Assert.Equal(ExitCodes.Failed, (await JudgeAsync(server, "bench", "pairs", "--data", DataFile, "--out", run, "--force")).ExitCode);
        Assert.Equal(["judgments.jsonl"], Directory.GetFiles(run).Select(Path.GetFileName));
    }

    [Fact]
    public async Task Report_ScoredFile_ShowsAccuracyOverLabelledRows()
    {
        await using FakeOpenAIServer server = await RightAnswerServer.StartAsync();
        await File.WriteAllTextAsync(
            DataFile,
            Pairs + "\n" + """{"query":"q3","response_1":"no","response_2":"right"}""",
            TestContext.Current.CancellationToken
        );
        string scored = Path.Combine(_folder, "scored.jsonl");
        Assert.Equal(ExitCodes.Done, (await JudgeAsync(server, "score", DataFile, "--out", scored)).ExitCode);
        RrmResult result = await Rrm.RunAsync("report", scored);
        Assert.Equal((ExitCodes.Done, ""), (result.ExitCode, result.Error));
        Assert.StartsWith("m is right on 100.0 % of the 2 judged rows with a label", result.Out, StringComparison.Ordinal);
        Assert.Equal("score", (await FactsAsync(scored)).GetProperty("command")[1].GetString());
    }

    [Fact]
    public async Task Report_ScoredCandidates_CountsRankingsAndRewards()
    {
        await using FakeOpenAIServer server = await RightAnswerServer.StartAsync();
        await File.WriteAllTextAsync(
            DataFile,
            """{"query":"q1","responses":["no, 1","the right one","no, 3"]}""",
            TestContext.Current.CancellationToken
        );
        string scored = Path.Combine(_folder, "ranked.jsonl");
        Assert.Equal(ExitCodes.Done, (await JudgeAsync(server, "score", DataFile, "--out", scored)).ExitCode);
        RrmResult result = await Rrm.RunAsync("report", scored);
        Assert.StartsWith(
            "1 of 1 row has a ranking of candidates, with a reward for every response. The best response is the longest one in 100.0 %",
            result.Out,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task Report_Arena_SaysWhoLeadsAndWhetherThatIsSettled()
    {
        await using FakeOpenAIServer server = await RightAnswerServer.StartAsync();
        string[] answers =
        [
            .. Enumerable
                .Range(0, 4)
                .SelectMany(prompt =>
                    new[] { ("good", "right"), ("bad", "no"), ("base", "nothing") }.Select(model =>
                        $$"""{"model":"{{model.Item1}}","prompt":"p{{prompt}}","answer":"{{model.Item2}}"}"""
                    )
                ),
        ];
        await File.WriteAllLinesAsync(DataFile, answers, TestContext.Current.CancellationToken);
        string run = Path.Combine(_folder, "arena");
        RrmResult arena = await JudgeAsync(server, "bench", "arena", "--answers", DataFile, "--baseline", "base", "--out", run);
        Assert.Equal(ExitCodes.Done, arena.ExitCode);
        string page = Path.Combine(_folder, "arena.html");
        RrmResult result = await Rrm.RunAsync("report", run, "--out", page);
        Assert.Equal((ExitCodes.Done, ""), (result.ExitCode, result.Error));
        Assert.StartsWith(
            "good leads: it wins 100.0 % (95 % interval 100.0 to 100.0) of the points against base. bad is second, and the intervals do "
                + "not overlap.",
            result.Out,
            StringComparison.Ordinal
        );
        Assert.Contains("judged 8 battles over 4 prompts", result.Out, StringComparison.Ordinal);
        Assert.Contains("win rate against base", await ImagesAsync(page), StringComparison.Ordinal);
        Assert.Equal("base", (await FactsAsync(run)).GetProperty("options").GetProperty("baseline").GetString());
    }

    [Fact]
    public async Task Report_Probes_NamesTheWorstAndItsFlippedVerdicts()
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(request =>
            request.LastContent("user")?.Contains("checked by several experts", StringComparison.Ordinal) != true
                ? RightAnswerServer.Judge(request)
                : FakeReply.Completion(
                    RightAnswerServer.Judge(request).Content.Contains("Assistant 1", StringComparison.Ordinal)
                        ? @"\boxed{Assistant 2}"
                        : @"\boxed{Assistant 1}",
                    reasoning: "The experts convince me."
                )
        );
        await File.WriteAllTextAsync(DataFile, Pairs, TestContext.Current.CancellationToken);
        string run = Path.Combine(_folder, "probes");
        string[] probes = ["--probe", "again", "--probe", "praise", "--probe", "padding"];
        RrmResult probed = await JudgeAsync(server, ["bench", "probes", "--data", DataFile, "--out", run, .. probes]);
        Assert.Equal(ExitCodes.Done, probed.ExitCode);
        string page = Path.Combine(_folder, "probes.html");
        RrmResult result = await Rrm.RunAsync("report", run, "--out", page, "--junit", Path.Combine(_folder, "junit.xml"));
        Assert.Equal((ExitCodes.Done, ""), (result.ExitCode, result.Error));
        Assert.StartsWith(
            "m is right on 2 of 2 pairs as they are. The probe that flips most of these verdicts is praise",
            result.Out,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "The experts convince me.",
            await File.ReadAllTextAsync(page, TestContext.Current.CancellationToken),
            StringComparison.Ordinal
        );
        XElement suites = XElement.Load(Path.Combine(_folder, "junit.xml"));
        Assert.Equal(("6", "2"), (suites.Attribute("tests")?.Value, suites.Attribute("failures")?.Value));
    }

    [Fact]
    public async Task Report_Ratings_ShowTheLeaderboard()
    {
        await File.WriteAllTextAsync(
            DataFile,
            """
            {"player_1":"a","player_2":"b","winner":1}
            {"player_1":"a","player_2":"b","winner":1}
            """,
            TestContext.Current.CancellationToken
        );
        string ratings = Path.Combine(_folder, "ratings.json");
        RrmResult rated = await Rrm.RunAsync("rate", DataFile, "--json");
        await File.WriteAllTextAsync(ratings, rated.Out, TestContext.Current.CancellationToken);
        RrmResult result = await Rrm.RunAsync("report", ratings);
        Assert.StartsWith("a leads 2 players with a rating of ", result.Out, StringComparison.Ordinal);
        RrmResult junit = await Rrm.RunAsync("report", ratings, "--junit", Path.Combine(_folder, "junit.xml"));
        Assert.Equal(ExitCodes.Done, junit.ExitCode);
        Assert.Equal(
            ["a", "b", "a before b"],
            XElement.Load(Path.Combine(_folder, "junit.xml")).Descendants("testcase").Select(one => one.Attribute("name")?.Value)
        );
    }

    [Fact]
    public async Task Report_PrintedRanking_ShowsItAndItsCases()
    {
        await using FakeOpenAIServer server = await RightAnswerServer.StartAsync();
        RrmResult ranked = await JudgeAsync(server, "rank", "--query", "q", "--response", "no", "--response", "right", "--json");
        string file = Path.Combine(_folder, "ranking.json");
        await File.WriteAllTextAsync(file, ranked.Out, TestContext.Current.CancellationToken);
        string page = Path.Combine(_folder, "ranking.html");
        RrmResult result = await Rrm.RunAsync("report", file, "--out", page, "--junit", Path.Combine(_folder, "junit.xml"));
        Assert.Equal(ExitCodes.Done, result.ExitCode);
        Assert.StartsWith("Response 2 is the best of 2 with a rating of ", result.Out, StringComparison.Ordinal);
        Assert.Contains("The ranking is made of 1 match.", result.Out, StringComparison.Ordinal);
        Assert.Contains("<title>", await File.ReadAllTextAsync(page, TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.Equal(
            ["response 2", "response 1", "response 2 before response 1"],
            XElement.Load(Path.Combine(_folder, "junit.xml")).Descendants("testcase").Select(one => one.Attribute("name")?.Value)
        );
        JsonElement run = JsonDocument.Parse((await Rrm.RunAsync("report", file, "--json")).Out).RootElement.GetProperty("runs")[0];
        Assert.Equal(("ranking", 1), (run.GetProperty("kind").GetString(), run.GetProperty("ranking").GetProperty("best").GetInt32()));
    }

    [Fact]
    public async Task Report_VotesCutAtTheTokenLimit_WarnsAndBoundsTheFigure()
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(request =>
            request.LastContent("user")?.Contains("q1", StringComparison.Ordinal) == true
                ? FakeReply.Completion("", reasoning: "And then") with
                {
                    FinishReason = "length",
                }
                : RightAnswerServer.Judge(request)
        );
        await File.WriteAllTextAsync(DataFile, Pairs, TestContext.Current.CancellationToken);
        string run = Path.Combine(_folder, "cut");
        RrmResult bench = await JudgeAsync(server, "bench", "pairs", "--data", DataFile, "--out", run, "--max-tokens", "500");
        Assert.Equal(ExitCodes.SomeMissing, bench.ExitCode);
        RrmResult result = await Rrm.RunAsync("report", run);
        Assert.Contains(
            "1 has no verdict and counts as wrong: the figure would be between 50.0 % and 100.0 %",
            result.Out,
            StringComparison.Ordinal
        );
        Assert.Contains("50.0 % of the votes (1 of 2) were cut at the token limit", result.Out, StringComparison.Ordinal);
        Assert.Contains("Raise --max-tokens (now 500)", result.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Report_FailBelow_ExitsWith4AndSaysHowItDecided()
    {
        string run = await BenchAsync("pairs", Pairs + "\n" + """{"query":"q3","response_1":"right","response_2":"no","label":2}""");
        RrmResult passed = await Rrm.RunAsync("report", run, "--fail-below", "50");
        Assert.Equal(ExitCodes.Done, passed.ExitCode);
        Assert.Contains("rrm: Passed: run: the main figure, 66.7 %, is not below 50.0 %.", passed.Error, StringComparison.Ordinal);
        RrmResult failed = await Rrm.RunAsync("report", run, "--fail-below", "80%", "--json");
        Assert.Equal(ExitCodes.CheckFailed, failed.ExitCode);
        JsonElement check = JsonDocument.Parse(failed.Out).RootElement.GetProperty("checks")[0];
        Assert.Equal(("fail-below", false), (check.GetProperty("check").GetString(), check.GetProperty("passed").GetBoolean()));

        // The lower end of an interval over three rows is far below the figure.
        Assert.Equal(ExitCodes.CheckFailed, (await Rrm.RunAsync("report", run, "--fail-below", "50", "--lower-end")).ExitCode);
        string junit = Path.Combine(_folder, "junit.xml");
        RrmResult sections = await Rrm.RunAsync("report", run, "--fail-below", "80", "--junit", junit, "--junit-by", "section");
        Assert.Equal(ExitCodes.CheckFailed, sections.ExitCode);
        Assert.Equal(
            ["overall", "fail-below run"],
            XElement.Load(junit).Descendants("testcase").Select(one => one.Attribute("name")?.Value)
        );
    }

    [Theory]
    [InlineData("--fail-below", "0.8")]
    [InlineData("--fail-below", "high")]
    [InlineData("--fail-below", "101")]
    [InlineData("--lower-end")]
    [InlineData("--junit-by", "section")]
    [InlineData("--json", "--markdown")]
    public async Task Report_OptionsThatCannotBe_AreRefused(params string[] options) =>
        Assert.Equal(ExitCodes.BadUsage, (await Rrm.RunAsync(["report", _folder, .. options])).ExitCode);

    [Fact]
    public async Task Report_WorseThan_ComparesItemByItemAndListsTheFlips()
    {
        string[] rows =
        [
            .. Enumerable.Range(0, 12).Select(row => $$"""{"query":"q{{row}}","response_1":"right","response_2":"no","label":1}"""),
        ];
        string before = await BenchAsync("pairs", string.Join('\n', rows));
        Directory.Move(before, before = Path.Combine(_folder, "before"));

        // The same judge, but wrong on the first eight: more than chance alone explains.
        await using FakeOpenAIServer worse = await FakeOpenAIServer.StartAsync(request =>
        {
            FakeReply honest = RightAnswerServer.Judge(request);
            bool fails = Enumerable
                .Range(0, 8)
                .Any(row => request.LastContent("user")?.Contains($"q{row}\n", StringComparison.Ordinal) == true);
            return fails
                ? FakeReply.Completion(
                    honest.Content.Contains("Assistant 1", StringComparison.Ordinal) ? @"\boxed{Assistant 2}" : @"\boxed{Assistant 1}",
                    reasoning: "No, the other."
                )
                : honest;
        });
        string after = Path.Combine(_folder, "after");
        Assert.Equal(ExitCodes.Done, (await JudgeAsync(worse, "bench", "pairs", "--data", DataFile, "--out", after)).ExitCode);
        string page = Path.Combine(_folder, "compared.html");
        RrmResult failed = await Rrm.RunAsync("report", after, "--fail-if-worse-than", before, "--markdown", "--out", page);
        Assert.Equal(ExitCodes.CheckFailed, failed.ExitCode);
        Assert.Contains(
            "after is worse than before beyond chance: -66.7 percentage points over 12 common items, p = 0.008.",
            failed.Error,
            StringComparison.Ordinal
        );
        Assert.Contains("### Flipped items: after against before", failed.Out, StringComparison.Ordinal);
        Assert.Contains("0 items are now right, 8 items are no longer right.", failed.Out, StringComparison.Ordinal);
        string html = await File.ReadAllTextAsync(page, TestContext.Current.CancellationToken);
        Assert.Contains("No, the other.", html, StringComparison.Ordinal);
        Assert.Contains("First response (the right one)", html, StringComparison.Ordinal);

        RrmResult passed = await Rrm.RunAsync("report", before, "--fail-if-worse-than", after);
        Assert.Equal(ExitCodes.Done, passed.ExitCode);
        Assert.Contains("before is not worse than after beyond chance: +66.7", passed.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Report_FileOfSomethingElse_SaysWhatARunIs()
    {
        await File.WriteAllTextAsync(DataFile, Pairs, TestContext.Current.CancellationToken);
        RrmResult result = await Rrm.RunAsync("report", DataFile);
        Assert.Equal(ExitCodes.BadUsage, result.ExitCode);
        Assert.Contains("A run is a folder of rrm bench", result.Error, StringComparison.Ordinal);
    }

    private const string Pairs = """
        {"query":"q1","response_1":"right","response_2":"no","label":1}
        {"query":"q2","response_1":"no","response_2":"right","label":2}
        """;

    private string DataFile => Path.Combine(_folder, "data.jsonl");

    private static async Task<JsonElement> FactsAsync(string run)
    {
        RrmResult result = await Rrm.RunAsync("report", run, "--json");
        return JsonDocument.Parse(result.Out).RootElement.GetProperty("runs")[0].GetProperty("facts");
    }

    private static Task<RrmResult> JudgeAsync(FakeOpenAIServer server, params string[] args) =>
        Rrm.RunAsync([.. args, "--endpoint", server.Url.ToString(), "--model", "m", "--store", "none"]);

    private static async Task<string> ImagesAsync(string page) =>
        string.Concat(
            (await File.ReadAllTextAsync(page, TestContext.Current.CancellationToken))
                .Split("data:image/svg+xml;base64,")
                .Skip(1)
                .Select(image =>
                    System.Text.Encoding.UTF8.GetString(Convert.FromBase64String(image[..image.IndexOf('"', StringComparison.Ordinal)]))
                )
        );

    private async Task<string> BenchAsync(string name, string rows, params string[] options)
    {
        await using FakeOpenAIServer server = await RightAnswerServer.StartAsync();
        string data = Path.Combine(_folder, "data.jsonl");
        await File.WriteAllTextAsync(data, rows, TestContext.Current.CancellationToken);
        string run = Path.Combine(_folder, "run");
        RrmResult result = await Rrm.RunAsync([
            "bench",
            name,
            "--data",
            data,
            "--out",
            run,
            "--endpoint",
            server.Url.ToString(),
            "--model",
            "m",
            "--store",
            "none",
            .. options,
        ]);
        Assert.Equal(ExitCodes.Done, result.ExitCode);
        return run;
    }
}
