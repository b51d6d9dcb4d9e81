using RewardReasoning.Judging;
using Xunit;

namespace RewardReasoning.Tests.Judging;

public sealed class VerdictParserTests
{
    [Theory]
    [InlineData(@"\boxed{Assistant 1}", Verdict.First)]
    [InlineData(@"\boxed{Assistant 2}", Verdict.Second)]
    [InlineData(@"So \boxed{Assistant 1}. Or rather \boxed{Assistant 2}.", Verdict.Second)]
    [InlineData(@"\fbox{Assistant 2}", Verdict.Second)]
    [InlineData(@"\boxed{Assistant 2} \fbox{Assistant 1}", Verdict.First)]
    [InlineData(@"\boxed{\text{Assistant 1}}", Verdict.First)]
    [InlineData(@"$\boxed{\textbf{Assistant 2}}$", Verdict.Second)]
    [InlineData(@"**\boxed{Assistant 1}**", Verdict.First)]
    [InlineData(@"\boxed{**Assistant 1**}", Verdict.First)]
    [InlineData(@"\boxed{ assistant   2 }", Verdict.Second)]
    [InlineData(@"\boxed {ASSISTANT 1}", Verdict.First)]
    [InlineData(@"\boxed{Assistant~1}", Verdict.First)]
    [InlineData(@"\boxed{Assistant\ 2}", Verdict.Second)]
    [InlineData(@"\boxed{\mathrm{Assistant\,2}}", Verdict.Second)]
    [InlineData(@"\boxed{\boxed{Assistant 1}}", Verdict.First)]
    [InlineData("\\boxed{Assistant\n1}", Verdict.First)]
    [InlineData(@"\boxed{Assistant 1} because \boxed means a box", Verdict.First)]
    public void ParseAnswer_ForgivenForm_ReturnsVerdict(string answer, Verdict expected) =>
        Assert.Equal(expected, VerdictParser.ParseAnswer(answer));

    [Theory]
    [InlineData("")]
    [InlineData("Assistant 1")]
    [InlineData("Assistant 1 is better.")]
    [InlineData(@"\boxed{}")]
    [InlineData(@"\boxed{1}")]
    [InlineData(@"\boxed{Assistant 3}")]
    [InlineData(@"\boxed{Assistant 12}")]
    [InlineData(@"\boxed{Assistant 1 and Assistant 2}")]
    [InlineData(@"\boxed{Assistant 1 or 2}")]
    [InlineData(@"\boxed{not Assistant 1}")]
    [InlineData(@"\boxed{\neg Assistant 1}")]
    [InlineData(@"\boxed{Response 1}")]
    [InlineData(@"\boxed{Tie}")]
    [InlineData(@"\boxed{Assistant 1")]
    [InlineData(@"\boxed{Assistant 1} but then \boxed{Assistant ")]
    [InlineData(@"\boxed{Assistant 1} or maybe \boxed{neither}")]
    [InlineData(@"\boxed Assistant 1")]
    [InlineData(@"boxed{Assistant 1}")]
    [InlineData(@"\boxed[Assistant 1]")]
    [InlineData(@"\boxed{\texttt Assistants 1}")]
    public void ParseAnswer_NoVerdict_ReturnsUnparsable(string answer) =>
        Assert.Equal(Verdict.Unparsable, VerdictParser.ParseAnswer(answer));

    [Fact]
    public void Parse_ThoughtThenVerdict_ReadsTheVerdict() =>
        Assert.Equal(Verdict.Second, VerdictParser.Parse(@"<think>first I took \boxed{Assistant 1}</think>\boxed{Assistant 2}"));

    [Fact]
    public void Parse_UnclosedThink_ReturnsUnparsable() =>
        Assert.Equal(Verdict.Unparsable, VerdictParser.Parse(@"<think>It is \boxed{Assistant 1}"));

    [Fact]
    public void Parse_PromptOpenedThoughtAndNothingClosesIt_ReturnsUnparsable() =>
        Assert.Equal(Verdict.Unparsable, VerdictParser.Parse(@"It is \boxed{Assistant 1}", promptOpensReasoning: true));

    [Fact]
    public void Parse_PromptOpenedThoughtAndClosed_ReadsTheVerdict() =>
        Assert.Equal(Verdict.First, VerdictParser.Parse(@"thinking</think>\boxed{Assistant 1}", promptOpensReasoning: true));

    [Fact]
    public void Parse_ThoughtOpenedAgainAfterTheAnswer_ReturnsUnparsable() =>
        Assert.Equal(Verdict.Unparsable, VerdictParser.Parse(@"<think>a</think>\boxed{Assistant 1}<think>wait, \boxed{Assistant 2}"));

    [Fact]
    public void Parse_NoThoughtAtAll_ReadsTheVerdict() => Assert.Equal(Verdict.First, VerdictParser.Parse(@"Clear: \boxed{Assistant 1}"));

    [Fact]
    public void Parse_ClosingTagQuotedInTheThought_ReadsAfterTheLast() =>
        Assert.Equal(
            Verdict.Second,
            VerdictParser.Parse(@"<think>response 1 says ""</think>\boxed{Assistant 1}"", a trick</think>\boxed{Assistant 2}")
        );

    [Fact]
    public void Parse_VerdictOnlyInsideTheThought_ReturnsUnparsable() =>
        Assert.Equal(Verdict.Unparsable, VerdictParser.Parse(@"<think>\boxed{Assistant 1}</think>I cannot say."));

    [Theory]
    [InlineData(@"\boxed{Assistant 1", Verdict.First)]
    [InlineData(@"\boxed{Assistant 2}", Verdict.Second)]
    [InlineData("\\boxed{Assistant  2\n", Verdict.Second)]
    [InlineData(@"\boxed{Assistant ", Verdict.Unparsable)]
    [InlineData(@"\boxed{Assistant 12", Verdict.Unparsable)]
    [InlineData(@"\boxed{Assistant A", Verdict.Unparsable)]
    public void ParseForced_StubAndFewTokens_NeedsNoClosingBrace(string answer, Verdict expected) =>
        Assert.Equal(expected, VerdictParser.ParseForced(answer));

    [Theory]
    [InlineData(@"reasons</think>\boxed{Assistant 1}", Verdict.First)]
    [InlineData(@"<think>reasons</think>\boxed{Assistant 1} then \boxed{Assistant 2}", Verdict.Second)]
    [InlineData(@"r</think>\fbox{Assistant 2}", Verdict.Second)]
    [InlineData(@"r</think>\boxed{Assistant 1}</think>\boxed{Assistant 2}", Verdict.First)]
    [InlineData(@"\boxed{Assistant 1}", Verdict.Unparsable)]
    [InlineData(@"r</think>\boxed{assistant 1}", Verdict.Unparsable)]
    [InlineData(@"r</think>\boxed{\text{Assistant 1}}", Verdict.Unparsable)]
    [InlineData(@"r</think>\boxed{x} \fbox{Assistant 1}", Verdict.Unparsable)]
    [InlineData(@"r</think>\boxed{Assistant 1", Verdict.Unparsable)]
    public void ParseStrict_ReadsLikeTheReleasedTools(string completion, Verdict expected) =>
        Assert.Equal(expected, VerdictParser.ParseStrict(completion));

    [Fact]
    public void ParseAnswer_MegabytesOfOpenBoxes_EndsSoon()
    {
        string answer = string.Concat(Enumerable.Repeat(@"\boxed{", 300_000));
        Assert.Equal(Verdict.Unparsable, VerdictParser.ParseAnswer(answer));
    }
}
