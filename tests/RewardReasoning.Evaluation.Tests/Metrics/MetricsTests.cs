using System.Text.Json;
using CsCheck;
using RewardReasoning.Evaluation.Metrics;
using RewardReasoning.Testing;
using Xunit;

namespace RewardReasoning.Evaluation.Tests.Metrics;

/// <summary>Against metrics.json: numpy 2.4.6, scipy 1.17.1, scikit-learn 1.9.1 and statsmodels 0.15.0 on seeded cases (seed 5).</summary>
public sealed class MetricsTests
{
    private const double Tolerance = 1e-12;
    private static readonly string[] Classes = ["first", "second", "tie"];
    private static readonly JsonElement Fixture = JsonDocument
        .Parse(File.ReadAllBytes(Fixtures.PathOf("ratings/metrics.json")))
        .RootElement;

    public static TheoryData<int> Classifications => Numbers("classification");

    public static TheoryData<int> Correlations => Numbers("correlation");

    public static TheoryData<int> Calibrations => Numbers("calibration");

    [Fact]
    public void OfShare_AllOrNone_HasTheBoundOfWilson()
    {
        Interval all = new Bootstrap().OfMean([1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]).OfShare(12);
        Interval none = new Bootstrap().OfMean([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]).OfShare(12);

        // n / (n + z²) with z = 1.959964: 12 / 15.841459.
        Assert.Equal((1.0, 1.0), (all.Value, all.High));
        Assert.Equal(12 / 15.841458820694124, all.Low, Tolerance);
        Assert.Equal(1 - all.Low, none.High, Tolerance);
    }

    [Fact]
    public void OfShare_SomeRight_IsTheBootstrapsInterval()
    {
        Interval some = new Bootstrap().OfMean([1, 1, 0, 1]);
        Assert.Equal(some, some.OfShare(4));
    }

    [Theory]
    [MemberData(nameof(Classifications))]
    public void ConfusionMatrix_Case_EqualsScikitLearn(int number)
    {
        JsonElement expected = Fixture.GetProperty("classification")[number];
        ConfusionMatrix matrix = new(3);
        foreach ((string gold, string predicted) in Strings(expected, "gold").Zip(Strings(expected, "predicted")))
        {
            matrix.Add(Array.IndexOf(Classes, gold), Array.IndexOf(Classes, predicted));
        }

        Equal(expected.GetProperty("accuracy"), matrix.Accuracy);
        Equal(expected.GetProperty("cohen_kappa"), matrix.CohenKappa);
        for (int gold = 0; gold < 3; gold++)
        {
            Assert.Equal(
                expected.GetProperty("confusion")[gold].EnumerateArray().Select(count => count.GetInt64()),
                Enumerable.Range(0, 3).Select(predicted => matrix[gold, predicted])
            );
            Equal(expected.GetProperty("per_class").GetProperty(Classes[gold]), matrix.Of(gold));
        }

        Equal(expected.GetProperty("all_three").GetProperty("macro"), matrix.Average(ClassWeight.Macro, ClassSet.All));
        Equal(expected.GetProperty("all_three").GetProperty("weighted"), matrix.Average(ClassWeight.Weighted, ClassSet.All));
        Equal(expected.GetProperty("present").GetProperty("macro"), matrix.Average(ClassWeight.Macro, ClassSet.Present));
        Equal(expected.GetProperty("present").GetProperty("weighted"), matrix.Average(ClassWeight.Weighted, ClassSet.Present));
    }

    [Fact]
    public void ConfusionMatrix_Empty_HasNoAccuracyAndNoKappa()
    {
        ConfusionMatrix matrix = new(2);
        Assert.Null(matrix.Accuracy);
        Assert.Null(matrix.CohenKappa);
        Assert.Equal(default, matrix.Average(ClassWeight.Macro, ClassSet.Present));
    }

    [Fact]
    public void FleissKappa_Cases_EqualStatsmodels()
    {
        foreach (JsonElement expected in Fixture.GetProperty("fleiss").EnumerateArray())
        {
            int[][] counts =
            [
                .. expected
                    .GetProperty("counts")
                    .EnumerateArray()
                    .Select(item => item.EnumerateArray().Select(count => count.GetInt32()).ToArray()),
            ];
            Equal(expected.GetProperty("fleiss_kappa"), FleissKappa.Of(counts));
        }
    }

    [Fact]
    public void FleissKappa_UnequalRaters_IsRefused() =>
        Assert.Throws<ArgumentException>(() =>
            FleissKappa.Of([
                [1, 2],
                [1, 1],
            ])
        );

    [Theory]
    [MemberData(nameof(Correlations))]
    public void Correlation_Case_EqualsScipy(int number)
    {
        JsonElement expected = Fixture.GetProperty("correlation")[number];
        double[] x = Doubles(expected, "x");
        double[] y = Doubles(expected, "y");
        Equal(expected.GetProperty("pearson"), Correlation.Pearson(x, y));
        Equal(expected.GetProperty("spearman"), Correlation.Spearman(x, y));
        Equal(expected.GetProperty("kendall_tau_b"), Correlation.KendallTauB(x, y));
    }

    [Fact]
    public void KendallTauB_AnyLists_EqualsCountingAllPairs() =>
        Gen.Select(Gen.Int[0, 6], Gen.Int[0, 6])
            .List[2, 40]
            .Sample(pairs =>
            {
                double[] x = [.. pairs.Select(pair => (double)pair.Item1)];
                double[] y = [.. pairs.Select(pair => (double)pair.Item2)];
                double difference = 0;
                double untiedX = 0;
                double untiedY = 0;
                for (int i = 0; i < x.Length; i++)
                {
                    for (int j = 0; j < i; j++)
                    {
                        difference += Math.Sign(x[i] - x[j]) * Math.Sign(y[i] - y[j]);
                        untiedX += x[i] != x[j] ? 1 : 0;
                        untiedY += y[i] != y[j] ? 1 : 0;
                    }
                }

                double? expected = untiedX * untiedY == 0 ? null : difference / Math.Sqrt(untiedX * untiedY);
                Assert.True(
                    expected is null
                        ? Correlation.KendallTauB(x, y) is null
                        : Math.Abs((double)expected - (Correlation.KendallTauB(x, y) ?? double.NaN)) < Tolerance
                );
            });

    [Theory]
    [MemberData(nameof(Calibrations))]
    public void Discrimination_Case_EqualsReference(int number)
    {
        JsonElement expected = Fixture.GetProperty("calibration")[number];
        double[] confidence = Doubles(expected, "confidence");
        bool[] right = [.. Doubles(expected, "correct").Select(value => value == 1)];
        Equal(expected.GetProperty("auroc"), Discrimination.Auroc(confidence, right));
        Equal(expected.GetProperty("aurc"), Discrimination.Aurc(confidence, right));
    }

    [Fact]
    public void McNemar_Cases_EqualReference()
    {
        foreach (JsonElement expected in Fixture.GetProperty("mcnemar").EnumerateArray())
        {
            Equal(
                expected.GetProperty("p_exact"),
                McNemar.ExactP(expected.GetProperty("only_first_right").GetInt32(), expected.GetProperty("only_second_right").GetInt32())
            );
        }
    }

    [Fact]
    public void WilsonInterval_Cases_EqualStatsmodels()
    {
        foreach (JsonElement expected in Fixture.GetProperty("wilson_95").EnumerateArray())
        {
            WilsonInterval interval = WilsonInterval.At95(
                expected.GetProperty("right").GetInt32(),
                expected.GetProperty("total").GetInt32()
            );
            Equal(expected.GetProperty("low"), interval.Low);
            Equal(expected.GetProperty("high"), interval.High);
        }
    }

    [Fact]
    public void Bootstrap_PairedDifference_IsNearTheReferenceAndRepeats()
    {
        foreach (JsonElement expected in Fixture.GetProperty("paired_bootstrap").EnumerateArray())
        {
            double[] first = Doubles(expected, "first");
            double[] second = Doubles(expected, "second");
            Interval interval = new Bootstrap(10_000, seed: 7).OfPairedDifference(first, second);
            Equal(expected.GetProperty("difference"), interval.Value);
            Assert.Equal(expected.GetProperty("low_rough").GetDouble(), interval.Low, 0.015);
            Assert.Equal(expected.GetProperty("high_rough").GetDouble(), interval.High, 0.015);
            Assert.Equal(interval, new Bootstrap(10_000, seed: 7).OfPairedDifference(first, second));
        }
    }

    [Fact]
    public void Bootstrap_Groups_KeepTheirSizes()
    {
        // The second group always counts 5 items of value 1; only the first one varies.
        Interval interval = new Bootstrap(200).Of(
            [4, 5],
            drawn =>
            {
                Assert.Equal(4, drawn[0].Sum());
                Assert.Equal(5, drawn[1].Sum());
                return (drawn[0][0] + drawn[1].Sum()) / 9.0;
            }
        );
        Assert.Equal(6 / 9.0, interval.Value, Tolerance);
        Assert.InRange(interval.Low, 5 / 9.0, interval.Value);
        Assert.InRange(interval.High, interval.Value, 1);
    }

    private static TheoryData<int> Numbers(string part) => [.. Enumerable.Range(0, Fixture.GetProperty(part).GetArrayLength())];

    private static string[] Strings(JsonElement owner, string name) =>
        [.. owner.GetProperty(name).EnumerateArray().Select(value => value.GetString() ?? "")];

    private static double[] Doubles(JsonElement owner, string name) =>
        [.. owner.GetProperty(name).EnumerateArray().Select(value => value.GetDouble())];

    private static void Equal(JsonElement expected, ClassScores actual)
    {
        Equal(expected.GetProperty("precision"), actual.Precision);
        Equal(expected.GetProperty("recall"), actual.Recall);
        Equal(expected.GetProperty("f1"), actual.F1);
    }

    private static void Equal(JsonElement expected, double? actual)
    {
        if (expected.ValueKind == JsonValueKind.Null)
        {
            Assert.Null(actual);
        }
        else
        {
            Assert.Equal(expected.GetDouble(), Assert.NotNull(actual), Tolerance);
        }
    }
}
