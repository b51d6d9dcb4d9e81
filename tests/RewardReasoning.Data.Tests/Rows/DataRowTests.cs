using System.Text;
using System.Text.Json;
using RewardReasoning.Data.Rows;
using Xunit;

namespace RewardReasoning.Data.Tests.Rows;

public sealed class DataRowTests
{
    [Fact]
    public void WriteFields_KeepsFieldsAsTheyStood_ButForThoseExcepted()
    {
        string written = Written(RowText.Parse("""{"id": 1.50, "query": "q\u00e9\ud800", "judgment": {}, "nested": {"a":  [1e3]}}"""));
        Assert.Equal("""{"id":1.50,"query":"q\u00e9\ud800","nested":{"a":  [1e3]}}""", written);
    }

    [Fact]
    public async Task WriteFields_RowThatCannotBeRead_IsItsNumber()
    {
        DataRow[] lines = await RowText.ReadAsync("\n\noops\n", "pairs.jsonl");
        Assert.Equal("""{"line":3}""", Written(lines[0]));
        DataRow[] list = await RowText.ReadAsync("[{}, 7]", "pairs.json");
        Assert.Equal("""{"row":2}""", Written(list[1]));
    }

    [Fact]
    public void Field_HalfASurrogatePair_IsItsEscape() => Assert.Equal("q\\ud800", RowText.Parse("""{"query":"q\ud800"}""").Field("query"));

    [Theory]
    [InlineData("kind", "sum")]
    [InlineData("meta.depth", "3")]
    [InlineData("meta.none", null)]
    [InlineData("kind.depth", null)]
    public void Field_DottedPath_IsTextOrNull(string path, string? expected) =>
        Assert.Equal(expected, RowText.Parse("""{"kind": "sum", "meta": {"depth": 3, "none": null}}""").Field(path));

    private static string Written(DataRow row)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream))
        {
            row.WriteFields(writer, name => name == "judgment");
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }
}
