using RewardReasoning.Models.Decoder;
using RewardReasoning.Models.Kernels;
using RewardReasoning.Models.Tests.Decoder;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace RewardReasoning.Models.Tests.Kernels;

/// <summary>Products of weights in 8 bits, at every width that this processor has, against sums in double.</summary>
public sealed unsafe class ByteKernelsTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();
    private readonly Generator _generator = new(7, CPU);

    public static TheoryData<int> Widths => [.. ByteKernels.Supported.Select(kernels => kernels.Width)];

    public void Dispose()
    {
        _generator.Dispose();
        _scope.Dispose();
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void AddProducts_AnyShape_IsTheProductOfTheRoundedNumbers(int width)
    {
        foreach ((int rows, int outputs, int inputs) in new[] { (1, 4, 64), (7, 50, 24), (4, 3, 7), (18, 40, 96), (3, 17, 2_100) })
        {
            Tensor weight = Numbers(outputs, inputs);
            float[] x = Floats(rows, inputs),
                y = Floats(rows, outputs),
                sums = Add(width, weight, x, rows, y);
            double[] w = [.. weight.flatten().data<float>().Select(number => (double)number)];

            for (int i = 0; i < sums.Length; i++)
            {
                (int row, int output) = Math.DivRem(i, outputs);
                double size = Enumerable.Range(0, inputs).Sum(k => Math.Abs(w[(output * inputs) + k] * x[(row * inputs) + k]));
                double sum = y[i] + Enumerable.Range(0, inputs).Sum(k => w[(output * inputs) + k] * x[(row * inputs) + k]);
                Assert.Equal(sum, sums[i], 0.03 * size); // a weight is rounded by at most 1 / 254 of the largest of its row
            }
        }
    }

    [Fact]
    public void AddProducts_AllWidths_GiveTheSame()
    {
        Tensor weight = Numbers(36, 1_500);
        float[] x = Floats(9, 1_500);
        float[][] results = [.. Widths.Select(width => Add(width.Data, weight, x, 9, new float[9 * 36]))];
        Assert.All(results, result => Assert.All(result.Zip(results[0]), pair => Assert.Equal(pair.Second, pair.First, 2e-4f)));
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void AddProducts_RowsBeside_DoNotChangeARow(int width)
    {
        Tensor weight = Numbers(24, 75);
        float[] x = Floats(11, 75),
            together = Add(width, weight, x, 11, new float[11 * 24]);
        for (int row = 0; row < 11; row++)
        {
            Assert.Equal(Add(width, weight, x[(row * 75)..((row + 1) * 75)], 1, new float[24]), together[(row * 24)..((row + 1) * 24)]);
        }
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void AddProducts_LargestNumbersEverywhere_DoNotOverflow(int width)
    {
        const int Inputs = 5_000;
        Tensor weight = full([4, Inputs], -3f);
        float[] x = [.. Enumerable.Repeat(2f, Inputs)];
        Assert.All(Add(width, weight, x, 1, new float[4]), sum => Assert.Equal(-6f * Inputs, sum, 6f));
    }

    [Fact]
    public void Set_NotANumber_StaysSo()
    {
        Assert.All(Add(Widths.First().Data, Numbers(4, 32), [.. Enumerable.Repeat(float.NaN, 32)], 1, new float[4]), AssertNaN);

        static void AssertNaN(float sum) => Assert.True(float.IsNaN(sum));
    }

    [Fact]
    public void Next_WeightsInEightBits_IsCloseToTheModel()
    {
        using DecoderModel model = DecoderModel.CreateRandom(TinyModels.Qwen2 with { HeadDimension = 16 }, 3, CPU);
        double Distance(bool eightBit)
        {
            using IDisposable noGradients = no_grad();
            model.EightBitDecoding = eightBit;
            using KvCache cache = KvCache.For(model);
            (Tensor hidden, IReadOnlyList<KvRow> rows) = cache.Begin(
                model,
                [
                    [5, 6, 7],
                ],
                1
            );
            _ = model.Logits(hidden);
            Tensor next = cache.Next(model, rows, [9])[0].log_softmax(-1);
            Tensor whole = model.Logits(model.Hidden(tensor(new long[] { 5, 6, 7, 9 }).unsqueeze(0)))[0, -1].log_softmax(-1);
            return (next - whole).abs().max().item<float>();
        }

        Assert.InRange(Distance(eightBit: false), 0, 1e-4);
        Assert.InRange(Distance(eightBit: true), 1e-4, 0.05);
    }

    private Tensor Numbers(params long[] shape) => randn(shape, generator: _generator, dtype: ScalarType.Float32);

    private float[] Floats(params long[] shape) => Numbers(shape).flatten().data<float>().ToArray();

    private static float[] Add(int width, Tensor weight, float[] x, int rows, float[] y)
    {
        float[] sums = [.. y];
        using ByteMatrix bytes = new(weight, RowKernels.Supported[0]);
        using ShortRows shorts = new();
        shorts.Begin(rows, bytes.Inputs);
        fixed (
            float* from = x,
                to = sums
        )
        {
            for (int row = 0; row < rows; row++)
            {
                shorts.Set(row, from + (row * bytes.Inputs), bytes.Inputs);
            }

            ByteKernels
                .Supported.Single(kernels => kernels.Width == width)
                .AddProducts(bytes, 0, bytes.Outputs, shorts, rows, to, bytes.Outputs);
        }

        return sums;
    }
}
