using System.Text.Json.Nodes;
using CsCheck;
using RewardReasoning.Testing;
using RewardReasoning.Text.Tokenization;
using Xunit;

namespace RewardReasoning.Text.Tests.Tokenization;

public sealed class TokenizerErrorTests
{
    [Fact]
    public void Load_MissingFile_NamesIt()
    {
        using TemporaryFolder folder = new();
        TokenizerException error = Assert.Throws<TokenizerException>(() => Tokenizer.Load(folder.Path));
        Assert.Contains(Path.Combine(folder.Path, "tokenizer.json"), error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("model.type", "\"WordPiece\"", "the model's type is \"WordPiece\"")]
    [InlineData("model.type", "\"Unigram\"", "the model's type is \"Unigram\"")]
    [InlineData("model.vocab", "[[\"a\", 0.5]]", "no \"vocab\" object")]
    [InlineData("model.vocab", null, "no \"vocab\" object")]
    [InlineData("model.merges", null, "no \"merges\" list")]
    [InlineData("model", null, "there is no \"model\"")]
    [InlineData("model", "[]", "there is no \"model\"")]
    [InlineData("model.byte_fallback", "true", "\"byte_fallback\" is true")]
    [InlineData("model.dropout", "0.1", "\"dropout\" is set")]
    [InlineData("model.end_of_word_suffix", "\"</w>\"", "\"end_of_word_suffix\" is set")]
    [InlineData("model.vocab.a", "-1", "\"a\" has the id -1")]
    [InlineData("model.vocab.a", "2000000000", "\"a\" has the id 2000000000")]
    [InlineData("model.vocab.a", "\"x\"", "does not have the structure")]
    [InlineData("model.vocab.a", "1.5", "\"a\" has no whole number")]
    [InlineData("model.vocab.a", "0", "two tokens of the vocabulary have the id 0")]
    [InlineData("model.merges", "[[\"a\", \"zz\"]]", "merge 0 is of \"a\" and \"zz\"")]
    [InlineData("model.merges", "[\"ab\"]", "merge 0 is \"ab\"")]
    [InlineData("model.merges", "[[\"a\"]]", "merge 0 is no pair")]
    [InlineData("model.merges", "[5]", "merge 0 is no pair")]
    [InlineData("normalizer", "{\"type\": \"Lowercase\"}", "the normalizer is \"Lowercase\"")]
    [InlineData("pre_tokenizer", "{\"type\": \"Metaspace\"}", "a step \"Metaspace\"")]
    [InlineData("pre_tokenizer", null, "no step \"ByteLevel\"")]
    [InlineData("pre_tokenizer", "{\"type\": \"ByteLevel\", \"add_prefix_space\": true}", "\"add_prefix_space\": true")]
    [InlineData(
        "pre_tokenizer",
        "{\"type\": \"Split\", \"pattern\": {\"Regex\": \"(\"}, \"behavior\": \"Isolated\"}",
        "split pattern ( cannot be used"
    )]
    [InlineData(
        "pre_tokenizer",
        "{\"type\": \"Split\", \"pattern\": {\"Regex\": \"a\"}, \"behavior\": \"Shuffled\"}",
        "behavior \"Shuffled\""
    )]
    [InlineData("decoder", "{\"type\": \"WordPiece\"}", "the decoder is \"WordPiece\"")]
    [InlineData("decoder", null, "the decoder is missing")]
    [InlineData("post_processor", "{\"type\": \"BertProcessing\"}", "the post-processor is \"BertProcessing\"")]
    [InlineData("added_tokens", "[{\"content\": \"x\"}]", "entry 0 of \"added_tokens\"")]
    [InlineData("added_tokens", "[{\"id\": 1, \"content\": \"x\"}, {\"id\": 2, \"content\": \"x\"}]", "\"x\" is given twice")]
    public void Load_UnsupportedOrBrokenFile_SaysWhatWasFound(string place, string? value, string found)
    {
        using TemporaryFolder folder = new();
        JsonNode file = Valid(folder);
        string[] names = place.Split('.');
        JsonNode parent = names[..^1].Aggregate(file, (node, name) => node[name] ?? throw new InvalidOperationException(name));
        parent[names[^1]] = value is null ? null : JsonNode.Parse(value);
        folder.Write("tokenizer.json", file.ToJsonString());
        TokenizerException error = Assert.Throws<TokenizerException>(() => Tokenizer.Load(folder.Path));
        Assert.StartsWith(Path.Combine(folder.Path, "tokenizer.json"), error.Message, StringComparison.Ordinal);
        Assert.Contains(found, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("\"text\"")]
    [InlineData("{\"model\": {\"vocab\": {\"a\": 0}")]
    [InlineData("<html>not found</html>")]
    public void Load_NotATokenizerFile_Fails(string content)
    {
        using TemporaryFolder folder = new();
        folder.Write("tokenizer.json", content);
        Assert.Throws<TokenizerException>(() => Tokenizer.Load(folder.Path));
    }

    [Fact]
    public void Load_FileCutAnywhere_FailsAsATokenizerError()
    {
        using TemporaryFolder folder = new();
        string whole = Valid(folder).ToJsonString();
        Gen.Int[0, whole.Length - 1]
            .Sample(
                length =>
                {
                    folder.Write("tokenizer.json", whole[..length]);
                    Assert.Throws<TokenizerException>(() => Tokenizer.Load(folder.Path));
                },
                iter: 100,
                threads: 1
            );
    }

    [Fact]
    public void Load_BrokenConfiguration_NamesIt()
    {
        using TemporaryFolder folder = new();
        folder.Write("tokenizer.json", Valid(folder).ToJsonString());
        folder.Write("tokenizer_config.json", "{");
        TokenizerException error = Assert.Throws<TokenizerException>(() => Tokenizer.Load(folder.Path));
        Assert.Contains("tokenizer_config.json", error.Message, StringComparison.Ordinal);
    }

    private static JsonNode Valid(TemporaryFolder folder)
    {
        TokenizerBuilder.Write(folder.Path, new TokenizerRecipe { MergedTexts = ["ab "], SpecialTokens = ["<end>"] });
        File.Delete(Path.Combine(folder.Path, "tokenizer_config.json"));
        return JsonNode.Parse(File.ReadAllText(Path.Combine(folder.Path, "tokenizer.json")))
            ?? throw new InvalidOperationException("empty file");
    }
}
