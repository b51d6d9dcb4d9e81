using System.Runtime.InteropServices;
using RewardReasoning.Models.Checkpoints;
using RewardReasoning.Models.Decoder;
using TorchSharp;
using static TorchSharp.torch;

namespace RewardReasoning.Models.Gguf;

/// <summary>The weights of a folder under llama.cpp's names, read from their files one by one while they are written.</summary>
internal sealed class GgufWeights
{
    /// <summary>llama.cpp's name of the embedding.</summary>
    public const string EmbeddingName = "token_embd.weight";

    /// <summary>Numbers that are converted at once.</summary>
    private const long SlabNumbers = 1 << 24;

    private const float LargestHalf = 65504;
    private const string LayerPrefix = "model.layers.";
    private const string RotaryFactors = "rope_freqs.weight";

    private static readonly Dictionary<string, string> Names = new(StringComparer.Ordinal)
    {
        [ParameterSpecification.EmbeddingWeight] = EmbeddingName,
        [ParameterSpecification.HeadWeight] = "output.weight",
        ["model.norm.weight"] = "output_norm.weight",
        ["input_layernorm"] = "attn_norm",
        ["post_attention_layernorm"] = "ffn_norm",
        ["self_attn.q_proj"] = "attn_q",
        ["self_attn.k_proj"] = "attn_k",
        ["self_attn.v_proj"] = "attn_v",
        ["self_attn.o_proj"] = "attn_output",
        ["self_attn.q_norm"] = "attn_q_norm",
        ["self_attn.k_norm"] = "attn_k_norm",
        ["mlp.gate_proj"] = "ffn_gate",
        ["mlp.up_proj"] = "ffn_up",
        ["mlp.down_proj"] = "ffn_down",
    };

    private readonly DecoderConfig _config;
    private readonly SafetensorsFolder _weights;

    /// <param name="config">The model.</param>
    /// <param name="weights">Its files, open until everything is written.</param>
    /// <param name="type">Of the matrices.</param>
    public GgufWeights(DecoderConfig config, SafetensorsFolder weights, GgufTensorType type) =>
        (_config, _weights, Type) = (config, weights, type);

    /// <summary>Of the matrices whose rows are whole blocks of it.</summary>
    public GgufTensorType Type { get; }

    /// <summary>Every tensor of the file, names and shapes checked against the config.</summary>
    /// <exception cref="RewardReasoningException">The files do not hold the model that the config describes.</exception>
    public IReadOnlyList<GgufTensorSource> Sources()
    {
        List<GgufTensorSource> sources = [.. DecoderWeights.Specify(_config, _weights, headIsNew: false).Select(item => Source(item))];
        if (_config.RopeScaling is { Kind: RopeScalingKind.Llama3 })
        {
            float[] factors = Factors();
            sources.Add(
                new GgufTensorSource(
                    RotaryFactors,
                    [factors.Length],
                    GgufTensorType.F32,
                    stream => stream.Write(MemoryMarshal.AsBytes<float>(factors))
                )
            );
        }

        return sources;
    }

    private GgufTensorSource Source(ParameterSpecification item)
    {
        long rowLength = item.Shape[^1];
        GgufTensorType type =
            item.Shape.Length == 1 ? GgufTensorType.F32
            : rowLength % Type.BlockSize == 0 ? Type
            : GgufTensorType.F16;
        return new GgufTensorSource(NameOf(item.Name), [.. item.Shape.Reverse()], type, stream => Write(stream, item, type));
    }

    /// <summary>By how much each frequency is divided, [D/2].</summary>
    private float[] Factors()
    {
        (float[] plain, _) = RotaryFrequencies.Of(_config with { RopeScaling = null });
        (float[] scaled, _) = RotaryFrequencies.Of(_config);
        return [.. plain.Zip(scaled, (before, after) => before / after)];
    }

    private static string NameOf(string name)
    {
        if (Names.TryGetValue(name, out string? whole))
        {
            return whole;
        }

        string inLayer = name[LayerPrefix.Length..];
        int dot = inLayer.IndexOf('.', StringComparison.Ordinal),
            last = inLayer.LastIndexOf('.');
        return $"blk.{inLayer[..dot]}.{Names[inLayer[(dot + 1)..last]]}{inLayer[last..]}";
    }

    private void Write(Stream stream, ParameterSpecification item, GgufTensorType type)
    {
        using IDisposable noGrad = no_grad();
        using DisposeScope scope = NewDisposeScope();
        string stored = DecoderWeights.StoredName(item.Name, _weights);
        Tensor value = Interleaved(item, _weights.Read(stored));
        long rows = value.shape[0],
            slab = Math.Max(1, SlabNumbers / Math.Max(1, value.numel() / rows));
        for (long at = 0; at < rows; at += slab)
        {
            using DisposeScope inner = NewDisposeScope();
            Tensor part = value.narrow(0, at, Math.Min(slab, rows - at)).to(ScalarType.Float32).contiguous();
            float largest = part.abs().max().item<float>();
            if (!(largest <= (type == GgufTensorType.F16 ? LargestHalf : float.MaxValue)))
            {
                throw new CheckpointException(
                    _weights.PathOf(stored),
                    FormattableString.Invariant(
                        $"tensor {stored} holds {largest}, which {type.Name} cannot store. Choose bf16 or f32, or mend the checkpoint."
                    )
                );
            }

            stream.Write(Encode(part, type));
        }
    }

    private static ReadOnlySpan<byte> Encode(Tensor numbers, GgufTensorType type) =>
        type.Name switch
        {
            nameof(GgufTensorType.F32) => numbers.bytes,
            nameof(GgufTensorType.F16) => numbers.to(ScalarType.Float16).bytes,
            nameof(GgufTensorType.BF16) => numbers.to(ScalarType.BFloat16).bytes,
            _ => Q8Blocks.Quantize(MemoryMarshal.Cast<byte, float>(numbers.bytes)),
        };

    /// <summary>
    /// llama.cpp's Llama turns neighbouring rows 2i and 2i + 1 of a query or key head together, where Hugging Face turns i and i + D/2.
    /// </summary>
    private Tensor Interleaved(ParameterSpecification item, Tensor value)
    {
        int heads =
            _config.Architecture != DecoderArchitecture.Llama ? 0
            : item.Name.Contains("q_proj", StringComparison.Ordinal) ? _config.HeadCount
            : item.Name.Contains("k_proj", StringComparison.Ordinal) ? _config.KeyValueHeadCount
            : 0;
        return heads == 0
            ? value
            : value.reshape(heads, 2, _config.HeadDimension / 2, -1).transpose(1, 2).reshape(value.shape).contiguous();
    }
}
