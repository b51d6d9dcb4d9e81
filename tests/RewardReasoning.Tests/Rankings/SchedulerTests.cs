using CsCheck;
using RewardReasoning.Rankings;
using RewardReasoning.Ratings;
using Xunit;

namespace RewardReasoning.Tests.Rankings;

/// <summary>Schedules of every mode, without any judge: results come from strengths and a seeded generator.</summary>
public sealed class SchedulerTests
{
    private static readonly Gen<int> Sizes = Gen.Int[1, 40];

    [Fact]
    public void Knockout_AnySize_HasOneMatchLessThanCandidatesInTheFewestRounds() =>
        Gen.Select(Sizes, Gen.Long, Gen.Double[0, 0.5])
            .Sample(
                (n, seed, missing) =>
                {
                    List<List<MatchResult>> rounds = Play(new RankingMode.Knockout().Schedule(n, seed, rematches: true), seed, missing);
                    Assert.Equal(n - 1, rounds.Sum(round => round.Count));
                    Assert.Equal((int)Math.Ceiling(Math.Log2(n)), rounds.Count);
                }
            );

    [Fact]
    public void Knockout_Loser_NeverPlaysAgain() =>
        Gen.Select(Sizes, Gen.Long)
            .Sample(
                (n, seed) =>
                {
                    HashSet<int> lost = [];
                    foreach (
                        MatchResult match in Play(new RankingMode.Knockout().Schedule(n, seed, rematches: true), seed)
                            .SelectMany(round => round)
                    )
                    {
                        Assert.False(lost.Contains(match.First) || lost.Contains(match.Second));
                        lost.Add(match.Outcome == MatchOutcome.First ? match.Second : match.First);
                    }
                }
            );

    [Fact]
    public void Knockout_RoundsSurvived_AreMostForTheWinnerWhereverItIsCutOff() =>
        Gen.Select(Gen.Int[2, 40], Gen.Long, Gen.Int[0, 40])
            .Sample(
                (n, seed, cut) =>
                {
                    KnockoutScheduler scheduler = new(n, seed);
                    MatchResult[] all = [.. Play(scheduler, seed).SelectMany(round => round)];
                    MatchResult last = all[^1];
                    int[] survived = scheduler.RoundsSurvived(all);
                    int winner = last.Outcome == MatchOutcome.First ? last.First : last.Second;
                    Assert.Equal([winner], Enumerable.Range(0, n).Where(candidate => survived[candidate] == survived.Max()));

                    // Nobody who lost is ahead of who beat them.
                    MatchResult[] part = all[..Math.Min(cut, all.Length)];
                    int[] sofar = scheduler.RoundsSurvived(part);
                    Assert.All(
                        part,
                        match =>
                            Assert.True(
                                match.Outcome == MatchOutcome.First
                                    ? sofar[match.First] > sofar[match.Second]
                                    : sofar[match.Second] > sofar[match.First]
                            )
                    );
                }
            );

    [Fact]
    public void RoundRobin_AnySize_HasEveryPairOnce() =>
        Gen.Select(Sizes, Gen.Long)
            .Sample(
                (n, seed) =>
                {
                    List<List<MatchResult>> rounds = Play(new RankingMode.RoundRobin().Schedule(n, seed, rematches: true), seed);
                    Pairing[] pairs = [.. rounds.SelectMany(round => round).Select(PairOf)];
                    Assert.Equal(n * (n - 1) / 2, pairs.Distinct().Count());
                    Assert.Equal(pairs.Length, pairs.Distinct().Count());
                }
            );

    [Fact]
    public void RoundRobin_CutOffAnywhere_HasPlayedEveryoneEquallyOften() =>
        Gen.Select(Gen.Int[2, 30], Gen.Long, Gen.Double.Unit)
            .Sample(
                (n, seed, share) =>
                {
                    IReadOnlyList<Pairing> pairs = new RankingMode.RoundRobin().Schedule(n, seed, rematches: true).NextRound([]);
                    int[] played = new int[n];
                    foreach (Pairing pair in pairs.Take((int)(share * pairs.Count)))
                    {
                        played[pair.First]++;
                        played[pair.Second]++;
                    }

                    Assert.InRange(played.Max() - played.Min(), 0, n % 2 == 0 ? 1 : 2);
                }
            );

    [Fact]
    public void RandomOpponents_AnySize_EveryoneHasEnoughDistinctOnes() =>
        Gen.Select(Sizes, Gen.Int[1, 6], Gen.Long)
            .Sample(
                (n, m, seed) =>
                {
                    Pairing[] pairs =
                    [
                        .. new RankingMode.RandomOpponents(m).Schedule(n, seed, rematches: true).NextRound([]).Select(pair => pair.Ordered),
                    ];
                    Assert.Equal(pairs.Length, pairs.Distinct().Count());
                    Assert.InRange(pairs.Length, n * Math.Min(m, n - 1) / 2, n * Math.Min(m, n - 1));
                    Assert.All(
                        Enumerable.Range(0, n),
                        candidate =>
                            Assert.True(pairs.Count(pair => pair.First == candidate || pair.Second == candidate) >= Math.Min(m, n - 1))
                    );
                }
            );

    [Fact]
    public void Swiss_AnySize_NobodyMeetsTheSameTwiceAndAtMostOneRests() =>
        Gen.Select(Gen.Int[2, 24], Gen.Long)
            .Sample(
                (n, seed) =>
                {
                    // So many rounds are always possible without rematches; beyond them a round may have to be short.
                    int rounds = Math.Max(1, n / 2);
                    List<List<MatchResult>> played = Play(new RankingMode.Swiss(rounds).Schedule(n, seed, rematches: true), seed);
                    Assert.Equal(rounds, played.Count);
                    Assert.All(played, round => Assert.Equal(n / 2, round.Count));
                    Pairing[] pairs = [.. played.SelectMany(round => round).Select(PairOf)];
                    Assert.Equal(pairs.Length, pairs.Distinct().Count());
                }
            );

    [Fact]
    public void Swiss_RoundsWithoutEnd_PlayEveryPairOnce()
    {
        List<List<MatchResult>> played = Play(new RankingMode.Swiss(100).Schedule(7, 3, rematches: true), 3);
        Assert.Equal(21, played.SelectMany(round => round).Select(PairOf).Distinct().Count());
        Assert.Equal(21, played.Sum(round => round.Count));
    }

    [Fact]
    public void Swiss_SecondRound_IsAmongEqualPoints()
    {
        IMatchScheduler scheduler = new RankingMode.Swiss().Schedule(8, 1, rematches: true);
        MatchResult[] first = [.. scheduler.NextRound([]).Select(pair => new MatchResult(pair.First, pair.Second, MatchOutcome.First))];
        int[] winners = [.. first.Select(match => match.First)];
        Assert.All(scheduler.NextRound(first), pair => Assert.Equal(winners.Contains(pair.First), winners.Contains(pair.Second)));
    }

    [Theory]
    [InlineData(RankingGoal.Best, true)]
    [InlineData(RankingGoal.Best, false)]
    [InlineData(RankingGoal.Ranking, true)]
    [InlineData(RankingGoal.Ranking, false)]
    public void Active_AnySize_GoesOnUntilThereIsNothingLeftToAsk(RankingGoal goal, bool rematches) =>
        Gen.Select(Gen.Int[1, 12], Gen.Long, Gen.Double[0, 0.3])
            .Sample(
                (n, seed, missing) =>
                {
                    List<List<MatchResult>> rounds = Play(
                        new RankingMode.Active(goal).Schedule(n, seed, rematches),
                        seed,
                        missing,
                        atMost: 200
                    );
                    MatchResult[] matches = [.. rounds.SelectMany(round => round)];
                    Assert.All(rounds.Skip(1), round => Assert.InRange(round.Count, 1, Math.Max(1, n / 4)));
                    if (!rematches)
                    {
                        Assert.Equal(matches.Length, matches.Select(PairOf).Distinct().Count());
                    }
                    else if (missing == 0 && n > 1)
                    {
                        Assert.True(matches.Length >= 16);
                    }
                },
                iter: 20
            );

    [Fact]
    public void Active_GoalBest_LooksAtTheLeadersAgain()
    {
        double[] shares =
        [
            .. Enumerable
                .Range(0, 30)
                .Select(seed =>
                {
                    double[] strengths = Strengths(16, seed);
                    int best = strengths.IndexOf(strengths.Max());
                    MatchResult[] matches =
                    [
                        .. Play(new RankingMode.Active().Schedule(16, seed, rematches: true), seed, atMost: 48).SelectMany(round => round),
                    ];
                    return (double)matches.Count(match => match.First == best || match.Second == best) / matches.Length;
                }),
        ];
        Assert.True(
            shares.Average() > 2 * 2.0 / 16,
            $"The best of 16 is in {shares.Average():0.00} of the matches; in a round robin it is in {2.0 / 16}."
        );
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public void AnyMode_SameResults_GiveTheSameNextRound(string name)
    {
        MatchResult[] Matches() => [.. Play(Mode(name).Schedule(13, 9, rematches: true), 9, atMost: 40).SelectMany(round => round)];
        Assert.Equal(Matches(), Matches());
        Assert.NotEqual(Matches(), [.. Play(Mode(name).Schedule(13, 10, rematches: true), 9, atMost: 40).SelectMany(round => round)]);
    }

    [Fact]
    public void MaximumMatching_SmallGraphs_IsAsLargeAsTheLargest() =>
        Gen.Select(Gen.Int[1, 9], Gen.ULong, Gen.Double[0.1, 0.7])
            .Sample(
                (n, seed, density) =>
                {
                    SeededRandom random = new(seed);
                    bool[,] joined = new bool[n, n];
                    for (int i = 0; i < n; i++)
                    {
                        for (int j = 0; j < i; j++)
                        {
                            joined[i, j] = joined[j, i] = random.Chance(density);
                        }
                    }

                    int[] partners = MaximumMatching.Find(n, (i, j) => joined[i, j]);
                    Assert.All(
                        Enumerable.Range(0, n),
                        i => Assert.True(partners[i] < 0 || (partners[partners[i]] == i && joined[i, partners[i]]))
                    );
                    Assert.Equal(Largest(joined, n, 0), partners.Count(partner => partner >= 0) / 2);
                }
            );

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void Schedule_ValuesOutOfRange_AreRefused(int value)
    {
        Assert.Throws<ArgumentException>(() => new RankingMode.RandomOpponents(value).Schedule(4, 1, rematches: false));
        Assert.Throws<ArgumentException>(() => new RankingMode.Swiss(value).Schedule(4, 1, rematches: false));
    }

    public static TheoryData<string> Modes => ["knockout", "round robin", "random", "swiss", "active best", "active ranking"];

    private static RankingMode Mode(string name) =>
        name switch
        {
            "knockout" => new RankingMode.Knockout(),
            "round robin" => new RankingMode.RoundRobin(),
            "random" => new RankingMode.RandomOpponents(),
            "swiss" => new RankingMode.Swiss(),
            "active best" => new RankingMode.Active(),
            _ => new RankingMode.Active(RankingGoal.Ranking),
        };

    private static double[] Strengths(int n, long seed)
    {
        SeededRandom random = new((ulong)seed);
        return [.. Enumerable.Range(0, n).Select(_ => 4 * random.NextUnit())];
    }

    private static List<List<MatchResult>> Play(IMatchScheduler scheduler, long seed, double missing = 0, int atMost = int.MaxValue)
    {
        double[] strengths = Strengths(64, seed);
        SeededRandom random = new((ulong)seed + 1);
        List<List<MatchResult>> rounds = [];
        List<MatchResult> played = [];
        while (played.Count < atMost && scheduler.NextRound(played) is { Count: > 0 } round)
        {
            rounds.Add([
                .. round.Select(pair => new MatchResult(
                    pair.First,
                    pair.Second,
                    random.Chance(missing) ? MatchOutcome.Missing
                        : random.Chance(1 / (1 + Math.Exp(strengths[pair.Second] - strengths[pair.First]))) ? MatchOutcome.First
                        : MatchOutcome.Second
                )),
            ]);
            played.AddRange(rounds[^1]);
        }

        return rounds;
    }

    private static Pairing PairOf(MatchResult match) => new Pairing(match.First, match.Second).Ordered;

    /// <summary>The size of a largest matching of what is not used, by trying everything.</summary>
    private static int Largest(bool[,] joined, int n, int used)
    {
        int free = Enumerable.Range(0, n).FirstOrDefault(vertex => (used & (1 << vertex)) == 0, -1);
        if (free < 0)
        {
            return 0;
        }

        int without = used | (1 << free);
        return Enumerable
            .Range(0, n)
            .Where(other => joined[free, other] && (without & (1 << other)) == 0)
            .Select(other => 1 + Largest(joined, n, without | (1 << other)))
            .Append(Largest(joined, n, without))
            .Max();
    }
}
