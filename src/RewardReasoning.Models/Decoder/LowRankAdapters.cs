using RewardReasoning.Models.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace RewardReasoning.Models.Decoder;

/// <summary>Makes and merges the adapters of a model's linear layers.</summary>
internal static class LowRankAdapters
{
    private const string WeightSuffix = ".weight";

    /// <summary>A by chance, B 0, for every linear layer of attention and MLP; the caller takes them over.</summary>
    public static List<(string Name, Tensor Value)> Create(
        IReadOnlyList<(string Name, Tensor Value)> parameters,
        LowRankOptions options,
        ulong seed,
        Device device
    )
    {
        using IDisposable noGrad = no_grad();
        using Generator generator = new(seed, CPU);
        List<(string, Tensor)> adapters = [];
        foreach ((string name, Tensor weight) in parameters.Where(parameter => IsTarget(parameter.Name)))
        {
            using DisposeScope scope = NewDisposeScope();
            string layer = name[..^WeightSuffix.Length];
            long outputs = weight.shape[0],
                inputs = weight.shape[1];
            double bound = Math.Sqrt(1.0 / inputs);
            Tensor down = rand([options.Rank, inputs], dtype: ScalarType.Float32, generator: generator)
                .Times(2 * bound)
                .Minus(bound)
                .to(device);
            adapters.Add((layer + LowRankAdapter.DownSuffix, down.MoveToOuterDisposeScope()));
            adapters.Add(
                (
                    layer + LowRankAdapter.UpSuffix,
                    zeros([outputs, options.Rank], dtype: ScalarType.Float32, device: device).MoveToOuterDisposeScope()
                )
            );
        }

        return adapters;
    }

    /// <summary>W ← W + scale · B A, rounded once to W's type.</summary>
    public static void Merge(ParameterSet parameters)
    {
        using IDisposable noGrad = no_grad();
        foreach ((string name, Tensor weight) in parameters.Ordered.Where(parameter => IsTarget(parameter.Name)))
        {
            using DisposeScope scope = NewDisposeScope();
            if (LowRankAdapter.Find(parameters, name[..^WeightSuffix.Length]) is { } adapter)
            {
                weight.copy_(weight.to(ScalarType.Float32).Plus(adapter.Product()));
            }
        }
    }

    private static bool IsTarget(string parameter) =>
        LowRankAdapter.Targets.Any(target => parameter.EndsWith("." + target + WeightSuffix, StringComparison.Ordinal));
}
