using RewardReasoning.Ratings;
using RewardReasoning.Training.Policies;
using Xunit;

namespace RewardReasoning.Training.Tests.Policies;

public sealed class GroupRankerTests
{
    private const double Won = 0.51; // One win from equal ratings: 1000 + 4 · (1 − 1/2) = 1002, and (1002 − 1000) / 200 + 0.5.
    private const double Lost = 0.49;

    [Fact]
    public async Task RankAsync_EloOfOneMatch_IsThePapersReward()
    {
        GroupRanking ranking = await Rank(ScriptedJudge.Alphabetical(), ["b", "a"]);
        Assert.Equal([Lost, Won], Rounded(ranking));
        Assert.Equal((1, 0, 12L), (ranking.Matches, ranking.Missing, ranking.Usage.PromptTokens + ranking.Usage.OutputTokens));
    }

    [Fact]
    public async Task RankAsync_WinProbability_SolvesThePriorsEquation()
    {
        // One match won: the distance d of the strengths has 1 − σ(d) = 0.01 · d / 2, so d = 3.915 and σ(d) = 0.980.
        GroupRanking ranking = await Rank(ScriptedJudge.Alphabetical(), ["a", "b"], reward: RewardKind.WinProbability);
        Assert.Equal([0.98, 0.02], Rounded(ranking));
    }

    [Fact]
    public async Task RankAsync_WinProbabilityOfACircle_IsOneHalfForAll()
    {
        ScriptedJudge circle = new((first, second) => (first + second) is "ab" or "bc" or "ca");
        GroupRanking ranking = await Rank(circle, ["a", "b", "c"], reward: RewardKind.WinProbability);
        Assert.Equal([0.5, 0.5, 0.5], Rounded(ranking));
    }

    [Fact]
    public async Task RankAsync_OneOpponentEach_AsksAboutAtMostOneMatchForEach()
    {
        ScriptedJudge judge = ScriptedJudge.Alphabetical();
        await Rank(judge, ["a", "b", "c", "d", "e", "f"], opponents: 1);
        Assert.InRange(judge.Asked, 3, 6);
    }

    [Fact]
    public async Task RankAsync_GuardedResponse_LosesUnread()
    {
        ScriptedJudge judge = ScriptedJudge.Alphabetical();
        GroupRanking ranking = await Rank(judge, ["z", "a"], guarded: ["a"]);
        Assert.Equal([Won, Lost], Rounded(ranking));
        Assert.Equal((0, 0), (judge.Asked, ranking.Matches));
    }

    [Fact]
    public async Task RankAsync_AllGuarded_HasNoRewards()
    {
        GroupRanking ranking = await Rank(ScriptedJudge.Alphabetical(), ["a", "b"], guarded: ["a", "b"]);
        Assert.All(ranking.Rewards, reward => Assert.True(double.IsNaN(reward)));
        Assert.Null(ranking.Failure);
    }

    [Fact]
    public async Task RankAsync_ResponseWithoutAnyVerdict_HasNoRewardAndOthersDo()
    {
        ScriptedJudge judge = new((first, second) => first == "c" || second == "c" ? null : first == "a");
        GroupRanking ranking = await Rank(judge, ["c", "a", "b"]);
        Assert.True(double.IsNaN(ranking.Rewards[0]));
        Assert.Equal([Won, Lost], Rounded(ranking)[1..]);
        Assert.Equal((3, 2), (ranking.Matches, ranking.Missing));
    }

    [Fact]
    public async Task RankAsync_JudgeThatOnlyTheGuardSpokeFor_LeavesAllMissing()
    {
        GroupRanking ranking = await Rank(new ScriptedJudge((_, _) => null), ["a", "b", "z"], guarded: ["z"]);
        Assert.All(ranking.Rewards, reward => Assert.True(double.IsNaN(reward)));
    }

    [Fact]
    public async Task RankAsync_JudgeFails_TellsTheFailureAndNoRewards()
    {
        GroupRanking ranking = await Rank(new ScriptedJudge((_, _) => throw new TimeoutException("no answer")), ["a", "b"]);
        Assert.All(ranking.Rewards, reward => Assert.True(double.IsNaN(reward)));
        Assert.IsType<TimeoutException>(ranking.Failure);
        Assert.Equal((1, 1), (ranking.Matches, ranking.Missing));
    }

    [Fact]
    public async Task RankAsync_JudgeFailsInEveryMatch_CountsAllThatWasAskedAsMissing()
    {
        GroupRanking ranking = await Rank(new ScriptedJudge((_, _) => throw new TimeoutException("no answer")), ["a", "b", "c"]);
        Assert.Equal((3, 3, Usage.None), (ranking.Matches, ranking.Missing, ranking.Usage));
    }

    [Fact]
    public async Task RankAsync_JudgeGivesUpHalfWay_CountsBothHalvesAndWhatWasPaid()
    {
        // As an HTTP client does that ran out of time: cancelled, though nobody cancelled the ranking.
        ScriptedJudge judge = new(
            (first, second) =>
                (first + second).Contains('c', StringComparison.Ordinal) ? throw new TaskCanceledException("out of time") : first == "a"
        );
        GroupRanking ranking = await Rank(judge, ["a", "b", "c"]);
        Assert.Equal((3, 2, 12L), (ranking.Matches, ranking.Missing, ranking.Usage.PromptTokens + ranking.Usage.OutputTokens));
        Assert.Equal([Won, Lost], Rounded(ranking)[..2]);
        Assert.True(double.IsNaN(ranking.Rewards[2]));
        Assert.IsType<TaskCanceledException>(ranking.Failure);
    }

    [Fact]
    public async Task RankAsync_Cancelled_Throws()
    {
        using CancellationTokenSource source = new();
        ScriptedJudge judge = new(
            (_, _) =>
            {
                source.Cancel();
                source.Token.ThrowIfCancellationRequested();
                return null;
            }
        );
        PolicyRecipe recipe = new()
        {
            Out = "o",
            Model = "m",
            Data = "d",
            Steps = 1,
            Judge = new PolicyJudgeOptions { Model = "unused" },
        };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            new GroupRanker(judge, recipe).RankAsync("2+2", ["a", "b", "c"], new HashSet<string>(), source.Token)
        );
    }

    [Fact]
    public async Task RankAsync_SameResponses_AreOneAndEarnTheSame()
    {
        GroupRanking ranking = await Rank(new ScriptedJudge((_, _) => throw new InvalidOperationException("nobody to meet")), ["a", "a"]);
        Assert.Equal([0.5, 0.5], Rounded(ranking));
    }

    private static double[] Rounded(GroupRanking ranking) => [.. ranking.Rewards.Select(reward => Math.Round(reward, 3))];

    private static Task<GroupRanking> Rank(
        ScriptedJudge judge,
        string[] answers,
        string[]? guarded = null,
        RewardKind reward = RewardKind.Elo,
        int opponents = 4
    )
    {
        PolicyRecipe recipe = new()
        {
            Out = "o",
            Model = "m",
            Data = "d",
            Steps = 1,
            Judge = new PolicyJudgeOptions { Model = "unused" },
            Reward = reward,
            Opponents = opponents,
        };
        return new GroupRanker(judge, recipe).RankAsync("2+2", answers, (guarded ?? []).ToHashSet(), TestContext.Current.CancellationToken);
    }
}
