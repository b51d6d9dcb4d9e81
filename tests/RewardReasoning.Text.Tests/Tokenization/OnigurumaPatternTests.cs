using RewardReasoning.Text.Tokenization;
using Xunit;

namespace RewardReasoning.Text.Tests.Tokenization;

public sealed class OnigurumaPatternTests
{
    /// <summary>GPT-4's split pattern as nanochat writes it.</summary>
    private const string Nanochat =
        @"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,2}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+";

    [Fact]
    public void FindMatches_PossessiveQuantifiers_SplitAsTheReferenceDoes() =>
        Assert.Equal(
            ["I", "'ll", " pay", " $", "12", "34", ",", " it", "'s", " fine", "!!\n\n", " ok"],
            Pieces(Nanochat, "I'll pay $1234, it's fine!!\n\n ok")
        );

    [Theory]
    [InlineData("a++", "(?>a+)")]
    [InlineData("a?+b*+", "(?>a?)(?>b*)")]
    [InlineData(@"\p{L}++", @"(?>\p{L}+)")]
    [InlineData("[^a\\]]++", "(?>[^a\\]]+)")]
    [InlineData("[]+]++", "(?>[]+]+)")]
    [InlineData("(?:ab|c)*+", "(?>(?:ab|c)*)")]
    [InlineData("a(b(c)++)?+d", "a(?>(b(?>(c)+))?)d")]
    [InlineData("a{1,3}+", "(?:a{1,3})+")]
    [InlineData("a+?b{2}?c", "a+?b{2}?c")]
    [InlineData(@"\++|a\+", @"\++|a\+")]
    [InlineData("a{x}+", "a{x}+")]
    [InlineData(@"\s+(?!\S)|\s+", @"\s+(?!\S)|\s+")]
    public void ToNet_Quantifiers_KeepTheirMeaning(string pattern, string net) => Assert.Equal(net, OnigurumaPattern.ToNet(pattern));

    [Fact]
    public void FindMatches_PossessiveQuantifier_GivesNothingBack() => Assert.Equal(["aaab"], Pieces("a++ab", "aaab"));

    [Fact]
    public void FindMatches_PatternThatBacktracksWithoutEnd_IsAnErrorThatNamesIt()
    {
        string text = new string('a', 60) + "!";
        TokenizerException error = Assert.Throws<TokenizerException>(() =>
            new RegexMatcher("(a+)+$", TimeSpan.FromMilliseconds(50)).FindMatches(text, [])
        );
        Assert.Contains("(a+)+$", error.Message, StringComparison.Ordinal);
    }

    private static string[] Pieces(string pattern, string text)
    {
        List<Piece> pieces = [];
        new SplitStep(new RegexMatcher(pattern), SplitBehavior.Isolated, invert: false).Split(text, 0, pieces);
        return [.. pieces.Select(piece => text.Substring(piece.Start, piece.Length))];
    }
}
