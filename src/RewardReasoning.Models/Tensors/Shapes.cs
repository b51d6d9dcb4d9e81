using static TorchSharp.torch;

namespace RewardReasoning.Models.Tensors;

/// <summary>Shape checks with readable errors: torch would broadcast a wrong shape silently.</summary>
internal static class Shapes
{
    public static void MustMatch(Tensor expected, Tensor actual, string name)
    {
        if (!expected.shape.AsSpan().SequenceEqual(actual.shape))
        {
            throw new ArgumentException($"{name} is {Describe(actual)}; it must be {Describe(expected)} like the other tensors.", name);
        }
    }

    public static void MustBe(bool holds, Tensor actual, string name, string expected)
    {
        if (!holds)
        {
            throw new ArgumentException($"{name} is {Describe(actual)}; it must be {expected}.", name);
        }
    }

    public static string Describe(Tensor tensor) => $"[{string.Join(", ", tensor.shape)}] {tensor.dtype}";
}
