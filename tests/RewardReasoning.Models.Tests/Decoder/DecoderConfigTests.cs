using System.Text.Json.Nodes;
using RewardReasoning.Models.Checkpoints;
using RewardReasoning.Models.Decoder;
using RewardReasoning.Models.Tests.Checkpoints;
using RewardReasoning.Testing;
using TorchSharp;
using Xunit;

namespace RewardReasoning.Models.Tests.Decoder;

public sealed class DecoderConfigTests : IDisposable
{
    private const string Classic = """
        {"architectures":["Qwen2ForCausalLM"],"model_type":"qwen2","hidden_act":"silu","vocab_size":320,"hidden_size":32,
         "intermediate_size":64,"num_hidden_layers":3,"num_attention_heads":4,"num_key_value_heads":2,"max_position_embeddings":128,
         "rms_norm_eps":1e-06,"rope_theta":1000000.0,"tie_word_embeddings":false,"bos_token_id":1,"eos_token_id":2,
         "pad_token_id":0,"torch_dtype":"float32","use_sliding_window":false,"sliding_window":16,"max_window_layers":1}
        """;

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string, string, string> BadSettings =>
        new()
        {
            { "model_type", "\"gpt2\"", "model_type is \"gpt2\"; these are known: qwen2, qwen3, llama." },
            { "model_type", "", "model_type is missing; these are known" },
            { "model_type", "3", "model_type is 3; it must be a string." },
            { "architectures", "[\"LlamaForCausalLM\"]", "a model of type qwen2 must be a Qwen2ForCausalLM" },
            { "architectures", "[\"Qwen2ForTokenClassification\"]", "or a Qwen2ForSequenceClassification with one label" },
            { "architectures", "\"Qwen2ForCausalLM\"", "architectures is \"Qwen2ForCausalLM\"; it must be a list of strings." },
            { "hidden_size", "", "hidden_size is missing; it must be a positive integer." },
            { "hidden_size", "\"32\"", "hidden_size is \"32\"; it must be a positive integer." },
            { "hidden_size", "32.5", "hidden_size is 32.5; it must be a positive integer." },
            { "hidden_size", "-1", "hidden_size is -1; it must be a positive integer." },
            { "hidden_size", "30", "must be a multiple of num_attention_heads, 4" },
            { "hidden_size", "12", "the width of a head must be even" },
            { "vocab_size", "null", "vocab_size is missing" },
            { "intermediate_size", "99999999999", "intermediate_size is 99999999999" },
            { "num_hidden_layers", "[]", "num_hidden_layers is []" },
            { "num_key_value_heads", "3", "it must divide num_attention_heads, 4" },
            { "max_position_embeddings", "", "max_position_embeddings is missing" },
            { "rms_norm_eps", "", "rms_norm_eps is missing" },
            { "rms_norm_eps", "0", "rms_norm_eps is 0; it must be a positive number." },
            { "rope_theta", "true", "rope_theta is true; it must be a positive number." },
            {
                "rope_scaling",
                "{\"rope_type\":\"dynamic\",\"factor\":2.0}",
                "rope_scaling.rope_type is \"dynamic\"; these rotary scalings are implemented: default, llama3, yarn."
            },
            { "rope_scaling", "{\"type\":\"linear\",\"factor\":2.0}", "rope_scaling.type is \"linear\"" },
            {
                "rope_scaling",
                "{\"rope_type\":\"llama3\",\"factor\":2.0,\"low_freq_factor\":1.0,\"high_freq_factor\":4.0}",
                "rope_scaling.original_max_position_embeddings is missing"
            },
            { "rope_scaling", "{\"rope_type\":\"yarn\"}", "rope_scaling.factor is missing" },
            { "rope_scaling", "\"yarn\"", "rope_scaling is \"yarn\"; it must be an object." },
            { "rope_parameters", "{\"rope_type\":\"longrope\",\"rope_theta\":1e4}", "rope_parameters.rope_type is \"longrope\"" },
            { "hidden_act", "\"gelu\"", "hidden_act is \"gelu\"; only silu is implemented." },
            { "mlp_bias", "true", "biases in the MLP are not implemented" },
            { "tie_word_embeddings", "\"yes\"", "tie_word_embeddings is \"yes\"; it must be true or false." },
            { "use_sliding_window", "true", "sliding-window attention is not implemented" },
            {
                "layer_types",
                "[\"full_attention\",\"sliding_attention\",\"full_attention\"]",
                "sliding-window attention is not implemented"
            },
            { "eos_token_id", "[2,\"x\"]", "it must be a token id or a list of them" },
            { "eos_token_id", "-2", "it must be a token id or a list of them" },
            { "quantization_config", "{\"bits\":4}", "quantised weights cannot be read" },
        };

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(BadSettings))]
    public void Load_BadSetting_NamesFileKeyAndWhatMustHold(string key, string json, string problem)
    {
        Write((key, json));

        CheckpointException error = Assert.Throws<CheckpointException>(() => DecoderConfig.Load(_folder.Path));

        Assert.StartsWith(_folder["config.json"] + ": ", error.Message, StringComparison.Ordinal);
        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\"model_type\":", "is not JSON")]
    [InlineData("[]", "it must be an object")]
    [InlineData("", "is not JSON")]
    public void Load_BrokenFile_SaysSo(string content, string problem)
    {
        File.WriteAllText(_folder["config.json"], content);

        Assert.Contains(
            problem,
            Assert.Throws<CheckpointException>(() => DecoderConfig.Load(_folder.Path)).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Load_NoConfigOrNoFolder_SaysSo()
    {
        Assert.Contains(
            "no such file",
            Assert.Throws<CheckpointException>(() => DecoderConfig.Load(_folder.Path)).Message,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "no such folder",
            Assert.Throws<CheckpointException>(() => DecoderConfig.Load(_folder["none"])).Message,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("use_sliding_window", "true", "max_window_layers", "3")] // no layer would apply it
    [InlineData("use_sliding_window", "true", "sliding_window", "128")] // no token is further away
    [InlineData("use_sliding_window", "false", "sliding_window", "null")]
    [InlineData("layer_types", "[\"full_attention\",\"full_attention\",\"full_attention\"]", "sliding_window", "16")]
    public void Load_WindowThatNeverCuts_IsAccepted(string key, string json, string key2, string json2)
    {
        Write((key, json), (key2, json2));

        Assert.Equal(3, DecoderConfig.Load(_folder.Path).LayerCount);
    }

    [Theory]
    [InlineData(400, 1280)]
    [InlineData(320, 1280)]
    [InlineData(2048, 2048)]
    public void Load_Yarn_LengthensTheContext(int positions, int context)
    {
        Write(
            ("max_position_embeddings", $"{positions}"),
            ("rope_scaling", """{"rope_type":"yarn","factor":4.0,"original_max_position_embeddings":320}""")
        );

        Assert.Equal(context, DecoderConfig.Load(_folder.Path).MaxPositions);
    }

    [Fact]
    public void Load_YarnWithoutItsOwnLength_IsTheFactorTimesTheModels()
    {
        Write(("max_position_embeddings", "320"), ("rope_scaling", """{"type":"yarn","factor":4.0}"""));

        Assert.Equal(1280, DecoderConfig.Load(_folder.Path).MaxPositions);
    }

    [Fact]
    public void Load_AdaptersAlone_SaysWhatTheyAreAndOfWhichModel()
    {
        File.WriteAllText(_folder["adapter_config.json"], """{"base_model_name_or_path":"Owner/Base","r":8}""");

        Assert.Contains(
            "holds adapters of Owner/Base and no model",
            Assert.Throws<CheckpointException>(() => DecoderConfig.Load(_folder.Path)).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Load_GenerationConfig_ItsEndTokensWin()
    {
        Write();
        File.WriteAllText(_folder["generation_config.json"], """{"eos_token_id":[7,8]}""");

        Assert.Equal([7, 8], DecoderConfig.Load(_folder.Path).EosTokenIds);
    }

    [Theory]
    [InlineData("""{"do_sample":true}""", 2)]
    [InlineData("""{"eos_token_id":9}""", 9)]
    public void Load_GenerationConfigWithOneOrNoEndToken_IsRead(string json, int eos)
    {
        Write();
        File.WriteAllText(_folder["generation_config.json"], json);

        Assert.Equal([eos], DecoderConfig.Load(_folder.Path).EosTokenIds);
    }

    [Fact]
    public void Load_BrokenGenerationConfig_NamesIt()
    {
        Write();
        File.WriteAllText(_folder["generation_config.json"], "{");

        Assert.Equal(
            _folder["generation_config.json"],
            Assert.Throws<CheckpointException>(() => DecoderConfig.Load(_folder.Path)).FilePath
        );
    }

    [Theory]
    [MemberData(nameof(ParityFolder.Names), MemberType = typeof(ParityFolder))]
    public void Load_BothLayouts_AreTheSameConfig(string name)
    {
        ParityFolder folder = ParityFolder.Get(name);
        using TemporaryFolder copy = folder.Copy(version5Config: true);

        AssertSame(DecoderConfig.Load(folder.Path), DecoderConfig.Load(copy.Path));
    }

    [Theory]
    [MemberData(nameof(TinyModels.All), MemberType = typeof(TinyModels))]
    public void Save_ThenLoad_IsTheSameConfig(string name)
    {
        DecoderConfig config = TinyModels.Get(name);

        config.Save(_folder.Path, torch.ScalarType.BFloat16);

        AssertSame(config, DecoderConfig.Load(_folder.Path));
    }

    [Fact]
    public void Save_Qwen2_WritesTheClassicKeys()
    {
        TinyModels.Qwen2.Save(_folder.Path, torch.ScalarType.Float32);

        JsonNode json = JsonNode.Parse(File.ReadAllText(_folder["config.json"])) ?? throw new InvalidOperationException();
        Assert.Equal("Qwen2ForCausalLM", json["architectures"]?[0]?.GetValue<string>());
        Assert.Equal("qwen2", json["model_type"]?.GetValue<string>());
        Assert.Equal("float32", json["torch_dtype"]?.GetValue<string>());
        Assert.Equal(10000.0, json["rope_theta"]?.GetValue<double>());
        Assert.Equal([2, 3], json["eos_token_id"]?.AsArray().Select(id => id?.GetValue<int>() ?? -1) ?? []);
    }

    [Fact]
    public void Save_SettingsThatAreNoModelOfTheFamily_NamesAllFaults()
    {
        DecoderConfig config = TinyModels.Qwen2 with { QkvBias = false, HeadDimension = 5, LayerCount = 0 };

        ArgumentException error = Assert.Throws<ArgumentException>(() => config.Save(_folder.Path, torch.ScalarType.Float32));

        Assert.Contains("LayerCount is 0", error.Message, StringComparison.Ordinal);
        Assert.Contains("HeadDimension is 5", error.Message, StringComparison.Ordinal);
        Assert.Contains("are not those of a Qwen2", error.Message, StringComparison.Ordinal);
    }

    private static void AssertSame(DecoderConfig expected, DecoderConfig found)
    {
        Assert.Equal(expected.EosTokenIds, found.EosTokenIds);
        Assert.Equal(expected with { EosTokenIds = [] }, found with { EosTokenIds = [] });
    }

    private void Write(params (string Key, string Json)[] changes)
    {
        JsonObject json = JsonNode.Parse(Classic)?.AsObject() ?? throw new InvalidOperationException();
        foreach ((string key, string value) in changes)
        {
            json.Remove(key);
            if (value.Length > 0)
            {
                json[key] = JsonNode.Parse(value);
            }
        }

        File.WriteAllText(_folder["config.json"], json.ToJsonString());
    }
}
