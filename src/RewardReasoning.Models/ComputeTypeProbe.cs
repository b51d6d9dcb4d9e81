using System.Diagnostics;
using RewardReasoning.Models.Decoder;
using TorchSharp;
using static TorchSharp.torch;

namespace RewardReasoning.Models;

/// <summary>
/// Finds the faster type by running both: processors with bfloat16 units multiply several times faster in it, others several times slower.
/// </summary>
internal static class ComputeTypeProbe
{
    /// <summary>Below this many weights the products are too small for the type to matter.</summary>
    private const long SmallestProbed = 50_000_000;

    private const int Rows = 64;
    private const int Repetitions = 3;

    public static ScalarType Choose(DecoderConfig config, Device device)
    {
        long perLayer =
            (2L * config.HiddenSize * config.HeadDimension * (config.HeadCount + config.KeyValueHeadCount))
            + (3L * config.HiddenSize * config.IntermediateSize);
        long weights = ((long)config.VocabularySize * config.HiddenSize) + (config.LayerCount * perLayer);
        if (weights < SmallestProbed)
        {
            return ScalarType.Float32;
        }

        // Weights that would fill the memory in float32 need no timing.
        bool tooLarge = device.type == DeviceType.CPU && weights * 4 > GC.GetGCMemoryInfo().TotalAvailableMemoryBytes * 0.7;
        return tooLarge || Time(config, ScalarType.BFloat16, device) < Time(config, ScalarType.Float32, device)
            ? ScalarType.BFloat16
            : ScalarType.Float32;
    }

    private static TimeSpan Time(DecoderConfig config, ScalarType type, Device device)
    {
        using IDisposable noGrad = no_grad();
        using DisposeScope scope = NewDisposeScope();
        Tensor weight = ones([config.IntermediateSize, config.HiddenSize], dtype: type, device: device);
        Tensor input = ones([Rows, config.HiddenSize], dtype: type, device: device);
        TimeSpan best = TimeSpan.MaxValue;
        for (int i = 0; i <= Repetitions; i++)
        {
            long start = Stopwatch.GetTimestamp();
            nn.functional.linear(input, weight).sum().to(ScalarType.Float32).item<float>(); // reading the sum waits for the device
            TimeSpan time = Stopwatch.GetElapsedTime(start);
            best = i > 0 && time < best ? time : best;
        }

        return best;
    }
}
