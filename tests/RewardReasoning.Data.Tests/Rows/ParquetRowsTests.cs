using System.Text.Json;
using Parquet;
using Parquet.Serialization;
using RewardReasoning.Data.Recognition;
using RewardReasoning.Data.Rows;
using RewardReasoning.Testing;
using Xunit;

namespace RewardReasoning.Data.Tests.Rows;

public sealed class ParquetRowsTests
{
    [Theory]
    [InlineData("explicit-text")]
    [InlineData("explicit-messages")]
    [InlineData("implicit-text")]
    [InlineData("implicit-messages-margin")]
    public async Task ReadAsync_FilesOfPyArrow_HoldTheRowsOfTheirJsonLines(string name)
    {
        DataRow[] lines = await ReadAsync(Fixture($"{name}.jsonl"));
        DataRow[] rows = await ReadAsync(Fixture($"{name}.parquet"));
        Assert.Equal(14, rows.Length);
        Assert.All(
            lines.Zip(rows),
            pair => Assert.True(JsonElement.DeepEquals(pair.First.Fields ?? default, pair.Second.Fields ?? default), pair.Second.Place)
        );
        Assert.All(rows, row => Assert.IsType<PairContent>(RowRecognizer.Recognize(row)));
        Assert.EndsWith($"{name}.parquet, row 14", rows[^1].Place, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ReadAsync_NestedColumns_BecomeJsonAsTheyNest()
    {
        Nested[] rows =
        [
            new()
            {
                text = "a",
                lists =
                [
                    [1, null],
                    [],
                ],
                inner = new Inner { x = 0.5, tags = ["t", null] },
                map = new() { ["k"] = 7 },
            },
            new()
            {
                inner = new Inner { tags = [] },
                map = [],
            },
            new()
            {
                text = "",
                lists =
                [
                    [3],
                ],
                map = new() { ["x"] = 1, ["y"] = 2 },
            },
        ];
        using MemoryStream stream = new();
        await ParquetSerializer.SerializeAsync(rows, stream, cancellationToken: Token);
        DataRow[] read = await RowText.ReadAsync(stream.ToArray(), "x.parquet");
        Assert.Equal(
            [
                """{"text":"a","lists":[[1,null],[]],"inner":{"x":0.5,"tags":["t",null]},"map":[{"key":"k","value":7}]}""",
                """{"text":null,"lists":null,"inner":{"x":null,"tags":[]},"map":[]}""",
                """{"text":"","lists":[[3]],"inner":null,"map":[{"key":"x","value":1},{"key":"y","value":2}]}""",
            ],
            read.Select(row => row.Fields?.GetRawText())
        );
    }

    [Fact]
    public async Task ReadAsync_SeveralRowGroups_NumberTheirRowsThroughout()
    {
        using MemoryStream stream = new();
        await ParquetSerializer.SerializeAsync(
            Enumerable.Range(0, 25).Select(i => new Numbered { id = i }),
            stream,
            new ParquetOptions { RowGroupSize = 10 },
            cancellationToken: Token
        );
        DataRow[] rows = await RowText.ReadAsync(stream.ToArray(), "x.parquet");
        Assert.Equal(Enumerable.Range(0, 25).Select(i => $"{i}"), rows.Select(row => row.Field("id")));
        Assert.Equal(Enumerable.Range(1, 25).Select(i => (long)i), rows.Select(row => row.Number));
    }

    [Fact]
    public async Task ReadAsync_CutShort_NamesTheFile()
    {
        byte[] whole = await File.ReadAllBytesAsync(Fixture("explicit-text.parquet"), Token);
        InvalidDataException error = await Assert.ThrowsAsync<InvalidDataException>(() => RowText.ReadAsync(whole[..^20], "cut.parquet"));
        Assert.Contains("cut.parquet", error.Message, StringComparison.Ordinal);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static string Fixture(string name) =>
        Path.Combine(SharedFolder.RepositoryRoot, "tests", "RewardReasoning.Data.Tests", "Fixtures", name);

    private static async Task<DataRow[]> ReadAsync(string path) => await RowReader.ReadAsync(path, Token).ToArrayAsync(Token);

#pragma warning disable IDE1006 // names are those of columns
    private sealed class Numbered
    {
        public long? id { get; set; }
    }

    private sealed class Nested
    {
        public string? text { get; set; }

        public List<List<long?>>? lists { get; set; }

        public Inner? inner { get; set; }

        public Dictionary<string, int>? map { get; set; }
    }

    private sealed class Inner
    {
        public double? x { get; set; }

        public List<string?>? tags { get; set; }
    }
#pragma warning restore IDE1006
}
