using CsCheck;
using RewardReasoning.Models.Generation;
using Xunit;

namespace RewardReasoning.Models.Tests.Generation;

public sealed class SamplerTests
{
    private static readonly Gen<float[]> Weights = Gen.Float[1e-3f, 1].Array[1, 40];
    private static readonly Gen<SamplingOptions> Options = Gen.Select(
            Gen.Int[0, 45],
            Gen.Frequency((1, Gen.Const(1f)), (2, Gen.Float[0.05f, 1])),
            Gen.Frequency((1, Gen.Const(0f)), (2, Gen.Float[0, 1]))
        )
        .Select(
            (k, p, m) =>
                new SamplingOptions
                {
                    TopK = k,
                    TopP = p,
                    MinP = m,
                }
        );

    [Fact]
    public void Uniform_SuccessivePlaces_AreUniformAndUncorrelated()
    {
        double[] values = [.. Enumerable.Range(0, 20_000).Select(i => Sampler.Uniform(42, i))];
        double mean = values.Average();
        double correlation = values.Zip(values.Skip(1), (a, b) => (a - 0.5) * (b - 0.5)).Average() * 12;
        Assert.All(values, value => Assert.InRange(value, 0, 0.9999999999999999));
        Assert.Equal(0.5, mean, 0.01);
        Assert.Equal(0, correlation, 0.03);
    }

    [Fact]
    public void Uniform_NeighbouringSeeds_HaveDifferentStreams()
    {
        double correlation =
            Enumerable.Range(0, 20_000).Average(i => (Sampler.Uniform((ulong)i, 0) - 0.5) * (Sampler.Uniform((ulong)i + 1, 0) - 0.5)) * 12;
        Assert.Equal(0, correlation, 0.03);
        Assert.Equal(20_000, Enumerable.Range(0, 20_000).Select(i => Sampler.Uniform((ulong)i, 3)).Distinct().Count());
    }

    [Fact]
    public void Draw_ManyNumbers_FollowsTheWeights()
    {
        float[] weights = [0.5f, 0.125f, 0, 0.375f];
        int[] counts = new int[4];
        for (int i = 0; i < 8000; i++)
        {
            counts[Sampler.Draw(weights, new SamplingOptions(), (i + 0.5) / 8000)]++;
        }

        Assert.Equal([4000, 1000, 0, 3000], counts);
    }

    [Fact]
    public void Draw_AnyRestriction_DrawsExactlyWhatIsAllowed() =>
        Gen.Select(Weights, Options)
            .Sample(
                (weights, options) =>
                {
                    int[] allowed = Allowed(weights, options);
                    HashSet<int> drawn = [.. Enumerable.Range(0, 3000).Select(i => Sampler.Draw(weights, options, (i + 0.5) / 3000))];
                    Assert.Subset(allowed.ToHashSet(), drawn);
                    double total = allowed.Sum(i => weights[i]);
                    Assert.Superset(allowed.Where(i => weights[i] / total > 1e-3).ToHashSet(), drawn);
                },
                iter: 200
            );

    [Fact]
    public void DrawSorted_WithPartOfTheWeights_DecidesAsWithAllOrAsksForMore() =>
        Gen.Select(Weights, Options, Gen.Double[0, 0.999], Gen.Int[1, 40])
            .Sample(
                (weights, options, uniform, given) =>
                {
                    float[] sorted = [.. weights.OrderDescending()];
                    double total = sorted.Sum(weight => (double)weight);
                    int expected = Sampler.DrawSorted(sorted, total, whole: true, options, uniform);
                    int found = Sampler.DrawSorted(
                        sorted.AsSpan(0, Math.Min(given, sorted.Length)),
                        total,
                        whole: given >= sorted.Length,
                        options,
                        uniform
                    );
                    Assert.InRange(expected, 0, sorted.Length - 1);
                    Assert.True(found == expected || (found == -1 && given < sorted.Length), $"{found}, expected {expected}");
                    Assert.Contains(weights.IndexOf(sorted[expected]), Allowed(weights, options));
                },
                iter: 2000
            );

    [Fact]
    public void Best_Equals_TakesTheFirst() => Assert.Equal(1, Sampler.Best([0, 3, 3, 1]));

    [Theory]
    [InlineData(-1f, 0, 1f, 0f, "Temperature is -1")]
    [InlineData(1f, -1, 1f, 0f, "TopK is -1")]
    [InlineData(1f, 0, 0f, 0f, "TopP is 0")]
    [InlineData(1f, 0, 1f, 1.5f, "MinP is 1.5")]
    public void Validate_OutOfRange_NamesTheOption(float temperature, int topK, float topP, float minP, string fault)
    {
        SamplingOptions options = new()
        {
            Temperature = temperature,
            TopK = topK,
            TopP = topP,
            MinP = minP,
        };
        Assert.Contains(fault, Assert.Throws<ArgumentException>(options.Validate).Message, StringComparison.Ordinal);
    }

    /// <summary>The definition: the best k, of these the fewest that hold the share p, of these those near enough to the best.</summary>
    private static int[] Allowed(float[] weights, SamplingOptions options)
    {
        int[] order =
        [
            .. Enumerable
                .Range(0, weights.Length)
                .OrderByDescending(i => weights[i])
                .Take(options.TopK == 0 ? weights.Length : options.TopK),
        ];
        double total = order.Sum(i => (double)weights[i]);
        double before = 0;
        List<int> kept = [];
        foreach (int i in order)
        {
            if (kept.Count > 0 && (before >= options.TopP * total || weights[i] < options.MinP * (double)weights[order[0]]))
            {
                break;
            }

            kept.Add(i);
            before += weights[i];
        }

        return [.. kept];
    }
}
