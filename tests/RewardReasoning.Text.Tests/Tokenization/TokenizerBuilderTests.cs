using System.Text.Json;
using CsCheck;
using RewardReasoning.Testing;
using RewardReasoning.Text.Tokenization;
using Xunit;

namespace RewardReasoning.Text.Tests.Tokenization;

public sealed class TokenizerBuilderTests
{
    private static readonly TokenizerRecipe Judge = new()
    {
        MergedTexts = ["\nAssistant ", ": ", "\\boxed{Assistant ", ":", "Assistant 1: ", "Ünïcode — ü", " = "],
        SpecialTokens = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"],
        VisibleTokens = ["<think>", "</think>"],
        ChatTemplate = "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\n' }}{% endfor %}",
        EosToken = "<|im_end|>",
        PadToken = "<|endoftext|>",
        ModelMaxLength = 512,
    };

    [Theory]
    [InlineData("\nAssistant ")]
    [InlineData(": ")]
    [InlineData("\\boxed{Assistant ")]
    [InlineData(":")]
    [InlineData("Assistant ")]
    [InlineData("Ünïcode — ü")]
    public void Write_MergedText_IsOneToken(string text)
    {
        Tokenizer tokenizer = Build(Judge);
        int id = Assert.Single(tokenizer.EncodePlain(text));
        Assert.Equal(text, tokenizer.Decode([id]));
        Assert.Equal(id, tokenizer.FindToken(text));
    }

    [Fact]
    public void Write_TextBetweenDigits_IsOneTokenEach()
    {
        Tokenizer tokenizer = Build(Judge);
        int[] ids = tokenizer.EncodePlain("12\nAssistant 2: ٣5");
        Assert.Equal(["1", "2", "\nAssistant ", "2", ": "], ids[..5].Select(id => tokenizer.Decode([id])));
        Assert.Equal("12\nAssistant 2: ٣5", tokenizer.Decode(ids));
    }

    [Fact]
    public void Write_ControlTokens_FollowTheMergesAndKeepTheirFlags()
    {
        Tokenizer tokenizer = Build(Judge);
        int first = tokenizer.VocabularySize - 5;
        Assert.Equal(
            [
                (first, "<|endoftext|>", true),
                (first + 1, "<|im_start|>", true),
                (first + 2, "<|im_end|>", true),
                (first + 3, "<think>", false),
                (first + 4, "</think>", false),
            ],
            tokenizer.AddedTokens.Select(t => (t.Id, t.Content, t.Special))
        );
        Assert.Equal([first + 1, tokenizer.FindToken("a") ?? -1, first + 2], tokenizer.Encode("<|im_start|>a<|im_end|>"));
    }

    [Fact]
    public void Write_Bytes_AreAllInTheVocabulary()
    {
        Tokenizer tokenizer = Build(new TokenizerRecipe());
        Assert.Equal(256, tokenizer.VocabularySize);
        Assert.Equal(
            Enumerable.Range(0, 256),
            Enumerable.Range(0, 256).Select(id => (int)Assert.Single(tokenizer.TokenBytes(id).ToArray())).Order()
        );
    }

    [Fact]
    public void Write_AnyMergedTexts_BecomeOneTokenEachAndRoundTrip() =>
        Gen.String[Gen.Char["ab: \n\\{é1"], 1, 12]
            .List[0, 8]
            .Sample(
                texts =>
                {
                    Tokenizer tokenizer = Build(new TokenizerRecipe { MergedTexts = texts });
                    foreach (string text in texts)
                    {
                        int[] ids = tokenizer.EncodePlain(text);
                        Assert.Equal(text, tokenizer.Decode(ids));
                        int digits = text.Count(c => c == '1');
                        Assert.Equal(digits + text.Split('1', StringSplitOptions.RemoveEmptyEntries).Length, ids.Length);
                    }
                },
                iter: 50
            );

    [Fact]
    public void Write_TokenizerJson_HasTheReferencesFieldsInOrder()
    {
        using TemporaryFolder folder = new();
        TokenizerBuilder.Write(folder.Path, Judge);
        using JsonDocument written = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder.Path, "tokenizer.json")));
        JsonElement root = written.RootElement;
        Assert.Equal(
            ["version", "truncation", "padding", "added_tokens", "normalizer", "pre_tokenizer", "post_processor", "decoder", "model"],
            Names(root)
        );
        Assert.Equal(
            ["id", "content", "single_word", "lstrip", "rstrip", "normalized", "special"],
            Names(root.GetProperty("added_tokens")[0])
        );
        Assert.Equal(
            [
                "type",
                "dropout",
                "unk_token",
                "continuing_subword_prefix",
                "end_of_word_suffix",
                "fuse_unk",
                "byte_fallback",
                "ignore_merges",
                "vocab",
                "merges",
            ],
            Names(root.GetProperty("model"))
        );
    }

    [Fact]
    public void Write_TokenizerConfig_NamesTokensAndTemplate()
    {
        using TemporaryFolder folder = new();
        TokenizerBuilder.Write(folder.Path, Judge);
        TokenizerConfig config = TokenizerConfig.Load(folder.Path);
        Assert.Equal((null, "<|im_end|>", "<|endoftext|>"), (config.BosToken, config.EosToken, config.PadToken));
        Assert.Equal(Judge.ChatTemplate, config.ChatTemplate);
    }

    [Fact]
    public void Write_FaultyRecipe_NamesEveryFault()
    {
        TokenizerRecipe faulty = Judge with
        {
            SpecialTokens = ["<a>", "<a>"],
            MergedTexts = ["x<a>"],
            PadToken = "<pad>",
            EosToken = null,
            ModelMaxLength = 0,
        };
        ArgumentException error = Assert.Throws<ArgumentException>(() => TokenizerBuilder.Write("never-made", faulty));
        Assert.Contains("\"<a>\" is given twice", error.Message, StringComparison.Ordinal);
        Assert.Contains("\"x<a>\" contains the control token", error.Message, StringComparison.Ordinal);
        Assert.Contains("\"<pad>\" is named", error.Message, StringComparison.Ordinal);
        Assert.Contains("ModelMaxLength is 0", error.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists("never-made"));
    }

    private static string[] Names(JsonElement element) => [.. element.EnumerateObject().Select(p => p.Name)];

    private static Tokenizer Build(TokenizerRecipe recipe)
    {
        using TemporaryFolder folder = new();
        TokenizerBuilder.Write(folder.Path, recipe);
        return Tokenizer.Load(folder.Path);
    }
}
