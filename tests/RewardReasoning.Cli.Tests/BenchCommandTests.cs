using System.Text.Json;
using RewardReasoning.Cli.Terminals;
using RewardReasoning.Testing;

namespace RewardReasoning.Cli.Tests;

public sealed class BenchCommandTests : IDisposable
{
    private const string Pairs = """
        {"query":"q1","response_1":"right","response_2":"no","label":1,"section":"x"}
        {"query":"q2","response_1":"no","response_2":"right","label":2,"section":"x"}
        {"query":"q3","response_1":"right","response_2":"no","label":2,"section":"y"}
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("rrm-bench-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Bench_LabelledPairs_WritesJudgmentsAndReport()
    {
        await using FakeOpenAIServer server = await RightAnswerServer.StartAsync();
        string run = Path.Combine(_folder, "run");
        RrmResult result = await Rrm.RunAsync(
            "bench",
            "pairs",
            "--data",
            Write("pairs.jsonl", Pairs),
            "--out",
            run,
            "--endpoint",
            server.Url.ToString(),
            "--model",
            "m",
            "--store",
            "none"
        );
        Assert.Equal((ExitCodes.Done, ""), (result.ExitCode, result.Error));
        Assert.Contains("pairs: m", result.Out, StringComparison.Ordinal);
        Assert.Matches(@"overall\s+3\s+0\s+66\.7 \(", result.Out);
        JsonElement[] judged =
        [
            .. (await File.ReadAllLinesAsync(Path.Combine(run, "judgments.jsonl"), TestContext.Current.CancellationToken)).Select(line =>
                JsonDocument.Parse(line).RootElement
            ),
        ];
        Assert.Equal(["first", "second", "first"], judged.Select(one => one.GetProperty("preferred").GetString()));
        Assert.Equal("Let me see.", judged[0].GetProperty("votes")[0].GetProperty("reasoning").GetString());
        JsonElement report = JsonDocument
            .Parse(await File.ReadAllTextAsync(Path.Combine(run, "report.json"), TestContext.Current.CancellationToken))
            .RootElement;
        Assert.Equal(2 / 3.0, report.GetProperty("overall").GetProperty("figures")[0].GetProperty("value").GetDouble(), 1e-12);
        Assert.Equal(
            ["x", "y"],
            report.GetProperty("sections").EnumerateArray().Select(section => section.GetProperty("section").GetString())
        );
    }

    [Fact]
    public async Task Bench_FolderOfARunWithOtherSettings_IsReplacedByForceAlone()
    {
        await using FakeOpenAIServer server = await RightAnswerServer.StartAsync();
        string run = Path.Combine(_folder, "run");
        string report = Path.Combine(run, "report.json");
        string data = Write("pairs.jsonl", Pairs);
        Task<RrmResult> BenchAsync(params string[] more) =>
            Rrm.RunAsync([
                "bench",
                "pairs",
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
                .. more,
            ]);

        Assert.Equal(ExitCodes.Done, (await BenchAsync()).ExitCode);
        Assert.Equal(ExitCodes.Done, (await BenchAsync()).ExitCode); // the same run again
        string before = await File.ReadAllTextAsync(report, TestContext.Current.CancellationToken);

        RrmResult refused = await BenchAsync("--votes", "3");
        Assert.Equal(ExitCodes.BadUsage, refused.ExitCode);
        Assert.Contains("holds the result of another run (votes 3 instead of 1", refused.Error, StringComparison.Ordinal);
        Assert.Contains("--force", refused.Error, StringComparison.Ordinal);
        Assert.Equal(before, await File.ReadAllTextAsync(report, TestContext.Current.CancellationToken));

        Assert.Equal(ExitCodes.Done, (await BenchAsync("--votes", "3", "--force")).ExitCode);
        File.Delete(Path.Combine(run, "run.json"));
        Assert.Contains("no run.json that can be read", (await BenchAsync("--votes", "3")).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bench_BothOrders_AreAskedForWhereTheBenchmarkCountsThem()
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(_ =>
            FakeReply.Completion(@"\boxed{Assistant 1}", reasoning: "The first.")
        );
        string data = Write("biasbench.jsonl", """{"bias":"length","instruction":"q","response1":"a","response2":"b","label":1}""");
        RrmResult result = await Rrm.RunAsync(
            "bench",
            "evalbiasbench",
            "--data",
            data,
            "--json",
            "--endpoint",
            server.Url.ToString(),
            "--model",
            "m",
            "--store",
            "none"
        );
        JsonElement report = JsonDocument.Parse(result.Out).RootElement;
        Assert.Equal(2, server.Requests.Count);
        Assert.Equal(0.5, report.GetProperty("overall").GetProperty("figures")[0].GetProperty("value").GetDouble());
        Assert.Equal(0, report.GetProperty("consistency").GetDouble());
        Assert.Equal(0.5, report.GetProperty("position_bias").GetDouble());
    }

    [Fact]
    public async Task Bench_MissingAnswers_AreNamedAndCounted()
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(request =>
            request.LastContent("user")?.Contains("q2", StringComparison.Ordinal) == true
                ? FakeReply.Completion("nothing", reasoning: "x")
                : RightAnswerServer.Judge(request)
        );
        RrmResult result = await Rrm.RunAsync(
            "bench",
            "pairs",
            "--data",
            Write("pairs.jsonl", Pairs),
            "--endpoint",
            server.Url.ToString(),
            "--model",
            "m",
            "--store",
            "none"
        );
        Assert.Equal(ExitCodes.SomeMissing, result.ExitCode);
        Assert.Contains("rrm: line 2:", result.Error, StringComparison.Ordinal);
        Assert.Matches(@"overall\s+3\s+1\s+33\.3", result.Out);
    }

    [Theory]
    [InlineData("knockout", 2)]
    [InlineData("round-robin", 3)]
    public async Task Bench_BestOfN_RanksCandidates(string mode, int matches)
    {
        await using FakeOpenAIServer server = await RightAnswerServer.StartAsync();
        string data = Write(
            "candidates.jsonl",
            """
            {"query":"q1","responses":["no, 1","right, 2","no, 3"],"correct":[false,true,false]}
            {"query":"q2","responses":["no","neither"],"correct":[false,false]}
            """
        );
        string run = Path.Combine(_folder, mode);
        RrmResult result = await Rrm.RunAsync(
            "bench",
            "best-of-n",
            "--data",
            data,
            "--mode",
            mode,
            "--out",
            run,
            "--endpoint",
            server.Url.ToString(),
            "--model",
            "m",
            "--store",
            "none"
        );
        Assert.Equal((ExitCodes.Done, ""), (result.ExitCode, result.Error));
        Assert.Equal(matches, server.Requests.Count);
        Assert.Matches(@"overall\s+2\s+0\s+50\.0 \(", result.Out);
        JsonElement[] rankings =
        [
            .. (await File.ReadAllLinesAsync(Path.Combine(run, "rankings.jsonl"), TestContext.Current.CancellationToken)).Select(line =>
                JsonDocument.Parse(line).RootElement
            ),
        ];
        Assert.Equal((1, matches), (rankings[0].GetProperty("best").GetInt32(), rankings[0].GetProperty("matches").GetArrayLength()));
        Assert.Equal("Let me see.", rankings[0].GetProperty("matches")[0].GetProperty("votes")[0].GetProperty("reasoning").GetString());
        RrmResult compared = await Rrm.RunAsync("bench", "compare", run, run);
        Assert.Contains("best-of-n, 2 common items", compared.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bench_Replay_NeedsNoModel()
    {
        string data = Write(
            "testset-v1.json",
            """
            [{"idx":1,"instruction":"i","input":"","response1":"a","response2":"b","annotator1":1,"annotator2":1,"annotator3":1},
             {"idx":2,"instruction":"i","input":"","response1":"a","response2":"b","annotator1":0,"annotator2":0,"annotator3":1}]
            """
        );
        string replay = Write("judge.json", """[{"idx":1,"gpt_result":"1"},{"idx":2,"gpt_result":"2"}]""");
        string run = Path.Combine(_folder, "replayed");
        RrmResult result = await Rrm.RunAsync("bench", "pandalm", "--data", data, "--replay", replay, "--out", run);
        Assert.Equal((ExitCodes.Done, ""), (result.ExitCode, result.Error));
        Assert.Matches(@"overall\s+2\s+0\s+50\.0 \(", result.Out);
        RrmResult compared = await Rrm.RunAsync("bench", "compare", run, run);
        Assert.Contains("difference 0.0 points", compared.Out, StringComparison.Ordinal);
        Assert.Contains("McNemar p = 1.000", compared.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bench_PublishedSubsets_GiveSections()
    {
        string published = Write("results.jsonl", """{"model":"m","alpacaeval-easy":0.5,"mt-bench-med":1.0,"math-prm":0.25}""");
        RrmResult result = await Rrm.RunAsync("bench", "rewardbench", "--replay", published);
        Assert.Equal((ExitCodes.Done, ""), (result.ExitCode, result.Error));
        Assert.Matches(@"Chat\s+140\s+0\s+64\.3", result.Out);
        Assert.Matches(@"overall\s+587\s+0\s+44\.6", result.Out);
    }

    [Theory]
    [InlineData("There is no benchmark 'nothing'", "bench", "nothing", "--data", "x")]
    [InlineData("--data PATH is missing", "bench", "judgebench")]
    [InlineData("--data PATH is missing", "bench", "mmlu-pro")]
    [InlineData("--mode is 'all'", "bench", "best-of-n", "--data", "x", "--mode", "all")]
    [InlineData("has pairs", "bench", "pandalm", "--data", "x", "--mode", "knockout")]
    [InlineData("--replay scores recorded comparisons", "bench", "best-of-n", "--data", "x", "--replay", "y")]
    [InlineData("There is no file or folder 'not-there'", "bench", "judgebench", "--data", "not-there")]
    [InlineData("holds no report.json", "bench", "compare", "not-there", "nor-there")]
    public async Task Bench_BadUsage_SaysWhatToDo(string message, params string[] args)
    {
        RrmResult result = await Rrm.RunAsync(args);
        Assert.Equal(ExitCodes.BadUsage, result.ExitCode);
        Assert.Contains(message, result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task BenchList_OneBenchmark_TellsHowItCounts()
    {
        RrmResult all = await Rrm.RunAsync("bench", "list");
        Assert.Contains("judgebench", all.Out, StringComparison.Ordinal);
        RrmResult one = await Rrm.RunAsync("bench", "list", "pandalm");
        Assert.Contains("A missing answer counts as a tie", one.Out, StringComparison.Ordinal);
    }

    private string Write(string name, string text)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }
}
