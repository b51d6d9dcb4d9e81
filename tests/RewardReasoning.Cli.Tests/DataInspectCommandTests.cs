using System.Text.Json;
using RewardReasoning.Cli.Terminals;

namespace RewardReasoning.Cli.Tests;

public sealed class DataInspectCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("rrm-inspect-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Inspect_Folder_SaysWhatEachFileIs()
    {
        await WriteAsync("a.jsonl", """{"query":"q","response_1":"a","response_2":"a","label":1}""", "oops");
        await WriteAsync("b.json", """[{"question":"1+1","answer":"2"}]""");
        RrmResult result = await Rrm.RunAsync("data", "inspect", _folder);
        Assert.Equal((ExitCodes.Done, ""), (result.ExitCode, result.Error));
        Assert.Contains("a.jsonl: json lines, 2 rows: a query and two responses", result.Out, StringComparison.Ordinal);
        Assert.Contains("  labels: 1 first, 0 second, 0 none", result.Out, StringComparison.Ordinal);
        Assert.Contains("note: both responses are the same (1 row, first at", result.Out, StringComparison.Ordinal);
        Assert.Contains("a.jsonl:2)", result.Out, StringComparison.Ordinal);
        Assert.Contains("b.json: json list, 1 rows: a question and its answer", result.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Inspect_Json_IsOneListOfFiles()
    {
        await WriteAsync("a.jsonl", """{"query":"q","responses":["a","b"]}""");
        await WriteAsync("b.xlsx", "a,b");
        RrmResult result = await Rrm.RunAsync(
            "data",
            "inspect",
            Path.Combine(_folder, "a.jsonl"),
            Path.Combine(_folder, "b.xlsx"),
            "--json"
        );
        Assert.Equal(ExitCodes.SomeMissing, result.ExitCode);
        JsonElement[] files = [.. JsonDocument.Parse(result.Out).RootElement.EnumerateArray()];
        Assert.Equal("candidates", files[0].GetProperty("taken_for").GetString());
        Assert.Contains(".xlsx files are not read", files[1].GetProperty("refused").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Inspect_StandardInput_IsReadAsAFileIs()
    {
        RrmResult result = await Rrm.RunAsync("""{"query":"q"}""", ["data", "inspect", "-"]);
        Assert.Equal(ExitCodes.Done, result.ExitCode);
        Assert.Contains("standard input: json lines, 1 rows: a query without responses", result.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Inspect_NothingButRefusedFiles_IsBadUsage()
    {
        await WriteAsync("a.txt", "words");
        Assert.Equal(ExitCodes.BadUsage, (await Rrm.RunAsync("data", "inspect", Path.Combine(_folder, "a.txt"))).ExitCode);
        Assert.Equal(ExitCodes.BadUsage, (await Rrm.RunAsync("data", "inspect", Path.Combine(_folder, "none.jsonl"))).ExitCode);
    }

    private Task WriteAsync(string name, params string[] lines) =>
        File.WriteAllLinesAsync(Path.Combine(_folder, name), lines, TestContext.Current.CancellationToken);
}
