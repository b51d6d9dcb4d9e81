using System.Net;
using CsCheck;
using RewardReasoning.Rankings;
using RewardReasoning.Ratings;
using RewardReasoning.Testing;
using Xunit;

namespace RewardReasoning.Tests.Rankings;

public sealed class RankerTests
{
    private static readonly RankingMode[] Modes =
    [
        new RankingMode.Knockout(),
        new RankingMode.RoundRobin(),
        new RankingMode.RandomOpponents(),
        new RankingMode.Swiss(),
        new RankingMode.Active(),
        new RankingMode.Active(RankingGoal.Ranking),
    ];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task RankAsync_RoundRobin_OrdersByTheJudge()
    {
        Ranking ranking = await new Ranker(new StrengthJudge()).RankAsync("q", ["2", "4", "1", "3"], cancellationToken: Cancellation);
        Assert.Equal([1, 3, 0, 2], ranking.Responses.Select(response => response.Index));
        Assert.Equal(1, ranking.Best);
        Assert.Equal([(3, 0), (2, 1), (1, 2), (0, 3)], ranking.Responses.Select(response => (response.Wins, response.Losses)));
        Assert.Equal(6, ranking.Matches.Count);
        Assert.Equal((42, 18, 0.0), (ranking.Usage.PromptTokens, ranking.Usage.OutputTokens, ranking.CycleRate));
        Assert.Null(ranking.MissingReason);
        Assert.All(
            ranking.Matches,
            match =>
                Assert.Equal(
                    match.Winner,
                    match.First is 1 || (match.First is 3 && match.Second is not 1) || (match.First is 0 && match.Second is 2)
                        ? match.First
                        : match.Second
                )
        );
    }

    [Fact]
    public async Task RankAsync_Rewards_AreAsTheCallerNumbersThem()
    {
        Ranking ranking = await new Ranker(new StrengthJudge()).RankAsync("q", ["2", "4", "1", "3"], cancellationToken: Cancellation);
        Assert.Equal([1, 3, 0, 2], Enumerable.Range(0, 4).OrderByDescending(index => ranking.Rewards[index]));
        Assert.Equal(2.0, ranking.Rewards.Sum() ?? 0, 1e-9);
        Assert.All(ranking.Responses, response => Assert.Equal(ranking.Rewards[response.Index], response.Reward));
    }

    [Fact]
    public async Task RankAsync_Elo_IsThePapersRewardWithoutIntervals()
    {
        Ranking ranking = await new Ranker(new StrengthJudge(), new() { Method = RatingMethod.Elo }).RankAsync(
            "q",
            ["1", "2"],
            cancellationToken: Cancellation
        );
        Assert.Equal([0.49, 0.51], ranking.Rewards);
        Assert.All(ranking.Responses, response => Assert.Null(response.Low ?? response.High));
    }

    [Fact]
    public async Task RankAsync_WinRatesStandardised_HaveMeanZero()
    {
        RankingOptions options = new() { Reward = RewardKind.WinRate, StandardiseRewards = true };
        Ranking ranking = await new Ranker(new StrengthJudge(), options).RankAsync("q", ["1", "2", "3"], cancellationToken: Cancellation);
        Assert.Equal([-1, 0, 1], ranking.Rewards);
    }

    [Fact]
    public Task RankAsync_NumberedOtherwise_IsTheSameRanking() =>
        Gen.Select(Gen.Int[1, 14], Gen.ULong, Gen.Int[0, Modes.Length - 1])
            .SampleAsync(
                async (n, seed, mode) =>
                {
                    string[] responses = [.. Enumerable.Range(0, n).Select(index => $"{index} text")];
                    string[] shuffled = [.. responses];
                    new SeededRandom(seed).Shuffle(shuffled);
                    Ranker ranker = new(new StrengthJudge(noise: 3), new() { Mode = Modes[mode], Seed = (long)seed });
                    Ranking first = await ranker.RankAsync("q", responses, cancellationToken: Cancellation);
                    Ranking second = await ranker.RankAsync("q", shuffled, cancellationToken: Cancellation);
                    Assert.Equal(
                        first.Responses.Select(response => (responses[response.Index], response.Rating)),
                        second.Responses.Select(response => (shuffled[response.Index], response.Rating))
                    );
                },
                iter: 40
            );

    [Fact]
    public async Task RankAsync_AnyModeThatIsSure_FindsTheBest()
    {
        string[] responses = [.. Enumerable.Range(0, 20).Select(index => $"{index * 7 % 20}")];
        foreach (RankingMode mode in Modes)
        {
            Ranking ranking = await new Ranker(new StrengthJudge(), new() { Mode = mode }).RankAsync(
                "q",
                responses,
                cancellationToken: Cancellation
            );
            Assert.Equal("19", responses[ranking.Best ?? 0]);
            Assert.Equal(Enumerable.Range(0, 20), ranking.Responses.Select(response => response.Index).Order());
        }
    }

    [Fact]
    public async Task RankAsync_MoreThanEight_AreThreeMatchesEach()
    {
        Ranking ranking = await new Ranker(new StrengthJudge()).RankAsync(
            "q",
            [.. Enumerable.Range(0, 12).Select(index => $"{index}")],
            cancellationToken: Cancellation
        );
        Assert.Equal(36, ranking.Matches.Count);
        Assert.Contains(ranking.Matches, match => match.Repetition > 0);
    }

    [Fact]
    public async Task RankAsync_IdenticalTexts_AreOneCandidate()
    {
        StrengthJudge judge = new();
        Ranking ranking = await new Ranker(judge).RankAsync("q", ["5", "9", "5", "9", "5"], cancellationToken: Cancellation);
        Assert.Single(judge.Asked);
        Assert.Equal([1, 3, 0, 2, 4], ranking.Responses.Select(response => response.Index));
        Assert.Equal([null, 1, null, 0, 0], ranking.Responses.Select(response => response.SameAs));
        Assert.Equal(ranking.Rewards[1], ranking.Rewards[3]);
    }

    [Fact]
    public async Task RankAsync_SameFinalAnswer_IsOneCandidate_WithoutOneStandsAlone()
    {
        StrengthJudge judge = new();
        RankingOptions options = new() { FinalAnswer = text => text.Contains('=') ? text.Split('=')[1] : null };
        Ranking ranking = await new Ranker(judge, options).RankAsync(
            "q",
            ["1 a=7", "2 b=7", "3 c", "4 d", "5 e=8"],
            cancellationToken: Cancellation
        );
        Assert.Equal(6, judge.Asked.Count);
        Assert.Single(ranking.Responses, response => response.SameAs is 0 or 1);
    }

    [Fact]
    public async Task RankAsync_OneCandidate_IsBestWithoutAMatch()
    {
        Ranking ranking = await new Ranker(new StrengthJudge()).RankAsync("q", ["1", "1"], cancellationToken: Cancellation);
        Assert.Equal((0, 0), (ranking.Best, ranking.Matches.Count));
        Assert.Equal([0.5, 0.5], ranking.Rewards);
    }

    [Fact]
    public async Task RankAsync_EveryJudgmentMissing_HasNullRewardsAndAReason()
    {
        Ranking ranking = await new Ranker(new StrengthJudge { IsMissing = _ => true }).RankAsync(
            "q",
            ["1", "2", "3"],
            cancellationToken: Cancellation
        );
        Assert.Null(ranking.Best);
        Assert.Equal([null, null, null], ranking.Rewards);
        Assert.Equal("No match has a winner: No verdict.", ranking.MissingReason);
    }

    [Fact]
    public async Task RankAsync_OneJudgmentMissing_IsNoMatch()
    {
        Ranking ranking = await new Ranker(
            new StrengthJudge { IsMissing = comparison => comparison.Response1 == "3" || comparison.Response2 == "3" }
        ).RankAsync("q", ["1", "2", "3"], cancellationToken: Cancellation);
        Assert.Equal([(1, 0), (0, 1), (0, 0)], ranking.Responses.Select(response => (response.Wins, response.Losses)));
        Assert.Equal([true, true, false], ranking.Rewards.Select(reward => reward is not null));
        Assert.Equal("No match has a winner: No verdict.", ranking.Responses[^1].MissingReason);
        Assert.Equal((2, null), (ranking.MissingMatches, ranking.MissingReason));
        Assert.Equal(2, ranking.Matches.Count(match => match.Winner is null && match.MissingReason == "No verdict."));
    }

    [Fact]
    public async Task RankAsync_JudgeThatNeverWorks_ThrowsWhatItThrew()
    {
        StrengthJudge judge = new() { Before = (_, _, _) => throw new InvalidDataException("no such model") };
        Assert.Equal(
            "no such model",
            (
                await Assert.ThrowsAsync<InvalidDataException>(() =>
                    new Ranker(judge).RankAsync("q", ["1", "2", "3"], cancellationToken: Cancellation)
                )
            ).Message
        );
    }

    [Fact]
    public async Task RankAsync_JudgeThatFailsOnce_LosesOnlyThatMatch()
    {
        StrengthJudge judge = new()
        {
            Before = (_, asked, _) => asked == 2 ? throw new InvalidDataException("garbage") : Task.CompletedTask,
        };
        Ranking ranking = await new Ranker(judge, new() { Concurrency = 1 }).RankAsync(
            "q",
            ["1", "2", "3"],
            cancellationToken: Cancellation
        );
        Assert.Equal("garbage", Assert.Single(ranking.Matches, match => match.Winner is null).MissingReason);
    }

    [Theory]
    [InlineData(RewardKind.WinProbability, RatingMethod.BradleyTerry)]
    [InlineData(RewardKind.WinRate, RatingMethod.BradleyTerry)]
    [InlineData(RewardKind.Elo, RatingMethod.Elo)]
    public async Task RankAsync_EightOfTenMatchesRefused_GivesNoRewardToThoseWithoutADecidedMatch(RewardKind reward, RatingMethod method)
    {
        StrengthJudge judge = new()
        {
            Before = (comparison, _, _) =>
                comparison.Response1 is "1" or "2" && comparison.Response2 is "1" or "2" or "3"
                    ? Task.CompletedTask
                    : throw new HttpRequestException("refused", null, HttpStatusCode.BadRequest),
        };
        Ranking ranking = await new Ranker(
            judge,
            new()
            {
                Mode = new RankingMode.RoundRobin(),
                Method = method,
                Reward = reward,
            }
        ).RankAsync("q", ["1", "2", "3", "4", "5"], cancellationToken: Cancellation);
        HashSet<int> decided =
        [
            .. ranking.Matches.Where(match => match.Winner is not null).SelectMany(match => new[] { match.First, match.Second }),
        ];
        Assert.Equal(10, ranking.Matches.Count);
        Assert.Equal(10 - ranking.Matches.Count(match => match.Winner is not null), ranking.MissingMatches);
        Assert.InRange(decided.Count, 2, 3);
        Assert.Equal(Enumerable.Range(0, 5).Select(decided.Contains), ranking.Rewards.Select(one => one is not null));
        Assert.Equal(decided.Order(), ranking.Responses.Take(decided.Count).Select(response => response.Index).Order());
    }

    [Theory]
    [InlineData(HttpStatusCode.PaymentRequired)]
    [InlineData(HttpStatusCode.Unauthorized)]
    public async Task RankAsync_JudgeThatEndsTheRunMidway_Throws(HttpStatusCode status)
    {
        StrengthJudge judge = new()
        {
            Before = (_, asked, _) => asked == 3 ? throw new HttpRequestException("no", null, status) : Task.CompletedTask,
        };
        await Assert.ThrowsAsync<HttpRequestException>(() =>
            new Ranker(judge, new() { Concurrency = 1 }).RankAsync("q", ["1", "2", "3"], cancellationToken: Cancellation)
        );
    }

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    public async Task RankAsync_Cancelled_KeepsWhatWasJudged(int concurrency)
    {
        using CancellationTokenSource stop = new();
        StrengthJudge judge = new()
        {
            Before = async (_, asked, token) =>
            {
                if (asked > 4)
                {
                    await Task.Delay(Timeout.Infinite, token);
                }
            },
        };
        Progress progress = new(told => told.Played == 4 ? stop.CancelAsync() : Task.CompletedTask);
        RankingCancelledException cancelled = await Assert.ThrowsAsync<RankingCancelledException>(() =>
            new Ranker(judge, new() { Concurrency = concurrency }).RankAsync("q", ["1", "2", "3", "4", "5"], progress, stop.Token)
        );
        Assert.Equal(4, cancelled.Ranking?.Matches.Count);
        Assert.Equal(40, cancelled.Ranking?.Usage.PromptTokens + cancelled.Ranking?.Usage.OutputTokens);
        Assert.Equal(stop.Token, cancelled.CancellationToken);
    }

    [Fact]
    public async Task RankAsync_MatchesOfARound_RunAtOnce()
    {
        TaskCompletionSource all = new();
        StrengthJudge judge = new()
        {
            Before = async (_, asked, _) =>
            {
                if (asked == 6)
                {
                    all.SetResult();
                }

                await all.Task;
            },
        };
        Ranking ranking = await new Ranker(judge).RankAsync("q", ["1", "2", "3", "4"], cancellationToken: Cancellation);
        Assert.Equal(6, ranking.Matches.Count);
    }

    [Theory]
    [InlineData(100)]
    [InlineData(57)]
    [InlineData(1)]
    public async Task RankAsync_TokenBudget_IsKeptToTheMatch(long tokens)
    {
        RankingOptions options = new() { Mode = new RankingMode.RoundRobin(), MaxTokens = tokens };
        Ranking ranking = await new Ranker(new StrengthJudge(), options).RankAsync(
            "q",
            [.. Enumerable.Range(0, 9).Select(index => $"{index}")],
            cancellationToken: Cancellation
        );
        // Four matches of ten tokens tell the cost of one.
        Assert.Equal(Math.Max(4, tokens / 10), ranking.Matches.Count);
    }

    [Fact]
    public async Task RankAsync_MatchBudget_EndsAnyMode()
    {
        foreach (RankingMode mode in Modes)
        {
            Ranking ranking = await new Ranker(new StrengthJudge(), new() { Mode = mode, MaxMatches = 7 }).RankAsync(
                "q",
                [.. Enumerable.Range(0, 9).Select(index => $"{index}")],
                cancellationToken: Cancellation
            );
            Assert.Equal(7, ranking.Matches.Count);
        }
    }

    [Fact]
    public async Task RankAsync_SwissWithABudget_GoesOnUntilItIsUsedUp()
    {
        Ranking ranking = await new Ranker(new StrengthJudge(), new() { Mode = new RankingMode.Swiss(), MaxMatches = 30 }).RankAsync(
            "q",
            [.. Enumerable.Range(0, 9).Select(index => $"{index}")],
            cancellationToken: Cancellation
        );
        Assert.Equal(30, ranking.Matches.Select(match => new Pairing(match.First, match.Second).Ordered).Distinct().Count());
    }

    [Fact]
    public async Task RankAsync_Progress_TellsEveryMatch()
    {
        List<RankingProgress> told = [];
        await new Ranker(new StrengthJudge()).RankAsync(
            "q",
            ["1", "2", "3"],
            new Progress(one =>
            {
                told.Add(one);
                return Task.CompletedTask;
            }),
            Cancellation
        );
        Assert.Equal(
            [(1, 3, 10L), (2, 3, 20L), (3, 3, 30L)],
            told.Select(one => (one.Played, one.Planned ?? 0, one.Usage.PromptTokens + one.Usage.OutputTokens))
        );
    }

    [Fact]
    public async Task RankAsync_CircleOfThree_IsACycle()
    {
        // 1 beats 2, 2 beats 3, 3 beats 1.
        CircleJudge judge = new();
        Ranking ranking = await new Ranker(judge).RankAsync("q", ["1", "2", "3"], cancellationToken: Cancellation);
        Assert.Equal(1.0, ranking.CycleRate);
    }

    [Fact]
    public void Options_Faults_AreToldTogether()
    {
        ArgumentException fault = Assert.Throws<ArgumentException>(() =>
            new Ranker(
                new StrengthJudge(),
                new()
                {
                    MaxMatches = 0,
                    MaxTokens = 0,
                    Lambda = 0,
                    Concurrency = 0,
                    Method = RatingMethod.Elo,
                    Reward = RewardKind.WinProbability,
                }
            )
        );
        Assert.All(
            ["MaxMatches", "MaxTokens", "Lambda", "Concurrency", "WinProbability"],
            name => Assert.Contains(name, fault.Message, StringComparison.Ordinal)
        );
    }

    [Fact]
    public Task RankAsync_NoResponses_IsRefused() =>
        Assert.ThrowsAsync<ArgumentException>(() => new Ranker(new StrengthJudge()).RankAsync("q", [], cancellationToken: Cancellation));

    [Fact]
    public async Task ReasoningJudge_Repetition_HasNewSeedsAndTheOtherOrderFirst()
    {
        using ScriptedChatClient client = new(_ => @"\boxed{Assistant 1}");
        RewardReasoning.Judging.ReasoningJudge judge = new(client);
        Comparison comparison = new("q", "a", "b");
        Vote[] votes =
        [
            .. (
                await Task.WhenAll(Enumerable.Range(0, 4).Select(repetition => judge.JudgeAsync(comparison, repetition, Cancellation)))
            ).SelectMany(judgment => judgment.Votes),
        ];
        Assert.Equal(votes.Length, votes.Select(vote => vote.Seed).Distinct().Count());
        Assert.NotEqual(votes[0].Order, votes[1].Order);
        Assert.Equal((await judge.JudgeAsync(comparison, Cancellation)).Votes[0].Seed, votes[0].Seed);
    }

    private sealed class CircleJudge : IJudge
    {
        public Task<Judgment> JudgeAsync(Comparison comparison, CancellationToken cancellationToken = default) =>
            Task.FromResult(
                new Judgment
                {
                    Preferred = (comparison.Response1, comparison.Response2) is ("1", "2") or ("2", "3") or ("3", "1")
                        ? Verdict.First
                        : Verdict.Second,
                    Votes = [],
                    Usage = Usage.None,
                    Model = "circle",
                }
            );
    }

    /// <summary>Tells at once, on the thread of the match; the system's own would tell some time later.</summary>
    private sealed class Progress(Func<RankingProgress, Task> tell) : IProgress<RankingProgress>
    {
        public void Report(RankingProgress value) => tell(value);
    }
}
