using System.IO.Compression;
using System.Text;
using CsCheck;
using RewardReasoning.Data.Pairs;
using Xunit;

namespace RewardReasoning.Data.Tests.Pairs;

public sealed class PairFileTests
{
    [Fact]
    public async Task ReadAsync_BlankLinesAndByteOrderMark_AreNoRows()
    {
        PairRow[] rows = await ReadAsync("\uFEFF{\"query\":\"q\",\"response_1\":\"a\",\"response_2\":\"b\"}\r\n\n   \nbroken\n");
        Assert.Equal([1, 4], rows.Select(row => row.Line));
        Assert.Null(rows[0].Error);
        Assert.NotNull(rows[1].Error);
    }

    [Fact]
    public async Task ReadAsync_Gzip_IsUnpackedByItsName()
    {
        string path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid()}.jsonl.gz");
        try
        {
            await using (Stream stream = JsonLines.Create(path))
            {
                await stream.WriteAsync("""{"query":"q","response_1":"a","response_2":"b"}"""u8.ToArray(), Token);
            }

            Assert.Equal(new Comparison("q", "a", "b"), Assert.Single(await PairFile.ReadAsync(path, Token).ToArrayAsync(Token)).Comparison);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public async Task ReadAsync_DamagedGzip_NamesTheFile()
    {
        using MemoryStream damaged = new("\u001f\u008bnot really packed"u8.ToArray());
        using GZipStream stream = new(damaged, CompressionMode.Decompress);
        InvalidDataException error = await Assert.ThrowsAsync<InvalidDataException>(async () => await PairFile.ReadAsync(stream, "pairs.jsonl.gz", Token).ToArrayAsync(Token));
        Assert.StartsWith("pairs.jsonl.gz", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("pairs.parquet")]
    [InlineData("pairs.jsonl.zst")]
    public void RequireSupported_OtherFormats_SaysWhatToDo(string path) =>
        Assert.Contains("convert it to JSON lines", Assert.Throws<NotSupportedException>(() => JsonLines.RequireSupported(path)).Message, StringComparison.Ordinal);

    [Fact]
    public async Task JsonLines_AnyChunking_GivesTheLinesOfTheText()
    {
        Gen<string> line = Gen.Char["ab\ré{}\" "].Array[0, 40].Select(characters => new string(characters)).Where(text => !text.EndsWith('\r'));
        await Gen.Select(line.Array[0, 30], Gen.Int[1, 50], Gen.Bool).SampleAsync(async (lines, chunk, endsWithLineEnd) =>
        {
            string text = string.Join('\n', lines) + (endsWithLineEnd ? "\n" : "");
            string[] expected = text.Length == 0 ? [] : (text.EndsWith('\n') ? text[..^1] : text).Split('\n');
            using ChunkedStream stream = new(Encoding.UTF8.GetBytes(text), chunk);
            List<string> read = [];
            await foreach ((long number, ReadOnlyMemory<byte> bytes) in JsonLines.ReadAsync(stream, "x", CancellationToken.None))
            {
                read.Add(Encoding.UTF8.GetString(bytes.Span));
                Assert.Equal(read.Count, number);
            }

            Assert.Equal(expected, read);
        }, iter: 300);
    }

    [Fact]
    public async Task JsonLines_LineLongerThanTheBuffer_IsOneLine()
    {
        string text = new('x', 300_000);
        PairRow[] rows = await ReadAsync($$"""{"query":"q","response_1":"{{text}}","response_2":"b"}""" + "\n\n" + $$"""{"query":"q","response_1":"a","response_2":"{{text}}"}""");
        Assert.Equal(text, rows[0].Comparison?.Response1);
        Assert.Equal(text, rows[1].Comparison?.Response2);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static async Task<PairRow[]> ReadAsync(string text) =>
        await PairFile.ReadAsync(new MemoryStream(Encoding.UTF8.GetBytes(text)), "pairs.jsonl", Token).ToArrayAsync(Token);

    /// <summary>Gives at most so many bytes a read, as pipes and sockets do.</summary>
    private sealed class ChunkedStream(byte[] bytes, int chunk) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(chunk, buffer.Length)], cancellationToken);
    }
}
