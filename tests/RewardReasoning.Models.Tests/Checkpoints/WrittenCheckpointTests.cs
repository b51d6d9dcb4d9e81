using System.Text.Json;
using System.Text.Json.Nodes;
using RewardReasoning.Models.Checkpoints;
using RewardReasoning.Models.Decoder;
using RewardReasoning.Testing;
using TorchSharp;
using Xunit;

namespace RewardReasoning.Models.Tests.Checkpoints;

/// <summary>
/// What we write is what transformers and vLLM read: checkpoints that transformers wrote, loaded and saved again, hold the same tensors
/// (names, shapes, types, bytes) and the same settings.
/// </summary>
public sealed class WrittenCheckpointTests : IDisposable
{
    /// <summary>What says who wrote a config, or holds only where something is switched on that we do not have.</summary>
    private static readonly string[] NoSettings = ["transformers_version", "sliding_window", "max_window_layers", "pretraining_tp"];

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Names => ParityFolder.Names;

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Names))]
    public void Save_CheckpointOfTransformers_HoldsTheSameTensors(string name)
    {
        string original = ParityFolder.Get(name).Path;
        torch.ScalarType stored = SaveAgain(original);
        using SafetensorsFolder before = SafetensorsFolder.Open(original);
        using SafetensorsFolder after = SafetensorsFolder.Open(_folder.Path);
        Assert.Equal(before.Names.Order(StringComparer.Ordinal), after.Names.Order(StringComparer.Ordinal));
        foreach (string tensor in before.Names)
        {
            (SafetensorsEntry one, SafetensorsEntry other) = (Entry(before, tensor), Entry(after, tensor));
            Assert.Equal((tensor, one.Type, one.ByteCount), (tensor, other.Type, other.ByteCount));
            Assert.Equal(one.Shape, other.Shape);
            Assert.Equal(stored, other.Type);
            using torch.Tensor expected = before.Read(tensor);
            using torch.Tensor written = after.Read(tensor);
            Assert.True(expected.bytes.SequenceEqual(written.bytes), $"{tensor} differs.");
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Save_CheckpointOfTransformers_HasTheSameSettings(string name)
    {
        string original = ParityFolder.Get(name).Path;
        SaveAgain(original);
        JsonObject before = Config(original),
            after = Config(_folder.Path);
        int? dimension = after["hidden_size"]?.GetValue<int>() / after["num_attention_heads"]?.GetValue<int>();
        after.TryAdd("head_dim", dimension); // the meaning of an absent one
        foreach ((string key, JsonNode? value) in before.Where(setting => !NoSettings.Contains(setting.Key)))
        {
            Assert.True(after.ContainsKey(key) || value is null, $"{key} is missing.");
            if (key == "rope_scaling" && value is JsonObject scaling)
            {
                JsonObject written = after[key]?.AsObject() ?? [];
                Assert.All(
                    scaling,
                    part =>
                        Assert.True(
                            Same(part.Value, written[part.Key]),
                            $"rope_scaling.{part.Key} was {part.Value}, is {written[part.Key]}."
                        )
                );
                continue;
            }

            Assert.True(
                Same(value, after[key]),
                $"{key} was {value?.ToJsonString() ?? "null"}, is {after[key]?.ToJsonString() ?? "null"}."
            );
        }
    }

    [Fact]
    public void Save_Weights_SayThatTheyAreOfPyTorch()
    {
        SaveAgain(ParityFolder.Get("qwen2-tied").Path);
        using SafetensorsFile file = SafetensorsFile.Open(_folder["model.safetensors"]);
        Assert.Equal("pt", file.Metadata["format"]);
    }

    private torch.ScalarType SaveAgain(string original)
    {
        torch.ScalarType stored;
        using (SafetensorsFolder weights = SafetensorsFolder.Open(original))
        {
            stored = Entry(weights, weights.Names.First()).Type;
        }

        using DecoderModel model = DecoderModel.Load(original, torch.ScalarType.Float32, torch.CPU);
        model.Save(_folder.Path, stored);
        return stored;
    }

    private static SafetensorsEntry Entry(SafetensorsFolder folder, string name) =>
        folder.Find(name) ?? throw new InvalidOperationException($"There is no {name}.");

    private static JsonObject Config(string folder) =>
        JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "config.json")))?.AsObject() ?? [];

    /// <summary>Equal values; numbers by their value, however they are written.</summary>
    private static bool Same(JsonNode? one, JsonNode? other) =>
        (one, other) switch
        {
            (null, null) => true,
            (JsonValue a, JsonValue b) when a.GetValueKind() == JsonValueKind.Number && b.GetValueKind() == JsonValueKind.Number =>
                double.Parse(a.ToJsonString(), System.Globalization.CultureInfo.InvariantCulture)
                    .Equals(double.Parse(b.ToJsonString(), System.Globalization.CultureInfo.InvariantCulture)),
            _ => JsonNode.DeepEquals(one, other),
        };
}
