using System.Text.Json;
using RewardReasoning.Cli.Terminals;
using RewardReasoning.Testing;

namespace RewardReasoning.Cli.Tests;

public sealed class DataVerifyCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("rrm-verify-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Verify_SampleRows_KeepTheirFieldsAndGetAVerdict()
    {
        string output = Path.Combine(_folder, "out.jsonl");
        RrmResult result = await Rrm.RunAsync(
            "data",
            "verify",
            Path.Combine(SharedFolder.RepositoryRoot, "samples", "answers.jsonl"),
            "--out",
            output
        );
        Assert.Equal((ExitCodes.Done, ""), (result.ExitCode, result.Out));
        JsonElement[] rows = Rows(output);
        Assert.Equal(["equal", "different", "equal", "unknown", "equal"], rows.Select(row => row.GetProperty("verdict").GetString()));
        Assert.Equal("(1, 2)", rows[1].GetProperty("gold").GetString());
        Assert.Contains("5 rows: 3 equal, 1 different, 1 unknown, 0 without answers", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verify_RowsWithTheirOwnRules_AreVerifiedByThem()
    {
        (RrmResult result, JsonElement[] rows) = await VerifyAsync(
            [
                """{"gold":"1/3","prediction":"0.3333","precision":4,"equal":true}""",
                """{"gold":"1/3","prediction":"0.3333","equal":true}""",
                """{"gold":"D","prediction":"It is D, not A","match":["letter"],"equal":true}""",
                """{"gold":7,"prediction":8,"verdict":"equal"}""",
            ],
            "--json"
        );
        Assert.Equal(["equal", "different", "equal", "different"], rows.Select(row => row.GetProperty("verdict").GetString()));
        Assert.Contains("2 of 3 rows agree with their own verdict", result.Error, StringComparison.Ordinal);
        JsonElement summary = JsonDocument.Parse(result.Out).RootElement;
        Assert.Equal(
            (4, 3, 2, 0),
            (
                summary.GetProperty("rows").GetInt32(),
                summary.GetProperty("expected").GetInt32(),
                summary.GetProperty("agreeing").GetInt32(),
                summary.GetProperty("wrongly_equal").GetInt32()
            )
        );
    }

    [Fact]
    public async Task Verify_ByAField_AddsUpEachValue()
    {
        (RrmResult result, _) = await VerifyAsync(
            [
                """{"gold":"1","prediction":"1","equal":true,"kind":"a"}""",
                """{"gold":"1","prediction":"2","equal":true,"kind":"a"}""",
                """{"gold":"1","prediction":"1"}""",
            ],
            "--by",
            "kind",
            "--json"
        );
        Assert.Matches(@"a\s+2\s+1\s+1\s+0\s+1 of 2\s+0", result.Error);
        Assert.Matches(@"\(none\)\s+1\s+1\s+0\s+0\s+-\s+0", result.Error);
        Assert.Equal(2, JsonDocument.Parse(result.Out).RootElement.GetProperty("groups").GetProperty("a").GetProperty("rows").GetInt32());
    }

    [Fact]
    public async Task Verify_BadRows_AreNamedAndTheRestIsVerified()
    {
        (RrmResult result, JsonElement[] rows) = await VerifyAsync([
            """{"gold":"1"}""",
            "oops",
            """{"gold":"1","prediction":"1"}""",
            """{"gold":["1"],"prediction":"1"}""",
        ]);
        Assert.Equal(ExitCodes.SomeMissing, result.ExitCode);
        Assert.Equal("equal", rows[2].GetProperty("verdict").GetString());
        Assert.Contains("in.jsonl:1: The row has no 'prediction'", result.Error, StringComparison.Ordinal);
        Assert.Contains("in.jsonl:2:", result.Error, StringComparison.Ordinal);
        Assert.Contains("in.jsonl:4: 'gold' is a list", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verify_StandardStreams_CarryOnlyRows()
    {
        RrmResult result = await Rrm.RunAsync("""{"gold":"1","prediction":"\\boxed{1}"}""", ["data", "verify", "-", "--out", "-"]);
        Assert.Equal("equal", JsonDocument.Parse(result.Out).RootElement.GetProperty("verdict").GetString());
    }

    [Fact]
    public async Task Verify_JsonAndRowsOnOneStream_IsRefused()
    {
        RrmResult result = await Rrm.RunAsync("", ["data", "verify", "-", "--out", "-", "--json"]);
        Assert.Equal(ExitCodes.BadUsage, result.ExitCode);
    }

    private async Task<(RrmResult Result, JsonElement[] Rows)> VerifyAsync(string[] rows, params string[] options)
    {
        string input = Path.Combine(_folder, "in.jsonl");
        string output = Path.Combine(_folder, "out.jsonl");
        await File.WriteAllLinesAsync(input, rows, TestContext.Current.CancellationToken);
        RrmResult result = await Rrm.RunAsync(["data", "verify", input, "--out", output, .. options]);
        return (result, Rows(output));
    }

    private static JsonElement[] Rows(string path) => [.. File.ReadLines(path).Select(line => JsonDocument.Parse(line).RootElement)];
}
