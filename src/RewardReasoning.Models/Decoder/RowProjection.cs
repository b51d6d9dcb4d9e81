using RewardReasoning.Models.Kernels;
using static TorchSharp.torch;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace RewardReasoning.Models.Decoder;

/// <summary>
/// x W^T + b for few rows on the processor, with the parts of adapters: what <see cref="Linear"/> and <see cref="StackedLinear"/> compute,
/// without tensors. Outputs are computed in parts, of which a team of threads takes one at a time.
/// </summary>
internal sealed unsafe class RowProjection : IDisposable
{
    /// <summary>Weights of a part: enough to be worth handing out, few enough for the second cache.</summary>
    private const int BytesOfPart = 1 << 17;

    private const int SmallestPart = 16;

    private readonly WeightMatrix _weights;
    private readonly ByteMatrix? _bytes;
    private readonly ShortRows? _shorts;
    private readonly WeightMatrix? _bias;
    private readonly Adapter[] _adapters;

    /// <param name="weight">[outputs, inputs].</param>
    /// <param name="bias">[outputs], or null.</param>
    /// <param name="adapters">Adapters of the projections that the weight stacks, each with its first output.</param>
    /// <param name="shorts">
    /// Room for the input in 16 bits, shared among projections: the weight is then copied in 8 bits. Null: it is read as it is.
    /// </param>
    public RowProjection(Tensor weight, Tensor? bias, IEnumerable<(LowRankAdapter Adapter, int First)> adapters, ShortRows? shorts = null)
    {
        _weights = new WeightMatrix(weight);
        (_bytes, _shorts) = shorts is null ? (null, null) : (new ByteMatrix(weight, RowKernels.Supported[0]), shorts);
        _bias = bias is null ? null : new WeightMatrix(bias);
        _adapters = [.. adapters.Select(part => new Adapter(part.Adapter, part.First))];
    }

    public int Inputs => _weights.Inputs;

    public int Outputs => _weights.Outputs;

    /// <summary>Outputs in a part: a multiple of 16 that depends on the shape alone.</summary>
    public int PartSize => Math.Max(BytesOfPart / (Inputs * BytesOfWeight) / SmallestPart, 1) * SmallestPart;

    private int BytesOfWeight =>
        _bytes is not null ? 1
        : _weights.IsBFloat16 ? 2
        : 4;

    /// <summary>How many parts there are of that many outputs.</summary>
    public static int Parts(int outputs, int size) => (outputs + size - 1) / size;

    /// <summary>What all parts need of the input; call it before them, and not at the same time.</summary>
    /// <param name="kernels">Arithmetic.</param>
    /// <param name="x">[rows, inputs].</param>
    /// <param name="rows">How many.</param>
    public void Prepare(RowKernels kernels, float* x, int rows)
    {
        _shorts?.Begin(rows, Inputs);
        for (int row = 0; _shorts is not null && row < rows; row++)
        {
            _shorts.Set(row, x + ((nint)row * Inputs), Inputs);
        }

        foreach (Adapter adapter in _adapters)
        {
            adapter.Narrow(kernels, x, rows);
        }
    }

    /// <summary>Computes the outputs from <paramref name="from"/> to <paramref name="to"/>.</summary>
    /// <param name="kernels">Arithmetic.</param>
    /// <param name="from">First output.</param>
    /// <param name="to">Behind the last output.</param>
    /// <param name="x">[rows, inputs].</param>
    /// <param name="rows">How many.</param>
    /// <param name="y">[rows, stride].</param>
    /// <param name="stride">From row to row of y.</param>
    /// <param name="add">Whether they are added to y or replace it.</param>
    public void Apply(RowKernels kernels, int from, int to, float* x, int rows, float* y, int stride, bool add)
    {
        Span<float> start = stackalloc float[to - from]; // a few hundred
        start.Clear();
        for (int i = 0; _bias is { } bias && i < start.Length; i++)
        {
            start[i] = bias[from + i];
        }

        for (int row = 0; row < rows; row++)
        {
            Span<float> outputs = new(y + ((nint)row * stride) + from, to - from);
            if (!add)
            {
                start.CopyTo(outputs);
            }
            else if (_bias is not null)
            {
                TensorPrimitives.Add(outputs, start, outputs);
            }
        }

        if (_bytes is { } bytes && _shorts is { } shorts)
        {
            ByteKernels.Supported[0].AddProducts(bytes, from, to, shorts, rows, y, stride);
        }
        else
        {
            kernels.AddProducts(_weights, from, to, x, rows, y, stride);
        }

        foreach (Adapter adapter in _adapters)
        {
            adapter.Widen(kernels, from, to, rows, y, stride);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _bytes?.Dispose();
        Array.ForEach(_adapters, adapter => adapter.Dispose());
    }

    private sealed class Adapter(LowRankAdapter adapter, int first) : IDisposable
    {
        private readonly WeightMatrix _down = new(adapter.Down);
        private readonly WeightMatrix _up = new(adapter.Up);
        private readonly AlignedFloats _narrow = new();
        private float* _x;

        public void Narrow(RowKernels kernels, float* x, int rows)
        {
            int rank = _down.Outputs;
            _x = _narrow.For((long)rows * rank);
            new Span<float>(_x, rows * rank).Clear();
            kernels.AddProducts(_down, 0, rank, x, rows, _x, rank);
            kernels.Scale(_x, rows * rank, (float)adapter.Scale);
        }

        public void Widen(RowKernels kernels, int from, int to, int rows, float* y, int stride)
        {
            (from, to) = (Math.Max(from - first, 0), Math.Min(to - first, _up.Outputs));
            if (from < to)
            {
                kernels.AddProducts(_up, from, to, _x, rows, y + first, stride);
            }
        }

        public void Dispose() => _narrow.Dispose();
    }
}
