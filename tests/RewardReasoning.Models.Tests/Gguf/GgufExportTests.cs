using System.Text.Json.Nodes;
using RewardReasoning.Models.Decoder;
using RewardReasoning.Models.Gguf;
using RewardReasoning.Models.Tests.Generation;
using RewardReasoning.Testing;
using Xunit;
using static TorchSharp.torch;

namespace RewardReasoning.Models.Tests.Gguf;

/// <summary>What an export says and refuses; that llama.cpp computes the same is tested beside the client over it.</summary>
public sealed class GgufExportTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Path => _folder["model.gguf"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Export_Folder_NamesItsTokensTemplateAndSampling()
    {
        using ChatFolder chat = Known();
        File.WriteAllText(
            System.IO.Path.Combine(chat.Path, "generation_config.json"),
            """{ "do_sample": true, "temperature": 0.5, "top_k": 20, "repetition_penalty": 1.25 }"""
        );

        Assert.Empty(ModelFolder.ExportGguf(chat.Path, Path));

        GgufFile file = GgufFile.Open(Path);
        Assert.Equal("llama", file.Architecture); // a Qwen2 whose tokenizer is not Qwen2's is a Llama with biases
        Assert.Equal(ChatFolder.Template, file.Text("tokenizer.chat_template"));
        Assert.Equal(chat.Tokenizer.FindToken("<|end|>"), (int?)file.Whole("tokenizer.ggml.eos_token_id"));
        Assert.Equal(
            (0.5, 20L, 1.25),
            (file.Number("general.sampling.temp"), file.Whole("general.sampling.top_k"), file.Number("general.sampling.penalty_repeat"))
        );
        Assert.Null(file.Number("general.sampling.top_p"));
        Assert.Empty(GgufCheck.Faults(file, TestContext.Current.CancellationToken));
    }

    [Fact]
    public void Export_PreTokenizerThatLlamaCppLacks_IsRefusedAndNothingIsWritten()
    {
        using ChatFolder chat = ChatFolder.Random();
        string message = Refusal(chat.Path);
        Assert.Contains("tokenizer.json", message, StringComparison.Ordinal);
        Assert.Contains("no pre-tokenizer that splits", message, StringComparison.Ordinal);
        Assert.False(File.Exists(Path));
    }

    [Fact]
    public void Export_ShippedModel_IsRefusedForItsPreTokenizer() =>
        Assert.Contains(
            "no pre-tokenizer that splits",
            Refusal(System.IO.Path.Combine(SharedFolder.RepositoryRoot, "models", "rrm-mini")),
            StringComparison.Ordinal
        );

    [Fact]
    public void Export_MoreEndTokensThanAGgufNames_SaysWhich()
    {
        using ChatFolder chat = Known();
        File.WriteAllText(System.IO.Path.Combine(chat.Path, "generation_config.json"), """{ "eos_token_id": [65, 66, 67] }""");
        string note = Assert.Single(ModelFolder.ExportGguf(chat.Path, Path));
        Assert.Contains("3 end tokens at most", note, StringComparison.Ordinal);
    }

    [Fact]
    public void Export_RowsThatAreNoWholeBlocks_AreStoredAsHalves()
    {
        using ChatFolder chat = Known(); // 24 wide
        Assert.Contains("stored as F16", Assert.Single(ModelFolder.ExportGguf(chat.Path, Path, "q8_0")), StringComparison.Ordinal);
        Assert.Equal("F16", GgufFile.Open(Path).Tensors.Single(tensor => tensor.Name == "token_embd.weight").Type.Name);
    }

    [Fact]
    public void Export_NumberBeyondTheType_NamesTheTensor()
    {
        using ChatFolder chat = Known();
        using (DecoderModel model = DecoderModel.Load(chat.Path, ScalarType.Float32, CPU))
        {
            using (no_grad())
            {
                model.Parameters.Single(item => item.Name == "model.layers.1.mlp.up_proj.weight").Value.fill_(1e5f);
            }

            model.Save(chat.Path, ScalarType.Float32);
        }

        ModelFolder.ExportGguf(chat.Path, Path, "bf16");
        string message = Assert.ThrowsAny<RewardReasoningException>(() => ModelFolder.ExportGguf(chat.Path, Path, "f16")).Message;
        Assert.Contains("model.layers.1.mlp.up_proj.weight holds 100000", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Export_ScalarRewardModel_IsRefused()
    {
        using ChatFolder chat = Known();
        string path = System.IO.Path.Combine(chat.Path, "config.json");
        JsonNode config = JsonNode.Parse(File.ReadAllText(path)) ?? new JsonObject();
        config["architectures"] = new JsonArray("LlamaForSequenceClassification");
        config["num_labels"] = 1;
        File.WriteAllText(path, config.ToJsonString());
        Assert.Contains("scalar reward model", Refusal(chat.Path), StringComparison.Ordinal);
    }

    [Fact]
    public void Faults_WeightsThatAreNoNumbers_NamesTheTensor()
    {
        using ChatFolder chat = Known();
        ModelFolder.ExportGguf(chat.Path, Path, "f32");
        GgufFile file = GgufFile.Open(Path);
        GgufTensor damaged = file.Tensors.Single(tensor => tensor.Name == "blk.1.ffn_down.weight");
        using (FileStream stream = File.OpenWrite(Path))
        {
            stream.Position = damaged.Offset + 8;
            stream.Write(BitConverter.GetBytes(float.NaN));
        }

        string fault = Assert.Single(GgufCheck.Faults(file, TestContext.Current.CancellationToken));
        Assert.Contains("blk.1.ffn_down.weight", fault, StringComparison.Ordinal);
    }

    private static ChatFolder Known()
    {
        ChatFolder chat = ChatFolder.Random();
        LlamaCppTokenizers.Rewrite(chat.Path, "gpt-2");
        return chat;
    }

    private string Refusal(string folder) => Assert.ThrowsAny<RewardReasoningException>(() => ModelFolder.ExportGguf(folder, Path)).Message;
}
