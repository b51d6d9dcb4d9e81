using RewardReasoning.Models.Decoder;
using RewardReasoning.Models.Generation;
using RewardReasoning.Models.Tests.Decoder;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace RewardReasoning.Models.Tests.Generation;

public sealed class EnginePlanTests
{
    /// <summary>2 layers, keys and values of 2 heads each.</summary>
    private const int NumbersPerHeadDimension = 2 * 2 * 2;

    [Theory]
    [InlineData(ScalarType.Float32, 16, 4)]
    [InlineData(ScalarType.BFloat16, 16, 4)] // in pages, which are float32
    [InlineData(ScalarType.BFloat16, 6, 2)] // heads too narrow for pages
    public void Of_CacheTokens_AreAsManyAsTheBytesHold(ScalarType type, int headDimension, int bytes)
    {
        using DisposeScope scope = NewDisposeScope();
        using DecoderModel full = DecoderModel.CreateRandom(TinyModels.Qwen2 with { HeadDimension = headDimension }, 1, CPU);
        using DecoderModel model = full.ConvertTo(type);
        EnginePlan plan = EnginePlan.Of(new EngineOptions { MaxCacheBytes = 1_000_000 }, model, processors: 2);
        Assert.Equal(1_000_000 / (NumbersPerHeadDimension * headDimension * bytes), plan.CacheTokens);
    }
}
