using System.Text.Json;
using RewardReasoning.Testing;
using RewardReasoning.Text.Tokenization;
using Xunit;

namespace RewardReasoning.Text.Tests.Tokenization;

public sealed class TokenizerReadersTests : IDisposable
{
    private const string ByteLevel = """{"type": "ByteLevel", "add_prefix_space": false, "use_regex": false}""";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("qwen2", true)]
    [InlineData("qwen3", true)]
    [InlineData("llama", false)]
    public void Misread_SplittingOfItsOwn_OnlyByTheTypesWhoseTokenizerReadersReplace(string modelType, bool misread)
    {
        Write("""{"type": "NFC"}""", Split(@"\p{N}"));
        Assert.Equal(misread, TokenizerReaders.Misread(_folder.Path, modelType));
    }

    [Theory]
    [InlineData("""{"type": "NFC"}""", false)]
    [InlineData("null", true)]
    public void Misread_Qwen2sOwnSplitting_OnlyWhereTheNormalizerIsAnother(string normalizer, bool misread)
    {
        Write(normalizer, Split(WordMatcher.QwenPattern));
        Assert.Equal(misread, TokenizerReaders.Misread(_folder.Path, "qwen2"));
    }

    [Fact]
    public void Misread_NoTokenizer_IsFalse() => Assert.False(TokenizerReaders.Misread(_folder.Path, "qwen2"));

    [Fact]
    public void Warnings_Qwen2sOwn_AreNone()
    {
        Write("""{"type": "NFC"}""", Split(WordMatcher.QwenPattern));
        Assert.Empty(TokenizerReaders.Warnings(_folder.Path, "qwen2"));
    }

    [Fact]
    public void Warnings_SplittingThatLlamaCppHas_AreNone()
    {
        foreach (string pattern in new[] { WordMatcher.Llama3Pattern, WordMatcher.Gpt2Pattern })
        {
            Write("null", Split(pattern));
            Assert.Empty(TokenizerReaders.Warnings(_folder.Path, "llama"));
        }
    }

    [Fact]
    public void Warnings_SplittingOfItsOwn_NameTransformersAndLlamaCpp()
    {
        Write("null", Split(@"\p{N}"));
        Assert.Collection(
            TokenizerReaders.Warnings(_folder.Path, "qwen2"),
            warning => Assert.StartsWith("transformers 5 and vLLM give a model of type qwen2 Qwen2's own splitting", warning),
            warning => Assert.StartsWith("llama.cpp has no pre-tokenizer", warning)
        );
        Assert.StartsWith("llama.cpp", Assert.Single(TokenizerReaders.Warnings(_folder.Path, "llama")));
    }

    [Fact]
    public void Warnings_TypeWhoseClassTransformersChooses_IsNamed()
    {
        Write("null", Split(WordMatcher.Gpt2Pattern));
        Assert.Contains("of type phi3", Assert.Single(TokenizerReaders.Warnings(_folder.Path, "phi3")));
    }

    [Fact]
    public void Warnings_ClassThatSplitsOtherwise_IsNamed()
    {
        Write("null", Split(WordMatcher.Gpt2Pattern));
        _folder.Write("tokenizer_config.json", """{"tokenizer_class": "Qwen2Tokenizer"}""");
        Assert.Contains("names Qwen2Tokenizer", Assert.Single(TokenizerReaders.Warnings(_folder.Path, "llama")));
    }

    private static string Split(string pattern) =>
        JsonSerializer.Serialize(
            new
            {
                type = "Split",
                pattern = new { Regex = pattern },
                behavior = "Isolated",
                invert = false,
            }
        );

    private void Write(string normalizer, string split) =>
        _folder.Write(
            "tokenizer.json",
            $$$"""
            {"normalizer": {{{normalizer}}}, "pre_tokenizer": {"type": "Sequence", "pretokenizers": [{{{split}}}, {{{ByteLevel}}}]}}
            """
        );
}
