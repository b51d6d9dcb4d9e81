using System.Text;
using System.Text.Json;
using RewardReasoning.Data.Pairs;
using Xunit;

namespace RewardReasoning.Data.Tests.Pairs;

public sealed class PairRowParserTests
{
    [Fact]
    public void Parse_NumberedResponses_IsAComparisonWithoutLabel()
    {
        PairRow row = Parse("""{"query": "1+1", "response_1": "2", "response_2": "3"}""");
        Assert.Equal(new Comparison("1+1", "2", "3"), row.Comparison);
        Assert.Equal(Verdict.Unparsable, row.Label);
        Assert.Null(row.Error);
    }

    [Theory]
    [InlineData("1", Verdict.First)]
    [InlineData("2", Verdict.Second)]
    [InlineData("\"2\"", Verdict.Second)]
    [InlineData("null", Verdict.Unparsable)]
    public void Parse_Label_IsTheBetterResponse(string label, Verdict expected) =>
        Assert.Equal(expected, Parse($$"""{"query": "q", "response_1": "a", "response_2": "b", "label": {{label}}}""").Label);

    [Theory]
    [InlineData("0")]
    [InlineData("\"tie\"")]
    [InlineData("true")]
    public void Parse_LabelThatIsNoResponse_IsAnError(string label) =>
        Assert.Contains("must be 1 or 2", Parse($$"""{"query": "q", "response_1": "a", "response_2": "b", "label": {{label}}}""").Error, StringComparison.Ordinal);

    [Fact]
    public void Parse_ChosenAndRejected_ChosenIsFirstAndBetter()
    {
        PairRow row = Parse("""{"prompt": "q", "chosen": "good", "rejected": ""}""");
        Assert.Equal(new Comparison("q", "good", ""), row.Comparison);
        Assert.Equal(Verdict.First, row.Label);
    }

    [Fact]
    public void Parse_MessageLists_AreRendered()
    {
        PairRow row = Parse("""
            {"prompt": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Yes?"}, {"role": "user", "content": [{"type": "text", "text": "1+1"}]}],
             "chosen": [{"role": "assistant", "content": "2"}], "rejected": [{"role": "assistant", "content": "3"}]}
            """);
        Assert.Equal(new Comparison("User: Hi\n\nAssistant: Yes?\n\nUser: 1+1", "2", "3"), row.Comparison);
    }

    [Fact]
    public void Parse_ImplicitPrompt_IsWhatBothConversationsShare()
    {
        PairRow row = Parse("""
            {"chosen": [{"role": "user", "content": "1+1"}, {"role": "assistant", "content": "2"}],
             "rejected": [{"role": "user", "content": "1+1"}, {"role": "assistant", "content": "3"}]}
            """);
        Assert.Equal(new Comparison("1+1", "2", "3"), row.Comparison);
    }

    [Theory]
    [InlineData("not json", "Not JSON")]
    [InlineData("[1, 2]", "holds a list")]
    [InlineData("\"text\"", "holds a string")]
    [InlineData("""{"query": "q"}""", "neither 'response_1'")]
    [InlineData("""{"query": "q", "response_1": "a"}""", "no 'response_2'")]
    [InlineData("""{"query": 7, "response_1": "a", "response_2": "b"}""", "'query' is 7")]
    [InlineData("""{"response_1": "a", "response_2": "b"}""", "no 'query'")]
    [InlineData("""{"query": [], "response_1": "a", "response_2": "b"}""", "empty list")]
    [InlineData("""{"query": "q", "chosen": "a", "rejected": ["b"]}""", "'rejected' holds a string")]
    [InlineData("""{"chosen": "a", "rejected": "b"}""", "no 'query'")]
    [InlineData("""{"query": "\ud800", "response_1": "a", "response_2": "b"}""", "surrogate")]
    public void Parse_FaultyRow_SaysWhatIsWrong(string json, string fault)
    {
        PairRow row = Parse(json);
        Assert.Null(row.Comparison);
        Assert.Contains(fault, row.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_BytesThatAreNoText_IsAnError() =>
        Assert.Contains("UTF-8", PairRowParser.Parse(new byte[] { 0x7b, 0x22, 0xff, 0x22, 0x7d }, 1).Error, StringComparison.Ordinal);

    [Fact]
    public void WriteFields_KeepsFieldsAsTheyStood_ButForEarlierResults()
    {
        string written = Written(Parse("""{"id": 1.50, "query": "q\u00e9\ud800", "judgment": {}, "error": "x", "nested": {"a":  [1e3]}}"""));
        Assert.Equal("""{"id":1.50,"query":"q\u00e9\ud800","nested":{"a":  [1e3]}}""", written);
    }

    [Fact]
    public void WriteFields_UnreadableLine_IsItsNumber() => Assert.Equal("""{"line":7}""", Written(Parse("oops", 7)));

    [Theory]
    [InlineData("kind", "sum")]
    [InlineData("meta.depth", "3")]
    [InlineData("meta.none", null)]
    [InlineData("kind.depth", null)]
    public void Field_DottedPath_IsTextOrNull(string path, string? expected) =>
        Assert.Equal(expected, Parse("""{"query": "q", "response_1": "a", "response_2": "b", "kind": "sum", "meta": {"depth": 3, "none": null}}""").Field(path));

    private static PairRow Parse(string json, long line = 1) => PairRowParser.Parse(Encoding.UTF8.GetBytes(json), line);

    private static string Written(PairRow row)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream))
        {
            row.WriteFields(writer);
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }
}
