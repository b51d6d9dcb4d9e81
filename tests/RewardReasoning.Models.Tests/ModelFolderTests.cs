using System.Text.Json.Nodes;
using RewardReasoning.Models.Checkpoints;
using RewardReasoning.Models.Decoder;
using RewardReasoning.Models.Tests.Generation;
using RewardReasoning.Testing;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace RewardReasoning.Models.Tests;

/// <summary>
/// A Qwen2 whose tokenizer is not Qwen2's own is written as a Llama with zero output biases: readers of the type qwen2 (transformers 5,
/// vLLM) replace its tokenizer's splitting by Qwen2's.
/// </summary>
public sealed class ModelFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public ModelFolderTests() => set_num_threads(1);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Save_Qwen2BesideATokenizerOfItsOwn_IsALlamaWithZeroOutputBiases()
    {
        using ChatFolder chat = ChatFolder.Random(headDimension: 8);
        JsonObject config = Json(Path.Combine(chat.Path, "config.json"));
        Assert.Equal("LlamaForCausalLM", config["architectures"]?[0]?.GetValue<string>());
        Assert.Equal("llama", config["model_type"]?.GetValue<string>());
        Assert.True(config["attention_bias"]?.GetValue<bool>());
        Assert.Equal(8, config["head_dim"]?.GetValue<int>());
        using SafetensorsFolder weights = SafetensorsFolder.Open(chat.Path);
        for (int layer = 0; layer < 2; layer++)
        {
            using Tensor bias = weights.Read($"model.layers.{layer}.self_attn.o_proj.bias");
            Assert.Equal([24L], bias.shape);
            Assert.Equal(0, bias.count_nonzero().item<long>());
        }
    }

    [Theory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.BFloat16)]
    public void Rewrite_Qwen2OfAnEarlierVersion_ComputesTheSameToTheBit(ScalarType type)
    {
        using ChatFolder chat = ChatFolder.Random();
        string old = WriteAsQwen2(chat.Path, type);
        string anew = _folder["anew"];

        ModelFolder.Rewrite(old, anew);

        Assert.Equal("llama", Json(Path.Combine(anew, "config.json"))["model_type"]?.GetValue<string>());
        Assert.Equal(Logits(old, type), Logits(anew, type));
        using LocalModel before = LocalModel.Load(old);
        using LocalModel after = LocalModel.Load(anew);
        Assert.Equal(before.Identity, after.Identity); // so that stored completions still answer
    }

    [Fact]
    public void Identity_OfARewrittenFolderThatWasChanged_IsItsOwn()
    {
        using ChatFolder chat = ChatFolder.Random();
        string old = WriteAsQwen2(chat.Path, ScalarType.Float32);
        string anew = _folder["anew"];
        ModelFolder.Rewrite(old, anew);

        File.AppendAllText(Path.Combine(anew, "tokenizer_config.json"), "\n");

        using LocalModel before = LocalModel.Load(old);
        using LocalModel after = LocalModel.Load(anew);
        Assert.NotEqual(before.Identity, after.Identity);
    }

    [Fact]
    public void Rewrite_IntoAModel_IsRefused()
    {
        using ChatFolder chat = ChatFolder.Random();
        Assert.Contains(
            "holds a model already",
            Assert.Throws<CheckpointException>(() => ModelFolder.Rewrite(chat.Path, chat.Path)).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Load_LlamaWithOutputBiases_KeepsAndComputesThem()
    {
        DecoderConfig config = Decoder.TinyModels.Get("llama-bias");
        using DecoderModel model = DecoderModel.CreateRandom(config, seed: 3, CPU);
        using (no_grad())
        {
            model.Parameters.Single(parameter => parameter.Name == "model.layers.1.self_attn.o_proj.bias").Value.fill_(0.5);
        }

        model.Save(_folder.Path, ScalarType.Float32);
        using DecoderModel loaded = DecoderModel.Load(_folder.Path, ScalarType.Float32, CPU);
        using DisposeScope scope = NewDisposeScope();
        Assert.True(loaded.Config.OutputBias);
        Tensor ids = tensor(new long[] { 5, 7, 9 }).unsqueeze(0);
        Assert.Equal(model.Hidden(ids).bytes.ToArray(), loaded.Hidden(ids).bytes.ToArray());
    }

    [Fact]
    public void CarryFiles_TokenizerConfig_NamesTheModelsInputsAndAClassThatFits()
    {
        using ChatFolder chat = ChatFolder.Random();
        string source = Path.Combine(chat.Path, "tokenizer_config.json");
        JsonObject config = Json(source);
        config.Remove("model_input_names");
        config["tokenizer_class"] = "Qwen2Tokenizer";
        File.WriteAllText(source, config.ToJsonString());

        ModelFolder.CarryFiles(chat.Path, _folder.Path);

        JsonObject carried = Json(_folder["tokenizer_config.json"]);
        Assert.Equal("""["input_ids","attention_mask"]""", carried["model_input_names"]?.ToJsonString());
        Assert.Equal("PreTrainedTokenizerFast", carried["tokenizer_class"]?.GetValue<string>());
        Assert.Equal(config["chat_template"]?.GetValue<string>(), carried["chat_template"]?.GetValue<string>());
        Assert.Equal(File.ReadAllBytes(Path.Combine(chat.Path, "tokenizer.json")), File.ReadAllBytes(_folder["tokenizer.json"]));
    }

    [Fact]
    public void WriteCard_FolderWithoutOne_SaysWhatTheModelIs()
    {
        using ChatFolder chat = ChatFolder.Random();
        ModelFolder.WriteCard(chat.Path, "hf://Owner/Base");
        string card = File.ReadAllText(Path.Combine(chat.Path, "README.md"));
        Assert.StartsWith("---\nlibrary_name: transformers\npipeline_tag: text-generation\n", card, StringComparison.Ordinal);
        Assert.Contains("Trained from hf://Owner/Base", card, StringComparison.Ordinal);
        ModelFolder.WriteCard(chat.Path, "Other");
        Assert.Equal(card, File.ReadAllText(Path.Combine(chat.Path, "README.md")));
    }

    /// <summary>A folder as it was written before: type qwen2, no output biases.</summary>
    private string WriteAsQwen2(string from, ScalarType type)
    {
        string old = _folder["old"];
        using (DecoderModel model = DecoderModel.Load(from, ScalarType.Float32, CPU))
        {
            (model.Config with { Architecture = DecoderArchitecture.Qwen2 }).Save(old, type);
            Safetensors.WriteFolder(old, model.Parameters, type);
        }

        ModelFolder.CarryFiles(from, old);
        return old;
    }

    private static byte[] Logits(string folder, ScalarType type)
    {
        using DecoderModel model = DecoderModel.Load(folder, type, CPU);
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        Tensor ids = tensor(Enumerable.Range(0, 40).Select(id => (long)(id * 3)).ToArray()).unsqueeze(0);
        return model.Logits(model.Hidden(ids)).bytes.ToArray();
    }

    private static JsonObject Json(string path) => JsonNode.Parse(File.ReadAllText(path))?.AsObject() ?? [];
}
