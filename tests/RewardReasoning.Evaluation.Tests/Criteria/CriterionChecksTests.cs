using System.Text.Json;
using RewardReasoning.Evaluation.Criteria;
using Xunit;

namespace RewardReasoning.Evaluation.Tests.Criteria;

public sealed class CriterionChecksTests
{
    [Theory]
    [InlineData("", 0)]
    [InlineData(" one\ttwo\n three ", 3)]
    public void Words_AreWhatBlanksPart(string response, int count) =>
        Assert.Equal(new CheckResult(true), CriterionChecks.Words(count, count)(response));

    [Theory]
    [InlineData("No end", 1)]
    [InlineData("One. Two! Three?", 3)]
    [InlineData("It costs 3.50 and version 1.2 is out. Really…", 2)]
    [InlineData("She said \"Go.\" He went.", 2)]
    [InlineData("Wait?! ...", 1)]
    public void Sentences_EndWithAMarkOrTheText(string response, int count) =>
        Assert.Equal(new CheckResult(true), CriterionChecks.Sentences(count, count)(response));

    [Fact]
    public void Words_TooMany_SaysHowMany() =>
        Assert.Equal(new CheckResult(false, "It has 3 words; 0 to 2 are asked for."), CriterionChecks.Words(0, 2)("a b c"));

    [Fact]
    public void Contains_AndNotContains_AreOpposites()
    {
        Assert.True(CriterionChecks.Contains("Key")("the Key is").Passes);
        Assert.False(CriterionChecks.Contains("Key")("the key is").Passes);
        Assert.False(CriterionChecks.NotContains("Key")("the Key is").Passes);
    }

    [Fact]
    public void Matches_PatternThatBlowsUp_IsNotDecidedAndDoesNotHang()
    {
        CheckResult result = CriterionChecks.Matches("^(a+)+$")(new string('a', 40) + "!");
        Assert.Null(result.Passes);
        Assert.Contains("took more than 1 s", result.Reason, StringComparison.Ordinal);
        Assert.True(CriterionChecks.Matches("^(a+)+$")("aaa").Passes);
    }

    [Theory]
    [InlineData("""{"a": 1}""", true)]
    [InlineData("```json\n{\"a\": 1}\n```", true)]
    [InlineData("""{"a": "1"}""", false)]
    [InlineData("""{"b": 1}""", false)]
    [InlineData("The answer is 1.", false)]
    public void FitsSchema_JsonAloneOrInAFence_IsChecked(string response, bool passes)
    {
        JsonElement schema = JsonElement.Parse("""{"type":"object","required":["a"],"properties":{"a":{"type":"integer"}}}""");
        Assert.Equal(passes, CriterionChecks.FitsSchema(schema)(response).Passes);
    }

    [Fact]
    public void FitsSchema_NestedWithoutEnd_FailsAndDoesNotOverflow() =>
        Assert.False(CriterionChecks.FitsSchema(JsonElement.Parse("{}"))(new string('[', 100_000)).Passes);

    [Theory]
    [InlineData("So it is \\boxed{391}.", true)]
    [InlineData("<think>390?</think>The answer is 391.", true)]
    [InlineData("The answer is 390.", false)]
    public void EqualsAnswer_IsThatOfTheVerifier(string response, bool passes) =>
        Assert.Equal(passes, CriterionChecks.EqualsAnswer("391")(response).Passes);

    [Fact]
    public void EqualsAnswer_NoAnswerToFind_IsNotDecided() =>
        Assert.Null(CriterionChecks.EqualsAnswer("391")("I would rather not say.").Passes);
}
