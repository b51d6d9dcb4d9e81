using RewardReasoning.Ratings;
using Xunit;

namespace RewardReasoning.Tests.Ratings;

public sealed class DavidsonTests
{
    [Fact]
    public void Fit_TwoPlayersAndHardlyAPrior_IsTheClosedForm()
    {
        // One pair is fitted exactly: the strengths differ by ln(6/2), and ν = 4 / √(6·2).
        BradleyTerryFit fit = Davidson.Fit(2, Matches((0, 1, 6, 2, 4)), lambda: 1e-12);
        Assert.Equal(Math.Log(3), fit.Strengths[0] - fit.Strengths[1], 1e-8);
        Assert.Equal(4 / Math.Sqrt(12), fit.TieParameter ?? 0, 1e-8);
        Assert.Equal((6 + 2.0) / 12, fit.WinProbability(0, 1), 1e-8); // half of the four ties is added to the six wins
    }

    [Fact]
    public void LogPosterior_TwoPlayers_IsTheSumOfTheLogProbabilities()
    {
        Davidson.Pair[] pairs = Davidson.PairsOf(Matches((0, 1, 3, 1, 2)));
        double[] parameters = [0.7, -0.4, 0.3];
        double first = Math.Exp(0.55),
            second = Math.Exp(-0.55),
            tie = Math.Exp(0.3);
        double sum = first + second + tie;
        double expected =
            (3 * Math.Log(first / sum))
            + Math.Log(second / sum)
            + (2 * Math.Log(tie / sum))
            - (0.01 / 2 * ((0.7 * 0.7) + (0.4 * 0.4) + (0.3 * 0.3)));
        Assert.Equal(expected, Davidson.LogPosterior(pairs, parameters, 0.01), 1e-12);
    }

    [Theory]
    [InlineData(1, 3, 20)]
    [InlineData(2, 8, 60)]
    [InlineData(3, 25, 200)]
    [InlineData(4, 12, 6)] // some never met, or only won
    public void Fit_RandomMatches_IsWhatAnIndependentOptimiserFinds(ulong seed, int players, int count)
    {
        MatchResult[] matches = RandomMatches(seed, players, count);
        BradleyTerryFit fit = Davidson.Fit(players, matches);
        double[] expected = ByBisection(players, matches, BradleyTerry.DefaultLambda);
        Assert.All(fit.Strengths.Index(), one => Assert.Equal(expected[one.Index], one.Item, 1e-8));
        Assert.Equal(expected[players], Math.Log(fit.TieParameter ?? 0), 1e-8);
        Assert.Equal(0, fit.Strengths.Sum(), 1e-8);
    }

    [Fact]
    public void Fit_OrderAndNumberingOfMatches_DoNotMatter()
    {
        MatchResult[] matches = RandomMatches(5, 9, 80);
        MatchResult[] turned =
        [
            .. matches
                .Reverse()
                .Select(match => new MatchResult(
                    match.Second,
                    match.First,
                    match.Outcome switch
                    {
                        MatchOutcome.First => MatchOutcome.Second,
                        MatchOutcome.Second => MatchOutcome.First,
                        var other => other,
                    }
                )),
        ];
        Assert.Equal(Davidson.Fit(9, matches).Strengths, Davidson.Fit(9, turned).Strengths);
    }

    [Fact]
    public void Fit_MissingAndAbstainedMatches_CountForNothing()
    {
        MatchResult[] matches = RandomMatches(6, 5, 30);
        Assert.Equal(
            Davidson.Fit(5, matches).Strengths,
            Davidson.Fit(5, [.. matches, new(0, 1, MatchOutcome.Missing), new(1, 2, MatchOutcome.Abstained)]).Strengths
        );
    }

    [Fact]
    public void Fit_OnlyTies_MakesAllEqualAndTiesLikely()
    {
        BradleyTerryFit fit = Davidson.Fit(3, Matches((0, 1, 0, 0, 50), (1, 2, 0, 0, 50)));
        Assert.All(fit.Strengths, strength => Assert.Equal(0, strength, 1e-9));
        Assert.True(fit.TieParameter > 50);
    }

    [Fact]
    public void Fit_NoMatches_IsAllEqual() => Assert.Equal([0, 0], Davidson.Fit(2, []).Strengths);

    [Fact]
    public void StandardErrors_NoTies_AreNearlyThoseOfBradleyTerry()
    {
        MatchResult[] matches = [.. RandomMatches(7, 4, 400).Where(match => match.Outcome != MatchOutcome.Tie)];
        BradleyTerryFit davidson = Davidson.Fit(4, matches),
            plain = BradleyTerry.Fit(4, matches);
        Assert.All(davidson.StandardErrors.Zip(plain.StandardErrors), pair => Assert.Equal(pair.Second, pair.First, 0.02));
        Assert.All(davidson.Strengths.Zip(plain.Strengths), pair => Assert.Equal(pair.Second, pair.First, 0.05));
    }

    /// <summary>
    /// Another way to the same maximum: each parameter in turn is moved to where its own slope, added up match by match, is 0, found by
    /// halving an interval; again and again until nothing moves.
    /// </summary>
    private static double[] ByBisection(int players, MatchResult[] matches, double lambda)
    {
        double[] parameters = new double[players + 1];
        for (int round = 0; round < 20_000; round++)
        {
            double moved = 0;
            for (int at = 0; at <= players; at++)
            {
                double low = -60,
                    high = 60;
                double before = parameters[at];
                for (int half = 0; half < 70; half++)
                {
                    parameters[at] = (low + high) / 2;
                    (low, high) = Slope(at) > 0 ? (parameters[at], high) : (low, parameters[at]);
                }

                parameters[at] = (low + high) / 2;
                moved = Math.Max(moved, Math.Abs(parameters[at] - before));
            }

            // The common shift converges slowest: what the prior wants of it is known.
            double mean = parameters[..players].Average();
            for (int i = 0; i < players; i++)
            {
                parameters[i] -= mean;
            }

            if (moved < 1e-12)
            {
                break;
            }
        }

        return parameters;

        double Slope(int at)
        {
            double slope = -lambda * parameters[at];
            foreach ((int first, int second, MatchOutcome outcome) in matches)
            {
                if (at != first && at != second && at != players)
                {
                    continue;
                }

                // With strengths π = e^θ: π1, π2 and ν √(π1 π2), as Davidson wrote it.
                double one = Math.Exp(parameters[first]),
                    other = Math.Exp(parameters[second]),
                    tie = Math.Exp(parameters[players]) * Math.Sqrt(one * other);
                double sum = one + other + tie;
                if (at == players)
                {
                    slope += (outcome == MatchOutcome.Tie ? 1 : 0) - (tie / sum);
                }
                else
                {
                    double points =
                        outcome == MatchOutcome.Tie ? 0.5
                        : (outcome == MatchOutcome.First) == (at == first) ? 1
                        : 0;
                    slope += points - (((at == first ? one : other) + (tie / 2)) / sum);
                }
            }

            return slope;
        }
    }

    private static MatchResult[] RandomMatches(ulong seed, int players, int count)
    {
        SeededRandom random = new(seed);
        return
        [
            .. Enumerable
                .Range(0, count)
                .Select(_ =>
                {
                    int first = (int)(random.NextUnit() * players),
                        second = (first + 1 + (int)(random.NextUnit() * (players - 1))) % players;
                    double chance = random.NextUnit() + (0.02 * (second - first));
                    return new MatchResult(
                        first,
                        second,
                        chance < 0.4 ? MatchOutcome.Second
                            : chance < 0.6 ? MatchOutcome.Tie
                            : MatchOutcome.First
                    );
                }),
        ];
    }

    private static MatchResult[] Matches(params (int First, int Second, int Wins, int Losses, int Ties)[] pairs) =>
        [
            .. pairs.SelectMany(pair =>
                Enumerable
                    .Repeat(new MatchResult(pair.First, pair.Second, MatchOutcome.First), pair.Wins)
                    .Concat(Enumerable.Repeat(new MatchResult(pair.First, pair.Second, MatchOutcome.Second), pair.Losses))
                    .Concat(Enumerable.Repeat(new MatchResult(pair.First, pair.Second, MatchOutcome.Tie), pair.Ties))
            ),
        ];
}
