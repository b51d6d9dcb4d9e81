using System.Text.Json;
using RewardReasoning.Cli.Terminals;
using RewardReasoning.Testing;

namespace RewardReasoning.Cli.Tests;

public sealed class BenchArenaCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("rrm-arena-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Arena_OneBaseline_GivesWinRatesFromBothOrders()
    {
        await using FakeOpenAIServer server = await RightAnswerServer.StartAsync();
        string run = PathOf("run"),
            plot = PathOf("arena.svg");
        string mine = await WriteAsync(
            "mine.jsonl",
            Answers("mine", "right", "right", "right", "no"),
            Answers("other", "no", "no", "no", "no")
        );
        string baseline = await WriteAsync("base.jsonl", Answers("base", "no", "no", "no", "right"));
        RrmResult result = await Rrm.StartAsync(
            "",
            ["bench", "arena", "--answers", mine, "--baseline", baseline, "--out", run, "--plot", plot, "--store", "none", .. At(server)]
        );
        Assert.Equal((ExitCodes.Done, ""), (result.ExitCode, result.Error));

        // Where both answers are wrong the judge takes the second one shown: a point each.
        Assert.Matches(
            @"^model +win rate +at equal length +at equal style +mean length +games\nmine +75\.0% \(.*\) .* 8\nother +37\.5% \(",
            result.Out
        );
        Assert.Contains(
            "against base · 8 battles over 4 prompts · both orders agree in 62.5% · position bias -0.188 · 80 tokens · m\n",
            result.Out,
            StringComparison.Ordinal
        );
        Assert.Equal(16, server.Requests.Count);
        Assert.Equal(8, File.ReadAllLines(Path.Combine(run, "judgments.jsonl")).Length);
        Assert.Contains("<svg", await File.ReadAllTextAsync(plot, TestContext.Current.CancellationToken), StringComparison.Ordinal);

        // The battles of a run say the same when they are replayed, and are matches for anyone.
        RrmResult replay = await Rrm.RunAsync(
            "bench",
            "arena",
            "--replay",
            Path.Combine(run, "battles.jsonl"),
            "--baseline",
            "base",
            "--json"
        );
        JsonElement report = JsonDocument
            .Parse(await File.ReadAllTextAsync(Path.Combine(run, "report.json"), TestContext.Current.CancellationToken))
            .RootElement;
        JsonElement again = JsonDocument.Parse(replay.Out).RootElement;
        Assert.Equal(ExitCodes.Done, replay.ExitCode);
        Assert.Equal("win_rate", report.GetProperty("measure").GetString());
        Assert.Equal(ValuesOf(report), ValuesOf(again));
        Assert.Equal(
            ["base", "mine", "other"],
            PlayersOf(await Rrm.RunAsync("rate", Path.Combine(run, "battles.jsonl"), "--json")).Order()
        );
    }

    [Fact]
    public async Task Arena_SeveralBaselines_GiveRatings()
    {
        await using FakeOpenAIServer server = await RightAnswerServer.StartAsync();
        string answers = await WriteAsync(
            "answers.jsonl",
            Answers("a", "right", "right", "no"),
            Answers("b", "no", "right", "no"),
            Answers("c", "no", "no", "right")
        );
        RrmResult result = await Rrm.RunAsync([
            "bench",
            "arena",
            "--answers",
            answers,
            "--baseline",
            "b",
            "c",
            "--json",
            "--limit",
            "2",
            "--store",
            "none",
            .. At(server),
        ]);
        JsonElement report = JsonDocument.Parse(result.Out).RootElement;
        Assert.Equal(
            ("rating", 4, 2),
            (report.GetProperty("measure").GetString(), report.GetProperty("battles").GetInt32(), report.GetProperty("prompts").GetInt32())
        );
        Assert.Equal(
            ["a", "b", "c"],
            report.GetProperty("standings").EnumerateArray().Select(standing => standing.GetProperty("model").GetString())
        );
        Assert.Equal(
            3000,
            report
                .GetProperty("standings")
                .EnumerateArray()
                .Sum(standing => standing.GetProperty("figure").GetProperty("value").GetDouble()),
            1e-6
        );
    }

    [Fact]
    public async Task Arena_OneOrderWithoutAnswer_IsNoBattle()
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(request =>
            request.LastContent("user")?.Contains("### Assistant 1\n~~~~\nmute", StringComparison.Ordinal) == true
                ? FakeReply.Completion("Hm.", "Hm.")
                : RightAnswerServer.Judge(request)
        );
        string answers = await WriteAsync("answers.jsonl", Answers("a", "right", "mute"), Answers("b", "no", "no"));
        RrmResult result = await Rrm.RunAsync([
            "bench",
            "arena",
            "--answers",
            answers,
            "--baseline",
            "b",
            "--json",
            "--store",
            "none",
            .. At(server),
        ]);
        JsonElement report = JsonDocument.Parse(result.Out).RootElement;
        Assert.Equal(
            (ExitCodes.SomeMissing, 1, 1),
            (result.ExitCode, report.GetProperty("missing").GetInt32(), report.GetProperty("battles").GetInt32())
        );
        Assert.Equal(1.0, report.GetProperty("standings")[0].GetProperty("figure").GetProperty("value").GetDouble());
        Assert.Contains("rrm: 2: a | b: ", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Arena_NoAnswerAtAll_IsMissingAltogether()
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(FakeReply.Completion("Hm.", "Hm."));
        string answers = await WriteAsync("answers.jsonl", Answers("a", "x"), Answers("b", "y"));
        RrmResult result = await Rrm.RunAsync([
            "bench",
            "arena",
            "--answers",
            answers,
            "--baseline",
            "b",
            "--out",
            PathOf("run"),
            "--store",
            "none",
            .. At(server),
        ]);
        Assert.Equal((ExitCodes.SomeMissing, ""), (result.ExitCode, result.Out));
        Assert.Contains("no battle has a result", result.Error, StringComparison.Ordinal);
        Assert.Single(File.ReadAllLines(Path.Combine(PathOf("run"), "judgments.jsonl")));
    }

    [Theory]
    [InlineData("--answers FILE and --baseline NAME|FILE are needed")]
    [InlineData("no answers of the baseline 'z'; there are of a, b", "--answers", "@answers.jsonl", "--baseline", "z")]
    [InlineData("of no model but the baseline", "--answers", "@answers.jsonl", "--baseline", "a", "b")]
    [InlineData("answers.jsonl:1: the row is not an answer of a model", "--answers", "@pairs/answers.jsonl", "--baseline", "a")]
    [InlineData("'a' answered this prompt before", "--answers", "@answers.jsonl", "@answers.jsonl", "--baseline", "a")]
    [InlineData("leave out --order", "--answers", "@answers.jsonl", "--baseline", "a", "--order", "given")]
    [InlineData("--limit is 0", "--answers", "@answers.jsonl", "--baseline", "a", "--limit", "0")]
    [InlineData("plots are written as .svg or .png", "--answers", "@answers.jsonl", "--baseline", "a", "--plot", "x.pdf")]
    [InlineData("leave out --answers and --out", "--replay", "@battles.jsonl", "--out", "x")]
    [InlineData("no battle of the baseline 'z'; there are of a, b, c", "--replay", "@battles.jsonl", "--baseline", "z")]
    [InlineData("has battles without 'a'", "--replay", "@battles.jsonl", "--baseline", "a")]
    public async Task Arena_BadUsage_SaysWhatIsWrong(string message, params string[] args)
    {
        await WriteAsync("answers.jsonl", Answers("a", "x"), Answers("b", "y"));
        Directory.CreateDirectory(PathOf("pairs"));
        await WriteAsync(
            "pairs/answers.jsonl",
            [
                ["""{"query":"q","response_1":"a","response_2":"b"}"""],
            ]
        );
        await WriteAsync(
            "battles.jsonl",
            [
                ["""{"player_1":"a","player_2":"b","winner":1}""", """{"player_1":"b","player_2":"c","winner":1}"""],
            ]
        );
        RrmResult result = await Rrm.RunAsync([
            "bench",
            "arena",
            .. args.Select(arg => arg.StartsWith('@') ? PathOf(arg[1..]) : arg),
            "--endpoint",
            "http://127.0.0.1:9/v1",
            "--model",
            "m",
        ]);
        Assert.Equal((ExitCodes.BadUsage, ""), (result.ExitCode, result.Out));
        Assert.Contains(message, result.Error, StringComparison.Ordinal);
    }

    private static IEnumerable<string> Answers(string model, params string[] answers) =>
        answers.Select(
            (answer, prompt) =>
                JsonSerializer.Serialize(
                    new
                    {
                        model,
                        prompt = $"prompt {prompt}",
                        answer,
                    }
                )
        );

    private static IEnumerable<double> ValuesOf(JsonElement report) =>
        report
            .GetProperty("standings")
            .EnumerateArray()
            .SelectMany(standing =>
                new[] { "figure", "equal_length", "equal_style" }.Select(name =>
                    Math.Round(standing.GetProperty(name).GetProperty("value").GetDouble(), 6)
                )
            );

    private static IEnumerable<string?> PlayersOf(RrmResult rated) =>
        JsonDocument
            .Parse(rated.Out)
            .RootElement.GetProperty("ratings")
            .EnumerateArray()
            .Select(row => row.GetProperty("player").GetString());

    private static string[] At(FakeOpenAIServer server) => ["--endpoint", server.Url.ToString(), "--model", "m"];

    private string PathOf(string name) => Path.Combine(_folder, name);

    private async Task<string> WriteAsync(string name, params IEnumerable<string>[] rows)
    {
        await File.WriteAllLinesAsync(PathOf(name), rows.SelectMany(some => some), TestContext.Current.CancellationToken);
        return PathOf(name);
    }
}
