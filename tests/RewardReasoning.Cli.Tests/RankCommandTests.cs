using System.Diagnostics;
using System.Text.Json;
using RewardReasoning.Cli.Terminals;
using RewardReasoning.Testing;

namespace RewardReasoning.Cli.Tests;

public sealed class RankCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("rrm-rank-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(10)]
    [InlineData(9, "--mode", "knockout")]
    [InlineData(45, "--mode", "round-robin")]
    [InlineData(32, "--mode", "random", "--opponents", "4")]
    [InlineData(25, "--mode", "swiss", "--rounds", "5")]
    [InlineData(30, "--mode", "active")]
    [InlineData(24, "--mode", "active", "--goal", "ranking", "--matches", "24")]
    public async Task Rank_AnyMode_FindsTheBest(int matches, params string[] mode)
    {
        // Without a mode five responses meet in a round robin.
        int[] numbers = [.. Enumerable.Range(0, mode.Length == 0 ? 5 : 10).Select(index => index * 7 % 10)];
        await using FakeOpenAIServer server = await NumberServer.StartAsync();
        RrmResult result = await Rrm.StartAsync(
            "",
            ["rank", "--query", "q", .. numbers.SelectMany(number => new[] { "--response", $"{number}" }), .. mode, "--json", .. At(server)]
        );
        Assert.Equal((ExitCodes.Done, ""), (result.ExitCode, result.Error));
        JsonElement ranking = JsonDocument.Parse(result.Out).RootElement;
        Assert.Equal(numbers.Max(), numbers[ranking.GetProperty("best").GetInt32()]);
        Assert.Equal(matches, ranking.GetProperty("matches").GetArrayLength());
        Assert.Equal(5 * matches, ranking.GetProperty("usage").GetProperty("output_tokens").GetInt64());
    }

    [Fact]
    public async Task Rank_Json_HasRatingsIntervalsAndRewardsByIndex()
    {
        await using FakeOpenAIServer server = await NumberServer.StartAsync();
        JsonElement ranking = JsonDocument.Parse((await RankAsync(server, ["2", "3", "1"], "--json")).Out).RootElement;
        JsonElement[] rows = [.. ranking.GetProperty("ranking").EnumerateArray()];
        Assert.Equal([1, 0, 2], rows.Select(row => row.GetProperty("index").GetInt32()));
        Assert.Equal(
            [(2, 0), (1, 1), (0, 2)],
            rows.Select(row => (row.GetProperty("wins").GetInt32(), row.GetProperty("losses").GetInt32()))
        );
        Assert.All(
            rows,
            row =>
                Assert.InRange(
                    row.GetProperty("rating").GetDouble(),
                    row.GetProperty("low").GetDouble(),
                    row.GetProperty("high").GetDouble()
                )
        );
        Assert.Equal(1.5, rows.Sum(row => row.GetProperty("reward").GetDouble()), 1e-6);
        Assert.Equal(
            [(0, 1), (0, 2), (1, 2)],
            ranking
                .GetProperty("matches")
                .EnumerateArray()
                .Select(match => Ordered(match.GetProperty("first").GetInt32(), match.GetProperty("second").GetInt32()))
                .Order()
        );
        Assert.All(
            ranking.GetProperty("matches").EnumerateArray(),
            match => Assert.Equal(0.75, match.GetProperty("confidence").GetDouble())
        );
        Assert.False(ranking.GetProperty("cancelled").GetBoolean());

        JsonElement elo = JsonDocument.Parse((await RankAsync(server, ["1", "2"], "--json", "--method", "elo")).Out).RootElement;
        Assert.Equal(
            [(1002, 0.51), (998, 0.49)],
            elo.GetProperty("ranking")
                .EnumerateArray()
                .Select(row => (row.GetProperty("rating").GetDouble(), Math.Round(row.GetProperty("reward").GetDouble(), 6)))
        );
        Assert.All(elo.GetProperty("ranking").EnumerateArray(), row => Assert.Equal(JsonValueKind.Null, row.GetProperty("low").ValueKind));
    }

    [Fact]
    public async Task Rank_ForPeople_IsATableWithTheBestNamed()
    {
        await using FakeOpenAIServer server = await NumberServer.StartAsync();
        RrmResult result = await RankAsync(server, ["2", "3", "1"], "--mode", "knockout");
        Assert.Equal((ExitCodes.Done, ""), (result.ExitCode, result.Error));
        Assert.Matches(
            @"^round 1: \d beats \d\nround 2: 2 beats \d\n\nresponse +rating +95% interval +won +lost +reward\n2  3 ",
            result.Out
        );
        Assert.Matches(
            @"\n\nResponse 2 is best\.\n2 matches · (0\.0% of triples go in circles · )?10 tokens · \d+\.\d s · m\n$",
            result.Out
        );
    }

    [Fact]
    public async Task Rank_IdenticalResponses_AreOneCandidate()
    {
        await using FakeOpenAIServer server = await NumberServer.StartAsync();
        RrmResult result = await RankAsync(server, ["2", "3", "3", "2"], "--json");
        JsonElement ranking = JsonDocument.Parse(result.Out).RootElement;
        Assert.Equal(1, ranking.GetProperty("matches").GetArrayLength());
        Assert.Equal(
            [(1, (int?)null), (2, 1), (0, null), (3, 0)],
            ranking
                .GetProperty("ranking")
                .EnumerateArray()
                .Select(row => (row.GetProperty("index").GetInt32(), NullOr(row.GetProperty("same_as"))))
        );
    }

    [Fact]
    public async Task Rank_SameAnswer_JudgesEachFinalAnswerOnce()
    {
        await using FakeOpenAIServer server = await RightAnswerServer.StartAsync();
        string[] responses = [@"I say \boxed{3}", @"Half of one: \boxed{\frac{1}{2}}, right", @"right: \boxed{0.5}", "no idea"];
        Assert.Equal(
            6,
            JsonDocument.Parse((await RankAsync(server, responses, "--json")).Out).RootElement.GetProperty("matches").GetArrayLength()
        );
        JsonElement ranking = JsonDocument.Parse((await RankAsync(server, responses, "--json", "--same-answer")).Out).RootElement;
        Assert.Equal(3, ranking.GetProperty("matches").GetArrayLength());
        Assert.Single(ranking.GetProperty("ranking").EnumerateArray(), row => NullOr(row.GetProperty("same_as")) is not null);
        Assert.Contains(ranking.GetProperty("best").GetInt32(), (int[])[1, 2]);
    }

    [Fact]
    public async Task Rank_ResponsesFromFiles_AreInTheOrderGiven()
    {
        await using FakeOpenAIServer server = await NumberServer.StartAsync();
        await WriteAsync("list.json", """["4", {"response": "1"}]""");
        await WriteAsync("lines.jsonl", "\"5\"\n\n{\"text\": \"2\"}\n");
        await WriteAsync("one.txt", "3\n");
        RrmResult result = await Rrm.RunAsync(
            "{\"content\": \"6\"}\n",
            [
                "rank",
                "--query",
                "q",
                "--response",
                "0",
                "--responses",
                PathOf("list.json"),
                PathOf("lines.jsonl"),
                PathOf("one.txt"),
                "-",
                "--json",
                .. At(server),
            ]
        );
        Assert.Equal((ExitCodes.Done, ""), (result.ExitCode, result.Error));
        Assert.Equal(
            [6, 3, 1, 5, 4, 2, 0],
            JsonDocument
                .Parse(result.Out)
                .RootElement.GetProperty("ranking")
                .EnumerateArray()
                .Select(row => row.GetProperty("index").GetInt32())
        );
    }

    [Theory]
    [InlineData("""{"query": "q", "responses": ["1", "2"]}""")]
    [InlineData(
        "{\n  \"prompt\": [{\"role\": \"user\", \"content\": \"q\"}],\n  \"responses\": [{\"role\": \"assistant\", \"content\": \"1\"}, "
            + "\"2\"]\n}"
    )]
    [InlineData("""{"instruction": "q", "response_1": "1", "response_2": "2", "response_3": "0"}""")]
    [InlineData("""{"query": "q", "response_1": "1", "response_2": "2"}""")]
    public async Task Rank_OneRow_BringsQueryAndResponses(string row)
    {
        await using FakeOpenAIServer server = await NumberServer.StartAsync();
        RrmResult result = await Rrm.RunAsync(row, ["rank", "--row", "-", "--json", .. At(server)]);
        Assert.Equal((ExitCodes.Done, ""), (result.ExitCode, result.Error));
        Assert.Equal(1, JsonDocument.Parse(result.Out).RootElement.GetProperty("best").GetInt32());
        Assert.Contains("## Query\nq\n", server.Requests[0].LastContent("user"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rank_MatchesWithoutVerdict_AreMissingAndSaid()
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(request =>
            request.LastContent("user")?.Contains('9') == true ? FakeReply.Completion("Hm.") : NumberServer.Judge(request)
        );
        RrmResult result = await RankAsync(server, ["1", "2", "9"], "--json");
        Assert.Equal(ExitCodes.SomeMissing, result.ExitCode);
        Assert.Equal(1, JsonDocument.Parse(result.Out).RootElement.GetProperty("best").GetInt32());
        Assert.Contains("rrm: 2 of 3 matches missing: ", result.Error, StringComparison.Ordinal);

        RrmResult none = await RankAsync(server, ["9", "19"], "--json");
        JsonElement ranking = JsonDocument.Parse(none.Out).RootElement;
        Assert.Equal((ExitCodes.SomeMissing, JsonValueKind.Null), (none.ExitCode, ranking.GetProperty("best").ValueKind));
        Assert.All(
            ranking.GetProperty("ranking").EnumerateArray(),
            row => Assert.Equal(JsonValueKind.Null, row.GetProperty("reward").ValueKind)
        );
        Assert.StartsWith("No match has a winner", ranking.GetProperty("missing").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rank_NoServer_Fails()
    {
        RrmResult result = await Rrm.RunAsync(
            "rank",
            "--query",
            "q",
            "--response",
            "1",
            "--response",
            "2",
            "--endpoint",
            FakeOpenAIServer.UnusedUrl().ToString(),
            "--model",
            "m",
            "--tries",
            "1"
        );
        Assert.Equal((ExitCodes.Failed, ""), (result.ExitCode, result.Out));
        Assert.Contains("connection refused", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rank_Interrupted_PrintsTheRankingSoFar()
    {
        TaskCompletionSource stuck = new();
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(request =>
        {
            if (request.Index < 2)
            {
                return NumberServer.Judge(request);
            }

            stuck.TrySetResult();
            return new FakeReply { Hangs = true };
        });
        using Process process = Rrm.Start([
            "rank",
            "--query",
            "q",
            "--response",
            "1",
            "--response",
            "2",
            "--response",
            "3",
            "--json",
            "--concurrency",
            "1",
            .. At(server),
        ]);
        await stuck.Task.WaitAsync(TestContext.Current.CancellationToken);
        using (Process kill = Process.Start("kill", ["-TERM", $"{process.Id}"]))
        {
            await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        string output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        string error = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal((ExitCodes.Cancelled, "rrm: cancelled.\n"), (process.ExitCode, error));
        JsonElement ranking = JsonDocument.Parse(output).RootElement;
        Assert.Equal((true, 2), (ranking.GetProperty("cancelled").GetBoolean(), ranking.GetProperty("matches").GetArrayLength()));
    }

    [Theory]
    [InlineData("--query is missing", "--response", "a", "--response", "b")]
    [InlineData("There is 1 response; a ranking needs at least two", "--query", "q", "--response", "a")]
    [InlineData("There are no responses", "--query", "q")]
    [InlineData("--mode is 'league'", "--query", "q", "--response", "a", "--response", "b", "--mode", "league")]
    [InlineData("--goal goes with --mode active", "--query", "q", "--response", "a", "--response", "b", "--goal", "best")]
    [InlineData(
        "--rounds goes with --mode swiss",
        "--query",
        "q",
        "--response",
        "a",
        "--response",
        "b",
        "--mode",
        "active",
        "--rounds",
        "3"
    )]
    [InlineData("--opponents goes with --mode random", "--query", "q", "--response", "a", "--response", "b", "--opponents", "3")]
    [InlineData("--method is 'glicko'", "--query", "q", "--response", "a", "--response", "b", "--method", "glicko")]
    [InlineData("Elo rewards need Elo ratings", "--query", "q", "--response", "a", "--response", "b", "--reward", "elo")]
    [InlineData("--matches is 0", "--query", "q", "--response", "a", "--response", "b", "--matches", "0")]
    [InlineData("leave out --query", "--query", "q", "--row", "row.json")]
    [InlineData("file 'row.json', which does not exist", "--row", "row.json")]
    [InlineData("is not one JSON object", "--row", "@two.jsonl")]
    [InlineData("holds a question and its answer; a ranking needs", "--row", "@question.json")]
    [InlineData("bad.jsonl:2: this is no JSON", "--query", "q", "--responses", "@bad.jsonl")]
    [InlineData("object.json holds no JSON list", "--query", "q", "--responses", "@object.json")]
    public async Task Rank_BadUsage_SaysWhatIsWrong(string message, params string[] args)
    {
        await WriteAsync("two.jsonl", "{\"query\": \"q\", \"responses\": [\"a\", \"b\"]}\n{}\n");
        await WriteAsync("question.json", """{"question": "1+1", "answer": "2"}""");
        await WriteAsync("bad.jsonl", "\"a\"\noops\n");
        await WriteAsync("object.json", "{}");
        RrmResult result = await Rrm.RunAsync([
            "rank",
            .. args.Select(arg => arg.StartsWith('@') ? PathOf(arg[1..]) : arg),
            "--endpoint",
            "http://127.0.0.1:9/v1",
            "--model",
            "m",
        ]);
        Assert.Equal((ExitCodes.BadUsage, ""), (result.ExitCode, result.Out));
        Assert.Contains(message, result.Error, StringComparison.Ordinal);
    }

    private static Task<RrmResult> RankAsync(FakeOpenAIServer server, string[] responses, params string[] args) =>
        Rrm.RunAsync([
            "rank",
            "--query",
            "q",
            .. responses.SelectMany(response => new[] { "--response", response }),
            .. At(server),
            .. args,
        ]);

    private static string[] At(FakeOpenAIServer server) => ["--endpoint", server.Url.ToString(), "--model", "m"];

    private static (int Less, int More) Ordered(int first, int second) => (Math.Min(first, second), Math.Max(first, second));

    private static int? NullOr(JsonElement value) => value.ValueKind == JsonValueKind.Null ? null : value.GetInt32();

    private string PathOf(string name) => Path.Combine(_folder, name);

    private Task WriteAsync(string name, string text) => File.WriteAllTextAsync(PathOf(name), text, TestContext.Current.CancellationToken);
}
