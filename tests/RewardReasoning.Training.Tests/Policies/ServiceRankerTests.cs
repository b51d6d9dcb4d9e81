using RewardReasoning.Endpoints;
using RewardReasoning.Training.Policies;
using Xunit;

namespace RewardReasoning.Training.Tests.Policies;

public sealed class ServiceRankerTests
{
    [Fact]
    public async Task RankAsync_TwoResponses_HaveTheRewardsOfTheService()
    {
        await using FakeRewardService service = await FakeRewardService.StartAsync(answer => answer == "a" ? 0.9 : 0.1);
        GroupRanking ranking = await Rank(service, ["b", "a"]);
        Assert.Equal([0.1, 0.9], Rounded(ranking));
        Assert.Equal((1, 0, 12L), (ranking.Matches, ranking.Missing, ranking.Usage.PromptTokens + ranking.Usage.OutputTokens));
    }

    [Fact]
    public async Task RankAsync_GuardedResponse_LosesUnread()
    {
        // a beats b with 0.9 and z always: (0.9 + 1) / 2. b: (0.1 + 1) / 2. z loses to both.
        await using FakeRewardService service = await FakeRewardService.StartAsync(answer => answer == "a" ? 0.9 : 0.1);
        GroupRanking ranking = await Rank(service, ["z", "a", "b"], "z");
        Assert.Equal([0, 0.95, 0.55], Rounded(ranking));
        Assert.Equal(["a", "b"], Assert.Single(service.Groups).Select(member => (string?)member?["response"]));
    }

    [Fact]
    public async Task RankAsync_TwoGuardedResponses_AreEqualAndTheOnlyOtherWins()
    {
        await using FakeRewardService service = await FakeRewardService.StartAsync(_ => null);
        GroupRanking ranking = await Rank(service, ["y", "a", "z"], "y", "z");
        Assert.Equal([0.25, 1, 0.25], Rounded(ranking));
        Assert.Empty(service.Groups);
    }

    [Fact]
    public async Task RankAsync_EqualResponses_NeedNoService()
    {
        await using FakeRewardService service = await FakeRewardService.StartAsync(_ => null);
        GroupRanking ranking = await Rank(service, ["a", "a"]);
        Assert.Equal([0.5, 0.5], Rounded(ranking));
        ranking = await Rank(service, ["a", "a"], "a");
        Assert.Equal([0.5, 0.5], Rounded(ranking));
        Assert.Empty(service.Groups);
    }

    [Fact]
    public async Task RankAsync_AllGuarded_HasNoRewards()
    {
        await using FakeRewardService service = await FakeRewardService.StartAsync(_ => 0.5);
        GroupRanking ranking = await Rank(service, ["a", "b"], "a", "b");
        Assert.All(ranking.Rewards, reward => Assert.True(double.IsNaN(reward)));
        Assert.Null(ranking.Failure);
    }

    [Fact]
    public async Task RankAsync_MemberWithoutReward_IsMaskedAndOthersAreNot()
    {
        await using FakeRewardService service = await FakeRewardService.StartAsync(answer =>
            answer switch
            {
                "a" => 0.9,
                "b" => 0.1,
                _ => null,
            }
        );
        GroupRanking ranking = await Rank(service, ["c", "a", "b"]);
        Assert.True(double.IsNaN(ranking.Rewards[0]));
        Assert.Equal([0.9, 0.1], Rounded(ranking)[1..]);
        Assert.Null(ranking.Failure);
    }

    [Fact]
    public async Task RankAsync_NobodyHasAReward_ReportsTheFailure()
    {
        await using FakeRewardService service = await FakeRewardService.StartAsync(_ => null);
        GroupRanking ranking = await Rank(service, ["a", "b", "z"], "z");
        Assert.All(ranking.Rewards, reward => Assert.True(double.IsNaN(reward)));
        Assert.Contains("unparsable", ranking.Failure?.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RankAsync_SameContent_IsTheSameGroupForTheSameJudgeOnly()
    {
        await using FakeRewardService service = await FakeRewardService.StartAsync(_ => 0.5);
        await Rank(service, ["a", "b"]);
        await Rank(service, ["a", "b"]);
        await Rank(service, ["b", "a"]);
        using RewardClient client = service.Client();
        await new ServiceRanker(client, "another judge").RankAsync(
            "2+2",
            ["a", "b"],
            new HashSet<string>(),
            TestContext.Current.CancellationToken
        );
        string?[] names = [.. service.Groups.Select(group => (string?)group[0]?["group"])];
        Assert.Equal(names[0], names[1]);
        Assert.Equal(3, names.Distinct().Count());
    }

    private static async Task<GroupRanking> Rank(FakeRewardService service, string[] answers, params string[] guarded)
    {
        using RewardClient client = service.Client();
        return await new ServiceRanker(client, "judge").RankAsync(
            "2+2",
            answers,
            guarded.ToHashSet(),
            TestContext.Current.CancellationToken
        );
    }

    private static double[] Rounded(GroupRanking ranking) => [.. ranking.Rewards.Select(reward => Math.Round(reward, 3))];
}
