// Every token is drawn by inverting the cumulative distribution at a number in [0, 1): the first token whose cumulative share exceeds it.
// Sums are kept in double, in the order of the ids. The engine's numbers come from a counter-based generator (seed of the request, place of
// the token), so they do not depend on the batch; rollouts bring numbers of their own.
using RewardReasoning.Models.Tensors;
using static TorchSharp.torch;

namespace RewardReasoning.Models.Generation;

/// <summary>A token for each row, drawn together.</summary>
/// <param name="Ids">[N].</param>
/// <param name="LogProbs">[N], under the distribution that was drawn from.</param>
/// <param name="Entropies">[N], of that distribution, in nats.</param>
internal sealed record DrawnTokens(long[] Ids, float[] LogProbs, float[] Entropies);

/// <summary>Draws tokens. Pure: the same weights, options and numbers give the same tokens.</summary>
internal static class Sampler
{
    private const ulong GoldenGamma = 0x9E3779B97F4A7C15;

    /// <summary>
    /// The number in [0, 1) that decides a token: SplitMix64's stream of the mixed seed, read at <paramref name="index"/>.
    /// </summary>
    public static double Uniform(ulong seed, int index)
    {
        ulong bits = Mix(Mix(seed + GoldenGamma) + (((ulong)index + 1) * GoldenGamma));
        return (bits >> 11) * (1.0 / (1UL << 53));
    }

    /// <summary>Index of the largest score, the first of equals.</summary>
    public static int Best(ReadOnlySpan<float> scores)
    {
        int best = 0;
        for (int i = 1; i < scores.Length; i++)
        {
            if (scores[i] > scores[best])
            {
                best = i;
            }
        }

        return best;
    }

    /// <summary>The most probable token of each row.</summary>
    /// <param name="logits">[N, V].</param>
    public static long[] BestOfRows(Tensor logits) => logits.argmax(-1).Longs().ToArray();

    /// <summary>Draws a token for each row from its whole distribution, on the device of the logits.</summary>
    /// <param name="logits">[N, V].</param>
    /// <param name="temperature">Above 0.</param>
    /// <param name="uniforms">A number in [0, 1) for each row.</param>
    public static DrawnTokens DrawRows(Tensor logits, double temperature, double[] uniforms)
    {
        Tensor distribution = logits.to(ScalarType.Float32).Over(temperature).log_softmax(-1); // [N, V]
        Tensor probabilities = distribution.exp();
        Tensor below = probabilities.cumsum(-1, ScalarType.Float64); // [N, V]
        Tensor at = tensor(uniforms, device: logits.device).unsqueeze(1); // [N, 1]

        // How many cumulative shares the number reaches; a token of probability 0 is never the first beyond it.
        Tensor tokens = below.le(at.mul(below.narrow(1, below.shape[1] - 1, 1))).sum(-1); // [N]
        Tensor logProbs = distribution.gather(1, tokens.unsqueeze(1)).squeeze(1);
        Tensor entropies = probabilities.mul(distribution.AtLeast(-1e4)).sum(-1).neg(); // probability 0 adds 0, not 0 · −∞
        DrawnTokens drawn = new(tokens.Longs().ToArray(), logProbs.Floats().ToArray(), entropies.Floats().ToArray());
        return Array.Exists(drawn.LogProbs, float.IsNaN) ? throw GenerationException.NotANumber() : drawn;
    }

    /// <summary>Draws from a whole distribution in the order in which it is given.</summary>
    /// <param name="weights">Probabilities up to a common factor, at the temperature already.</param>
    /// <param name="options">What may be drawn; its temperature and seed are not looked at.</param>
    /// <param name="uniform">In [0, 1).</param>
    /// <returns>An index of <paramref name="weights"/>.</returns>
    public static int Draw(ReadOnlySpan<float> weights, SamplingOptions options, double uniform)
    {
        ArgumentNullException.ThrowIfNull(options);
        bool all = options is { TopP: 1, MinP: 0 } && (options.TopK == 0 || options.TopK >= weights.Length);
        return all ? Walk(weights, 0, int.MaxValue, uniform) : DrawRestricted(weights, options, uniform);
    }

    /// <summary>Draws from the most probable tokens of a distribution, best first.</summary>
    /// <param name="sorted">The largest weights, falling.</param>
    /// <param name="total">Sum of all weights of the distribution, those not given included.</param>
    /// <param name="whole">Whether <paramref name="sorted"/> holds every weight.</param>
    /// <param name="options">What may be drawn; its temperature and seed are not looked at.</param>
    /// <param name="uniform">In [0, 1).</param>
    /// <returns>An index of <paramref name="sorted"/>, or -1 where more of the distribution is needed to decide.</returns>
    public static int DrawSorted(ReadOnlySpan<float> sorted, double total, bool whole, SamplingOptions options, double uniform)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.TopK > 0 && options.TopK <= sorted.Length)
        {
            sorted = sorted[..options.TopK];
            (total, whole) = (Sum(sorted), true);
        }
        else if (whole)
        {
            total = Sum(sorted);
        }
        else if (options.TopK > 0)
        {
            return -1;
        }

        if (options is { TopP: 1, MinP: 0 })
        {
            double target = uniform * total;
            double sum = 0;
            for (int i = 0; i < sorted.Length; i++)
            {
                sum += sorted[i];
                if (sum > target)
                {
                    return i;
                }
            }

            return whole ? LastPositive(sorted) : -1;
        }

        int kept = CountKept(sorted, total, options, out bool complete);
        return complete || whole ? Walk(sorted[..kept], 0, int.MaxValue, uniform) : -1;
    }

    /// <summary>
    /// How many of the largest weights stay: the smallest number that holds TopP of the total, all at least MinP of the first.
    /// </summary>
    private static int CountKept(ReadOnlySpan<float> sorted, double total, SamplingOptions options, out bool complete)
    {
        double needed = options.TopP * total;
        double least = options.MinP * sorted[0];
        double sum = 0;
        for (int i = 0; i < sorted.Length; i++)
        {
            if (sorted[i] < least)
            {
                complete = true;
                return Math.Max(i, 1);
            }

            sum += sorted[i];
            if (options.TopP < 1 && sum >= needed)
            {
                complete = true;
                return i + 1;
            }
        }

        complete = false;
        return sorted.Length;
    }

    private static int DrawRestricted(ReadOnlySpan<float> weights, SamplingOptions options, double uniform)
    {
        float[] rented = System.Buffers.ArrayPool<float>.Shared.Rent(weights.Length);
        try
        {
            Span<float> sorted = rented.AsSpan(0, weights.Length);
            weights.CopyTo(sorted);
            sorted.Sort(); // with the default order, which is several times faster than with a comparison
            sorted.Reverse();
            ReadOnlySpan<float> considered = options.TopK > 0 && options.TopK < sorted.Length ? sorted[..options.TopK] : sorted;
            int kept = CountKept(considered, Sum(considered), options, out _);
            float least = considered[kept - 1];
            int equals = 0;
            while (equals < kept && considered[kept - 1 - equals] == least)
            {
                equals++;
            }

            return Walk(weights, least, equals, uniform);
        }
        finally
        {
            System.Buffers.ArrayPool<float>.Shared.Return(rented);
        }
    }

    /// <summary>Inverts the distribution of the weights above <paramref name="least"/> and of the first few that equal it.</summary>
    private static int Walk(ReadOnlySpan<float> weights, float least, int equals, double uniform)
    {
        double total = 0;
        int left = equals;
        foreach (float weight in weights)
        {
            total += Keeps(weight, least, ref left) ? weight : 0;
        }

        double target = uniform * total;
        double sum = 0;
        int last = 0;
        left = equals;
        for (int i = 0; i < weights.Length; i++)
        {
            if (Keeps(weights[i], least, ref left) && weights[i] > 0)
            {
                last = i;
                sum += weights[i];
                if (sum > target)
                {
                    return i;
                }
            }
        }

        return last;
    }

    private static bool Keeps(float weight, float least, ref int equals) => weight > least || (weight == least && equals-- > 0);

    private static double Sum(ReadOnlySpan<float> weights)
    {
        double sum = 0;
        foreach (float weight in weights)
        {
            sum += weight;
        }

        return sum;
    }

    private static int LastPositive(ReadOnlySpan<float> weights)
    {
        int last = weights.Length - 1;
        while (last > 0 && !(weights[last] > 0))
        {
            last--;
        }

        return last;
    }

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
