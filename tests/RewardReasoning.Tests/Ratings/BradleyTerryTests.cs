using CsCheck;
using RewardReasoning.Ratings;
using Xunit;

namespace RewardReasoning.Tests.Ratings;

public sealed class BradleyTerryTests
{
    private static readonly Gen<(int Players, MatchResult[] Matches)> Lists =
        from players in Gen.Int[2, 12]
        from matches in Gen.Select(
            Gen.Int[0, players - 1],
            Gen.Int[1, players - 1],
            Gen.Enum<MatchOutcome>(),
            (first, step, outcome) => new MatchResult(first, (first + step) % players, outcome)
        ).Array[0, 60]
        select (players, matches);

    [Fact]
    public void Fit_OneWin_IsWhereTheGradientVanishes()
    {
        // θ of the winner: 1 − σ(2θ) = λ θ.
        double strength = BradleyTerry.Fit(2, [new(0, 1, MatchOutcome.First)]).Strengths[0];
        Assert.Equal(0.01 * strength, 1 - (1 / (1 + Math.Exp(-2 * strength))), 1e-12);
    }

    [Fact]
    public void Fit_MatchesInAnyOrderAndEitherWayRound_IsTheSameToTheBit() =>
        Gen.Select(Lists, Gen.ULong)
            .Sample(
                (list, seed) =>
                {
                    MatchResult[] shuffled = [.. list.Matches];
                    new SeededRandom(seed).Shuffle(shuffled);
                    MatchResult[] turned = [.. shuffled.Select((match, at) => at % 2 == 0 ? match : Turned(match))];
                    Assert.Equal(BradleyTerry.Fit(list.Players, list.Matches).Strengths, BradleyTerry.Fit(list.Players, turned).Strengths);
                }
            );

    [Fact]
    public void Fit_AnyMatches_HasFiniteStrengthsThatAddUpToZero() =>
        Lists.Sample(list =>
        {
            BradleyTerryFit fit = BradleyTerry.Fit(list.Players, list.Matches);
            Assert.Equal(0, fit.Strengths.Sum(), 1e-8);
            Assert.All(fit.StandardErrors, error => Assert.InRange(error, 1e-6, 10));
            Assert.All(Enumerable.Range(0, list.Players), player => Assert.InRange(fit.Rating(player), fit.Low(player), fit.High(player)));
        });

    [Fact]
    public void Fit_SparseAndDense_Agree() =>
        Lists.Sample(
            list =>
            {
                PairPoints points = PairPoints.Of(list.Players, list.Matches);
                BradleyTerryFit dense = BradleyTerry.Fit(list.Players, list.Matches, 0.1);
                SparseSystem system = new(points, 0.1);
                double[] strengths = new double[list.Players];
                BradleyTerry.Maximise(points, 0.1, strengths, system);
                Assert.All(dense.Strengths.Zip(strengths), pair => Assert.Equal(pair.First, pair.Second, 1e-8));
                Assert.All(
                    dense.StandardErrors.Zip(system.CentredVariances()),
                    pair => Assert.Equal(pair.First, Math.Sqrt(pair.Second), 1e-6)
                );
            },
            iter: 30
        );

    [Fact]
    public void Fit_ManyPlayers_FindsTheirStrengths()
    {
        const int Players = 1000;
        SeededRandom random = new(7);
        double[] strengths = [.. Enumerable.Range(0, Players).Select(player => (player - 499.5) / 250)];
        MatchResult[] matches =
        [
            .. Enumerable
                .Range(0, 40 * Players)
                .Select(_ =>
                {
                    int first = random.Next(Players);
                    int second = (first + 1 + random.Next(Players - 1)) % Players;
                    return new MatchResult(
                        first,
                        second,
                        random.Chance(1 / (1 + Math.Exp(strengths[second] - strengths[first]))) ? MatchOutcome.First : MatchOutcome.Second
                    );
                }),
        ];
        BradleyTerryFit fit = BradleyTerry.Fit(Players, matches);
        double mistake = strengths.Zip(fit.Strengths, (wanted, found) => Math.Pow(wanted - found, 2)).Average();
        Assert.Equal(fit.StandardErrors.Average(error => error * error), mistake, 0.02);
        int covered = Enumerable
            .Range(0, Players)
            .Count(player => Math.Abs(strengths[player] - fit.Strengths[player]) < 1.96 * fit.StandardErrors[player]);
        Assert.InRange(covered, 920, 980);
    }

    [Fact]
    public void Fit_MissingMatches_CountForNothing()
    {
        MatchResult[] matches = [new(0, 1, MatchOutcome.First), new(1, 2, MatchOutcome.Tie)];
        Assert.Equal(BradleyTerry.Fit(3, matches).Strengths, BradleyTerry.Fit(3, [.. matches, new(2, 0, MatchOutcome.Missing)]).Strengths);
    }

    [Fact]
    public void Fit_OnePlayer_IsTheMean()
    {
        BradleyTerryFit fit = BradleyTerry.Fit(1, []);
        Assert.All([fit.Rating(0), fit.Low(0), fit.High(0)], rating => Assert.Equal(1000, rating, 1e-4));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(0, 2)]
    [InlineData(-1, 0)]
    public void Fit_PlayersThatAreNotThere_SaysWhichMatch(int first, int second) =>
        Assert.Contains(
            "Match 1 is",
            Assert
                .Throws<ArgumentException>(() => BradleyTerry.Fit(2, [new(0, 1, MatchOutcome.Tie), new(first, second, MatchOutcome.First)]))
                .Message,
            StringComparison.Ordinal
        );

    [Fact]
    public void Elo_MissingMatch_IsNoMatchOrHalfAPointEach()
    {
        MatchResult[] matches = [new(0, 1, MatchOutcome.First), new(0, 1, MatchOutcome.Missing)];
        Assert.Equal([1002, 998], Elo.Rate(2, matches));
        double drawn = 1002 + (4 * (0.5 - (1 / (1 + Math.Pow(10, -4.0 / 400)))));
        Assert.Equal([drawn, 2000 - drawn], Elo.Rate(2, matches, new() { MissingIsTie = true }));
    }

    [Theory]
    [InlineData(0, 0.5)]
    [InlineData(1, 0.8413447460685429)]
    [InlineData(-1.959963984540054, 0.025)]
    [InlineData(-4, 3.167124183311992e-05)]
    [InlineData(-8, 6.220960574271785e-16)]
    public void NormalDistribution_Below_IsTheProbability(double z, double expected) =>
        Assert.Equal(1, NormalDistribution.Below(z) / expected, 1e-8);

    private static MatchResult Turned(MatchResult match) =>
        new(
            match.Second,
            match.First,
            match.Outcome switch
            {
                MatchOutcome.First => MatchOutcome.Second,
                MatchOutcome.Second => MatchOutcome.First,
                var other => other,
            }
        );
}
