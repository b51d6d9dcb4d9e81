using CsCheck;
using RewardReasoning.Text.Tokenization;
using Xunit;

namespace RewardReasoning.Text.Tests.Tokenization;

public sealed class SplitTests
{
    [Theory]
    [InlineData(SplitBehavior.Isolated, false, "a|-|-|b|-")]
    [InlineData(SplitBehavior.Removed, false, "a|b")]
    [InlineData(SplitBehavior.MergedWithPrevious, false, "a-|-|b-")]
    [InlineData(SplitBehavior.MergedWithNext, false, "a|-|-b|-")]
    [InlineData(SplitBehavior.Contiguous, false, "a|--|b|-")]
    [InlineData(SplitBehavior.Isolated, true, "a|-|-|b|-")]
    [InlineData(SplitBehavior.Removed, true, "-|-|-")]
    internal void Split_ByBehavior_GivesTheReferencesPieces(SplitBehavior behavior, bool invert, string expected) =>
        Assert.Equal(expected, string.Join('|', Pieces("a--b-", new SplitStep(new RegexMatcher("-"), behavior, invert))));

    [Theory]
    [InlineData(WordMatcher.QwenPattern)]
    [InlineData(WordMatcher.Llama3Pattern)]
    [InlineData(WordMatcher.Gpt2Pattern)]
    public void FindMatches_ReadByHand_EqualsTheRegularExpression(string pattern)
    {
        SplitStep byHand = new(
            WordMatcher.For(pattern) ?? throw new InvalidOperationException(pattern),
            SplitBehavior.Isolated,
            invert: false
        );
        SplitStep byRegex = new(
            new RegexMatcher(pattern.Replace("'s|", "'[sS\u017F]|", StringComparison.Ordinal)),
            SplitBehavior.Isolated,
            invert: false
        );
        SplitStep gpt2 = new(new RegexMatcher(pattern), SplitBehavior.Isolated, invert: false);
        bool foldsLongS = pattern != WordMatcher.Gpt2Pattern;
        Texts.Any.Sample(text => Assert.Equal(Pieces(text, foldsLongS ? byRegex : gpt2), Pieces(text, byHand)), iter: 3000);
    }

    [Fact]
    public void FindMatches_Numbers_SeesThemAboveTheBasicPlane() =>
        Assert.Equal(
            ["a", "𝟘", "𝟙", "½", " b"],
            Pieces("a𝟘𝟙½ b", new SplitStep(new NumberMatcher(1), SplitBehavior.Isolated, invert: false))
        );

    [Fact]
    public void Split_SeveralSteps_CutsWhatTheStepBeforeLeft()
    {
        PreTokenizer steps = new([
            new SplitStep(new NumberMatcher(1), SplitBehavior.Isolated, invert: false),
            new SplitStep(new RegexMatcher(" "), SplitBehavior.Isolated, invert: false),
        ]);
        string text = "a 12 b";
        Assert.Equal(["a", " ", "1", "2", " ", "b"], steps.Split(text).Select(piece => text.Substring(piece.Start, piece.Length)));
    }

    private static List<string> Pieces(string text, SplitStep step) =>
        [.. new PreTokenizer([step]).Split(text).Select(piece => text.Substring(piece.Start, piece.Length))];
}
