using System.Text.Json.Nodes;
using RewardReasoning.Models.Checkpoints;
using RewardReasoning.Models.Decoder;
using RewardReasoning.Models.Tests.Generation;
using RewardReasoning.Testing;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace RewardReasoning.Models.Tests.Decoder;

/// <summary>A folder of adapters on its base computes what the base with the adapters attached does.</summary>
public sealed class AppliedAdapterTests : IDisposable
{
    private const string Query = "model.layers.0.self_attn.q_proj";

    private readonly ChatFolder _base = ChatFolder.Random();
    private readonly TemporaryFolder _folder = new();

    public AppliedAdapterTests() => set_num_threads(1);

    private string Adapter => _folder["adapter"];

    private string Applied => _folder["applied"];

    public void Dispose()
    {
        _base.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void ApplyAdapter_AdaptersOfEveryLayer_ComputeWhatAttachedOnesDo()
    {
        using DecoderModel attached = WriteAdapters(Adapter, _base.Path, seed: 4);
        ModelFolder.ApplyAdapter(Adapter, _base.Path, Applied);
        using LocalModel model = LocalModel.Load(Applied, new LocalModelOptions { ComputeType = ComputeType.F32 });
        Assert.InRange(LargestDifference(attached, model.Decoder), 0, 1e-4);
        using DecoderModel plain = Load(_base.Path);
        Assert.True(LargestDifference(attached, plain) > 0.1);
        Assert.Equal("applied", model.Name);
    }

    [Fact]
    public void ApplyAdapter_OnAModelWithAdapters_AddsBoth()
    {
        WriteAdapters(Adapter, _base.Path, seed: 4).Dispose();
        ModelFolder.ApplyAdapter(Adapter, _base.Path, Applied);
        using DecoderModel attached = WriteAdapters(_folder["second"], Applied, seed: 5);
        ModelFolder.ApplyAdapter(_folder["second"], Applied, _folder["both"]);
        using DecoderModel both = Load(_folder["both"]);
        Assert.InRange(LargestDifference(attached, both), 0, 1e-4);
    }

    [Theory]
    [InlineData(false, 2.0)] // 4 / 2
    [InlineData(true, 2.8284271247461903)] // 4 / √2
    public void Read_ByHand_AddsTheScaledProduct(bool rootOfRank, double scale)
    {
        WriteByHand(config => config["use_rslora"] = rootOfRank);
        ModelFolder.ApplyAdapter(Adapter, _base.Path, Applied);
        using SafetensorsFolder weights = SafetensorsFolder.Open(Applied),
            plain = SafetensorsFolder.Open(_base.Path);
        using DisposeScope scope = NewDisposeScope();
        Tensor difference = weights.Read(Query + ".weight").sub(plain.Read(Query + ".weight"));
        Assert.Equal(3 * 5 * scale, difference[7, 2].item<float>(), 1e-4); // B[7, 1] = 3, A[1, 2] = 5
        Assert.Equal(1, difference.abs().greater(1e-4).sum().item<long>());
        Assert.Equal(0, weights.Read("model.norm.weight").sub(plain.Read("model.norm.weight")).abs().max().item<float>());
    }

    [Fact]
    public void Read_TensorThatWasSavedWhole_TakesThePlaceOfTheBases()
    {
        WriteByHand(_ => { }, ("base_model.model.model.norm.weight", full(24, 7f)));
        ModelFolder.ApplyAdapter(Adapter, _base.Path, Applied);
        using SafetensorsFolder weights = SafetensorsFolder.Open(Applied);
        using Tensor norm = weights.Read("model.norm.weight");
        Assert.Equal(7, norm.min().item<float>());
    }

    [Fact]
    public void Identity_OfAdapters_CoversThemAndTheirBase()
    {
        WriteAdapters(Adapter, _base.Path, seed: 4).Dispose();
        WriteAdapters(_folder["other"], _base.Path, seed: 5).Dispose();
        ModelFolder.ApplyAdapter(Adapter, _base.Path, Applied);
        ModelFolder.ApplyAdapter(_folder["other"], _base.Path, _folder["applied-other"]);
        string[] names =
        [
            .. new[] { Applied, _folder["applied-other"], _base.Path }.Select(folder => ModelIdentity.NameOf(folder, hashes: null)),
        ];
        Assert.Equal(3, names.Distinct().Count());

        ModelFolder.ApplyAdapter(Adapter, _base.Path, Applied); // once more
        Assert.Equal(names[0], ModelIdentity.NameOf(Applied, hashes: null));
        SetConfig(config => config["lora_alpha"] = 1.5);
        Assert.NotEqual(names[0], ModelIdentity.NameOf(Applied, hashes: null));
    }

    [Fact]
    public void ApplyAdapter_FilesOfItsOwn_GoBeforeThoseOfTheBase()
    {
        WriteAdapters(Adapter, _base.Path, seed: 4).Dispose();
        File.WriteAllText(Path.Combine(Adapter, "judge-prompt.txt"), "[user]\n{query}|{response_1}|{response_2}");
        File.WriteAllText(Path.Combine(_base.Path, "calibration.json"), "{}"); // a fit of the base, not of both
        ModelFolder.ApplyAdapter(Adapter, _base.Path, Applied);
        Assert.True(File.Exists(Path.Combine(Applied, "judge-prompt.txt")));
        Assert.True(File.Exists(Path.Combine(Applied, "tokenizer.json")));
        Assert.False(File.Exists(Path.Combine(Applied, "calibration.json")));
        Assert.Equal((Adapter, _base.Path), (AdaptedFolder.OwnOf(Applied), AdaptedFolder.OwnOf(_base.Path)));
    }

    [Fact]
    public void ApplyAdapter_FolderWithOtherFiles_IsNotReplaced()
    {
        WriteAdapters(Adapter, _base.Path, seed: 4).Dispose();
        Directory.CreateDirectory(Applied);
        File.WriteAllText(Path.Combine(Applied, "thesis.txt"), "years of work");
        Assert.Contains("holds something else", Refusal(), StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(Applied, "thesis.txt")));
    }

    [Theory]
    [InlineData("use_dora", "true", "use_dora is true; it cannot be applied")]
    [InlineData("fan_in_fan_out", "true", "fan_in_fan_out is true")]
    [InlineData("bias", "\"all\"", "trained biases")]
    [InlineData("peft_type", "\"IA3\"", "only LORA can be applied; IA3 cannot")]
    [InlineData("task_type", "\"SEQ_CLS\"", "scalar reward model")]
    [InlineData("alpha_pattern", """{ "q_proj": 8 }""", "scales by layer")]
    [InlineData("lora_alpha", "null", "lora_alpha is missing")]
    public void ApplyAdapter_WhatCannotBeApplied_IsRefused(string key, string value, string says)
    {
        WriteByHand(config => config[key] = JsonNode.Parse(value));
        Assert.Contains(says, Refusal(), StringComparison.Ordinal);
        Assert.False(Directory.Exists(Applied));
    }

    [Theory]
    [InlineData("base_model.model.model.layers.0.self_attn.z_proj.lora_A.weight", 2, 24, "belongs to no weight of the base")]
    [InlineData("base_model.model.model.embed_tokens.lora_embedding_A", 2, 24, "belongs to no weight of the base")]
    [InlineData("base_model.model.model.layers.1.self_attn.q_proj.lora_A.weight", 2, 24, "without its other half")]
    [InlineData("base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight", 2, 23, "does not fit the base's")]
    public void ApplyAdapter_TensorsOfAnotherModel_AreNamed(string name, long rows, long columns, string says)
    {
        WriteByHand(_ => { }, (name, zeros(rows, columns)));
        string message = Refusal();
        Assert.Contains(name[..name.LastIndexOf(".lora", StringComparison.Ordinal)], message, StringComparison.Ordinal);
        Assert.Contains(says, message, StringComparison.Ordinal);
    }

    private string Refusal() =>
        Assert.ThrowsAny<RewardReasoningException>(() => ModelFolder.ApplyAdapter(Adapter, _base.Path, Applied)).Message;

    private static DecoderModel Load(string folder) => DecoderModel.Load(folder, ScalarType.Float32, CPU);

    private static double LargestDifference(DecoderModel a, DecoderModel b)
    {
        using IDisposable noGrad = no_grad();
        using DisposeScope scope = NewDisposeScope();
        Tensor ids = arange(20).unsqueeze(0);
        return a.Logits(a.Hidden(ids)).sub(b.Logits(b.Hidden(ids))).abs().max().item<float>();
    }

    /// <summary>Random adapters on every linear layer, written; the model with them attached.</summary>
    private static DecoderModel WriteAdapters(string adapter, string baseFolder, ulong seed)
    {
        LowRankOptions options = new() { Rank = 3, Alpha = 6 };
        DecoderModel model = Load(baseFolder);
        model.AddAdapters(options, seed);
        using IDisposable noGrad = no_grad();
        using Generator generator = new(seed, CPU);
        foreach ((_, Tensor value) in model.Adapters.Where(item => item.Name.EndsWith(LowRankAdapter.UpSuffix, StringComparison.Ordinal)))
        {
            value.copy_(randn(value.shape, dtype: ScalarType.Float32, generator: generator).mul(0.2));
        }

        AdapterFolder.Save(model, options, baseFolder, adapter, ScalarType.Float32);
        return model;
    }

    /// <summary>Adapters of rank 2 and alpha 4 on one layer with one number each, and further tensors that replace them.</summary>
    private void WriteByHand(Action<JsonObject> change, params (string Name, Tensor Value)[] further)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor down = zeros(2, 24),
            up = zeros(64, 2);
        down[1, 2] = tensor(5f);
        up[7, 1] = tensor(3f);
        (string Name, Tensor Value)[] own =
        [
            ($"base_model.model.{Query}.lora_A.weight", down),
            ($"base_model.model.{Query}.lora_B.weight", up),
        ];
        Directory.CreateDirectory(Adapter);
        Safetensors.Write(
            Path.Combine(Adapter, "adapter_model.safetensors"),
            [.. own.Where(tensor => further.All(other => other.Name != tensor.Name)), .. further]
        );
        File.WriteAllText(
            Path.Combine(Adapter, "adapter_config.json"),
            """{ "peft_type": "LORA", "task_type": "CAUSAL_LM", "r": 2, "lora_alpha": 4, "bias": "none", "base_model_name_or_path": "base" }"""
        );
        SetConfig(change);
    }

    private void SetConfig(Action<JsonObject> change)
    {
        string path = Path.Combine(Adapter, "adapter_config.json");
        JsonObject config = JsonNode.Parse(File.ReadAllText(path)) as JsonObject ?? [];
        change(config);
        File.WriteAllText(path, config.ToJsonString());
    }
}
