using System.Text.Json;
using System.Text.Json.Nodes;
using RewardReasoning.IO;
using TorchSharp;

namespace RewardReasoning.Models.Decoder;

/// <summary>Writes <c>config.json</c> in the classic Hugging Face layout.</summary>
internal static class DecoderConfigWriter
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public static void Save(DecoderConfig config, string folder, torch.ScalarType type)
    {
        config.Validate();
        JsonObject json = new()
        {
            ["architectures"] = new JsonArray(
                config.Architecture + (config.ScalarHead ? DecoderConfigReader.ScalarSuffix : DecoderConfigReader.CausalSuffix)
            ),
            ["model_type"] = DecoderConfigReader.ModelType(config.Architecture),
            ["torch_dtype"] = TypeName(type),
            ["hidden_act"] = "silu",
            ["vocab_size"] = config.VocabularySize,
            ["hidden_size"] = config.HiddenSize,
            ["intermediate_size"] = config.IntermediateSize,
            ["num_hidden_layers"] = config.LayerCount,
            ["num_attention_heads"] = config.HeadCount,
            ["num_key_value_heads"] = config.KeyValueHeadCount,
            ["max_position_embeddings"] = config.MaxPositions,
            ["rms_norm_eps"] = config.RmsNormEpsilon,
            ["rope_theta"] = config.RopeTheta,
            ["rope_scaling"] = config.RopeScaling is { } scaling ? Scaling(scaling) : null,
            ["tie_word_embeddings"] = config.TieWordEmbeddings,
            ["attention_dropout"] = 0.0,
            ["initializer_range"] = 0.02,
            ["use_cache"] = true,
            ["bos_token_id"] = config.BosTokenId,
            ["eos_token_id"] = config.EosTokenIds.Count switch
            {
                0 => null,
                1 => config.EosTokenIds[0],
                _ => new JsonArray([.. config.EosTokenIds.Select(id => (JsonNode)id)]),
            },
            ["pad_token_id"] = config.PadTokenId,
        };
        if (config.ScalarHead)
        {
            json["id2label"] = new JsonObject { ["0"] = "LABEL_0" }; // transformers counts the labels here
            json["label2id"] = new JsonObject { ["LABEL_0"] = 0 };
        }

        if (config.Architecture != DecoderArchitecture.Qwen2 || config.HeadDimension * config.HeadCount != config.HiddenSize)
        {
            json["head_dim"] = config.HeadDimension;
        }

        if (config.Architecture != DecoderArchitecture.Qwen2)
        {
            json["attention_bias"] = config.QkvBias;
        }

        if (config.Architecture == DecoderArchitecture.Llama)
        {
            json["mlp_bias"] = false;
        }
        else
        {
            json["use_sliding_window"] = false;
            json["sliding_window"] = null;
            json["max_window_layers"] = config.LayerCount;
        }

        Directory.CreateDirectory(folder);
        AtomicFile.Write(Path.Combine(folder, DecoderConfig.FileName), stream => JsonSerializer.Serialize(stream, json, Indented));
    }

    private static JsonObject Scaling(RopeScaling scaling)
    {
        string kind = scaling.Kind == RopeScalingKind.Llama3 ? "llama3" : "yarn";
        JsonObject json = new()
        {
            ["type"] = kind,
            ["rope_type"] = kind,
            ["factor"] = scaling.Factor,
            ["original_max_position_embeddings"] = scaling.OriginalMaxPositions,
        };
        if (scaling.Kind == RopeScalingKind.Llama3)
        {
            json["low_freq_factor"] = scaling.LowFrequencyFactor;
            json["high_freq_factor"] = scaling.HighFrequencyFactor;
            return json;
        }

        json["beta_fast"] = scaling.BetaFast;
        json["beta_slow"] = scaling.BetaSlow;
        foreach (
            (string key, double? value) in new[]
            {
                ("attention_factor", scaling.AttentionFactor),
                ("mscale", scaling.Mscale),
                ("mscale_all_dim", scaling.MscaleAllDimensions),
            }
        )
        {
            if (value is { } given)
            {
                json[key] = given;
            }
        }

        if (!scaling.Truncate)
        {
            json["truncate"] = false;
        }

        return json;
    }

    private static string TypeName(torch.ScalarType type) =>
        type switch
        {
            torch.ScalarType.Float32 => "float32",
            torch.ScalarType.BFloat16 => "bfloat16",
            torch.ScalarType.Float16 => "float16",
            _ => throw new ArgumentException($"Weights cannot be stored as {type}; Float32, BFloat16 and Float16 can.", nameof(type)),
        };
}
