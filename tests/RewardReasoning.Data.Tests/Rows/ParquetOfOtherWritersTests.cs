using RewardReasoning.Data.Inspection;
using RewardReasoning.Data.Recognition;
using RewardReasoning.Data.Rows;
using RewardReasoning.Testing;
using Xunit;

namespace RewardReasoning.Data.Tests.Rows;

/// <summary>
/// Small files in forms that writers of our own time and of earlier ones produce (Fixtures/parquet), each with the value that the format
/// gives it. Every row has <c>gold</c> and <c>prediction</c> 4, and the odd column <c>v</c>.
/// </summary>
public sealed class ParquetOfOtherWritersTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("rrm-parquet-").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("json-columns-json", 3, """{"a": 1.0, "b": [1,2]}""")]
    [InlineData("two-level-list-of-values-in", 3, "[1,2]")]
    [InlineData("two-level-list-of-values-strings", 3, """["a","b"]""")]
    [InlineData("two-level-list-of-records-in", 3, """[{"role":"user","content":"q"},{"role":"assistant","content":null}]""")]
    [InlineData("decimal38-scale10", 3, "1234567890123456789012345678.0123456789")]
    [InlineData("decimal38-thirty", 3, "123456789012345678901234567890")]
    [InlineData("delta-timestamps-date", 1000, "2020-01-01")]
    [InlineData("delta-timestamps-decimal", 1000, "0.00")]
    [InlineData("delta-timestamps-timestamp", 1000, "2020-01-01T00:00:00")]
    [InlineData("delta-timestamps-u8", 1000, "0")]
    [InlineData("times-and-zones-date", 3, "0001-01-01")]
    [InlineData("times-and-zones-local", 3, "2024-05-06T07:08:09.123456")]
    [InlineData("times-and-zones-ns", 3, "2024-05-06T07:08:09.123456789")]
    [InlineData("times-and-zones-time", 3, "23:59:59.999999")]
    [InlineData("times-and-zones-time_ms", 50, "00:00:00")]
    [InlineData("one-odd-column-float16", 20, "0")]
    [InlineData("one-odd-column-interval", 3, "P1M2DT3S")]
    [InlineData("v2-pages-lists-list-plain-uncompressed", 50, "[0,1]")]
    [InlineData("v2-pages-lists-messages-arrow-rs", 20, """[{"role":"user","content":"c0"},{"role":"assistant","content":"d"}]""")]
    public async Task Read_FormsOfOtherWriters_HaveTheirValues_AlsoWhenWrittenAgain(string name, int rows, string first)
    {
        string path = Fixture(name);
        DataRow[] read = await ReadAsync(path);

        Assert.Equal(rows, read.Length);
        Assert.All(read, row => Assert.Equal(("4", null), (row.Field("gold"), row.Error)));
        Assert.Equal(first, read[0].Field("v"));

        string again = Path.Combine(_folder, "again.parquet");
        RowSurvey survey = await RowSurvey.OfAsync([path], null, Token);
        await using (RowFileWriter writer = await RowFileWriter.CreateAsync(again, survey.Columns, TimeProvider.System, Token))
        {
            foreach (DataRow row in read)
            {
                await writer.WriteAsync(
                    json =>
                    {
                        row.WriteFields(json, _ => false);
                        json.WriteEndObject();
                    },
                    Token
                );
            }

            writer.Complete();
        }

        Assert.Equal(read.Select(row => row.Fields?.GetRawText()), (await ReadAsync(again)).Select(row => row.Fields?.GetRawText()));
    }

    [Theory]
    [InlineData("json-columns-pairs", 2)]
    [InlineData("two-level-list-of-records-pairs", 2)]
    [InlineData("v2-pages-lists-pairs-hyparquet-writer", 3)]
    public async Task Read_ListsOfMessages_ArePairs(string name, int rows)
    {
        DataRow[] read = await ReadAsync(Fixture(name));
        Assert.Equal(rows, read.Length);
        Assert.All(read, row => Assert.IsType<PairContent>(RowRecognizer.Recognize(row)));
    }

    [Fact]
    public async Task Read_TextThatIsNotUtf8_IsAFaultOfItsRowAlone()
    {
        DataRow[] read = await ReadAsync(Fixture("bad-utf8-in-parquet-in"));
        Assert.Equal(3, read.Length);
        Assert.Contains("'v' holds text that is not UTF-8", read[0].Error, StringComparison.Ordinal);
        Assert.All(read[1..], row => Assert.Null(row.Error));
    }

    private static string Fixture(string name) =>
        Path.Combine(SharedFolder.RepositoryRoot, "tests", "RewardReasoning.Data.Tests", "Fixtures", "parquet", name + ".parquet");

    private static async Task<DataRow[]> ReadAsync(string path) => await RowReader.ReadAsync(path, Token).ToArrayAsync(Token);
}
