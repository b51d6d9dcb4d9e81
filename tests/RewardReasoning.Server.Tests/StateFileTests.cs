using RewardReasoning.Server.Tests.Judging;
using RewardReasoning.Storage;
using RewardReasoning.Testing;

namespace RewardReasoning.Server.Tests;

/// <summary>Where a server keeps its groups, jobs and judgments.</summary>
public sealed class StateFileTests : IDisposable
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

    private static Task<ServedJudge> ServeAsync(string state) =>
        ServedJudge.StartAsync(First(), options => options with { StateFile = state });

    private static ScriptedChatClient First() => ScriptedChatClient.Of(@"\boxed{Assistant 1}");
}
