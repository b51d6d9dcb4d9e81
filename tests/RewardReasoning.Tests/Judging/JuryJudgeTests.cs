using CsCheck;
using RewardReasoning.Calibration;
using RewardReasoning.Judging;
using RewardReasoning.Ratings;
using Xunit;

namespace RewardReasoning.Tests.Judging;

public sealed class JuryJudgeTests
{
    private static readonly Comparison Pair = new("q", "a", "b");

    [Fact]
    public async Task JudgeAsync_FittedWeights_AreTheLogisticOfTheLeans()
    {
        using OpenedJudge jury = Jury([0.9, 0.2], [2, -1]);

        Judgment judgment = await jury.JudgeAsync(Pair, TestContext.Current.CancellationToken);

        Assert.Equal(Verdict.First, judgment.Preferred);
        Assert.Equal(1 / (1 + Math.Exp(-((2 * 0.8) + 0.6))), judgment.Confidence ?? 0, 1e-12);
        Assert.Equal(judgment.Confidence, judgment.CalibratedConfidence);
    }

    /// <summary>The caller's numbering changes nothing, whatever the members say and whatever their weights.</summary>
    [Fact]
    public void JudgeAsync_SwappedResponses_IsTheMirroredJudgment() =>
        Gen.Select(Gen.Double[0.01, 0.99].Array[1, 5], Gen.Bool, Gen.Double[-3, 3].Array[5])
            .Sample(
                (first, fitted, weights) =>
                {
                    using OpenedJudge jury = Jury(first, fitted ? weights[..first.Length] : null);
                    Judgment given = jury.JudgeAsync(Pair).GetAwaiter().GetResult(),
                        swapped = jury.JudgeAsync(new Comparison("q", "b", "a")).GetAwaiter().GetResult();
                    Assert.Equal(given.Confidence ?? 0, swapped.Confidence ?? 0, 1e-9);
                    Assert.NotEqual(given.Preferred, swapped.Preferred);
                },
                iter: 200
            );

    [Fact]
    public async Task JudgeAsync_MembersThatFailOrHaveNoVerdict_AreMissing()
    {
        using OpenedJudge jury = JudgeFactory.OpenJury(
            new Dictionary<string, OpenedJudge>
            {
                ["sure"] = Opened(new Member(0.8)),
                ["down"] = Opened(new Member(0.1) { Failure = new HttpRequestException("gone") }),
                ["silent"] = Opened(new Member(0.1) { Says = false }),
            }
        );

        Judgment judgment = await jury.JudgeAsync(Pair, TestContext.Current.CancellationToken);

        Assert.Equal(0.8, judgment.Confidence ?? 0, 1e-9);
        Assert.Equal("gone", judgment.Members["down"].MissingReason);
        Assert.Equal(1, judgment.VoteShare);
    }

    [Fact]
    public async Task JudgeAsync_NoMemberHasAVerdict_IsMissing()
    {
        using OpenedJudge jury = JudgeFactory.OpenJury(
            new Dictionary<string, OpenedJudge> { ["a"] = Opened(new Member(0.1) { Says = false }) }
        );

        Judgment judgment = await jury.JudgeAsync(Pair, TestContext.Current.CancellationToken);

        Assert.Equal(MatchOutcome.Missing, judgment.Outcome);
        Assert.Contains("a: nothing", judgment.MissingReason, StringComparison.Ordinal);
    }

    /// <summary>Wrong credentials would fail on every pair: the jury must not go on without a member unseen.</summary>
    [Fact]
    public async Task JudgeAsync_FailureThatEndsTheRun_IsThrown()
    {
        using OpenedJudge jury = JudgeFactory.OpenJury(
            new Dictionary<string, OpenedJudge>
            {
                ["sure"] = Opened(new Member(0.8)),
                ["locked"] = Opened(
                    new Member(0.8) { Failure = new HttpRequestException("no key", null, System.Net.HttpStatusCode.Unauthorized) }
                ),
            }
        );

        await Assert.ThrowsAsync<HttpRequestException>(() => jury.JudgeAsync(Pair, TestContext.Current.CancellationToken));
    }

    [Fact]
    public void OpenJury_WeightsOfOtherMembers_AreRefused()
    {
        ArgumentException fault = Assert.Throws<ArgumentException>(() =>
            JudgeFactory.OpenJury(
                new Dictionary<string, OpenedJudge> { ["a"] = Opened(new Member(0.8)) },
                new Dictionary<string, double> { ["b"] = 1 }
            )
        );
        Assert.Contains("The weights are for b", fault.Message, StringComparison.Ordinal);
    }

    /// <summary>A calibration, and with it a threshold, is bound to the members and how they are joined.</summary>
    [Fact]
    public void OpenJury_OtherWeights_IsAnotherJudge()
    {
        using OpenedJudge one = Jury([0.8], [1]),
            same = Jury([0.8], [1]),
            other = Jury([0.8], [2]);
        Assert.Equal(one.Identity, same.Identity);
        Assert.NotEqual(one.Identity, other.Identity);
        Assert.NotEmpty(one.Voting.DifferencesFrom(other.Voting));
    }

    [Fact]
    public async Task Json_JudgmentOfAJury_IsReadBackWithItsMembers()
    {
        using OpenedJudge jury = Jury([0.9, 0.2], null);
        Judgment judgment = await jury.JudgeAsync(Pair, TestContext.Current.CancellationToken);

        Judgment? read = System.Text.Json.JsonSerializer.Deserialize<Judgment>(System.Text.Json.JsonSerializer.Serialize(judgment));

        Assert.Equal(["0", "1"], read?.Members.Keys);
        Assert.Equal(Verdict.Second, read?.Members["1"].Preferred);
    }

    private static OpenedJudge Jury(double[] first, double[]? weights) =>
        JudgeFactory.OpenJury(
            first
                .Select((probability, at) => (at, probability))
                .ToDictionary(one => $"{one.at}", one => Opened(new Member(one.probability))),
            weights?.Select((weight, at) => (at, weight)).ToDictionary(one => $"{one.at}", one => one.weight)
        );

    private static OpenedJudge Opened(Member member) => JudgeFactory.Open(member);

    /// <summary>A scalar model that prefers response "a" with a probability.</summary>
    private sealed class Member(double first) : IScalarJudge
    {
        public Exception? Failure { get; init; }

        public bool Says { get; init; } = true;

        public string Name => "member";

        public string Identity => $"member {first}";

        public int Concurrency => 1;

        public Task<double> ScoreAsync(string query, string response, CancellationToken cancellationToken = default) =>
            Task.FromResult(0.0);

        public Task<Judgment> JudgeAsync(Comparison comparison, CancellationToken cancellationToken = default)
        {
            if (Failure is not null)
            {
                return Task.FromException<Judgment>(Failure);
            }

            double probability = comparison.Response1 == "a" ? first : 1 - first;
            Judgment judgment = Judgment.OfScores(comparison, ConfidenceMap.LogOdds(probability), 0, Usage.None, Name);
            return Task.FromResult(
                Says ? judgment : judgment with { Preferred = null, Confidence = null, VoteShare = null, MissingReason = "nothing" }
            );
        }

        public void Dispose() { }
    }
}
