using System.Text.Json;
using RewardReasoning.Server.Tests.Judging;
using RewardReasoning.Storage;
using RewardReasoning.Testing;

namespace RewardReasoning.Server.Tests;

/// <summary>A server that is asked to stop, and one that cannot use its store.</summary>
public sealed class StoppingTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Stop_MemberThatWaitsForOthers_IsAnsweredAtOnce_AndGoesOnInTheNextServer()
    {
        using TemporaryFolder folder = new();
        using ICompletionStore store = SqliteCompletionStore.Open(folder["store.db"]);
        await using (ServedJudge served = await ServedJudge.StartAsync(First(), store: store))
        {
            Task<JudgeAnswer> held = served.PostAsync("/v1/rewards", Member(0, "a", wait: 300));
            await ArrivedAsync(served, 1);
            await served.Server.StopAsync(); // well before the minute that it may take
            JudgeAnswer answer = await held;
            Assert.Equal((503, "stopping"), (answer.Status, answer.Json.GetProperty("code").GetString()));
            Assert.NotNull(answer.Headers.RetryAfter);
        }

        await using ServedJudge next = await ServedJudge.StartAsync(First(), store: store);
        Assert.Equal(200, (await next.PostAsync("/v1/rewards", Member(1, "b", wait: 60))).Status);
    }

    [Fact]
    public async Task Stop_GroupThatIsBeingJudged_IsWaitedFor()
    {
        TaskCompletionSource free = new();
        using GatedJudgeClient gated = new(free.Task);
        await using ServedJudge served = await ServedJudge.StartAsync(gated);
        Task<JudgeAnswer>[] held =
        [
            served.PostAsync("/v1/rewards", Member(0, "a", wait: 300)),
            served.PostAsync("/v1/rewards", Member(1, "b", wait: 300)),
        ];
        await gated.Asked.WaitAsync(Cancellation);
        Task stopping = served.Server.StopAsync();
        free.SetResult();
        Assert.All(await Task.WhenAll(held), answer => Assert.Equal(200, answer.Status));
        await stopping;
    }

    [Fact]
    public async Task Stop_WhoeverWatchesAJob_DoesNotHoldItUp()
    {
        using GatedJudgeClient gated = new(new TaskCompletionSource().Task);
        await using ServedJudge served = await ServedJudge.StartAsync(gated);
        JudgeAnswer job = await served.PostAsync("/v1/jobs", """[{"query": "q", "response_1": "a", "response_2": "b"}]""");
        using HttpClient http = new();
        using HttpResponseMessage watching = await http.GetAsync(
            new Uri(served.Server.Url, $"/v1/jobs/{job.Json.GetProperty("id").GetString()}/events"),
            HttpCompletionOption.ResponseHeadersRead,
            Cancellation
        );
        await gated.Asked.WaitAsync(Cancellation);
        await served.Server.StopAsync();
        string[] events = (await watching.Content.ReadAsStringAsync(Cancellation)).Split("\n\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.All(events, progress => Assert.StartsWith("event: progress\n", progress, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Ready_StoreThatCannotBeRead_IsNot()
    {
        using TemporaryFolder folder = new();
        using ICompletionStore store = SqliteCompletionStore.Open(folder["store.db"]);
        await using ServedJudge served = await ServedJudge.StartAsync(First(), store: store);
        Assert.Equal(200, (await served.GetAsync("/ready")).Status);
        using (SqliteTables other = SqliteTables.Open(folder["store.db"]))
        {
            other.Ensure("DROP TABLE job_rows; DROP TABLE jobs");
        }

        JudgeAnswer answer = await served.GetAsync("/ready");
        Assert.Equal((503, "store_failed"), (answer.Status, answer.Json.GetProperty("code").GetString()));
        Assert.Equal(200, (await served.GetAsync("/health")).Status);
    }

    [Fact]
    public async Task BugInAJudge_IsTheServersFault_AndNotTheRequests()
    {
        using ScriptedChatClient broken = new(_ => new ScriptedReply { Fault = new ArgumentException("our own mistake") });
        await using ServedJudge served = await ServedJudge.StartAsync(broken);
        JudgeAnswer answer = await served.PostAsync("/v1/judge", """{"query": "q", "response_1": "a", "response_2": "b"}""");
        Assert.Equal((500, "internal_error"), (answer.Status, answer.Json.GetProperty("code").GetString()));
        Assert.DoesNotContain("our own mistake", answer.Body, StringComparison.Ordinal);
    }

    private static ScriptedChatClient First() => ScriptedChatClient.Of(@"\boxed{Assistant 1}");

    private static string Member(int index, string response, double wait) =>
        JsonSerializer.Serialize(
            new
            {
                group = "g",
                index,
                size = 2,
                query = "q",
                response,
                wait_s = wait,
            }
        );

    private static async Task ArrivedAsync(ServedJudge served, int members)
    {
        while (
            (await served.GetAsync("/v1/cohorts"))
                .Json.GetProperty("cohorts")
                .EnumerateArray()
                .Sum(cohort => cohort.GetProperty("arrived").GetArrayLength()) < members
        )
        {
            await Task.Delay(10, Cancellation);
        }
    }
}
