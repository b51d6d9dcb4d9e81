using System.Text;
using System.Text.Json;
using CsCheck;
using RewardReasoning.Data.Inspection;
using RewardReasoning.Data.Rows;
using RewardReasoning.Testing;
using Xunit;

namespace RewardReasoning.Data.Tests.Rows;

public sealed class ParquetRowWriterTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("rrm-columns-").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("explicit-text", ".jsonl")]
    [InlineData("explicit-messages", ".jsonl")]
    [InlineData("implicit-messages-margin", ".jsonl")]
    [InlineData("explicit-messages", ".parquet")]
    [InlineData("implicit-messages-margin", ".parquet")]
    public async Task Write_FixtureRows_AreReadBackEqual(string name, string ending)
    {
        string source = Path.Combine(SharedFolder.RepositoryRoot, "tests", "RewardReasoning.Data.Tests", "Fixtures", name + ending);
        DataRow[] rows = await RowReader.ReadAsync(source, Token).ToArrayAsync(Token);
        DataRow[] read = await WriteAndReadAsync(
            (await RowSurvey.OfAsync([source], null, Token)).Columns,
            [.. rows.Select(row => row.Fields?.GetRawText() ?? "")]
        );
        Assert.All(
            rows.Zip(read, (one, other) => (one, other)),
            pair => Assert.True(JsonElement.DeepEquals(pair.one.Fields ?? default, pair.other.Fields ?? default), pair.one.Place)
        );
        Assert.Equal(14, read.Length);
    }

    [Fact]
    public async Task Write_AnyRows_AreReadBackWithNullsForWhatIsAbsent() =>
        await GenRows.SampleAsync(
            async rows =>
            {
                DataRow[] read = await WriteAndReadAsync(await SurveyAsync(rows), rows);
                Assert.Equal(rows.Select(WithoutNulls), read.Select(row => WithoutNulls(row.Fields?.GetRawText() ?? "")));
            },
            iter: 60,
            threads: 1
        );

    [Fact]
    public async Task Write_ValuesOfSeveralTypes_BecomeText()
    {
        string[] rows = ["""{"x":1,"y":[1]}""", """{"x":"one","y":["a",{"b":2}]}""", """{"x":{"z":true}}"""];
        DataRow[] read = await WriteAndReadAsync(await SurveyAsync(rows), rows);
        Assert.Equal(["1", "one", """{"z":true}"""], read.Select(row => row.Field("x")));
        Assert.Equal(["""["1"]""", """["a","{\"b\":2}"]""", null], read.Select(row => row.Field("y")));
    }

    [Fact]
    public async Task Write_NumbersBeyondOneType_KeepTheirValues()
    {
        string[] rows = ["""{"a":9223372036854775807,"b":1,"c":true}""", """{"a":-1,"b":2.5,"c":null}"""];
        DataRow[] read = await WriteAndReadAsync(await SurveyAsync(rows), rows);
        Assert.Equal(["9223372036854775807", "-1"], read.Select(row => row.Field("a")));
        Assert.Equal(["1", "2.5"], read.Select(row => row.Field("b")));
        Assert.Equal(["true", null], read.Select(row => row.Field("c")));
    }

    [Fact]
    public async Task Write_WholeNumbersThatNoDoubleHolds_KeepTheirDigits()
    {
        string[] rows =
        [
            """{"a":9007199254740993,"b":1,"c":9007199254740993,"d":18446744073709551616}""",
            """{"a":18446744073709551615,"b":-1,"c":0.5,"d":1}""",
            """{"a":0,"b":18446744073709551615,"c":1,"d":2}""",
        ];
        DataRow[] read = await WriteAndReadAsync(await SurveyAsync(rows), rows);
        Assert.Equal(["9007199254740993", "18446744073709551615", "0"], read.Select(row => row.Field("a")));
        Assert.Equal(["1", "-1", "18446744073709551615"], read.Select(row => row.Field("b")));
        Assert.Equal(["9007199254740993", "0.5", "1"], read.Select(row => row.Field("c")));
        Assert.Equal(["18446744073709551616", "1", "2"], read.Select(row => row.Field("d")));
    }

    [Theory]
    [InlineData("""{"x":1,"other":2}""", "not a column")]
    [InlineData("""{"x":"one"}""", "holds integers of 64 bits")]
    public async Task Write_RowThatDoesNotFit_IsNotWrittenAndTheOthersAre(string row, string fault)
    {
        string path = Path.Combine(_folder, "rows.parquet");
        await using (
            RowFileWriter writer = await RowFileWriter.CreateAsync(
                path,
                RowColumns.None.WithInteger("x").WithNumbers("list"),
                TimeProvider.System,
                Token
            )
        )
        {
            await WriteAsync(writer, """{"x":1,"list":[0.5,2]}""");
            InvalidDataException error = await Assert.ThrowsAsync<InvalidDataException>(() => WriteAsync(writer, row));
            Assert.Contains(fault, error.Message, StringComparison.Ordinal);
            await WriteAsync(writer, """{"x":3,"list":[]}""");
            writer.Complete();
        }

        DataRow[] read = await RowReader.ReadAsync(path, Token).ToArrayAsync(Token);
        Assert.Equal(["""{"x":1,"list":[0.5,2]}""", """{"x":3,"list":[]}"""], read.Select(one => one.Fields?.GetRawText()));
    }

    [Fact]
    public async Task Write_MoreThanARowGroupHolds_AreSeveralGroups()
    {
        string text = new('x', 1_000_000);
        string[] rows = [.. Enumerable.Range(0, 70).Select(i => $$"""{"id":{{i}},"text":"{{text}}"}""")];
        DataRow[] read = await WriteAndReadAsync(RowColumns.None.WithInteger("id").WithText("text"), rows);
        Assert.Equal(Enumerable.Range(0, 70).Select(i => $"{i}"), read.Select(row => row.Field("id")));
        await using Parquet.ParquetReader file = await Parquet.ParquetReader.CreateAsync(
            Path.Combine(_folder, "rows.parquet"),
            cancellationToken: Token
        );
        Assert.Equal(3, file.RowGroupCount);
    }

    private static readonly Gen<string> GenText = Gen.Int[0, 3].Select(i => new[] { "", "a", "\"quoted\" \\ \n", "é 漢 😀" }[i]);

    private static readonly Gen<string> GenScalars = Gen.OneOf(
        Gen.Long.Select(value => $$"""{"n":{{value}}}"""),
        Gen.Bool.Select(value => $$"""{"b":{{(value ? "true" : "false")}}}"""),
        GenText.Select(value => $$"""{"t":{{JsonSerializer.Serialize(value)}}}"""),
        Gen.Double[-1e6, 1e6].Select(value => $$"""{"d":{{value.ToString("R", System.Globalization.CultureInfo.InvariantCulture)}}}"""),
        Gen.Const("{}")
    );

    private static readonly Gen<string> GenRow = Gen.Select(
        GenScalars,
        GenScalars.Array[0, 3],
        Gen.Long[0, 9].Array[0, 3].Array[0, 3],
        Gen.Int[0, 3],
        (scalars, structs, lists, kind) =>
            kind switch
            {
                0 => $$"""{"s":{{scalars}},"l":[{{string.Join(',', structs)}}]}""",
                1 =>
                    $$"""{"l":[{{string.Join(',', structs)}}],"ll":[{{string.Join(',', lists.Select(list => $"[{string.Join(',', list)}]"))}}]}""",
                2 => $$"""{"s":{{scalars}},"ll":[]}""",
                _ => $$$"""{"s":{"n":1,"inner":{{{scalars}}}}}""",
            }
    );

    private static readonly Gen<string[]> GenRows = GenRow.Array[1, 12];

    private static async Task<RowColumns> SurveyAsync(string[] rows)
    {
        string path = Path.GetTempFileName();
        try
        {
            await File.WriteAllLinesAsync(path, rows, Token);
            return (await RowSurvey.OfAsync([path], null, Token)).Columns;
        }
        finally
        {
            File.Delete(path);
        }
    }

    private async Task<DataRow[]> WriteAndReadAsync(RowColumns columns, string[] rows)
    {
        string path = Path.Combine(_folder, "rows.parquet");
        await using (RowFileWriter writer = await RowFileWriter.CreateAsync(path, columns, TimeProvider.System, Token))
        {
            foreach (string row in rows)
            {
                await WriteAsync(writer, row);
            }

            writer.Complete();
        }

        return await RowReader.ReadAsync(path, Token).ToArrayAsync(Token);
    }

    private static Task WriteAsync(RowWriter writer, string row) => writer.WriteAsync(json => json.WriteRawValue(row), Token);

    /// <summary>
    /// Canonical text of a row: members in order of their names, null ones and objects without members left out, texts of JSON as JSON.
    /// </summary>
    private static string WithoutNulls(string row)
    {
        using JsonDocument document = JsonDocument.Parse(row);
        StringBuilder text = new();
        Append(document.RootElement);
        return text.ToString();

        void Append(JsonElement value)
        {
            switch (value.ValueKind)
            {
                case JsonValueKind.Object:
                    text.Append('{');
                    foreach (
                        JsonProperty member in value
                            .EnumerateObject()
                            .Where(member => !IsNothing(member.Value))
                            .OrderBy(member => member.Name, StringComparer.Ordinal)
                    )
                    {
                        text.Append(member.Name).Append(':');
                        Append(member.Value);
                        text.Append(';');
                    }

                    text.Append('}');
                    break;
                case JsonValueKind.Array:
                    text.Append('[');
                    foreach (JsonElement element in value.EnumerateArray())
                    {
                        Append(element);
                        text.Append(';');
                    }

                    text.Append(']');
                    break;
                case JsonValueKind.Number:
                    text.Append(value.GetDouble().ToString("R", System.Globalization.CultureInfo.InvariantCulture));
                    break;
                case JsonValueKind.String when value.GetString() == "{}":
                    // An object without members in every row is a column of texts.
                    text.Append("{}");
                    break;
                default:
                    text.Append(
                        value.GetRawText().Length == 0 ? ""
                        : value.ValueKind == JsonValueKind.String ? value.GetString()
                        : value.GetRawText()
                    );
                    break;
            }
        }

        static bool IsNothing(JsonElement value) =>
            value.ValueKind == JsonValueKind.Null
            || (value.ValueKind == JsonValueKind.Object && !value.EnumerateObject().Any(member => !IsNothing(member.Value)))
            || (value.ValueKind == JsonValueKind.String && value.GetString() == "{}");
    }
}
