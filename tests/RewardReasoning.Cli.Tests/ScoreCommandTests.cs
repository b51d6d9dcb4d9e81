using System.IO.Compression;
using System.Text.Json;
using RewardReasoning.Cli.Terminals;
using RewardReasoning.Testing;

namespace RewardReasoning.Cli.Tests;

public sealed class ScoreCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("rrm-score-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Score_ManyRows_KeepsOrderAndFields()
    {
        string[] rows =
        [
            .. Enumerable
                .Range(0, 40)
                .Select(i =>
                    $$"""{"id":{{i}},"query":"q{{i}}","response_1":"{{(i % 3 == 0 ? "right" : "no")}}","response_2":"{{(i % 3 == 0 ? "no" : "right")}}","extra":{"x":1.50} }"""
                ),
        ];
        (RrmResult result, JsonElement[] judged) = await ScoreAsync(rows, "--concurrency", "5");
        Assert.Equal((ExitCodes.Done, ""), (result.ExitCode, result.Out));
        Assert.Equal(Enumerable.Range(0, 40), judged.Select(row => row.GetProperty("id").GetInt32()));
        Assert.All(
            judged,
            row =>
            {
                Assert.Equal("1.50", row.GetProperty("extra").GetProperty("x").GetRawText());
                Assert.Equal(
                    row.GetProperty("id").GetInt32() % 3 == 0 ? 1 : 2,
                    row.GetProperty("judgment").GetProperty("preferred").GetInt32()
                );
                Assert.False(row.GetProperty("judgment").GetProperty("votes")[0].TryGetProperty("reasoning", out _));
            }
        );
        Assert.Contains("40 rows: 40 judged, 0 missing", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Score_BadRows_AreNamedAndTheRestIsJudged()
    {
        (RrmResult result, JsonElement[] judged) = await ScoreAsync([
            """{"query":"q","response_1":"right","response_2":"b"}""",
            "",
            "oops",
            """{"query":"q","response_1":"a"}""",
        ]);
        Assert.Equal(ExitCodes.SomeMissing, result.ExitCode);
        Assert.Equal(3, judged.Length);
        Assert.Equal(3, judged[1].GetProperty("line").GetInt32());
        Assert.Contains("no 'response_2'", judged[2].GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.Equal("q", judged[2].GetProperty("query").GetString());
        Assert.Contains("in.jsonl:3: Not JSON", result.Error, StringComparison.Ordinal);
        Assert.Contains("in.jsonl:4: The row has no 'response_2'", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Score_Strict_StopsAtTheFirstBadRow()
    {
        (RrmResult result, JsonElement[] judged) = await ScoreAsync(
            ["""{"query":"q","response_1":"right","response_2":"b"}""", "oops", """{"query":"q","response_1":"a","response_2":"b"}"""],
            "--strict"
        );
        Assert.Equal(ExitCodes.SomeMissing, result.ExitCode);
        Assert.Single(judged);
        Assert.Contains("in.jsonl:2: Not JSON", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Score_LabelledRows_HaveASummaryByField()
    {
        string summary = Path.Combine(_folder, "summary.json");
        (RrmResult result, _) = await ScoreAsync(
            [
                """{"query":"q1","chosen":"right","rejected":"b","kind":"x"}""",
                """{"query":"q2","chosen":"a","rejected":"right","kind":"x"}""",
                """{"query":"q3","response_1":"a","response_2":"right","label":2,"kind":"y"}""",
                """{"query":"q3","response_1":"right","response_2":"a","label":1,"kind":"y"}""",
            ],
            "--by",
            "kind",
            "--summary",
            summary
        );
        Assert.Contains("accuracy 75.0% (3 of 4; 95% interval 30.1% to 95.4%)", result.Error, StringComparison.Ordinal);
        Assert.Contains("rows and their swaps agree 100.0% (1 of 1)", result.Error, StringComparison.Ordinal);
        JsonElement report = JsonDocument.Parse(await File.ReadAllTextAsync(summary, TestContext.Current.CancellationToken)).RootElement;
        Assert.Equal(0.75, report.GetProperty("total").GetProperty("accuracy").GetDouble());
        JsonElement[] groups = [.. report.GetProperty("by")[0].GetProperty("groups").EnumerateArray()];
        Assert.Equal(
            [("x", 0.5), ("y", 1.0)],
            groups.Select(group => (group.GetProperty("value").GetString() ?? "", group.GetProperty("accuracy").GetDouble()))
        );
    }

    [Fact]
    public async Task Score_GzipInAndOut_WithReasoning()
    {
        string input = Path.Combine(_folder, "in.jsonl.gz");
        string output = Path.Combine(_folder, "out.jsonl.gz");
        await using (GZipStream stream = new(File.Create(input), CompressionLevel.Fastest))
        {
            await stream.WriteAsync(
                """{"query":"q","response_1":"right","response_2":"b"}"""u8.ToArray(),
                TestContext.Current.CancellationToken
            );
        }

        await using FakeOpenAIServer server = await RightAnswerServer.StartAsync();
        RrmResult result = await Rrm.RunAsync(
            "score",
            input,
            "--out",
            output,
            "--keep-reasoning",
            "--endpoint",
            server.Url.ToString(),
            "--model",
            "m"
        );
        Assert.Equal(ExitCodes.Done, result.ExitCode);
        using StreamReader reader = new(new GZipStream(File.OpenRead(output), CompressionMode.Decompress));
        string text = await reader.ReadToEndAsync(TestContext.Current.CancellationToken);
        Assert.Equal(
            "Let me see.",
            JsonDocument.Parse(text).RootElement.GetProperty("judgment").GetProperty("votes")[0].GetProperty("reasoning").GetString()
        );
    }

    [Fact]
    public async Task Score_StandardStreams_RowsAloneGoToStandardOutput()
    {
        await using FakeOpenAIServer server = await RightAnswerServer.StartAsync();
        RrmResult result = await Rrm.StartAsync(
            """
            {"query":"q","response_1":"right","response_2":"b"}
            {"query":"q","response_1":"a","response_2":"right"}
            {"query":"q","response_1":"never","response_2":"read"}
            """,
            "score",
            "-",
            "--out",
            "-",
            "--limit",
            "2",
            "--endpoint",
            server.Url.ToString(),
            "--model",
            "m"
        );
        Assert.Equal(ExitCodes.Done, result.ExitCode);
        int[] preferred =
        [
            .. result
                .Out.Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(line => JsonDocument.Parse(line).RootElement.GetProperty("judgment").GetProperty("preferred").GetInt32()),
        ];
        Assert.Equal([1, 2], preferred);
    }

    [Fact]
    public async Task Score_NoServer_EndsAtOnce()
    {
        string input = await WriteAsync([.. Enumerable.Repeat("""{"query":"q","response_1":"a","response_2":"b"}""", 50)]);
        RrmResult result = await Rrm.RunAsync(
            "score",
            input,
            "--out",
            Path.Combine(_folder, "out.jsonl"),
            "--endpoint",
            FakeOpenAIServer.UnusedUrl().ToString(),
            "--model",
            "m",
            "--tries",
            "1"
        );
        Assert.Equal(ExitCodes.Failed, result.ExitCode);
        Assert.Contains("connection refused", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Score_RequestThatFailsOnTheWay_IsMissing()
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(request =>
            request.LastContent("user")?.Contains("poison", StringComparison.Ordinal) == true
                ? FakeReply.Error(500, "no")
                : RightAnswerServer.Judge(request)
        );
        string input = await WriteAsync([
            """{"query":"q","response_1":"right","response_2":"b"}""",
            """{"query":"poison","response_1":"a","response_2":"b"}""",
            """{"query":"q","response_1":"a","response_2":"right"}""",
        ]);
        string output = Path.Combine(_folder, "out.jsonl");
        RrmResult result = await Rrm.RunAsync(
            "score",
            input,
            "--out",
            output,
            "--concurrency",
            "1",
            "--tries",
            "1",
            "--endpoint",
            server.Url.ToString(),
            "--model",
            "m"
        );
        Assert.Equal(ExitCodes.SomeMissing, result.ExitCode);
        JsonElement[] rows = await ReadAsync(output);
        Assert.Equal([false, true, false], rows.Select(row => row.TryGetProperty("error", out _)));
    }

    [Fact]
    public async Task Score_OntoItsOwnInput_IsRefused()
    {
        string input = await WriteAsync(["""{"query":"q","response_1":"a","response_2":"b"}"""]);
        RrmResult result = await Rrm.RunAsync("score", input, "--out", input, "--endpoint", "http://127.0.0.1:9/v1", "--model", "m");
        Assert.Equal(ExitCodes.BadUsage, result.ExitCode);
        Assert.NotEqual(0, new FileInfo(input).Length);
    }

    [Theory]
    [InlineData("There is no file", "no-such-file.jsonl", "--out", "out.jsonl")]
    [InlineData("'--out' is required", "no-such-file.jsonl")]
    [InlineData("both write to standard output", "-", "--out", "-", "--json")]
    [InlineData("--limit is 0", "-", "--out", "out.jsonl", "--limit", "0")]
    [InlineData(".csv files are not written", "-", "--out", "out.csv")]
    public async Task Score_BadUsage_SaysWhatIsWrong(string message, params string[] args)
    {
        RrmResult result = await Rrm.RunAsync(["score", .. args, "--endpoint", "http://127.0.0.1:9/v1", "--model", "m"]);
        Assert.Equal((ExitCodes.BadUsage, ""), (result.ExitCode, result.Out));
        Assert.Contains(message, result.Error, StringComparison.Ordinal);
    }

    private async Task<(RrmResult Result, JsonElement[] Rows)> ScoreAsync(string[] lines, params string[] args)
    {
        await using FakeOpenAIServer server = await RightAnswerServer.StartAsync();
        string output = Path.Combine(_folder, "out.jsonl");
        RrmResult result = await Rrm.RunAsync([
            "score",
            await WriteAsync(lines),
            "--out",
            output,
            "--endpoint",
            server.Url.ToString(),
            "--model",
            "m",
            .. args,
        ]);
        return (result, await ReadAsync(output));
    }

    private async Task<string> WriteAsync(string[] lines)
    {
        string path = Path.Combine(_folder, "in.jsonl");
        await File.WriteAllLinesAsync(path, lines, TestContext.Current.CancellationToken);
        return path;
    }

    private static async Task<JsonElement[]> ReadAsync(string path) =>
        [
            .. (await File.ReadAllLinesAsync(path, TestContext.Current.CancellationToken)).Select(line =>
                JsonDocument.Parse(line).RootElement
            ),
        ];
}
