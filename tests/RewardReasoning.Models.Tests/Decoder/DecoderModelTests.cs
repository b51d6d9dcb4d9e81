using System.Text.Json.Nodes;
using CsCheck;
using RewardReasoning.Models.Checkpoints;
using RewardReasoning.Models.Decoder;
using RewardReasoning.Models.Tests.Checkpoints;
using RewardReasoning.Testing;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace RewardReasoning.Models.Tests.Decoder;

public sealed class DecoderModelTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public DecoderModelTests() => set_num_threads(1);

    public static TheoryData<string, ScalarType> ModelsAndTypes
    {
        get
        {
            TheoryData<string, ScalarType> data = [];
            foreach (var row in TinyModels.All)
            {
                data.Add(row.Data, ScalarType.Float32);
                data.Add(row.Data, ScalarType.BFloat16);
                data.Add(row.Data, ScalarType.Float16);
            }

            return data;
        }
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(ModelsAndTypes))]
    public void Save_ThenLoad_GivesTheSameBytes(string name, ScalarType type)
    {
        using DecoderModel model = DecoderModel.CreateRandom(TinyModels.Get(name), seed: 5, CPU);
        using DisposeScope scope = NewDisposeScope();
        FillBiases(model);

        model.Save(_folder.Path, type);
        using DecoderModel loaded = DecoderModel.Load(_folder.Path, type, CPU);

        AssertSameBytes(model, loaded, type);
        Assert.Equal(type, loaded.Type);
    }

    [Fact]
    public void Load_Sharded_GivesTheSameBytes()
    {
        using DecoderModel model = DecoderModel.CreateRandom(TinyModels.Qwen2, seed: 5, CPU);
        using DisposeScope scope = NewDisposeScope();
        model.Config.Save(_folder.Path, ScalarType.Float32);
        Safetensors.WriteFolder(_folder.Path, model.Parameters, maxShardBytes: 4000);

        using DecoderModel loaded = DecoderModel.Load(_folder.Path, ScalarType.Float32, CPU);

        Assert.True(Directory.GetFiles(_folder.Path, "model-*.safetensors").Length > 3);
        AssertSameBytes(model, loaded, ScalarType.Float32);
    }

    [Fact]
    public void Load_BFloat16_ComputesNearFloat32()
    {
        ParityFolder folder = ParityFolder.Get("qwen2-bf16-sharded");
        using SafetensorsFile expected = folder.OpenExpected();
        using DecoderModel model = DecoderModel.Load(folder.Path, ScalarType.BFloat16, CPU);
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        Tensor ids = expected.Read("right.input_ids")[2..3],
            wanted = expected.Read("logits.2");

        Tensor logits = model.Logits(model.Hidden(ids)).squeeze(0);

        Assert.Equal(ScalarType.BFloat16, logits.dtype);
        double error = logits.to(ScalarType.Float32).sub(wanted).norm().item<float>() / wanted.norm().item<float>();
        Assert.InRange(error, 1e-4, 0.05);
    }

    [Fact]
    public void Load_HalfWrittenWeights_NamesTheFileAndTheTensor()
    {
        SaveQwen2();
        string weights = _folder["model.safetensors"];
        File.WriteAllBytes(weights, File.ReadAllBytes(weights)[..^1000]);

        CheckpointException error = Assert.Throws<CheckpointException>(Load);

        Assert.Equal(weights, error.FilePath);
        Assert.Contains("of the data, the file holds", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_NoWeights_SaysSo()
    {
        SaveQwen2();
        File.Delete(_folder["model.safetensors"]);

        Assert.Contains("neither model.safetensors nor", Assert.Throws<CheckpointException>(Load).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("intermediate_size", "48", "has shape [40, 24], config.json calls for [48, 24]")]
    [InlineData("vocab_size", "51", "tensor model.embed_tokens.weight has shape [50, 24]")]
    [InlineData("tie_word_embeddings", "false", "no weight file holds tensor lm_head.weight")]
    [InlineData("num_hidden_layers", "3", "no weight file holds tensor model.layers.2.")]
    [InlineData("num_hidden_layers", "1", "tensor model.layers.1.")]
    [InlineData("num_hidden_layers", "2000000000", "config.json calls for 2000000000 layers")]
    public void Load_WeightsOfAnotherConfig_NamesTheTensor(string key, string value, string problem)
    {
        SaveQwen2();
        JsonNode json = JsonNode.Parse(File.ReadAllText(_folder["config.json"])) ?? throw new InvalidOperationException();
        json[key] = JsonNode.Parse(value);
        File.WriteAllText(_folder["config.json"], json.ToJsonString());

        Assert.Contains(problem, Assert.Throws<CheckpointException>(Load).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_WeightsThatAreIntegers_IsRefused()
    {
        using DecoderModel model = DecoderModel.CreateRandom(TinyModels.Qwen2, seed: 5, CPU);
        using DisposeScope scope = NewDisposeScope();
        model.Config.Save(_folder.Path, ScalarType.Float32);
        Safetensors.WriteFolder(_folder.Path, [.. model.Parameters.Select(item => (item.Name, item.Value.to(ScalarType.Int64)))]);

        Assert.Contains("must be floating-point", Assert.Throws<CheckpointException>(Load).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void CreateRandom_SameSeed_SameWeightsAndDeviationsAsPromised()
    {
        DecoderConfig config = TinyModels.Qwen2 with { HiddenSize = 192, HeadDimension = 48, IntermediateSize = 512 };
        using DecoderModel a = DecoderModel.CreateRandom(config, seed: 11, CPU),
            b = DecoderModel.CreateRandom(config, seed: 11, CPU),
            other = DecoderModel.CreateRandom(config, seed: 12, CPU);
        using DisposeScope scope = NewDisposeScope();

        AssertSameBytes(a, b, ScalarType.Float32);
        Dictionary<string, Tensor> of = a.Parameters.ToDictionary(item => item.Name, item => item.Value);
        Assert.NotEqual(0, ParityFolder.LargestDifference(of["model.embed_tokens.weight"], other.Parameters[0].Value));
        Assert.InRange(Deviation("model.embed_tokens.weight"), 0.048, 0.052);
        Assert.InRange(Deviation("model.layers.1.mlp.gate_proj.weight") * Math.Sqrt(192), 0.98, 1.02);
        Assert.InRange(Deviation("model.layers.1.mlp.down_proj.weight") * Math.Sqrt(512 * 4), 0.98, 1.02);
        Assert.InRange(Deviation("model.layers.0.self_attn.o_proj.weight") * Math.Sqrt(192 * 4), 0.98, 1.02);
        Assert.Equal(0, ParityFolder.LargestDifference(of["model.layers.0.self_attn.q_proj.bias"], zeros([192])));
        Assert.Equal(0, ParityFolder.LargestDifference(of["model.norm.weight"], ones([192])));

        double Deviation(string name) => of[name].std().item<float>();
    }

    [Fact]
    public void Logits_WhoeverSharesTheBatch_MoveByLessThanTheTolerance()
    {
        ParityFolder folder = ParityFolder.Get("qwen2-untied");
        using DecoderModel model = DecoderModel.Load(folder.Path, ScalarType.Float32, CPU);
        Gen<int[]> prompt = Gen.Int[4, model.Config.VocabularySize - 1].Array[1, 30];

        Gen.Select(prompt, prompt.Array[1, 6], Gen.Bool)
            .Sample(
                (own, others, left) =>
                {
                    using DisposeScope scope = NewDisposeScope();
                    using IDisposable noGrad = no_grad();
                    Tensor alone = nn.functional.log_softmax(model.Logits(model.Hidden(Row(own))), -1).squeeze(0);
                    (Tensor ids, Tensor mask) = Pad([own, .. others], left);
                    Tensor shared = model.Hidden(ids, attentionMask: mask)[0].narrow(0, left ? ids.shape[1] - own.Length : 0, own.Length);
                    return ParityFolder.LargestDifference(alone, nn.functional.log_softmax(model.Logits(shared), -1)) <= 2e-4;
                },
                iter: 30,
                threads: 1
            );
    }

    [Fact]
    public void Steps_InScopesOfTheirOwn_LeaveNoTensorsBehind()
    {
        using DecoderModel model = DecoderModel.CreateRandom(TinyModels.Get("qwen3-yarn"), seed: 5, CPU);
        using KvTensors cache = new(model.Config, capacity: 4);
        using Tensor ids = tensor(
                new long[,]
                {
                    { 5, 6, 7 },
                    { 0, 8, 9 },
                }
            ),
            mask = tensor(
                new long[,]
                {
                    { 1, 1, 1 },
                    { 0, 1, 1 },
                }
            ),
            keyMask = ones([2, 64], dtype: ScalarType.Bool);
        model.SetRequiresGrad(true);
        long live = 0;
        for (int step = 0; step < 12; step++)
        {
            using (DisposeScope scope = NewDisposeScope())
            {
                model.Logits(model.Hidden(ids, attentionMask: mask)).sum().backward();
            }

            using (DisposeScope scope = NewDisposeScope())
            using (IDisposable noGrad = no_grad())
            {
                Tensor positions = full([2, 1], step, dtype: ScalarType.Int64);
                model.Logits(model.HiddenCached(ids.narrow(1, 0, 1), positions, keyMask.narrow(1, 0, cache.Length + 1), cache));
                cache.Select(tensor(new long[] { 1, 0 }));
            }

            if (step == 1)
            {
                live = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
            }
        }

        Assert.Equal(live, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    [Fact]
    public void Hidden_OutsideAnyScope_StaysTheCallers()
    {
        using DecoderModel model = DecoderModel.CreateRandom(TinyModels.Qwen2, seed: 5, CPU);
        using Tensor ids = tensor(
                new long[,]
                {
                    { 5, 6, 7 },
                }
            ),
            hidden = model.Hidden(ids);

        Assert.Equal([1, 3, 24], hidden.shape);
        Assert.True(hidden.isfinite().all().item<bool>());
    }

    private static Tensor Row(int[] ids) => tensor(ids.Select(id => (long)id).ToArray()).unsqueeze(0);

    private static (Tensor Ids, Tensor Mask) Pad(int[][] prompts, bool left)
    {
        int width = prompts.Max(prompt => prompt.Length);
        long[,] ids = new long[prompts.Length, width],
            mask = new long[prompts.Length, width];
        for (int i = 0; i < prompts.Length; i++)
        {
            int start = left ? width - prompts[i].Length : 0;
            for (int j = 0; j < prompts[i].Length; j++)
            {
                (ids[i, start + j], mask[i, start + j]) = (prompts[i][j], 1);
            }
        }

        return (tensor(ids), tensor(mask));
    }

    private static void AssertSameBytes(DecoderModel expected, DecoderModel found, ScalarType type)
    {
        Assert.Equal(expected.Parameters.Select(item => item.Name), found.Parameters.Select(item => item.Name));
        for (int i = 0; i < expected.Parameters.Count; i++)
        {
            Assert.Equal(expected.Parameters[i].Value.to(type).bytes.ToArray(), found.Parameters[i].Value.bytes.ToArray());
        }
    }

    [Fact]
    public void Load_TiedTensorUnderTheNameOfTheHead_IsTheEmbedding()
    {
        using DecoderModel model = DecoderModel.CreateRandom(TinyModels.Qwen2, seed: 5, CPU);
        model.Config.Save(_folder.Path, ScalarType.Float32);
        WriteRenamed(model, name => name == "model.embed_tokens.weight" ? "lm_head.weight" : name);

        using DecoderModel loaded = DecoderModel.Load(_folder.Path, ScalarType.Float32, CPU);

        AssertSameBytes(model, loaded, ScalarType.Float32);
    }

    [Theory]
    [InlineData("_orig_mod.", "all 26 tensors begin with _orig_mod., the prefix of a wrapped model")]
    [InlineData("module.", "all 26 tensors begin with module., the prefix of a wrapped model")]
    public void Load_NamesOfAWrappedModel_SaysSo(string prefix, string says)
    {
        using DecoderModel model = DecoderModel.CreateRandom(TinyModels.Qwen2, seed: 5, CPU);
        model.Config.Save(_folder.Path, ScalarType.Float32);
        WriteRenamed(model, name => prefix + name);

        Assert.Contains(says, Assert.Throws<CheckpointException>(Load).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_QuantisedWeights_SaysSo()
    {
        using DecoderModel model = DecoderModel.CreateRandom(TinyModels.Qwen2, seed: 5, CPU);
        model.Config.Save(_folder.Path, ScalarType.Float32);
        WriteRenamed(model, name => name.Replace("q_proj.weight", "q_proj.qweight", StringComparison.Ordinal));

        Assert.Contains("the weights are quantised", Assert.Throws<CheckpointException>(Load).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Hidden_TokenBeyondTheEmbedding_IsNamed()
    {
        using DecoderModel model = DecoderModel.CreateRandom(TinyModels.Qwen2, seed: 5, CPU);
        using DisposeScope scope = NewDisposeScope();

        ArgumentException error = Assert.Throws<ArgumentException>(() => model.Hidden(tensor(new long[] { 3, 50 }).unsqueeze(0)));

        Assert.StartsWith("The text holds token 50; the model's embedding has 50 rows, 0 to 49.", error.Message, StringComparison.Ordinal);
    }

    private static void FillBiases(DecoderModel model)
    {
        using IDisposable noGrad = no_grad();
        foreach ((_, Tensor value) in model.Parameters.Where(item => item.Name.EndsWith(".bias", StringComparison.Ordinal)))
        {
            value.fill_(0.25);
        }
    }

    private void WriteRenamed(DecoderModel model, Func<string, string> rename) =>
        Safetensors.WriteFolder(_folder.Path, [.. model.Parameters.Select(item => (rename(item.Name), item.Value))]);

    private void SaveQwen2()
    {
        using DecoderModel model = DecoderModel.CreateRandom(TinyModels.Qwen2, seed: 5, CPU);
        model.Save(_folder.Path, ScalarType.Float32);
    }

    private void Load()
    {
        using DecoderModel model = DecoderModel.Load(_folder.Path, ScalarType.Float32, CPU);
    }
}
