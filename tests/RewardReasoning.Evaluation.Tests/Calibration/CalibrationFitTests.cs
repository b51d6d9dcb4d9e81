using System.Text.Json;
using CsCheck;
using RewardReasoning.Calibration;
using RewardReasoning.Evaluation.Calibration;
using RewardReasoning.Evaluation.Metrics;
using RewardReasoning.Evaluation.Plots;
using RewardReasoning.Testing;
using Xunit;

namespace RewardReasoning.Evaluation.Tests.Calibration;

public sealed class CalibrationFitTests
{
    private static readonly Gen<(double[] Confidences, bool[] Right)> Claims = Gen.Select(
            Gen.Int[0, 20].Select(twentieth => twentieth / 20.0),
            Gen.Bool
        )
        .Array[1, 40]
        .Select(claims => (claims.Select(claim => claim.Item1).ToArray(), claims.Select(claim => claim.Item2).ToArray()));

    public static TheoryData<string> Cases => [.. Reference().Select(one => one.GetProperty("name").GetString() ?? "")];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Error_Case_EqualsTheReference(string name)
    {
        JsonElement expected = Reference().Single(one => one.GetProperty("name").GetString() == name);
        double[] confidences = [.. expected.GetProperty("confidence").EnumerateArray().Select(value => value.GetDouble())];
        bool[] right = [.. expected.GetProperty("correct").EnumerateArray().Select(value => value.GetInt32() == 1)];
        CalibrationError error = CalibrationMetrics.Error(confidences, right) ?? default;
        Assert.Equal(expected.GetProperty("ece_10").GetDouble(), error.Ece, 1e-12);
        Assert.Equal(expected.GetProperty("brier").GetDouble(), error.Brier, 1e-12);
    }

    [Fact]
    public void Error_NoClaims_IsUnknown() => Assert.Null(CalibrationMetrics.Error([], []));

    [Fact]
    public void Error_NoProbability_IsRefused() =>
        Assert.Contains(
            "0 to 1",
            Assert.Throws<ArgumentException>(() => CalibrationMetrics.Error([double.NaN], [true])).Message,
            StringComparison.Ordinal
        );

    [Fact]
    public void Bins_ThreeClaims_HaveTheirMeansAndIntervals()
    {
        IReadOnlyList<ReliabilityBin> bins = CalibrationMetrics.Bins([0.75, 0.79, 1], [true, false, true]);
        Assert.Equal([(0.77, 0.5, 2), (1.0, 1.0, 1)], bins.Select(bin => (Math.Round(bin.Confidence, 12), bin.Accuracy, bin.Count)));
        Assert.All(bins, bin => Assert.True(bin.Low < bin.Accuracy && bin.High >= bin.Accuracy));
    }

    /// <summary>One confidence, 3 of 4 right: targets 4/5 and 1/3, so the best σ(x/T) is (3 · 4/5 + 1/3) / 4.</summary>
    [Fact]
    public void TemperatureFit_OneConfidence_MeetsThePlattMean() =>
        Assert.Equal(((3 * 0.8) + (1 / 3.0)) / 4, TemperatureFit.Fit([0.9, 0.9, 0.9, 0.9], [true, true, false, true]).Apply(0.9), 1e-12);

    [Fact]
    public void TemperatureFit_HonestConfidences_StayAsTheyAre()
    {
        double[] confidences = [.. Enumerable.Repeat(0.6, 10_000), .. Enumerable.Repeat(0.9, 10_000)];
        bool[] right = [.. Enumerable.Range(0, 10_000).Select(i => i < 6_000), .. Enumerable.Range(0, 10_000).Select(i => i < 9_000)];
        Assert.Equal(1, TemperatureFit.Fit(confidences, right).Value, 1e-3);
    }

    [Fact]
    public void TemperatureFit_NeverWrong_IsNotTakenForInfallible() =>
        Assert.InRange(TemperatureFit.Fit([0.75, 0.75, 0.75], [true, true, true]).Apply(0.75), 0.79, 0.81);

    [Theory]
    [InlineData(0.75, false, 0.5)] // always wrong
    [InlineData(0.5, true, 0.5)] // nothing to go by
    public void TemperatureFit_Degenerate_StaysAtOneHalf(double confidence, bool right, double expected) =>
        Assert.Equal(
            expected,
            TemperatureFit.Fit([.. Enumerable.Repeat(confidence, 50)], [.. Enumerable.Repeat(right, 50)]).Apply(confidence),
            3e-3
        );

    [Fact]
    public void TemperatureFit_AnyClaims_NoOtherTemperatureIsLikelier() =>
        Claims.Sample(claims =>
        {
            double best = TemperatureFit.Fit(claims.Confidences, claims.Right).Value;
            double likelihood = LogLikelihood(best);
            Assert.All(
                (double[])[best * 0.9, best * 1.1],
                other => Assert.True(other is < 0.01 or > 100 || LogLikelihood(other) <= likelihood + 1e-9)
            );

            double LogLikelihood(double temperature)
            {
                ConfidenceMap.Temperature map = new(temperature);
                int rights = claims.Right.Count(right => right);
                double targetOfRight = (rights + 1.0) / (rights + 2),
                    targetOfWrong = 1.0 / (claims.Right.Length - rights + 2);
                return claims
                    .Confidences.Zip(claims.Right)
                    .Sum(claim =>
                    {
                        double p = Math.Clamp(map.Apply(claim.First), 1e-300, 1 - 1e-16),
                            t = claim.Second ? targetOfRight : targetOfWrong;
                        return (t * Math.Log(p)) + ((1 - t) * Math.Log(1 - p));
                    });
            }
        });

    [Fact]
    public void IsotonicFit_ByHand_PoolsWhatFalls()
    {
        // 0.5: 1/2 · 0.75: 1/1 falls to 0.9: 1/2, so both become 2/3 · 0.99: 2/2
        ConfidenceMap.Isotonic map = IsotonicFit.Fit([0.5, 0.99, 0.75, 0.9, 0.5, 0.9, 0.99], [true, true, true, false, false, true, true]);
        Assert.Equal([new(0.5, 0.5), new(0.75, 2 / 3.0), new(0.9, 2 / 3.0), new(0.99, 1)], map.Knots);
        Assert.Equal(0.5 + ((2 / 3.0 - 0.5) * 0.4), map.Apply(0.6), 1e-12);
        Assert.Equal((0.5, 2 / 3.0, 1), (map.Apply(0.1), map.Apply(0.8), map.Apply(1)));
    }

    /// <summary>
    /// Against the closed form of isotonic regression: the largest over a &lt;= i of the smallest over b &gt;= i of the mean from a to b.
    /// </summary>
    [Fact]
    public void IsotonicFit_AnyClaims_IsTheMaxMinOfMeans() =>
        Claims.Sample(claims =>
        {
            (double Confidence, int Rights, int Count)[] levels =
            [
                .. claims
                    .Confidences.Zip(claims.Right)
                    .GroupBy(claim => claim.First)
                    .OrderBy(level => level.Key)
                    .Select(level => (level.Key, level.Count(claim => claim.Second), level.Count())),
            ];
            ConfidenceMap.Isotonic map = IsotonicFit.Fit(claims.Confidences, claims.Right);
            for (int i = 0; i < levels.Length; i++)
            {
                double expected = Enumerable
                    .Range(0, i + 1)
                    .Max(a =>
                        Enumerable
                            .Range(i, levels.Length - i)
                            .Min(b => (double)levels[a..(b + 1)].Sum(level => level.Rights) / levels[a..(b + 1)].Sum(level => level.Count))
                    );
                Assert.Equal(expected, map.Apply(levels[i].Confidence), 1e-12);
            }
        });

    [Fact]
    public void Of_JudgmentsOfOneQuery_AreInOneFold()
    {
        // Five queries, each the only one of its confidence, twice each. The map that calibrates a query has never seen its confidence.
        LabelledConfidence[] judgments =
        [
            .. Enumerable.Range(0, 10).Select(i => new LabelledConfidence(0.5 + (i / 2 * 0.1), i / 2 != 2, $"q{i / 2}")),
        ];
        ConfidenceFit fit = ConfidenceFit.Of(judgments, CalibrationMethod.Isotonic, folds: 5);
        Assert.Equal((5, 0.8), (fit.Queries, fit.Accuracy));

        // q2 alone is wrong; without it all are right, so its own judgments are calibrated to 1.
        Assert.Equal([1.0, 1.0], fit.CrossValidated.Skip(4).Take(2));
        Assert.NotEqual(1, fit.Map.Apply(0.7));
        Assert.True(fit.After.Brier > CalibrationMetrics.Error([.. fit.Confidences.Select(fit.Map.Apply)], fit.Right)?.Brier);
    }

    [Fact]
    public void Of_OverconfidentJudge_IsLessOffAfterwards()
    {
        double[] levels = [0.75, 0.875, 0.9375, 0.96875];
        LabelledConfidence[] judgments =
        [
            .. Enumerable.Range(0, 2000).Select(i => new LabelledConfidence(levels[i % 4], i / 4 % 10 < 5 + (i % 4), $"q{i}")),
        ];
        foreach (CalibrationMethod method in Enum.GetValues<CalibrationMethod>())
        {
            ConfidenceFit fit = ConfidenceFit.Of(judgments, method, folds: 10);
            Assert.True(fit.After.Ece < 0.06 && fit.Before.Ece > 0.2, $"{method}: {fit.Before} to {fit.After}");
            Assert.True(fit.After.Brier < fit.Before.Brier);
        }
    }

    [Theory]
    [InlineData(1, "at least 2 are needed")]
    [InlineData(4, "3 distinct queries for 4 folds")]
    public void Of_TooFewFoldsOrQueries_IsRefused(int folds, string message)
    {
        LabelledConfidence[] judgments = [.. Enumerable.Range(0, 9).Select(i => new LabelledConfidence(0.75, true, $"q{i % 3}"))];
        ArgumentException error = Assert.Throws<ArgumentException>(() => ConfidenceFit.Of(judgments, CalibrationMethod.Temperature, folds));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    private static JsonElement[] Reference() =>
        [
            .. JsonDocument
                .Parse(File.ReadAllBytes(Fixtures.PathOf("ratings/metrics.json")))
                .RootElement.GetProperty("calibration")
                .EnumerateArray(),
        ];
}
