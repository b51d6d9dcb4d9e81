using RewardReasoning.Data.Rows;
using Xunit;

namespace RewardReasoning.Data.Tests.Rows;

public sealed class CsvRowsTests
{
    [Fact]
    public async Task ReadAsync_QuotesLineBreaksAndEmptyCells_AreAsTheFormatSays()
    {
        DataRow[] rows = await RowText.ReadAsync(
            "\uFEFFquery,response_1,response_2,label\r\n\"a, \"\"quoted\"\" text\",\"two\nlines\",,1\r\n\r\nplain,\"\",x \"y\" "
                + "z,\r\nlast,1,2,3",
            "pairs.csv"
        );
        Assert.Equal(
            [
                """{"query":"a, \u0022quoted\u0022 text","response_1":"two\nlines","response_2":null,"label":"1"}""",
                """{"query":"plain","response_1":"","response_2":"x \u0022y\u0022 z","label":null}""",
                """{"query":"last","response_1":"1","response_2":"2","label":"3"}""",
            ],
            rows.Select(row => row.Fields?.GetRawText())
        );
        Assert.Equal("pairs.csv, row 2", rows[1].Place);
    }

    [Theory]
    [InlineData("query;response\nq, one;a\n")]
    [InlineData("query,response\r\"q, one\",a\r")]
    [InlineData("query,response\r\n\"q, one\",a")]
    public async Task ReadAsync_SemicolonsAndOtherLineEnds_AreKnown(string text)
    {
        DataRow row = Assert.Single(await RowText.ReadAsync(text, "answers.csv"));
        Assert.Equal(("q, one", "a"), (row.Field("query"), row.Field("response")));
    }

    [Fact]
    public async Task ReadAsync_Tabs_SeparateCellsOfATsv()
    {
        DataRow row = Assert.Single(await RowText.ReadAsync("query\tresponse\nq, one\ta\n", "answers.tsv"));
        Assert.Equal(("q, one", "a"), (row.Field("query"), row.Field("response")));
    }

    [Fact]
    public async Task ReadAsync_ColumnWithoutAName_IsKnownByItsPlace() =>
        Assert.Equal("x", Assert.Single(await RowText.ReadAsync(",score\nx,1\n", "board.csv")).Field("column_1"));

    [Theory]
    [InlineData("a,b\n1\n2,3\n", "has 1 cells, and the header has 2", 2)]
    [InlineData("a,a\n1,2\n", "names the column 'a' twice", 1)]
    [InlineData("a,b\n1,\"2\n", "does not end", 1)]
    public async Task ReadAsync_WhatIsNotATable_IsSaid(string text, string fault, int rows)
    {
        DataRow[] read = await RowText.ReadAsync(text, "x.csv");
        Assert.Equal(rows, read.Length);
        Assert.Contains(fault, read[0].Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ReadAsync_BytesThatAreNotUtf8_AreSaid()
    {
        DataRow row = Assert.Single(await RowText.ReadAsync([.. "a\ncaf"u8, 0xE9, (byte)'\n'], "x.csv"));
        Assert.Contains("not UTF-8", row.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ReadAsync_LongTable_IsReadInPieces()
    {
        string text = "id,text\n" + string.Concat(Enumerable.Range(0, 5_000).Select(i => $"{i},\"{new string('x', i % 97)}\"\"\"\n"));
        DataRow[] rows = await RowText.ReadAsync(text, "x.csv");
        Assert.Equal(5_000, rows.Length);
        Assert.All(rows, row => Assert.Equal(new string('x', (int)(row.Number - 1) % 97) + '"', row.Field("text")));
    }
}
