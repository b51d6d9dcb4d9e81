using RewardReasoning.Server.Tests.Judging;
using RewardReasoning.Storage;
using RewardReasoning.Testing;

namespace RewardReasoning.Server.Tests;

/// <summary>Where a server keeps its groups, jobs and judgments.</summary>
public sealed class StateTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task StateFile_KeepsThemWithoutAStoreOfCompletions()
    {
        string id;
        await using (ServedJudge served = await ServeAsync(_folder["state.db"]))
        {
            id =
                (await served.PostAsync("/v1/jobs", """[{"query": "q", "response_1": "a", "response_2": "b"}]"""))
                    .Json.GetProperty("id")
                    .GetString()
                ?? "";
            await served.PostAsync("/v1/judge", """{"query": "of the first", "response_1": "a", "response_2": "b"}""");
        }

        await using ServedJudge next = await ServeAsync(_folder["state.db"]);
        Assert.Equal(200, (await next.GetAsync($"/v1/jobs/{id}")).Status);
        JudgeAnswer judgments = await next.GetAsync("/v1/judgments");
        Assert.True(judgments.Json.GetProperty("durable").GetBoolean());
        Assert.Contains("of the first", judgments.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task StateFileOfAnotherServer_IsRefused()
    {
        await using ServedJudge first = await ServeAsync(_folder["state.db"]);
        RewardReasoningException refused = await Assert.ThrowsAnyAsync<RewardReasoningException>(() => ServeAsync(_folder["state.db"]));
        Assert.Contains($"process {Environment.ProcessId}", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task StoreThatAnotherServerKeepsItsStateIn_LeavesMemory_AndItIsSaid()
    {
        using ICompletionStore store = SqliteCompletionStore.Open(_folder["store.db"]);
        List<string> warnings = [];
        await using ServedJudge first = await ServedJudge.StartAsync(First(), store: store);
        await using ServedJudge second = await ServedJudge.StartAsync(
            First(),
            options => options with { OnFailure = warnings.Add },
            store: store
        );
        Assert.Contains("--state", Assert.Single(warnings), StringComparison.Ordinal);
        Assert.True((await first.GetAsync("/v1/jobs")).Json.GetProperty("durable").GetBoolean());
        Assert.False((await second.GetAsync("/v1/jobs")).Json.GetProperty("durable").GetBoolean());
    }

    [Fact]
    public async Task Database_KeepsGroupsJobsAndJudgments_AndOneServerHasIt()
    {
        await using PostgresServer database = await DatabaseAsync();
        string state = await database.CreateDatabaseAsync();
        JudgeAnswer rewarded;
        string id;
        await using (ServedJudge first = await ServeAsync(state))
        {
            rewarded = await first.PostAsync("/v1/rewards", Group);
            Assert.All(rewarded.Json.EnumerateArray(), member => Assert.False(member.GetProperty("mask").GetBoolean()));
            id =
                (await first.PostAsync("/v1/jobs", """[{"query": "q", "response_1": "a", "response_2": "b"}]"""))
                    .Json.GetProperty("id")
                    .GetString()
                ?? "";
            await first.PostAsync("/v1/judge", """{"query": "of the first", "response_1": "a", "response_2": "b"}""");
            RewardReasoningException refused = await Assert.ThrowsAnyAsync<RewardReasoningException>(() => ServeAsync(state));
            Assert.Contains("--cluster", refused.Message, StringComparison.Ordinal);
        }

        await using ServedJudge next = await ServeAsync(state);
        Assert.Equal(rewarded.Body, (await next.PostAsync("/v1/rewards", Group)).Body);
        Assert.Equal(200, (await next.GetAsync($"/v1/rewards/{rewarded.Json[0].GetProperty("id").GetString()}")).Status);
        Assert.Equal(200, (await next.GetAsync($"/v1/jobs/{id}")).Status);
        Assert.Contains("of the first", (await next.GetAsync("/v1/judgments")).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task StoreInADatabase_KeepsTheStateToo_AndASecondServerSaysThatItDoesNot()
    {
        await using PostgresServer database = await DatabaseAsync();
        using ICompletionStore store = await CompletionStores.OpenAsync(
            await database.CreateDatabaseAsync(),
            cancellationToken: TestContext.Current.CancellationToken
        );
        List<string> warnings = [];
        await using ServedJudge first = await ServedJudge.StartAsync(First(), store: store);
        await using ServedJudge second = await ServedJudge.StartAsync(
            First(),
            options => options with { OnFailure = warnings.Add },
            store: store
        );
        Assert.Contains("--cluster", Assert.Single(warnings), StringComparison.Ordinal);
        Assert.True((await first.GetAsync("/v1/jobs")).Json.GetProperty("durable").GetBoolean());
        Assert.False((await second.GetAsync("/v1/jobs")).Json.GetProperty("durable").GetBoolean());
    }

    [Fact]
    public async Task DatabaseThatIsAway_IsATypedFailure_AndAllWorksOnceItIsBack()
    {
        await using PostgresServer database = await DatabaseAsync();
        await using ServedJudge served = await ServeAsync(await database.CreateDatabaseAsync());
        JudgeAnswer rewarded = await served.PostAsync("/v1/rewards", Group);
        await database.StopAsync();
        JudgeAnswer[] refused = await Task.WhenAll(
            served.PostAsync("/v1/rewards", Group.Replace("group-1", "group-2", StringComparison.Ordinal)),
            served.GetAsync("/v1/rewards/" + new string('0', 32)),
            served.GetAsync("/ready")
        );
        Assert.All(refused, answer => Assert.Equal((503, "store_failed"), (answer.Status, answer.Json.GetProperty("code").GetString())));
        Assert.All(refused, answer => Assert.True(answer.Headers.RetryAfter?.Delta > TimeSpan.Zero));
        Assert.All(
            refused[..2].Select(answer => answer.Json.GetProperty("failure")),
            failure =>
                Assert.Equal(("transport", true), (failure.GetProperty("class").GetString(), failure.GetProperty("retryable").GetBoolean()))
        );
        Assert.Equal(rewarded.Body, (await served.PostAsync("/v1/rewards", Group)).Body); // it is in memory, and was kept

        await database.StartAgainAsync();
        Assert.Equal(200, (await served.PostAsync("/v1/rewards", Group.Replace("group-1", "group-2", StringComparison.Ordinal))).Status);
        Assert.Equal(200, (await served.GetAsync("/ready")).Status);
    }

    private const string Group = """
        [{"group": "group-1", "index": 0, "size": 2, "query": "q", "response": "a", "wait_s": 30},
         {"group": "group-1", "index": 1, "size": 2, "query": "q", "response": "b"}]
        """;

    private static Task<PostgresServer> DatabaseAsync()
    {
        Assert.SkipUnless(PostgresServer.IsInstalled(out string reason), reason);
        return PostgresServer.StartAsync();
    }

    private static Task<ServedJudge> ServeAsync(string state) => ServedJudge.StartAsync(First(), options => options with { State = state });

    private static ScriptedChatClient First() => ScriptedChatClient.Of(@"\boxed{Assistant 1}");
}
