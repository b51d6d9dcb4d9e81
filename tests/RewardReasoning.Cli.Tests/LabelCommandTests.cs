using System.Text.Json;
using System.Text.Json.Nodes;
using RewardReasoning.Cli.Terminals;
using RewardReasoning.Data.Rows;
using RewardReasoning.Testing;

namespace RewardReasoning.Cli.Tests;

/// <summary><c>rrm label</c>, and candidates under <c>rrm score</c>.</summary>
public sealed class LabelCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("rrm-label-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Label_PairsAndCandidates_BecomePreferencesWithMargins()
    {
        (RrmResult result, DataRow[] rows) = await LabelAsync(
            "out.jsonl",
            [
                """{"query":"q1","response_1":"no","response_2":"right"}""",
                """{"query":[{"role":"system","content":"s"},{"role":"user","content":"q2"}],"responses":["bad","right","worse"]}""",
            ],
            "--votes",
            "3"
        );
        Assert.Equal((ExitCodes.Done, ""), (result.ExitCode, result.Out));
        Assert.Contains("2 rows: 2 pairs written, 0 draws", result.Error, StringComparison.Ordinal);
        Assert.Equal(
            """{"prompt":[{"role":"user","content":"q1"}],"chosen":[{"role":"assistant","content":"right"}],"rejected":[{"role":"assistant","content":"no"}],"margin":1}""",
            rows[0].Fields?.GetRawText()
        );
        Assert.Equal(
            ("s", "right", "1"),
            (
                rows[1].Fields?.GetProperty("prompt")[0].GetProperty("content").GetString(),
                rows[1].Fields?.GetProperty("chosen")[0].GetProperty("content").GetString(),
                rows[1].Field("margin")
            )
        );
    }

    [Theory]
    [InlineData(0, 1, "--votes", "2", "--min-margin", "0.5")]
    [InlineData(1, 0, "--order", "both")]
    public async Task Label_DrawsAndLowMargins_AreDroppedAndCounted(int draws, int lowMargins, params string[] args)
    {
        // Of "split" the response shown first wins: two of three votes agree, and of votes in both orders half.
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(request =>
            (request.LastContent("user") ?? "").Contains("split", StringComparison.Ordinal)
                ? FakeReply.Completion("""<think>x</think>\boxed{Assistant 1}""")
                : RightAnswerServer.Judge(request)
        );
        string input = Write(
            """
            {"query":"split","response_1":"a","response_2":"b"}
            {"query":"q","response_1":"right","response_2":"b"}
            {"query":"q","response_1":"same","response_2":"same"}
            """
        );
        string summary = Path.Combine(_folder, "summary.json");
        RrmResult result = await Rrm.RunAsync([
            "label",
            input,
            "--out",
            Path.Combine(_folder, "out.jsonl"),
            "--summary",
            summary,
            "--endpoint",
            server.Url.ToString(),
            "--model",
            "m",
            .. args,
        ]);
        JsonNode report = JsonNode.Parse(await File.ReadAllTextAsync(summary, Cancel)) ?? new JsonObject();
        Assert.Equal((ExitCodes.Done, 3, 1, 1), (result.ExitCode, (int?)report["rows"], (int?)report["pairs"], (int?)report["unusable"]));
        Assert.Equal(
            (draws, lowMargins, 0, 1.0),
            ((int?)report["draws"], (int?)report["low_margins"], (int?)report["missing"], (double?)report["mean_margin"])
        );
    }

    [Fact]
    public async Task Label_AllPairsToParquet_HasOneForEveryTwoThatMet()
    {
        (RrmResult result, DataRow[] rows) = await LabelAsync(
            "out.parquet",
            ["""{"query":"q","responses":["a","right","b","right"]}"""],
            "--pairs",
            "all",
            "--shape",
            "text"
        );
        Assert.Equal(ExitCodes.Done, result.ExitCode);
        Assert.Equal(["prompt", "chosen", "rejected", "margin"], rows[0].Fields?.EnumerateObject().Select(field => field.Name));
        Assert.Equal(3, rows.Length);
        Assert.Equal(2, rows.Count(row => row.Field("chosen") == "right"));
    }

    [Fact]
    public async Task Label_MoreCandidatesThanMeetEachOther_JudgesTheBestAgainstTheWorst()
    {
        string responses = string.Join(',', Enumerable.Range(0, 9).Select(i => $"\"r{i}\"").Append("\"right\""));
        (RrmResult result, DataRow[] rows) = await LabelAsync(
            "out.jsonl",
            [$$"""{"query":"q","responses":[{{responses}}]}"""],
            "--mode",
            "knockout"
        );
        Assert.Equal(ExitCodes.Done, result.ExitCode);
        Assert.Equal("right", Assert.Single(rows).Fields?.GetProperty("chosen")[0].GetProperty("content").GetString());
    }

    [Fact]
    public async Task Label_RowsThatCannotBeJudged_AreNamedAndLeftOut()
    {
        (RrmResult result, DataRow[] rows) = await LabelAsync(
            "out.jsonl",
            ["broken", """{"query":"q","response_1":"right","response_2":"b"}""", """{"query":"q"}"""]
        );
        Assert.Equal(ExitCodes.SomeMissing, result.ExitCode);
        Assert.Single(rows);
        Assert.Contains("in.jsonl:1: Not JSON", result.Error, StringComparison.Ordinal);
        Assert.Contains("in.jsonl:3: The row holds a query without responses", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--shape is 'table'", "--shape", "table")]
    [InlineData("--pairs is 'some'", "--pairs", "some")]
    [InlineData("--min-margin is 2", "--min-margin", "2")]
    public async Task Label_BadUsage_SaysWhatIsWrong(string message, params string[] args)
    {
        RrmResult result = await Rrm.RunAsync([
            "label",
            "-",
            "--out",
            "out.jsonl",
            .. args,
            "--endpoint",
            "http://127.0.0.1:9/v1",
            "--model",
            "m",
        ]);
        Assert.Equal((ExitCodes.BadUsage, ""), (result.ExitCode, result.Out));
        Assert.Contains(message, result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("out.jsonl")]
    [InlineData("out.parquet")]
    public async Task Score_Candidates_GetRankingAndRewards(string output)
    {
        await using FakeOpenAIServer server = await RightAnswerServer.StartAsync();
        string input = Write(
            """
            {"id":1,"query":"q","responses":["a","right","b"]}
            {"id":2,"query":"q","response_1":"right","response_2":"b"}
            {"id":3,"query":"q","responses":["only"]}
            """
        );
        string path = Path.Combine(_folder, output);
        RrmResult result = await Rrm.RunAsync("score", input, "--out", path, "--endpoint", server.Url.ToString(), "--model", "m");
        Assert.Equal(ExitCodes.SomeMissing, result.ExitCode);
        DataRow[] rows = await RowReader.ReadAsync(path, Cancel).ToArrayAsync(Cancel);
        double[] rewards = JsonSerializer.Deserialize<double[]>(rows[0].Field("rewards") ?? "[]") ?? [];
        Assert.Equal(3, rewards.Length);
        Assert.True(rewards[1] > 0.9 && rewards[0] < rewards[2] && rewards[2] <= 0.5, string.Join(' ', rewards));
        Assert.Equal(1, JsonElement.Parse(rows[0].Field("ranking") ?? "[]")[0].GetProperty("index").GetInt32());
        Assert.Equal("1", JsonElement.Parse(rows[1].Field("judgment") ?? "{}").GetProperty("preferred").GetRawText());
        Assert.Contains("at least 2", rows[2].Field("error"), StringComparison.Ordinal);
        Assert.Contains("3 rows: 2 judged, 1 missing", result.Error, StringComparison.Ordinal);
    }

    private async Task<(RrmResult Result, DataRow[] Rows)> LabelAsync(string output, string[] lines, params string[] args)
    {
        await using FakeOpenAIServer server = await RightAnswerServer.StartAsync();
        string path = Path.Combine(_folder, output);
        RrmResult result = await Rrm.RunAsync([
            "label",
            Write(string.Join('\n', lines)),
            "--out",
            path,
            "--endpoint",
            server.Url.ToString(),
            "--model",
            "m",
            .. args,
        ]);
        return (result, await RowReader.ReadAsync(path, Cancel).ToArrayAsync(Cancel));
    }

    private string Write(string content)
    {
        string path = Path.Combine(_folder, "in.jsonl");
        File.WriteAllText(path, content);
        return path;
    }
}
