using System.Text.Json;
using RewardReasoning.Data.AnswerRows;
using RewardReasoning.Verification;
using Xunit;

namespace RewardReasoning.Data.Tests.AnswerRows;

public sealed class AnswerRowTests
{
    [Theory]
    [InlineData("""{"gold":"7","prediction":"\ud835 7"}""", "'prediction' is not valid Unicode")]
    [InlineData("""{"gold":"\udc00","prediction":"7"}""", "'gold' is not valid Unicode")]
    [InlineData("""{"gold":"7"}""", "The row has no 'prediction'")]
    [InlineData("""{"gold":"7","prediction":[7]}""", "'prediction' is a list")]
    public void Read_WhatIsNotAnAnswer_IsAFaultOfTheRow(string row, string fault)
    {
        JsonElement fields = JsonElement.Parse(row);
        JsonException error = Assert.Throws<JsonException>(() => AnswerRow.Read(fields, new VerifierOptions()));
        Assert.Contains(fault, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_MatchThatIsNotAWord_IsNoRule() =>
        Assert.Null(
            AnswerRow.Read(JsonElement.Parse("""{"gold":"7","prediction":"7","match":[1]}"""), new VerifierOptions()).Options.Choices
        );
}
