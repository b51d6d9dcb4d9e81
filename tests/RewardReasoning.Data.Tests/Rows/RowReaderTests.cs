using System.IO.Compression;
using System.IO.Pipelines;
using System.Text;
using RewardReasoning.Data.Recognition;
using RewardReasoning.Data.Rows;
using RewardReasoning.Testing;
using Xunit;
using ZstdSharp;

namespace RewardReasoning.Data.Tests.Rows;

public sealed class RowReaderTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private const string Row = """{"query":"q","response_1":"a","response_2":"b"}""";

    [Fact]
    public async Task ReadAsync_BlankLinesAndByteOrderMark_AreNoRows()
    {
        DataRow[] rows = await RowText.ReadAsync("\uFEFF" + Row + "\r\n\n   \nbroken\n", "pairs.jsonl");
        Assert.Equal([1, 4], rows.Select(row => row.Number));
        Assert.Null(rows[0].Error);
        Assert.Equal("pairs.jsonl:4", rows[1].Place);
        Assert.Contains("Not JSON", rows[1].Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("not json", "Not JSON")]
    [InlineData("{\"query\": \"half a li", "Not JSON")]
    [InlineData("[1, 2]", "here is a list")]
    [InlineData("\"text\"", "here is a string")]
    [InlineData("{\"\\ud800\": 1}", "surrogate")]
    public async Task ReadAsync_FaultyLine_SaysWhatIsWrongAndTheRestIsRead(string line, string fault)
    {
        DataRow[] rows = await RowText.ReadAsync($"{Row}\n{line}\n{Row}", "pairs.jsonl");
        Assert.Contains(fault, rows[1].Error, StringComparison.Ordinal);
        Assert.Equal([null, null], new[] { rows[0].Error, rows[2].Error });
    }

    [Fact]
    public async Task ReadAsync_BytesThatAreNoText_AreNamed()
    {
        byte[] bytes = [.. Encoding.UTF8.GetBytes(Row + "\n"), 0x7b, 0x22, 0xff, 0x22, 0x7d, 0x0a, .. Encoding.UTF8.GetBytes(Row)];
        DataRow[] rows = await RowText.ReadAsync(bytes, "pairs.jsonl");
        Assert.Equal(3, rows.Length);
        Assert.Contains("not UTF-8", rows[1].Error, StringComparison.Ordinal);
        Assert.Contains(
            "not UTF-8",
            (await RowText.ReadAsync([0x5b, 0x7b, 0x22, 0x61, 0x22, 0x3a, 0x22, 0xff, 0x22, 0x7d, 0x5d], "pairs.json"))[0].Error,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task ReadAsync_LineOfFiftyMegabytes_IsNamedAndPassedOver()
    {
        byte[] long1 = new byte[50_000_000];
        Array.Fill(long1, (byte)'x');
        DataRow[] rows = await RowText.ReadAsync(
            [.. Encoding.UTF8.GetBytes(Row + "\n"), .. long1, 0x0a, .. Encoding.UTF8.GetBytes(Row)],
            "pairs.jsonl"
        );
        Assert.Equal([1, 2, 3], rows.Select(row => row.Number));
        Assert.Contains("longer than 32 MiB", rows[1].Error, StringComparison.Ordinal);
        Assert.NotNull(rows[2].Fields);
    }

    [Fact]
    public async Task ReadAsync_LineLongerThanTheBuffer_IsOneRow()
    {
        string text = new('x', 3_000_000);
        DataRow[] rows = await RowText.ReadAsync($$"""{"a":"{{text}}"}""" + "\n\n" + $$"""{"a":"{{text}}y"}""", "pairs.jsonl");
        Assert.Equal([text, text + "y"], rows.Select(row => row.Field("a")));
    }

    [Theory]
    [InlineData("pairs.json")]
    [InlineData("pairs.json.gz")]
    [InlineData("standard input")]
    public async Task ReadAsync_JsonList_IsReadWhateverItsName(string name)
    {
        DataRow[] rows = await RowText.ReadAsync($"  [\n{Row},\n{Row}\n]\n", name);
        Assert.Equal(2, rows.Length);
        Assert.Equal($"{name}, row 2", rows[1].Place);
    }

    [Fact]
    public async Task ReadAsync_FaultInAList_NamesRowAndLineAndKeepsWhatStandsBefore()
    {
        DataRow[] rows = await RowText.ReadAsync($"[\n{Row},\n{Row},\n oops\n]", "pairs.json");
        Assert.Equal([null, null], rows[..2].Select(row => row.Error));
        Assert.Equal("pairs.json, row 3", rows[2].Place);
        Assert.Contains("line 4", rows[2].Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("pairs.jsonl")]
    [InlineData("anything")]
    public async Task ReadAsync_PackedFiles_AreUnpackedByTheirBytes(string name)
    {
        byte[] gzip = Packed(stream => new GZipStream(stream, CompressionLevel.Fastest), $"{Row}\n{Row}");
        byte[] zstandard = Packed(stream => new CompressionStream(stream), $"{Row}\n{Row}");
        Assert.Equal(2, (await RowText.ReadAsync(gzip, name)).Length);
        Assert.Equal(2, (await RowText.ReadAsync(zstandard, name)).Length);
        Assert.Equal(
            4,
            (
                await RowText.ReadAsync(
                    [.. gzip, .. Packed(stream => new GZipStream(stream, CompressionLevel.Fastest), $"\n{Row}\n{Row}")],
                    name
                )
            ).Length
        );
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ReadAsync_TruncatedPacking_LosesNothingBeforeIt(bool gzip)
    {
        string text = string.Concat(Enumerable.Range(0, 20_000).Select(i => $$"""{"id":{{i}},"text":"{{(i * 7919) % 104729}}"}""" + "\n"));
        byte[] packed = Packed(stream => gzip ? new GZipStream(stream, CompressionLevel.Fastest) : new CompressionStream(stream), text);
        DataRow[] rows = await RowText.ReadAsync(packed[..(packed.Length / 2)], "pairs.jsonl.gz");
        Assert.InRange(rows.Length, 1_000, 19_000);
        Assert.Contains("cut short", rows[^1].Error, StringComparison.Ordinal);
        Assert.Equal(rows.Length, rows[^1].Number);
        Assert.All(
            rows[..^1],
            row => Assert.Equal(row.Number - 1, long.Parse(row.Field("id") ?? "", System.Globalization.CultureInfo.InvariantCulture))
        );
    }

    [Theory]
    [InlineData("cut-at-end.jsonl.gz", 300)]
    [InlineData("cut-in-half.jsonl.gz", 135)]
    public async Task ReadAsync_SmallFileThatIsCut_KeepsItsWholeRows(string name, int whole)
    {
        DataRow[] rows = await RowText.ReadAsync(await File.ReadAllBytesAsync(Compressed(name), Token), name);
        Assert.All(rows.Take(whole), row => Assert.Null(row.Error));
        Assert.Equal(whole + 1, rows.Length);
        Assert.Contains("cut short", rows[^1].Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ReadAsync_OutputOfPzstd_IsRead()
    {
        DataRow[] rows = await RowText.ReadAsync(await File.ReadAllBytesAsync(Compressed("pzstd.jsonl.zst"), Token), "in.jsonl.zst");
        Assert.Equal((30, 0), (rows.Length, rows.Count(row => row.Error is not null)));
    }

    [Theory]
    [InlineData("pairs.xlsx", "a,b\n1,2", "convert it")]
    [InlineData("notes.md", "# Notes", "begins with neither")]
    [InlineData("pairs.jsonl.gz", "PAR1----", "read from its end")]
    public async Task ReadAsync_OtherFiles_AreRefusedWithAReason(string name, string content, string reason)
    {
        byte[] bytes = name.EndsWith(".gz", StringComparison.Ordinal)
            ? Packed(stream => new GZipStream(stream, CompressionLevel.Fastest), content)
            : Encoding.UTF8.GetBytes(content);
        NotSupportedException refusal = await Assert.ThrowsAsync<NotSupportedException>(() => RowText.ReadAsync(bytes, name));
        Assert.Contains(name, refusal.Message, StringComparison.Ordinal);
        Assert.Contains(reason, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ReadAsync_ObjectsOverSeveralLines_AreRowsOrHoldThem()
    {
        Assert.Equal(["1", "2"], (await RowText.ReadAsync("{\n\"a\":1}\n{\n\"a\":2\n}\n", "x.json")).Select(row => row.Field("a")));
        DataRow[] grouped = await RowText.ReadAsync(
            """
            {
              "length bias": [{"bias": "length bias", "n": 1}, {"group": "own", "n": 2}],
              "other": [{"n": 3}]
            }
            """,
            "biasbench.json"
        );
        Assert.Equal(["1", "2", "3"], grouped.Select(row => row.Field("n")));
        Assert.Equal(["length bias", "own", "other"], grouped.Select(row => row.Field("group")));
        Assert.Equal("biasbench.json, row 3", grouped[2].Place);

        DataRow[] cut = await RowText.ReadAsync("{\n\"a\":1}\n{\n\"a\":", "x.json");
        Assert.Equal((2, "1"), (cut.Length, cut[0].Field("a")));
        Assert.Contains("Not JSON", cut[1].Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ReadAsync_FieldMapBesideAFile_NamesItsFields()
    {
        string folder = Directory.CreateTempSubdirectory("rrm-map-").FullName;
        try
        {
            string path = Path.Combine(folder, "odd.jsonl.gz");
            await File.WriteAllBytesAsync(
                path,
                Packed(
                    stream => new GZipStream(stream, CompressionLevel.Fastest),
                    """{"ask":{"text":"q"},"a":"one","b":"two","winner_is":"B"}"""
                ),
                Token
            );
            DataRow unknown = await RowReader.ReadAsync(path, Token).SingleAsync(Token);
            FaultyContent fault = Assert.IsType<FaultyContent>(RowRecognizer.Recognize(unknown));
            Assert.Contains("a file odd.fields.json beside it: {\"query\": \"FIELD\"", fault.Error, StringComparison.Ordinal);

            await File.WriteAllTextAsync(
                Path.Combine(folder, "odd.fields.json"),
                """{"query":"ask.text","response_1":"a","response_2":"b","label":"winner_is"}""",
                Token
            );
            DataRow row = await RowReader.ReadAsync(path, Token).SingleAsync(Token);
            PairContent pair = Assert.IsType<PairContent>(RowRecognizer.Recognize(row));
            Assert.Equal((new Comparison("q", "one", "two"), Verdict.Second), (pair.Comparison, pair.Label));
            Assert.Equal(unknown.Fields?.GetRawText(), row.Fields?.GetRawText());
            Assert.Equal([path], RowFiles.Find(folder));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task ReadAsync_DamagedFromTheStart_NamesTheFile()
    {
        InvalidDataException error = await Assert.ThrowsAsync<InvalidDataException>(() =>
            RowText.ReadAsync([0x1f, 0x8b, .. "not really packed"u8], "pairs.jsonl.gz")
        );
        Assert.Contains("pairs.jsonl.gz", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("pairs.jsonl", "{\"a\":\"é\"}\r\n{\"a\":\"日本\"}\r\n")]
    [InlineData("pairs.json", "[{\"a\":\"é\"},\n{\"a\":\"日本\"}]")]
    [InlineData("pairs.csv", "a\r\né\r\n日本\r\n")]
    public async Task ReadAsync_Utf16WithItsMark_IsReadAsWindowsWritesIt(string name, string text)
    {
        foreach (bool bigEndian in new[] { false, true })
        {
            UnicodeEncoding utf16 = new(bigEndian, byteOrderMark: true);
            DataRow[] rows = await RowText.ReadAsync([.. utf16.GetPreamble(), .. utf16.GetBytes(text)], name);
            Assert.Equal(["é", "日本"], rows.Select(row => row.Field("a")));
        }
    }

    [Theory]
    [InlineData("{\n\"version\": 1,\n\"data\": [{\"a\":1},{\"a\":2}]}", 2)]
    [InlineData("{\n\"query\": \"q\",\n\"responses\": [{\"a\":1},{\"a\":2}]}", 1)]
    [InlineData("{\n\"data\": [1,2], \"version\": 1}", 1)]
    public async Task ReadAsync_OneObjectAroundRows_GivesTheRows(string text, int rows) =>
        Assert.Equal(rows, (await RowText.ReadAsync(text, "data.json")).Length);

    [Theory]
    [InlineData("rows", "{\"a\":1}\n", "{\"a\":2}\n")]
    [InlineData("rows", "{}\n", "{}\n")]
    [InlineData("rows", "\uFEFF{\"a\":1}\r\n", "{\"a\":2}\r\n")]
    [InlineData("rows.jsonl", "{\"a\":1}\n", "{\"a\":2}\n")]
    [InlineData("rows", "[{\"a\":1},", "{\"a\":2},")]
    [InlineData("rows.csv", "a,b\n1,2\n", "3,4\n")]
    public async Task ReadAsync_SenderWaitsAfterEachRow_GivesTheRowAtOnce(string name, params string[] sent)
    {
        Pipe pipe = new();
        IAsyncEnumerator<DataRow> rows = RowReader.ReadAsync(pipe.Reader.AsStream(), name, Token).GetAsyncEnumerator(Token);
        foreach (string row in sent)
        {
            await pipe.Writer.WriteAsync(Encoding.UTF8.GetBytes(row), Token);
            Assert.True(await rows.MoveNextAsync());
            Assert.Null(rows.Current.Error);
        }

        await rows.DisposeAsync();
    }

    [Fact]
    public async Task ReadAsync_EmptyFile_HasNoRows() => Assert.Empty(await RowText.ReadAsync("", "pairs.jsonl"));

    [Fact]
    public void Find_FoldersAndPatterns_GiveFilesInOrder()
    {
        string folder = Directory.CreateTempSubdirectory("rows-").FullName;
        try
        {
            string[] names = ["b.jsonl", "a.json.gz", "deep/er/c.parquet", "deep/d.jsonl.zst", "readme.md"];
            foreach (string name in names)
            {
                Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(folder, name)) ?? "");
                File.WriteAllText(Path.Combine(folder, name), "");
            }

            Assert.Equal(["a.json.gz", "b.jsonl", "deep/d.jsonl.zst", "deep/er/c.parquet"], Found(folder));
            Assert.Equal(["b.jsonl"], Found($"{folder}/*.jsonl"));
            Assert.Equal(["b.jsonl", "deep/d.jsonl.zst"], Found($"{folder}/**/*.jsonl*"));
            Assert.Equal(["deep/er/c.parquet"], Found($"{folder}/deep/?r/*"));
            Assert.Throws<FileNotFoundException>(() => RowFiles.Find($"{folder}/*.csv"));
            Assert.Throws<FileNotFoundException>(() => RowFiles.Find($"{folder}/none.jsonl"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        IEnumerable<string> Found(string argument) => RowFiles.Find(argument).Select(path => Path.GetRelativePath(folder, path));
    }

    private static byte[] Packed(Func<Stream, Stream> pack, string text)
    {
        using MemoryStream packed = new();
        using (Stream stream = pack(packed))
        {
            stream.Write(Encoding.UTF8.GetBytes(text));
        }

        return packed.ToArray();
    }

    private static string Compressed(string name) =>
        Path.Combine(SharedFolder.RepositoryRoot, "tests", "RewardReasoning.Data.Tests", "Fixtures", "compressed", name);
}
