using RewardReasoning.Models.Kernels;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace RewardReasoning.Models.Tests.Kernels;

/// <summary>Every width that this processor has, against sums in double.</summary>
public sealed unsafe class RowKernelsTests : IDisposable
{
    private const double Tolerance = 1e-5;

    private readonly DisposeScope _scope = NewDisposeScope();
    private readonly Generator _generator = new(11, CPU);

    public static TheoryData<int> Widths => [.. RowKernels.Supported.Select(kernels => kernels.Width)];

    public void Dispose()
    {
        _generator.Dispose();
        _scope.Dispose();
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void AddProducts_AnyShape_AddsTheProduct(int width)
    {
        foreach (ScalarType type in new[] { ScalarType.Float32, ScalarType.BFloat16 })
        {
            foreach ((int rows, int outputs, int inputs) in new[] { (1, 4, 64), (7, 50, 24), (4, 3, 7), (18, 20, 96), (5, 17, 33) })
            {
                Tensor weight = Numbers(outputs, inputs).to(type);
                float[] x = Floats(rows, inputs),
                    y = Floats(rows, outputs);
                double[] w = InDouble(weight);

                float[] sums = Add(width, weight, 0, outputs, x, rows, y);

                for (int i = 0; i < sums.Length; i++)
                {
                    (int row, int output) = Math.DivRem(i, outputs);
                    double sum = y[i] + Enumerable.Range(0, inputs).Sum(k => w[(output * inputs) + k] * x[(row * inputs) + k]);
                    Assert.Equal(sum, sums[i], Tolerance * inputs);
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void AddProducts_SomeOutputs_LeavesTheOthers(int width)
    {
        Tensor weight = Numbers(48, 32);
        float[] x = Floats(3, 32),
            y = Floats(3, 48);

        float[] whole = Add(width, weight, 0, 48, x, 3, y),
            part = Add(width, weight, 16, 32, x, 3, y);

        for (int i = 0; i < part.Length; i++)
        {
            Assert.Equal(i % 48 is >= 16 and < 32 ? whole[i] : y[i], part[i]);
        }
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void AddProducts_RowsBeside_DoNotChangeARow(int width)
    {
        const int most = 13;
        Tensor weight = Numbers(22, 75).to(ScalarType.BFloat16);
        float[] x = Floats(most, 75);
        float[] together = Add(width, weight, 0, 22, x, most, new float[most * 22]);

        for (int row = 0; row < most; row++)
        {
            float[] alone = Add(width, weight, 0, 22, x[(row * 75)..((row + 1) * 75)], 1, new float[22]);
            Assert.Equal(alone, together[(row * 22)..((row + 1) * 22)]);
        }
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void ScoreExponentiateMix_RunsOfTokens_IsSoftmaxAttention(int width)
    {
        foreach (
            (int queries, int dimension, int[] runs) in new[]
            {
                (1, 16, new[] { 1 }),
                (5, 48, [40, 3]),
                (7, 64, [16, 16, 17]),
                (4, 32, [33]),
            }
        )
        {
            int tokens = runs.Sum();
            float[] query = Floats(queries, dimension),
                key = Floats(tokens, dimension),
                value = Floats(tokens, dimension);

            float[] mixed = Attend(width, queries, dimension, runs, query, key, value);

            for (int q = 0; q < queries; q++)
            {
                double[] shares = [.. Enumerable.Range(0, tokens).Select(t => Math.Exp(Dot(query, q, key, t, dimension)))];
                for (int i = 0; i < dimension; i++)
                {
                    double expected = Enumerable.Range(0, tokens).Sum(t => shares[t] * value[(t * dimension) + i]) / shares.Sum();
                    Assert.Equal(expected, mixed[(q * dimension) + i], Tolerance * dimension);
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void Normalise_AnyLength_DividesByTheRootMeanSquare(int width)
    {
        foreach (int count in new[] { 3, 16, 57 })
        {
            float[] x = Floats(1, count);
            Tensor weight = Numbers(count).to(ScalarType.BFloat16);
            double[] w = InDouble(weight);
            float[] y = new float[count];
            fixed (
                float* from = x,
                    to = y
            )
            {
                Of(width).Normalise(from, new WeightMatrix(weight), 1e-3, to);
            }

            double root = Math.Sqrt((x.Sum(number => (double)number * number) / count) + 1e-3);
            Assert.All(y, (number, i) => Assert.Equal(x[i] / root * w[i], number, Tolerance));
        }
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void GateUp_AnyLength_IsSiluOfTheGateTimesUp(int width)
    {
        float[] gate = [.. Floats(1, 37).Select(number => number * 20)],
            up = Floats(1, 37),
            y = new float[37];
        fixed (
            float* first = gate,
                second = up,
                to = y
        )
        {
            Of(width).GateUp(first, second, 37, to);
        }

        Assert.All(y, (number, i) => Assert.Equal(gate[i] / (1 + Math.Exp(-gate[i])) * up[i], number, Tolerance * 10));
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void Rotate_AnyDimension_TurnsEachPair(int width)
    {
        foreach (int dimension in new[] { 16, 48, 64 })
        {
            float[] x = Floats(1, dimension),
                cosine = Floats(1, dimension),
                sine = Floats(1, dimension),
                y = new float[dimension];
            fixed (
                float* from = x,
                    cos = cosine,
                    sin = sine,
                    to = y
            )
            {
                Of(width).Rotate(from, cos, sin, dimension, 0.5f, to);
            }

            Assert.All(
                y,
                (number, i) =>
                    Assert.Equal(0.5 * ((x[i] * cosine[i]) + (x[(i + (dimension / 2)) % dimension] * sine[i])), number, Tolerance)
            );
        }
    }

    private static RowKernels Of(int width) => RowKernels.Supported.First(kernels => kernels.Width == width);

    private static float[] Add(int width, Tensor weight, int from, int to, float[] x, int rows, float[] y)
    {
        float[] sums = [.. y];
        fixed (
            float* input = x,
                output = sums
        )
        {
            Of(width).AddProducts(new WeightMatrix(weight), from, to, input, rows, output, (int)weight.shape[0]);
        }

        return sums;
    }

    private static float[] Attend(int width, int queries, int dimension, int[] runs, float[] query, float[] key, float[] value)
    {
        RowKernels kernels = Of(width);
        float[] mixed = new float[queries * dimension],
            peaks = [.. Enumerable.Repeat(float.NegativeInfinity, queries)],
            totals = new float[queries];
        int first = 0;
        foreach (int tokens in runs)
        {
            int pages = (tokens + RowKernels.PageTokens - 1) / RowKernels.PageTokens,
                stride = pages * RowKernels.PageTokens;

            // Numbers behind the last token mean nothing, and must not be used.
            float[] keys = [.. Enumerable.Repeat(float.NaN, stride * dimension)],
                values = [.. Enumerable.Repeat(float.NaN, stride * dimension)],
                scores = new float[queries * stride];
            for (int t = 0; t < tokens; t++)
            {
                for (int i = 0; i < dimension; i++)
                {
                    (int page, int place) = Math.DivRem(t, RowKernels.PageTokens);
                    keys[(page * dimension * RowKernels.PageTokens) + (i * RowKernels.PageTokens) + place] = key[
                        ((first + t) * dimension) + i
                    ];
                    values[(t * dimension) + i] = value[((first + t) * dimension) + i];
                }
            }

            fixed (
                float* k = keys,
                    v = values,
                    s = scores,
                    q = query,
                    m = mixed
            )
            {
                nint keyAt = (nint)k,
                    valueAt = (nint)v,
                    page = dimension * RowKernels.PageTokens * sizeof(float);
                kernels.Score(q, queries, dimension, [.. Enumerable.Range(0, pages).Select(i => keyAt + (i * page))], s, stride);
                for (int i = 0; i < queries; i++)
                {
                    kernels.Exponentiate(s + (i * stride), tokens, ref peaks[i], ref totals[i], m + (i * dimension), dimension);
                }

                kernels.Mix(s, stride, queries, [.. Enumerable.Range(0, pages).Select(i => valueAt + (i * page))], tokens, dimension, m);
            }

            first += tokens;
        }

        return [.. mixed.Select((number, i) => number / totals[i / dimension])];
    }

    private static double Dot(float[] a, int row, float[] b, int other, int count) =>
        Enumerable.Range(0, count).Sum(i => (double)a[(row * count) + i] * b[(other * count) + i]);

    private static double[] InDouble(Tensor x) => x.to(ScalarType.Float64).data<double>().ToArray();

    private Tensor Numbers(params long[] shape) => randn(shape, dtype: ScalarType.Float32, generator: _generator);

    private float[] Floats(long rows, long columns) => Numbers(rows, columns).data<float>().ToArray();
}
