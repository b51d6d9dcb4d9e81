using System.IO.Compression;
using System.Text;
using RewardReasoning.Data.Inspection;
using RewardReasoning.Data.Recognition;
using RewardReasoning.Data.Rows;
using RewardReasoning.Testing;
using Xunit;

namespace RewardReasoning.Data.Tests.Inspection;

public sealed class RowSurveyTests : IDisposable
{
    private const string Row = """{"query":"q","response_1":"a","response_2":"b"}""";
    private readonly string _folder = Directory.CreateTempSubdirectory("rrm-survey-").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task CountAsync_EveryFormat_CountsWhatReadingGives()
    {
        string lines = Write("lines.jsonl", $"{Row}\n\n  \nbroken\n{Row}");
        string list = Write("list.json", $"[{Row},\n{Row}]");
        string packed = Path.Combine(_folder, "packed.jsonl.gz");
        await using (GZipStream stream = new(File.Create(packed), CompressionLevel.Fastest))
        {
            await stream.WriteAsync(Encoding.UTF8.GetBytes($"{Row}\n{Row}\n{Row}\n"), Token);
        }

        string parquet = Path.Combine(
            SharedFolder.RepositoryRoot,
            "tests",
            "RewardReasoning.Data.Tests",
            "Fixtures",
            "explicit-text.parquet"
        );
        string[] paths = [lines, list, packed, parquet];
        long[] counts = [.. await Task.WhenAll(paths.Select(path => RowSurvey.CountAsync([path], Token)))];
        Assert.Equal([3, 2, 3, 14], counts);
        Assert.Equal(22, await RowSurvey.CountAsync(paths, Token));
        Assert.Equal(22, await RowReader.ReadAsync(paths, Token).LongCountAsync(Token));
    }

    [Fact]
    public async Task OfAsync_RowsOfSeveralKinds_HasAllKindsAndFields()
    {
        string path = Write(
            "mixed.jsonl",
            $$"""
            {{Row}}
            {"query":"q","responses":["a","b","c"],"id":7}
            """
        );
        RowSurvey survey = await RowSurvey.OfAsync([path], null, Token);
        Assert.Equal(2, survey.Rows);
        Assert.Equal([RowKind.Candidates, RowKind.Pair], survey.Kinds.Order().Reverse());
        Assert.Equal(["query", "response_1", "response_2", "responses", "id"], survey.Columns.Names);
        Assert.Equal(
            (1, 3),
            ((await RowSurvey.OfAsync([path], 1, Token)).Rows, (await RowSurvey.OfAsync([path], 1, Token)).Columns.Names.Count)
        );
    }

    [Fact]
    public async Task OfAsync_LineThatCannotBeRead_BringsAColumnForItsNumber()
    {
        RowSurvey survey = await RowSurvey.OfAsync([Write("broken.jsonl", $"{Row}\nbroken")], null, Token);
        Assert.Equal(["query", "response_1", "response_2", "line"], survey.Columns.Names);
    }

    [Fact]
    public async Task OfAsync_ParquetFilesOfOneSchema_ReadNoRowsButTheFirst()
    {
        string fixture = Path.Combine(
            SharedFolder.RepositoryRoot,
            "tests",
            "RewardReasoning.Data.Tests",
            "Fixtures",
            "implicit-messages-margin.parquet"
        );
        RowSurvey survey = await RowSurvey.OfAsync([fixture, fixture], null, Token);
        Assert.Equal((28, 20), (survey.Rows, (await RowSurvey.OfAsync([fixture, fixture], 20, Token)).Rows));
        Assert.Equal([RowKind.Pair], survey.Kinds);
        Assert.Equal(["chosen", "rejected", "margin"], survey.Columns.Names);
    }

    [Fact]
    public void Columns_WithAndWithout_ReplaceByName()
    {
        RowColumns columns = RowColumns.None.WithText("a").WithInteger("b").WithText("c").Without("c").WithNumber("a");
        Assert.Equal(["b", "a"], columns.Names);
    }

    private string Write(string name, string content)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllText(path, content);
        return path;
    }
}
