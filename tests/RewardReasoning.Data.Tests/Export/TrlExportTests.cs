using System.Text.Json;
using RewardReasoning.Data.Export;
using RewardReasoning.Data.Export.Trl;
using RewardReasoning.Data.Rows;
using Xunit;

namespace RewardReasoning.Data.Tests.Export;

/// <summary>Exports against files that TRL's own functions read.</summary>
public sealed class TrlExportTests : IDisposable
{
    private readonly ExportFolder _folder = new();
    private readonly List<string> _faults = [];

    public void Dispose() => _folder.Dispose();

    private Task<ExportReport> ExportAsync(TrlShape shape, bool margin, IEnumerable<DataRow> rows, string path) =>
        new TrlExport(new TrlRows(shape, margin), TimeProvider.System).WriteAsync(
            rows.ToAsyncEnumerable(),
            path,
            (row, fault) => _faults.Add($"{row.Number} {fault}"),
            TestContext.Current.CancellationToken
        );

    [Theory]
    [InlineData("explicit-text", TrlShape.Text, false, "jsonl")]
    [InlineData("explicit-text", TrlShape.Text, false, "parquet")]
    [InlineData("explicit-messages", TrlShape.Messages, false, "jsonl")]
    [InlineData("explicit-messages", TrlShape.Messages, false, "parquet")]
    [InlineData("implicit-messages-margin", TrlShape.ImplicitMessages, true, "jsonl")]
    [InlineData("implicit-messages-margin", TrlShape.ImplicitMessages, true, "parquet")]
    public async Task WriteAsync_RowsOfAFixture_AreTheFixtureAgain(string name, TrlShape shape, bool margin, string ending)
    {
        DataRow[] rows = await ExportFolder.ReadAsync(ExportFolder.Fixture($"{name}.jsonl"));
        string path = _folder.At($"out.{ending}");
        ExportReport report = await ExportAsync(shape, margin, rows, path);
        Assert.Equal(new ExportReport(14, 14, 0, 0), report);
        Assert.Equal(
            rows.Select(row => row.Fields?.GetRawText()).Select(Canonical),
            (await ExportFolder.ReadAsync(path)).Select(row => row.Fields?.GetRawText()).Select(Canonical)
        );
        if (ending == "parquet")
        {
            JsonElement expected = JsonDocument
                .Parse(await File.ReadAllTextAsync(ExportFolder.Fixture("expected.json"), TestContext.Current.CancellationToken))
                .RootElement;
            Assert.Equal(ExportFolder.LeavesOf(expected.GetProperty("files").GetProperty(name)), await ExportFolder.LeavesAsync(path));
        }
    }

    [Fact]
    public async Task WriteAsync_ImplicitText_BothBeginWithTheQuery()
    {
        await ExportAsync(
            TrlShape.ImplicitText,
            false,
            [RowText.Parse("""{"query":"q?","response_1":"a","response_2":"b","label":2}""")],
            _folder.At("out.jsonl")
        );
        Assert.Equal(
            """{"chosen":"q?\n\nb","rejected":"q?\n\na"}""",
            (await File.ReadAllTextAsync(_folder.At("out.jsonl"), TestContext.Current.CancellationToken)).Trim()
        );
    }

    [Fact]
    public async Task WriteAsync_JudgedRows_GoByTheJudgmentAndItsLead()
    {
        DataRow row = RowText.Parse(
            """{"query":"q","response_1":"a","response_2":"b","judgment":{"preferred":2,"votes":[{"verdict":2},{"verdict":1},{"verdict":2},{"verdict":2},{"verdict":null}]}}"""
        );
        await ExportAsync(TrlShape.Text, true, [row], _folder.At("out.jsonl"));
        Assert.Equal(
            """{"prompt":"q","chosen":"b","rejected":"a","margin":0.5}""",
            (await File.ReadAllTextAsync(_folder.At("out.jsonl"), TestContext.Current.CancellationToken)).Trim()
        );
    }

    [Fact]
    public async Task WriteAsync_RowsThatCannotBeUsed_AreToldAndLeftOut()
    {
        DataRow[] rows = await RowText.ReadAsync(
            """
            {"query":"q","response_1":"a","response_2":"b"}
            {"query":"q","response_1":"a","response_2":"a","label":1}
            {"query":"q","responses":["a","b"]}
            no JSON
            {"query":"q","response_1":"a","response_2":"b","label":1}
            """,
            "pairs.jsonl"
        );
        ExportReport report = await ExportAsync(TrlShape.Text, true, rows, _folder.At("out.jsonl"));
        Assert.Equal(new ExportReport(5, 0, 0, 5), report);
        Assert.Equal(
            [
                "1 The row has no label",
                "2 The two responses are the same",
                "3 The row holds a query",
                "4 Not JSON",
                "5 The row has no margin",
            ],
            _faults.Select((fault, i) => fault[..new[] { 22, 32, 23, 10, 23 }[i]])
        );
    }

    private static string Canonical(string? json) => JsonSerializer.Serialize(JsonDocument.Parse(json ?? "null").RootElement);
}
