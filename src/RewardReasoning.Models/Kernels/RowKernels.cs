using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace RewardReasoning.Models.Kernels;

/// <summary>
/// Arithmetic for few rows on the processor, one implementation for each width of its vectors. Weights stay in the type in which they are
/// stored and are widened in registers; activations and sums are float32. Everything is summed in an order that depends on the shape of the
/// model alone: what a row gets does not depend on the rows beside it. Widths differ in the order, so in rounding.
/// </summary>
internal abstract unsafe class RowKernels
{
    /// <summary>Widths that this processor computes in hardware, the fastest first; the last one is always there.</summary>
    public static IReadOnlyList<RowKernels> Supported { get; } =
    [
        .. Vector512.IsHardwareAccelerated && Avx512F.IsSupported
            ? [new RowKernels<Vectors512, Vector512<float>>()]
            : Array.Empty<RowKernels>(),
        .. Vector256.IsHardwareAccelerated && Fma.IsSupported
            ? [new RowKernels<Vectors256, Vector256<float>>()]
            : Array.Empty<RowKernels>(),
        new RowKernels<Vectors128, Vector128<float>>(),
    ];

    /// <summary>Rows of tokens in a page of keys, side by side.</summary>
    public const int PageTokens = 16;

    /// <summary>Numbers in a vector.</summary>
    public abstract int Width { get; }

    /// <summary>y[r, o] += Σ_i weights[o, i] · x[r, i] for the outputs from <paramref name="from"/> to <paramref name="to"/>.</summary>
    /// <param name="weights">[outputs, inputs].</param>
    /// <param name="from">First output.</param>
    /// <param name="to">Behind the last output.</param>
    /// <param name="x">[rows, inputs].</param>
    /// <param name="rows">How many.</param>
    /// <param name="y">[rows, stride]; output o of a row is at place o.</param>
    /// <param name="stride">From row to row of y.</param>
    public abstract void AddProducts(in WeightMatrix weights, int from, int to, float* x, int rows, float* y, int stride);

    /// <summary>y = x / sqrt(mean(x²) + epsilon) · weight.</summary>
    public abstract void Normalise(float* x, in WeightMatrix weight, double epsilon, float* y);

    /// <summary>y = numbers of a row of weights.</summary>
    public abstract void CopyRow(in WeightMatrix weights, int row, float* y);

    /// <summary>y = silu(gate) · up.</summary>
    public abstract void GateUp(float* gate, float* up, int count, float* y);

    /// <summary>y = scale · (x cos + roll(x, dimension / 2) sine).</summary>
    /// <param name="x">[dimension].</param>
    /// <param name="cosine">[dimension].</param>
    /// <param name="signedSine">[dimension], the first half negated.</param>
    /// <param name="dimension">A multiple of 16.</param>
    /// <param name="scale">Of the result.</param>
    /// <param name="y">[dimension], not x.</param>
    public abstract void Rotate(float* x, float* cosine, float* signedSine, int dimension, float scale, float* y);

    /// <summary>scores[q, t] = query q · key t.</summary>
    /// <param name="queries">[count, dimension].</param>
    /// <param name="count">Queries.</param>
    /// <param name="dimension">A multiple of 16.</param>
    /// <param name="pages">Keys, each page [dimension, 16].</param>
    /// <param name="scores">[count, stride], room for whole pages.</param>
    /// <param name="stride">From query to query.</param>
    public abstract void Score(float* queries, int count, int dimension, ReadOnlySpan<nint> pages, float* scores, int stride);

    /// <summary>
    /// Takes the scores of further tokens into a softmax: they become exp(score − peak), and what was mixed before is scaled to the new
    /// peak.
    /// </summary>
    /// <param name="scores">[count], room for whole pages.</param>
    /// <param name="count">Tokens.</param>
    /// <param name="peak">The largest score so far; −∞ at first.</param>
    /// <param name="total">Sum of the shares so far.</param>
    /// <param name="mixed">[dimension] so far.</param>
    /// <param name="dimension">A multiple of 16.</param>
    public abstract void Exponentiate(float* scores, int count, ref float peak, ref float total, float* mixed, int dimension);

    /// <summary>mixed[q] += Σ_t shares[q, t] · value t.</summary>
    /// <param name="shares">[count, stride].</param>
    /// <param name="stride">From query to query.</param>
    /// <param name="count">Queries.</param>
    /// <param name="pages">Values, each page [16, dimension].</param>
    /// <param name="tokens">How many of them.</param>
    /// <param name="dimension">A multiple of 16.</param>
    /// <param name="mixed">[count, dimension].</param>
    public abstract void Mix(float* shares, int stride, int count, ReadOnlySpan<nint> pages, int tokens, int dimension, float* mixed);

    /// <summary>x · factor, in place.</summary>
    public abstract void Scale(float* x, int count, float factor);
}
