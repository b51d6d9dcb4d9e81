using RewardReasoning.Models.Decoder;

namespace RewardReasoning.Models.Tests.Decoder;

/// <summary>Shapes for tests that need no checkpoint.</summary>
public static class TinyModels
{
    public static DecoderConfig Qwen2 { get; } = new()
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
}
