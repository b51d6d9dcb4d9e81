using CsCheck;
using RewardReasoning.Evaluation.Juries;
using Xunit;

namespace RewardReasoning.Evaluation.Tests.Juries;

public sealed class JuryTests
{
    /// <summary>
    /// One member that is right on 3 of 4 pairs: the best weight is the log-odds ln 3, less a little for the penalty, at which the slope
    /// of the loss and of the penalty are equal: 4 (3/4 - σ(w)) = λ w.
    /// </summary>
    [Theory]
    [InlineData(1e-9)]
    [InlineData(2)]
    public void Fit_OneMember_HasTheWeightByHand(double lambda)
    {
        double[] weights = LogisticWeights.Fit(
            [
                [1],
                [1],
                [1],
                [-1],
            ],
            [true, true, true, true],
            lambda
        );

        Assert.Equal(lambda * weights[0], 4 * (0.75 - (1 / (1 + Math.Exp(-weights[0])))), 1e-9);
        if (lambda < 1e-6)
        {
            Assert.Equal(Math.Log(3), weights[0], 1e-7);
        }
    }

    /// <summary>At the fitted weights no step in any direction lowers the loss: an independent check of Newton's method.</summary>
    [Fact]
    public void Fit_AnyVotes_IsTheLeastLoss() =>
        Gen.Select(Gen.Double[-1, 1].Array[3].Array[1, 40], Gen.Double[0.01, 20], Gen.Int[0, 1000])
            .Sample(
                (signals, lambda, seed) =>
                {
                    Random random = new(seed);
                    bool[] outcomes = [.. signals.Select(_ => random.Next(2) == 0)];
                    double[] weights = LogisticWeights.Fit(signals, outcomes, lambda);
                    double least = LossOf(weights);
                    for (int i = 0; i < 20; i++)
                    {
                        double[] other = [.. weights.Select(weight => weight + (1e-3 * (random.NextDouble() - 0.5)))];
                        Assert.True(LossOf(other) >= least - 1e-10);
                    }

                    double LossOf(double[] at) =>
                        signals.Select((x, i) => LogisticWeights.LogLoss(at, x, outcomes[i])).Sum()
                        + (lambda / 2 * at.Sum(weight => weight * weight));
                },
                iter: 100
            );

    /// <summary>Exchanging the responses of every pair changes nothing.</summary>
    [Fact]
    public void Of_MirroredPairs_IsTheSameReport()
    {
        JuryPair[] pairs = Pairs(200, [0.8, 0.7, 0.4], seed: 1);
        JuryPair[] mirrored =
        [
            .. pairs.Select(pair => new JuryPair(pair.Query, !pair.FirstIsBetter, [.. pair.Said.Select(said => -said)])),
        ];

        JuryReport report = JuryReport.Of(["a", "b", "c"], pairs),
            other = JuryReport.Of(["a", "b", "c"], mirrored);

        Assert.Equal(report.LogLoss, other.LogLoss, 1e-9);
        Assert.Equal(report.Members.Select(member => member.Right), other.Members.Select(member => member.Right));
    }

    [Fact]
    public void Of_IndependentMembers_IsBetterThanTheBestAndUsesOneThatIsMostlyWrong()
    {
        JuryReport report = JuryReport.Of(["a", "b", "c", "d"], Pairs(1000, [0.75, 0.7, 0.7, 0.3], seed: 2));

        Assert.True(report.LogLoss < report.Best?.LogLoss - 0.03);
        Assert.True(report.LogLoss < report.EqualLogLoss - 0.03);
        Assert.True(report.Members[3].Weight < -0.5);
        Assert.All(report.Members.Take(3), member => Assert.True(member.Weight > 0.5));
    }

    /// <summary>
    /// Three raters on two kinds of pairs, 10 each: all for the first, or two to one. P̄ = (1 + 1/3)/2 = 2/3; shares 5/6 and 1/6, so P̄e =
    /// 26/36 and kappa = (2/3 - 26/36)/(10/36) = -1/5.
    /// </summary>
    [Fact]
    public void Of_ThreeRaters_HasTheKappaByHand()
    {
        JuryPair[] pairs = [.. Enumerable.Range(0, 20).Select(i => new JuryPair($"{i}", i % 3 != 0, [1, 1, i % 2 == 0 ? 1 : -1]))];

        JuryReport report = JuryReport.Of(["a", "b", "c"], pairs);

        Assert.Equal((-0.2, 20), (Math.Round(report.Kappa ?? 0, 9), report.KappaPairs));
    }

    [Fact]
    public void Of_MemberWithoutAVerdict_IsMissingAndNoVote()
    {
        JuryPair[] pairs =
        [
            .. Pairs(100, [0.8, 0.8], seed: 3).Select((pair, i) => i % 4 == 0 ? pair with { Said = [pair.Said[0], null] } : pair),
        ];

        JuryReport report = JuryReport.Of(["a", "b"], pairs);

        Assert.Equal((75, 25), (report.Members[1].Pairs, report.Members[1].Missing));
        Assert.Equal(75, report.KappaPairs);
    }

    [Fact]
    public void Of_TooFewQueries_IsRefusedWithTheNumberItTakes()
    {
        RewardReasoningException error = Assert.ThrowsAny<RewardReasoningException>(() => JuryReport.Of(["a"], Pairs(9, [0.8], seed: 4)));

        Assert.Contains("at least 10 queries, and there are 9", error.Message, StringComparison.Ordinal);
    }

    private static JuryPair[] Pairs(int count, double[] qualities, int seed)
    {
        SeededRandom random = new((ulong)seed);
        return
        [
            .. Enumerable
                .Range(0, count)
                .Select(i =>
                {
                    bool first = random.Chance(0.5);
                    return new JuryPair(
                        $"{i}",
                        first,
                        [.. qualities.Select(quality => (double?)(random.Chance(quality) == first ? 1 : -1))]
                    );
                }),
        ];
    }
}
