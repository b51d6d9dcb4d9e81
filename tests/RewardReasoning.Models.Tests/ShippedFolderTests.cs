using System.Security.Cryptography;
using RewardReasoning.Judging;
using RewardReasoning.Models.Checkpoints;
using RewardReasoning.Models.Decoder;
using RewardReasoning.Testing;
using RewardReasoning.Text.ChatTemplates;
using RewardReasoning.Text.Tokenization;
using Xunit;
using static TorchSharp.torch;

namespace RewardReasoning.Models.Tests;

/// <summary>The shipped models as other programs read them, and as earlier versions of them were.</summary>
public sealed class ShippedFolderTests
{
    /// <summary>
    /// What transformers 4 and 5 and vLLM 0.32 give for this prompt where they take <c>tokenizer.json</c> as it is, as they do for the type
    /// llama (vLLM's <c>/tokenize</c>). Of the type qwen2 they make 29 tokens: Qwen2's splitting cuts the separators, such as
    /// "\nAssistant 1: ", that are one token here, and the model then gives no verdict.
    /// </summary>
    private static readonly int[] IdsOfThePrompt = [285, 16, 17, 9, 19, 10, 22, 265, 16, 266, 20, 20, 265, 17, 266, 20, 19, 286, 288];

    [Fact]
    public void Prompt_OfRrmMini_HasTheIdsThatOtherReadersGiveIt()
    {
        ChatTokenizer chat = ChatTokenizer.Load(FolderOf("rrm-mini"));
        RenderedPrompt prompt = chat.Render(
            [new ChatMessageText("user", "12*4+7\nAssistant 1: 55\nAssistant 2: 54")],
            new ChatRenderOptions { AddGenerationPrompt = true }
        );
        Assert.Equal(IdsOfThePrompt, prompt.Ids);
    }

    [Theory]
    [InlineData("rrm-mini")]
    [InlineData("rrm-mini-base")]
    [InlineData("direct-mini")]
    [InlineData("rrm-mini-calc")]
    public void Folder_IsOfATypeWhoseReadersKeepItsTokenizer(string name)
    {
        Assert.Equal(DecoderArchitecture.Llama, DecoderConfig.Load(FolderOf(name)).Architecture);
        Assert.DoesNotContain(ModelFolder.Warnings(FolderOf(name)), warning => warning.Contains("vLLM", StringComparison.Ordinal));
        Assert.True(TokenizerReaders.Misread(FolderOf(name), "qwen2"));
    }

    [Fact]
    public async Task RrmMiniCalc_Judges_ByTheValueThatTheCalculatorWrites()
    {
        using OpenedJudge judge = LocalJudge.Open(FolderOf("rrm-mini-calc"), new JudgeOptions { Order = VoteOrder.Given, Temperature = 0 });
        Judgment judgment = await judge.Judge.JudgeAsync(
            new Comparison("12*37+5-100/4", "424", "434"),
            TestContext.Current.CancellationToken
        );
        Assert.Equal(Verdict.First, judgment.Preferred);
        Assert.StartsWith("<calc>12*37+5-100/4</calc>424", judgment.Votes[0].Reasoning, StringComparison.Ordinal);
    }

    /// <summary>They were of the type qwen2 at first; weights and identity are still those.</summary>
    [Theory]
    [InlineData(
        "rrm-mini",
        "164a6d0631015ec7b6fde7a265eaa57e82ce4e7c59eb0bc45e8e2452e54a610c",
        "sha256:edfd22bc534ba40789405e055ed58fadefcbe3f57cd61196916af184bf3d569e"
    )]
    [InlineData(
        "rrm-mini-base",
        "c02de3d971ec3c0658962f0c8a1c38cda4246b2ebdc999b99bc548d327c1178b",
        "sha256:c86ca28c58f73c60849fb8e4b717c594fddf1359d399d0902e69128d279139b8"
    )]
    [InlineData(
        "direct-mini",
        "bb7552dfc80c44a9cff8c773108be276e54fe8fb24fccbd93d964f8968eb0b0a",
        "sha256:3c907db45fe8538c2cf437ea1c7ee06ee117ebc1f29b4d4722c19be266bb145b"
    )]
    public void Folder_WrittenAsTheQwen2ThatItWas_HasItsFormerWeightsAndIdentity(string name, string weights, string identity)
    {
        using TemporaryFolder former = new();
        using DecoderModel model = DecoderModel.Load(FolderOf(name), ScalarType.Float32, CPU);
        Safetensors.WriteFolder(former.Path, model.Parameters, ScalarType.Float32);

        Assert.Equal(weights, Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(former["model.safetensors"]))));
        Assert.Equal($"{identity}:float32", LocalModel.IdentityOf(FolderOf(name), model, new LocalModelOptions()));
    }

    private static string FolderOf(string name) => Path.Combine(SharedFolder.RepositoryRoot, "models", name);
}
