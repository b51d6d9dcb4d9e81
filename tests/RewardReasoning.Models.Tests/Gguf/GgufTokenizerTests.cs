using CsCheck;
using RewardReasoning.Models.Gguf;
using RewardReasoning.Models.Tests.Generation;
using RewardReasoning.Testing;
using RewardReasoning.Text.ChatTemplates;
using RewardReasoning.Text.Tokenization;
using Xunit;

namespace RewardReasoning.Models.Tests.Gguf;

/// <summary>What is written into a GGUF file is the same tokenizer when it is read again.</summary>
public sealed class GgufTokenizerTests : IDisposable
{
    private static readonly string[] Pieces =
    [
        "Assistant ",
        "<|end|>",
        "<think>",
        "</think>",
        "<|im_end|>",
        " 12",
        "'s",
        "\n\n",
        "  ",
        "é",
        "日本",
        "½",
        "😀",
    ];

    private static readonly Gen<string> Texts = Gen.OneOf(
            Gen.Char.Select(unit => unit.ToString()),
            Gen.Int[0, Pieces.Length - 1].Select(i => Pieces[i])
        )
        .List[0, 30]
        .Select(string.Concat);

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("gpt-2")]
    [InlineData("smollm")]
    [InlineData("llama-bpe")]
    [InlineData("dbrx")]
    [InlineData("qwen2")]
    public void Read_WhatWasWritten_GivesTheSameIds(string pre)
    {
        using ChatFolder chat = ChatFolder.Random();
        LlamaCppTokenizers.Rewrite(chat.Path, pre);
        Check(chat.Path, pre);
    }

    [Fact]
    public void Read_SmolLm2_GivesTheSameIds() => Check(Fixtures.PathOf("smollm2-135m-instruct"), "gpt-2");

    [Theory]
    [InlineData("deepseek-r1-qwen", "qwen2")]
    [InlineData("llama-v3", "llama-bpe")]
    public void Find_OtherName_IsTheSamePreTokenizer(string name, string same) => Assert.Equal(same, LlamaCppPreTokenizer.Find(name)?.Name);

    [Fact]
    public void Read_UnknownPreTokenizer_SaysWhatIsKnownAndWhatToDo()
    {
        string path = Write([("tokenizer.ggml.model", "gpt2"), ("tokenizer.ggml.pre", "tekken")]);
        string message = Assert.ThrowsAny<RewardReasoningException>(() => GgufTokenizer.Read(GgufFile.Open(path))).Message;
        Assert.Contains("\"tekken\"", message, StringComparison.Ordinal);
        Assert.Contains("qwen2", message, StringComparison.Ordinal);
        Assert.Contains("--endpoint", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_SentencePieces_IsRefused()
    {
        string path = Write([("tokenizer.ggml.model", "llama")]);
        Assert.Contains(
            "of the kind \"llama\"",
            Assert.ThrowsAny<RewardReasoningException>(() => GgufTokenizer.Read(GgufFile.Open(path))).Message,
            StringComparison.Ordinal
        );
    }

    private void Check(string folder, string pre)
    {
        Tokenizer written = Tokenizer.Load(folder);
        LlamaCppPreTokenizer found = Assert.IsType<LlamaCppPreTokenizer>(TokenizerReaders.LlamaCpp(folder));
        Assert.Equal(pre, found.Name);
        string template = ChatTokenizer.Load(folder).Template.Source;
        string path = Write([.. GgufTokenizer.Settings(written, found, written.VocabularySize + 3), (GgufTokenizer.TemplateKey, template)]);

        ChatTokenizer chat = GgufTokenizer.ReadChat(GgufFile.Open(path));

        Tokenizer read = chat.Tokenizer;
        Assert.Equal(written.VocabularySize, read.VocabularySize);
        Assert.Equal(template, chat.Template.Source);
        Texts.Sample(
            text =>
            {
                Assert.Equal(written.EncodePlain(text), read.EncodePlain(text));
                int[] ids = written.Encode(text);
                Assert.Equal(ids, read.Encode(text));
                Assert.Equal(written.Decode(ids, skipSpecial: true), read.Decode(ids, skipSpecial: true));
            },
            iter: 300
        );
    }

    private string Write(IReadOnlyList<(string, object)> settings)
    {
        string path = _folder["tokenizer.gguf"];
        GgufWriter.Write(path, [("general.architecture", "llama"), .. settings], []);
        return path;
    }
}
