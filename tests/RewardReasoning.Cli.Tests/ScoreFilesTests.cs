using System.Text.Json;
using System.Text.Json.Nodes;
using RewardReasoning.Cli.Terminals;
using RewardReasoning.Data.Rows;
using RewardReasoning.Testing;

namespace RewardReasoning.Cli.Tests;

/// <summary>What <c>rrm score</c> reads and writes beside JSON lines, in parts, and what it leaves beside its output.</summary>
public sealed class ScoreFilesTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("rrm-files-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("in.jsonl", "out.parquet")]
    [InlineData("in.json", "out.parquet")]
    [InlineData("in.jsonl", "out.jsonl.zst")]
    public async Task Score_AnyFormat_HoldsTheSameRows(string input, string output)
    {
        await using FakeOpenAIServer server = await RightAnswerServer.StartAsync();
        string[] rows = [.. Enumerable.Range(0, 20).Select(i => Row(i, i % 2 == 0))];
        string source = Write(
            input,
            input.EndsWith(".json", StringComparison.Ordinal) ? $"[{string.Join(",\n", rows)}]" : string.Join('\n', rows)
        );
        RrmResult result = await ScoreAsync(server, source, Path(output));
        Assert.Equal((ExitCodes.Done, ""), (result.ExitCode, result.Out));
        DataRow[] judged = await ReadAsync(Path(output));
        Assert.Equal(Enumerable.Range(0, 20).Select(i => $"{i}"), judged.Select(row => row.Field("id")));
        Assert.Equal(
            Enumerable.Range(0, 20).Select(i => i % 2 == 0 ? "1" : "2"),
            judged.Select(row => JudgmentOf(row)["preferred"]?.ToJsonString())
        );
        Assert.All(judged, row => Assert.Equal("""["t"]""", row.Field("extra.tags")));
    }

    [Fact]
    public async Task Score_ParquetOut_HasJudgmentAsTextAndTheVerdictFlat()
    {
        await using FakeOpenAIServer server = await RightAnswerServer.StartAsync();
        string source = Write("in.jsonl", $"{Row(1, true)}\nbroken\n{Row(2, false)}");
        RrmResult result = await ScoreAsync(server, source, Path("out.parquet"));
        Assert.Equal(ExitCodes.SomeMissing, result.ExitCode);
        DataRow[] judged = await ReadAsync(Path("out.parquet"));
        Assert.Equal(["1", null, "2"], judged.Select(row => row.Field("preferred")));
        Assert.Equal(["0.75", null, "0.75"], judged.Select(row => row.Field("confidence")));
        Assert.Equal([null, "2", null], judged.Select(row => row.Field("line")));
        Assert.Contains("Not JSON", judged[1].Field("error"), StringComparison.Ordinal);
        Assert.Equal(JsonValueKind.String, judged[0].Fields?.GetProperty("judgment").ValueKind);
    }

    [Fact]
    public async Task Score_ParquetOfAnEarlierRun_IsScoredAnew()
    {
        await using FakeOpenAIServer server = await RightAnswerServer.StartAsync();
        await ScoreAsync(server, Write("in.jsonl", Row(1, true)), Path("first.parquet"));
        await ScoreAsync(server, Path("first.parquet"), Path("second.parquet"));
        await ScoreAsync(server, Path("first.parquet"), Path("second.jsonl"));
        DataRow parquet = Assert.Single(await ReadAsync(Path("second.parquet")));
        Assert.Equal(
            ["id", "query", "response_1", "response_2", "extra", "preferred", "confidence", "judgment", "error"],
            parquet.Fields?.EnumerateObject().Select(field => field.Name)
        );
        DataRow line = Assert.Single(await ReadAsync(Path("second.jsonl")));
        Assert.Equal(
            ["id", "query", "response_1", "response_2", "extra", "judgment"],
            line.Fields?.EnumerateObject().Select(field => field.Name)
        );
        Assert.Equal("1", JudgmentOf(line)["preferred"]?.ToJsonString());
    }

    [Fact]
    public async Task Score_Shards_AreTheWholeTogether()
    {
        await using FakeOpenAIServer server = await RightAnswerServer.StartAsync();
        string source = Write("in.jsonl", string.Join('\n', Enumerable.Range(0, 11).Select(i => Row(i, true))));
        List<string?> ids = [];
        for (int i = 1; i <= 3; i++)
        {
            string output = Path($"part-{i}.parquet");
            RrmResult result = await ScoreAsync(server, source, output, "--shard", $"{i}/3");
            Assert.Equal(ExitCodes.Done, result.ExitCode);
            ids.AddRange((await ReadAsync(output)).Select(row => row.Field("id")));
        }

        Assert.Equal(["0", "3", "6", "9", "1", "4", "7", "10", "2", "5", "8"], ids);
        Assert.Equal(
            2,
            (
                await ReadAsync(
                    Path("limited.jsonl"),
                    await ScoreAsync(server, source, Path("limited.jsonl"), "--shard", "2/3", "--limit", "2")
                )
            ).Length
        );
    }

    [Fact]
    public async Task Score_Done_LeavesItsSettingsBesideTheRows()
    {
        await using FakeOpenAIServer server = await RightAnswerServer.StartAsync();
        string source = Write("in.jsonl", Row(1, true));
        await ScoreAsync(server, source, Path("out.jsonl"), "--votes", "3", "--temperature", "0.5", "--seed", "7", "--shard", "1/1");
        JsonNode settings = Settings("out.jsonl.run.json");
        Assert.Equal(
            (3, 0.5f, 7, "1/1", "hashed"),
            (
                (int?)settings["judging"]?["votes"],
                (float?)settings["judging"]?["temperature"],
                (int?)settings["seed"],
                (string?)settings["shard"],
                (string?)settings["judging"]?["order"]
            )
        );
        Assert.Equal(
            (source, new FileInfo(source).Length),
            ((string?)settings["inputs"]?[0]?["path"], (long?)settings["inputs"]?[0]?["bytes"])
        );
        Assert.Equal((true, 1), ((bool?)settings["end"]?["complete"], (int?)settings["end"]?["rows"]));
        string[] command = [.. settings["command"]?.AsArray().Select(word => (string?)word ?? "") ?? []];
        Assert.Equal(["rrm", "score", source, "--out", Path("out.jsonl")], command[..5]);

        File.Delete(Path("out.jsonl"));
        Assert.Equal(ExitCodes.Done, (await Rrm.RunAsync(command[1..])).ExitCode);
        Assert.Single(await ReadAsync(Path("out.jsonl")));
    }

    [Fact]
    public async Task Score_StoppedRun_GoesOnWithItsOwnSettingsOnly()
    {
        using CancellationTokenSource stop = new();
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(request =>
        {
            if (request.Index == 3)
            {
                stop.Cancel();
            }

            return RightAnswerServer.Judge(request);
        });
        string source = Write("in.jsonl", string.Join('\n', Enumerable.Range(0, 8).Select(i => Row(i, true))));
        string[] args =
        [
            "score",
            source,
            "--out",
            Path("out.jsonl"),
            "--endpoint",
            server.Url.ToString(),
            "--model",
            "m",
            "--concurrency",
            "1",
            "--store",
            Path("store.db"),
        ];
        Assert.Equal(ExitCodes.Cancelled, (await Rrm.RunAsync("", args, stop.Token)).ExitCode);
        Assert.False((bool?)Settings("out.jsonl.run.json")["end"]?["complete"]);

        RrmResult other = await Rrm.RunAsync([.. args, "--votes", "3", "--limit", "5"]);
        Assert.Equal(ExitCodes.BadUsage, other.ExitCode);
        Assert.Contains("votes 3 instead of 1, limit 5 instead of none", other.Error, StringComparison.Ordinal);
        File.AppendAllText(source, "\n" + Row(9, true));
        Assert.Contains("other input files", (await Rrm.RunAsync(args)).Error, StringComparison.Ordinal);
        Write("in.jsonl", string.Join('\n', Enumerable.Range(0, 8).Select(i => Row(i, true))));

        Assert.Equal(ExitCodes.Done, (await Rrm.RunAsync(args)).ExitCode);
        Assert.Equal(8, (await ReadAsync(Path("out.jsonl"))).Length);
        RrmResult replaced = await Rrm.RunAsync([.. args, "--votes", "2"]);
        Assert.Equal(ExitCodes.BadUsage, replaced.ExitCode);
        Assert.Contains("is from a run with other settings: here votes 2 instead of 1", replaced.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCodes.Done, (await Rrm.RunAsync([.. args, "--votes", "2", "--force"])).ExitCode);
        Assert.False(File.Exists(Path("out.jsonl.partial.run.json")));
    }

    [Fact]
    public async Task Score_NothingJudged_LeavesNoSettings()
    {
        string source = Write("in.jsonl", Row(1, true));
        RrmResult result = await Rrm.RunAsync(
            "score",
            source,
            "--out",
            Path("out.jsonl"),
            "--endpoint",
            FakeOpenAIServer.UnusedUrl().ToString(),
            "--model",
            "m",
            "--tries",
            "1"
        );
        Assert.Equal(ExitCodes.Failed, result.ExitCode);
        Assert.Empty(Directory.GetFiles(_folder, "*.run.json"));
    }

    [Theory]
    [InlineData("the columns of a Parquet file are found by reading", "-", "--out", "out.parquet")]
    [InlineData("name it .parquet", "-", "--out", "out.parquet.gz")]
    [InlineData("--shard is '3/2'", "-", "--out", "out.jsonl", "--shard", "3/2")]
    public async Task Score_BadUsage_SaysWhatIsWrong(string message, params string[] args)
    {
        RrmResult result = await Rrm.RunAsync(["score", .. args, "--endpoint", "http://127.0.0.1:9/v1", "--model", "m"]);
        Assert.Equal((ExitCodes.BadUsage, ""), (result.ExitCode, result.Out));
        Assert.Contains(message, result.Error, StringComparison.Ordinal);
    }

    private static string Row(int id, bool firstIsRight) =>
        $$$"""{"id":{{{id}}},"query":"q{{{id}}}","response_1":"{{{(firstIsRight ? "right" : "no")}}}","response_2":"{{{(firstIsRight ? "no" : "right")}}}","extra":{"tags":["t"]}}""";

    private static Task<RrmResult> ScoreAsync(FakeOpenAIServer server, string input, string output, params string[] args) =>
        Rrm.RunAsync(["score", input, "--out", output, "--endpoint", server.Url.ToString(), "--model", "m", .. args]);

    private static async Task<DataRow[]> ReadAsync(string path, RrmResult? result = null)
    {
        Assert.NotEqual(ExitCodes.Failed, result?.ExitCode);
        return await RowReader.ReadAsync(path, Cancel).ToArrayAsync(Cancel);
    }

    private static JsonNode JudgmentOf(DataRow row) => JsonNode.Parse(row.Field("judgment") ?? "") ?? new JsonObject();

    private JsonNode Settings(string name) => JsonNode.Parse(File.ReadAllText(Path(name))) ?? new JsonObject();

    private string Path(string name) => System.IO.Path.Combine(_folder, name);

    private string Write(string name, string content)
    {
        File.WriteAllText(Path(name), content);
        return Path(name);
    }
}
