using CsCheck;
using RewardReasoning.Text.Tokenization;
using Xunit;

namespace RewardReasoning.Text.Tests.Tokenization;

public sealed class CanonicalCompositionTests
{
    [Theory]
    [InlineData("e\u0301", "é")]
    [InlineData("\u1112\u1161\u11AB", "한")]
    [InlineData("가\u11A8", "각")]
    [InlineData("\u212B", "Å")]
    [InlineData("q\u0307\u0323", "q\u0323\u0307")]
    [InlineData("\u1E9B\u0323", "\u1E9B\u0323")]
    [InlineData("\u0958", "\u0915\u093C")]
    [InlineData("a\u0301\u0300", "á\u0300")]
    [InlineData("\u0344", "\u0308\u0301")]
    [InlineData("\uF900", "豈")]
    public void Compose_Examples_AreInFormC(string text, string expected) =>
        Assert.Equal(expected, CanonicalComposition.Compose(text).ToString());

    [Fact]
    public void Compose_PairAboveTheBasicPlane_Composes() =>
        Assert.Equal(
            char.ConvertFromUtf32(0x1109A),
            CanonicalComposition.Compose(char.ConvertFromUtf32(0x11099) + char.ConvertFromUtf32(0x110BA)).ToString()
        );

    [Fact]
    public void Compose_LoneSurrogate_IsReplaced() => Assert.Equal("a\uFFFDé", CanonicalComposition.Compose("a\uD800e\u0301").ToString());

    [Fact]
    public void Compose_AnyText_IsComposedAfterOnce() =>
        Texts.Any.Sample(
            text =>
            {
                string once = CanonicalComposition.Compose(text).ToString();
                Assert.Equal(once, CanonicalComposition.Compose(once).ToString());
            },
            iter: 2000
        );

    [Fact]
    public void IsSurelyComposed_WhenItSaysYes_ComposingChangesNothing() =>
        Texts.Any.Sample(
            text =>
                Assert.True(!CanonicalComposition.IsSurelyComposed(text) || CanonicalComposition.Compose(text).SequenceEqual(text), text),
            iter: 2000
        );
}
