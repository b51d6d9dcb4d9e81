using RewardReasoning.Models.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace RewardReasoning.Training.Losses;

/// <summary>
/// Log-probs of chosen tokens, and entropies, from logits [N,V]. Where gradients are on, autograd keeps one [N,V] tensor; where
/// they are off, rows are taken in slices, so that no second [N,V] tensor ever exists.
/// </summary>
internal static class SequenceLogProbs
{
    private const long SliceElements = 1 << 21;

    /// <summary>log p of the token chosen at each row, [N], at the temperature that it was sampled at; float32 at least.</summary>
    /// <param name="logits">[N,V].</param>
    /// <param name="tokens">[N] int64.</param>
    /// <param name="temperature">Above 0; logits are divided by it.</param>
    public static Tensor Compute(Tensor logits, Tensor tokens, double temperature = 1)
    {
        Check(logits, temperature);
        ArgumentNullException.ThrowIfNull(tokens);
        Shapes.MustBe(tokens.dim() == 1 && tokens.shape[0] == logits.shape[0], tokens, nameof(tokens), $"[{logits.shape[0]}]");
        return Tracked(logits)
            ? Chosen(logits, tokens, temperature)
            : InSlices(logits, (start, rows) => Chosen(logits.narrow(0, start, rows), tokens.narrow(0, start, rows), temperature));
    }

    /// <summary>The entropy of each row's distribution in nats, [N], differentiable where gradients are on; float32 at least.</summary>
    /// <param name="logits">[N,V].</param>
    /// <param name="temperature">Above 0; logits are divided by it.</param>
    public static Tensor Entropy(Tensor logits, double temperature = 1)
    {
        Check(logits, temperature);
        return Tracked(logits)
            ? RowEntropy(logits, temperature)
            : InSlices(logits, (start, rows) => RowEntropy(logits.narrow(0, start, rows), temperature));
    }

    /// <summary>ln Σ p² of each row's distribution, without gradient, [N]; float32 at least.</summary>
    /// <param name="logits">[N,V].</param>
    public static Tensor LogSumSquares(Tensor logits)
    {
        Check(logits, temperature: 1);
        using IDisposable noGradients = no_grad();
        return InSlices(logits, (start, rows) => LogSoftmax(logits.narrow(0, start, rows), 1).Times(2).logsumexp(-1));
    }

    private static Tensor Chosen(Tensor logits, Tensor tokens, double temperature) =>
        LogSoftmax(logits, temperature).gather(1, tokens.unsqueeze(1)).squeeze(1);

    private static Tensor RowEntropy(Tensor logits, double temperature)
    {
        Tensor logProbs = LogSoftmax(logits, temperature); // [N, V]

        // A token of probability 0 adds 0, not 0 · −∞.
        return -(logProbs.exp() * logProbs.AtLeast(-1e4)).sum(-1);
    }

    private static Tensor LogSoftmax(Tensor logits, double temperature)
    {
        Tensor precise = Precision.AtLeastSingle(logits);
        return (temperature == 1 ? precise : precise.Over(temperature)).log_softmax(-1);
    }

    private static Tensor InSlices(Tensor logits, Func<long, long, Tensor> slice)
    {
        long rows = logits.shape[0];
        long step = Math.Max(1, SliceElements / logits.shape[1]);
        if (rows <= step)
        {
            using DisposeScope whole = NewDisposeScope();
            return slice(0, rows).MoveToOuterDisposeScope();
        }

        using DisposeScope scope = NewDisposeScope();
        List<Tensor> parts = [];
        for (long start = 0; start < rows; start += step)
        {
            using DisposeScope part = NewDisposeScope();
            parts.Add(slice(start, Math.Min(step, rows - start)).MoveToOuterDisposeScope());
        }

        return cat(parts).MoveToOuterDisposeScope();
    }

    private static bool Tracked(Tensor logits) => is_grad_enabled() && logits.requires_grad;

    private static void Check(Tensor logits, double temperature)
    {
        ArgumentNullException.ThrowIfNull(logits);
        Shapes.MustBe(logits.dim() == 2, logits, nameof(logits), "[tokens, vocabulary]");
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(temperature);
    }
}
