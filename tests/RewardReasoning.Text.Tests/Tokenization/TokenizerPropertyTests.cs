using System.Diagnostics;
using System.Text;
using CsCheck;
using RewardReasoning.Text.Tokenization;
using Xunit;

namespace RewardReasoning.Text.Tests.Tokenization;

public sealed class TokenizerPropertyTests(ITestOutputHelper output)
{
    public static TheoryData<string> Names => [.. TokenizerFixture.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public void EncodePlain_AnyText_DecodesToTheNormalizedText(string name)
    {
        Tokenizer tokenizer = TokenizerFixture.Get(name).Tokenizer;
        bool composes = name is not ("whole/llama3" or "tiny-gpt2");
        Texts.Any.Sample(
            text =>
                Assert.Equal(
                    composes ? CanonicalComposition.Compose(text).ToString() : text,
                    tokenizer.Decode(tokenizer.EncodePlain(text))
                ),
            iter: 500
        );
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void EncodePlain_AnyText_GivesNoAddedToken(string name)
    {
        Tokenizer tokenizer = TokenizerFixture.Get(name).Tokenizer;
        HashSet<int> added = [.. tokenizer.AddedTokens.Select(t => t.Id)];
        Texts.Any.Sample(text => Assert.DoesNotContain(tokenizer.EncodePlain(text), added.Contains), iter: 500);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void StreamingDecoder_AnyIds_PartsTogetherAreTheDecodedText(string name)
    {
        Tokenizer tokenizer = TokenizerFixture.Get(name).Tokenizer;
        Gen.Int[0, tokenizer.VocabularySize + 5]
            .Array[0, 40]
            .Sample(
                ids =>
                {
                    StreamingDecoder decoder = tokenizer.CreateStreamingDecoder();
                    Assert.Equal(tokenizer.Decode(ids), string.Concat(ids.Select(decoder.Append)) + decoder.Flush());
                },
                iter: 500
            );
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void FindToken_TextOfAnyToken_IsThatToken(string name)
    {
        Tokenizer tokenizer = TokenizerFixture.Get(name).Tokenizer;
        for (int id = 0; id < tokenizer.VocabularySize; id += 7)
        {
            string text = tokenizer.Decode([id]);
            if (text.Length > 0 && !text.Contains('\uFFFD')) // a sample's vocabulary has ids without a token
            {
                Assert.Equal(id, tokenizer.FindToken(text));
            }
        }
    }

    [Fact]
    public void EncodePlain_LoneSurrogates_CountAsReplacementCharacters()
    {
        Tokenizer tokenizer = TokenizerFixture.Get("tiny").Tokenizer;
        Assert.Equal(tokenizer.EncodePlain("a\uFFFDb\uFFFD"), tokenizer.EncodePlain("a\uD800b\uDC00"));
    }

    [Fact]
    public void EncodePlain_ManyThreads_GiveTheSameIds()
    {
        Tokenizer tokenizer = TokenizerFixture.Get("tiny").Tokenizer;
        string[] texts = [.. Enumerable.Range(0, 400).Select(i => $"the {i} students' word {i % 7} is x{i % 13}y\n")];
        int[][] alone = [.. texts.Select(tokenizer.EncodePlain)];
        Parallel.For(0, 4000, i => Assert.Equal(alone[i % texts.Length], tokenizer.EncodePlain(texts[i % texts.Length])));
    }

    /// <summary>
    /// One piece of a megabyte. Quadratic merging would take many minutes, so the limit tells it from n log n on any machine, however busy.
    /// </summary>
    [Theory]
    [InlineData("tiny", "a")]
    [InlineData("tiny", "=-")]
    [InlineData("tiny", " ")]
    [InlineData("tiny", "\u0323\u0307")]
    [InlineData("qwen3", "abcdefgh")]
    [InlineData("tiny-gpt2", "1")]
    [InlineData("tiny", "<|im_")]
    public void EncodePlain_MegabyteInOneRun_IsNotQuadratic(string name, string unit)
    {
        Tokenizer tokenizer = TokenizerFixture.Get(name).Tokenizer;
        string text = string.Concat(Enumerable.Repeat(unit, (1 << 20) / Encoding.UTF8.GetByteCount(unit)));
        Stopwatch watch = Stopwatch.StartNew();
        int[] ids = tokenizer.EncodePlain(text);
        TimeSpan taken = watch.Elapsed;
        output.WriteLine($"{name}, {text.Length} characters: {ids.Length} tokens in {taken.TotalMilliseconds:F0} ms");
        Assert.InRange(ids.Length, 1, 1 << 20);
        Assert.InRange(taken, TimeSpan.Zero, TimeSpan.FromSeconds(30));
    }
}
