using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace RewardReasoning.Server.Tests.Rewards;

/// <summary><c>/v1/rewards</c> and <c>/v1/cohorts</c> over real sockets.</summary>
public sealed class RewardRoutesTests : IAsyncLifetime
{
    private readonly NumberJudge _judge = new();
    private RewardHost _host = null!;

    public async ValueTask InitializeAsync() => _host = await RewardHost.StartAsync(_judge.ToRewardJudge());

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task SubmitAndPoll_AnswersAtOnce_AndThenWithTheReward()
    {
        RewardReply first = await _host.PostAsync("/v1/rewards", Member(0, "a 1"));
        Assert.Equal((202, "collecting"), (first.Status, first.Json.GetProperty("state").GetString()));
        Assert.True(first.Json.GetProperty("mask").GetBoolean());
        await _host.PostAsync("/v1/rewards", Member(1, "b 2"));

        RewardReply answer = await _host.GetAsync($"/v1/rewards/{first.Json.GetProperty("id").GetString()}?wait_s=30");
        Assert.Equal((200, 2, 0), (answer.Status, answer.Json.GetProperty("rank").GetInt32(), answer.Json.GetProperty("wins").GetInt32()));
        Assert.InRange(answer.Reward, 0.001, 0.5);
        Assert.False(answer.Json.GetProperty("mask").GetBoolean());
        Assert.Equal("numbers", answer.Json.GetProperty("judge").GetProperty("model").GetString());
        Assert.Equal(60, answer.Json.GetProperty("deadline").GetProperty("collect_s").GetDouble());
        Assert.Equal(10, answer.Json.GetProperty("usage").GetProperty("prompt_tokens").GetInt64());
        Assert.Equal(2, answer.Json.GetProperty("cohort").GetProperty("expected").GetInt32());
        Assert.Equal(System.Text.Json.JsonValueKind.Null, answer.Json.GetProperty("failure").ValueKind);
    }

    [Fact]
    public async Task List_HasAnAnswerForEachMember_InItsOrder_WithPrivateNamesOfNemoGym()
    {
        JsonArray members =
        [
            JsonNode.Parse("""{"_ng_task_index": 3, "_ng_rollout_index": 1, "size": 2, "query": "q", "response": "b 2", "wait_s": 30}"""),
            JsonNode.Parse(
                """
                {"_ng_task_index": 3, "_ng_rollout_index": 0, "size": 2, "query": [{"role": "user", "content": "q"}],
                 "response": [{"role": "assistant", "content": "a 1"}]}
                """
            ),
        ];
        RewardReply reply = await _host.PostAsync("/v1/rewards", members);
        Assert.Equal(200, reply.Status);
        Assert.Equal([1, 2], reply.Json.EnumerateArray().Select(answer => answer.GetProperty("rank").GetInt32()));
        Assert.Equal([1, 0], reply.Json.EnumerateArray().Select(answer => answer.GetProperty("index").GetInt32()));
    }

    [Fact]
    public async Task OtherBody_Is409_AsAProblemWithATypedFailure()
    {
        await _host.PostAsync("/v1/rewards", Member(0, "a 1"));
        RewardReply reply = await _host.PostAsync("/v1/rewards", Member(0, "other 1"));
        Assert.Equal((409, "application/problem+json"), (reply.Status, reply.MediaType));
        Assert.Equal("conflict", reply.Json.GetProperty("failure").GetProperty("class").GetString());
        Assert.Equal(System.Text.Json.JsonValueKind.Null, reply.Json.GetProperty("reward").ValueKind);
        Assert.Equal(409, reply.Json.GetProperty("status").GetInt32());
    }

    [Fact]
    public async Task List_WithOneConflict_StillAnswersTheOthers()
    {
        await _host.PostAsync("/v1/rewards", Member(0, "a 1"));
        RewardReply reply = await _host.PostAsync("/v1/rewards", new JsonArray(Member(0, "other 1"), Member(1, "b 2", wait: 30)));
        Assert.Equal("conflict", reply.Json[0].GetProperty("failure").GetProperty("class").GetString());
        Assert.True(reply.Json[1].GetProperty("reward").GetDouble() > 0.5);
    }

    [Fact]
    public async Task Cohorts_NameWhoIsMissing()
    {
        await _host.PostAsync("/v1/rewards", Member(1, "a 1", size: 3));
        RewardReply reply = await _host.GetAsync("/v1/cohorts?state=collecting");
        System.Text.Json.JsonElement cohort = Assert.Single(reply.Json.GetProperty("cohorts").EnumerateArray());
        Assert.Equal([0, 2], cohort.GetProperty("missing").EnumerateArray().Select(index => index.GetInt32()));
        Assert.Equal("g", cohort.GetProperty("group").GetString());
        Assert.Equal(0, (await _host.GetAsync("/v1/cohorts?state=done")).Json.GetProperty("cohorts").GetArrayLength());
    }

    [Fact]
    public async Task ClientThatGoesAway_LeavesItsMember_AndGetsItsAnswerWithTheNextRequest()
    {
        using CancellationTokenSource away = new();
        Task<RewardReply> held = _host.PostAsync("/v1/rewards", Member(0, "a 1", wait: 60).ToJsonString(), away.Token);
        await UntilAsync(() => _host.Service.OpenMembers == 1);
        await away.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => held);
        await _host.PostAsync("/v1/rewards", Member(1, "b 2", wait: 30));
        Assert.Equal(200, (await _host.PostAsync("/v1/rewards", Member(0, "a 1"))).Status);
        Assert.Single(_judge.Asked);
    }

    [Theory]
    [InlineData("""{"query": "q", "response": "r"}""", "size")]
    [InlineData("""{"group": "g", "size": 2, "query": "q", "response": "r"}""", "index")]
    [InlineData("""{"group": "g", "index": 0, "size": 2, "query": 7, "response": "r"}""", "query")]
    [InlineData("""{"group": "g", "index": 0, "size": 2, "query": "q", "response": {"a": 1}}""", "response")]
    [InlineData("""{"group": "g", "index": 0, "size": 2, "query": "q", "response": "r", "mode": "best"}""", "mode")]
    [InlineData(
        """{"group": "g", "index": 0, "size": 2, "query": "q", "response": "r", "deadline": {"collect_s": -1}}""",
        "deadline.collect_s"
    )]
    [InlineData("""[{"group": "g", "index": 0, "size": 2, "query": "q", "response": "r"}, {"size": 2, "response": "r"}]""", "[1].query")]
    public async Task FaultyMember_Is400_AndNamesTheField(string body, string field)
    {
        RewardReply reply = await _host.PostAsync("/v1/rewards", body);
        Assert.Equal((400, field), (reply.Status, reply.Json.GetProperty("field").GetString()));
        Assert.Equal(0, _host.Service.OpenMembers);
    }

    [Fact]
    public async Task ServerAtCapacity_Is429_WithTheTimeToTryAgain_ForOneMemberAndForAList()
    {
        await using RewardHost host = await RewardHost.StartAsync(new NumberJudge().ToRewardJudge(), new() { MaxOpenMembers = 2 });
        await host.PostAsync("/v1/rewards", Member(0, "a 1"));
        JsonObject further = Member(0, "a 1");
        further["group"] = "further";
        foreach (string body in (string[])[further.ToJsonString(), $"[{further.ToJsonString()}]"])
        {
            using StringContent content = new(body, Encoding.UTF8, "application/json");
            using HttpResponseMessage response = await host.Http.PostAsync("/v1/rewards", content, TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.TooManyRequests, response.StatusCode);
            Assert.Equal(TimeSpan.FromSeconds(1), response.Headers.RetryAfter?.Delta);
        }
    }

    [Fact]
    public async Task UnknownId_Is404() => Assert.Equal(404, (await _host.GetAsync("/v1/rewards/00")).Status);

    private static JsonObject Member(int index, string response, int size = 2, double wait = 0) =>
        new()
        {
            ["group"] = "g",
            ["index"] = index,
            ["size"] = size,
            ["query"] = "q",
            ["response"] = response,
            ["deadline"] = new JsonObject { ["collect_s"] = 60, ["judge_s"] = 30 },
            ["wait_s"] = wait,
        };

    private static async Task UntilAsync(Func<bool> condition)
    {
        for (int tries = 0; !condition(); tries++)
        {
            Assert.True(tries < 3_000, "It did not come to that in time.");
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }
    }
}
