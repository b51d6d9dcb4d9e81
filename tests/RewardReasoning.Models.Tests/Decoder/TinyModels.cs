using RewardReasoning.Models.Decoder;
using Xunit;

namespace RewardReasoning.Models.Tests.Decoder;

/// <summary>Shapes for tests that need no checkpoint.</summary>
internal static class TinyModels
{
    public static DecoderConfig Qwen2 { get; } =
        new()
        {
            Architecture = DecoderArchitecture.Qwen2,
            VocabularySize = 50,
            HiddenSize = 24,
            IntermediateSize = 40,
            LayerCount = 2,
            HeadCount = 4,
            KeyValueHeadCount = 2,
            HeadDimension = 6,
            TieWordEmbeddings = true,
            QkvBias = true,
            MaxPositions = 128,
            BosTokenId = 1,
            EosTokenIds = [2, 3],
            PadTokenId = 0,
        };

    public static TheoryData<string> All => ["qwen2", "qwen3-yarn", "llama-llama3", "llama-bias"];

    public static DecoderConfig Get(string name)
    {
        DecoderConfig plain = Qwen2 with { QkvBias = false, TieWordEmbeddings = false, EosTokenIds = [2] };
        return name switch
        {
            "qwen2" => Qwen2,
            "qwen3-yarn" => plain with
            {
                Architecture = DecoderArchitecture.Qwen3,
                QkNorm = true,
                HeadDimension = 8,
                RopeTheta = 1e6,
                RopeScaling = new()
                {
                    Kind = RopeScalingKind.Yarn,
                    Factor = 4,
                    OriginalMaxPositions = 32,
                    BetaFast = 16,
                    AttentionFactor = 1.1,
                    Truncate = false,
                },
            },
            "llama-llama3" => plain with
            {
                Architecture = DecoderArchitecture.Llama,
                RmsNormEpsilon = 1e-5,
                PadTokenId = null,
                RopeScaling = new()
                {
                    Kind = RopeScalingKind.Llama3,
                    Factor = 8,
                    OriginalMaxPositions = 32,
                    HighFrequencyFactor = 3,
                },
            },
            "llama-bias" => plain with { Architecture = DecoderArchitecture.Llama, QkvBias = true, OutputBias = true, EosTokenIds = [] },
            _ => throw new ArgumentException(name),
        };
    }
}
