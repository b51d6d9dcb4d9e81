using RewardReasoning.Endpoints;
using RewardReasoning.Judging;
using RewardReasoning.Server.Tests.Judging;
using RewardReasoning.Testing;

namespace RewardReasoning.Server.Tests.Rewards;

/// <summary>The typed client against the service over real sockets.</summary>
public sealed class TypedClientTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task RewardAsync_WholeGroup_IsRankedByTheJudge()
    {
        NumberJudge judge = new();
        await using RewardHost host = await RewardHost.StartAsync(judge.ToRewardJudge());
        using RewardClient client = new(new() { Url = host.Url });
        IReadOnlyList<MemberReward> rewards = await client.RewardAsync("g", "q", ["a 2", "b 3", "c 1"], Cancellation);
        Assert.Equal([2, 1, 3], rewards.Select(member => member.Rank));
        Assert.Equal([1, 2, 0], rewards.Select(member => member.Wins));
        Assert.All(rewards, member => Assert.InRange(member.Reward ?? -1, 0.001, 0.999));
        Assert.All(rewards, member => Assert.Equal((2, 20L, null), (member.Matches, member.Usage.PromptTokens, member.Failure)));
    }

    [Fact]
    public async Task RewardAsync_TheSameGroupAgain_HasTheSameRewardsAndAsksNoJudge()
    {
        NumberJudge judge = new();
        await using RewardHost host = await RewardHost.StartAsync(judge.ToRewardJudge());
        using RewardClient client = new(new() { Url = host.Url });
        IReadOnlyList<MemberReward> first = await client.RewardAsync("g", "q", ["a 2", "b 3"], Cancellation);
        Assert.Equal(first, await client.RewardAsync("g", "q", ["a 2", "b 3"], Cancellation));
        Assert.Single(judge.Asked);
    }

    [Fact]
    public async Task RewardAsync_JudgeSlowerThanOneRequestIsHeld_WaitsOn()
    {
        TaskCompletionSource open = new();
        NumberJudge judge = new() { Before = (_, stop) => open.Task.WaitAsync(stop) };
        await using RewardHost host = await RewardHost.StartAsync(judge.ToRewardJudge());
        using RewardClient client = new(new() { Url = host.Url, Hold = TimeSpan.FromMilliseconds(50) });
        Task<IReadOnlyList<MemberReward>> rewards = client.RewardAsync("g", "q", ["a 2", "b 3"], Cancellation);
        await Task.Delay(200, Cancellation); // several holds
        Assert.False(rewards.IsCompleted);
        open.SetResult();
        Assert.Equal([2, 1], (await rewards).Select(member => member.Rank));
        Assert.Single(judge.Asked);
    }

    [Fact]
    public async Task RewardAsync_JudgeAwayAtFirst_IsTriedAgainInANewAttempt()
    {
        int asked = 0;
        NumberJudge judge = new()
        {
            Before = (_, _) => Interlocked.Increment(ref asked) == 1 ? throw new HttpRequestException("away") : Task.CompletedTask,
        };
        await using RewardHost host = await RewardHost.StartAsync(judge.ToRewardJudge());
        using RewardClient client = new(new() { Url = host.Url });
        Assert.Equal([2, 1], (await client.RewardAsync("g", "q", ["a 2", "b 3"], Cancellation)).Select(member => member.Rank));

        // The failed attempt is history: whoever asks again gets what the second one found.
        Assert.Equal([2, 1], (await client.RewardAsync("g", "q", ["a 2", "b 3"], Cancellation)).Select(member => member.Rank));
        Assert.Equal(2, asked);
    }

    [Fact]
    public async Task RewardAsync_NoReadableVerdict_IsAMissingRewardAndNoNumber()
    {
        NumberJudge judge = new() { Answer = _ => NumberJudge.Decided(null) };
        await using RewardHost host = await RewardHost.StartAsync(judge.ToRewardJudge());
        using RewardClient client = new(new() { Url = host.Url });
        IReadOnlyList<MemberReward> rewards = await client.RewardAsync("g", "q", ["a 2", "b 3"], Cancellation);
        Assert.All(rewards, member => Assert.Equal((null, "unparsable"), (member.Reward, member.Failure)));
        Assert.Single(judge.Asked);
    }

    [Fact]
    public async Task RewardAsync_NameOfAnotherGroup_BeginsAnew()
    {
        await using RewardHost host = await RewardHost.StartAsync(new NumberJudge().ToRewardJudge());
        using RewardClient client = new(new() { Url = host.Url });
        await client.RewardAsync("g", "q", ["a 2", "b 3"], Cancellation);
        Assert.Equal([1, 2], (await client.RewardAsync("g", "q", ["a 5", "b 4"], Cancellation)).Select(member => member.Rank));
    }

    [Fact]
    public async Task RewardAsync_ServiceAtCapacity_WaitsForRoom()
    {
        TaskCompletionSource open = new();
        NumberJudge judge = new() { Before = (_, stop) => open.Task.WaitAsync(stop) };
        await using RewardHost host = await RewardHost.StartAsync(judge.ToRewardJudge(), new() { MaxOpenMembers = 2 });
        List<string> retries = [];
        TaskCompletionSource retried = new();
        using RewardClient client = new(
            new()
            {
                Url = host.Url,
                OnRetry = (failure, _, _) =>
                {
                    retries.Add(failure.Message);
                    retried.TrySetResult();
                },
            }
        );
        Task<IReadOnlyList<MemberReward>> first = client.RewardAsync("g", "q", ["a 2", "b 3"], Cancellation);
        while (judge.Asked.Count == 0)
        {
            await Task.Delay(10, Cancellation);
        }

        Task<IReadOnlyList<MemberReward>> second = client.RewardAsync("h", "q", ["a 2", "b 3"], Cancellation);
        await retried.Task.WaitAsync(TimeSpan.FromSeconds(30), Cancellation);
        open.SetResult();
        Assert.Equal([2, 1], (await first).Select(member => member.Rank));
        Assert.Equal([2, 1], (await second).Select(member => member.Rank));
        Assert.Contains("the most that this server takes", retries[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task JudgeAsync_OverTheService_IsTheJudgmentOfTheJudge()
    {
        using ScriptedChatClient model = new(_ => "Better. \\boxed{Assistant 1}");
        await using ServedJudge served = await ServedJudge.StartAsync(model, judging: new() { Order = VoteOrder.Given });
        using RewardClient client = new(new() { Url = served.Server.Url });
        Judgment judgment = await client.JudgeAsync(new("q", "a", "b"), Cancellation);
        Assert.Equal((Verdict.First, 1), (judgment.Preferred, judgment.Votes.Count));
    }

    [Fact]
    public async Task AskForJudge_NamesItAndItsDomain()
    {
        using ScriptedChatClient model = new(_ => "\\boxed{Assistant 1}");
        await using ServedJudge served = await ServedJudge.StartAsync(model);
        using RewardClient client = new(new() { Url = served.Server.Url });
        (string fingerprint, JudgeDomain? domain) = await client.AskForJudgeAsync(Cancellation);
        Assert.Contains("\"votes\":1", fingerprint, StringComparison.Ordinal);
        Assert.Null(domain);
    }

    [Fact]
    public async Task JudgeAsync_WithoutTheKey_SaysSoAtOnce()
    {
        const string Variable = "RRM_TYPED_CLIENT_KEY";
        Environment.SetEnvironmentVariable(Variable, "sk-typed-client");
        using ScriptedChatClient model = new(_ => "\\boxed{Assistant 1}");
        await using ServedJudge served = await ServedJudge.StartAsync(model, options => options with { KeyVariable = Variable });
        using RewardClient stranger = new(new() { Url = served.Server.Url });
        EndpointException error = await Assert.ThrowsAsync<EndpointException>(() => stranger.JudgeAsync(new("q", "a", "b"), Cancellation));
        Assert.Equal((EndpointFailure.Account, FailureScope.Run), (error.Failure, error.Scope));
        using RewardClient known = new(new() { Url = served.Server.Url, ApiKeyVariable = Variable });
        Assert.NotNull((await known.JudgeAsync(new("q", "a", "b"), Cancellation)).Preferred);
    }

    [Fact]
    public void Options_Faults_AreAllNamed()
    {
        ArgumentException error = Assert.Throws<ArgumentException>(() =>
            new RewardClient(
                new()
                {
                    Url = new Uri("ftp://somewhere"),
                    Attempts = 0,
                    Concurrency = 0,
                }
            )
        );
        Assert.Contains("Url is ftp://somewhere", error.Message, StringComparison.Ordinal);
        Assert.Contains("Attempts is 0", error.Message, StringComparison.Ordinal);
        Assert.Contains("Concurrency is 0", error.Message, StringComparison.Ordinal);
    }
}
