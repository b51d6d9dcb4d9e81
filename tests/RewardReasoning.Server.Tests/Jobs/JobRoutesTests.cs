using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Extensions.AI;
using RewardReasoning.Judging;
using RewardReasoning.Server.Tests.Judging;
using RewardReasoning.Storage;
using RewardReasoning.Testing;

namespace RewardReasoning.Server.Tests.Jobs;

/// <summary><c>/v1/jobs</c> over the wire.</summary>
public sealed partial class JobRoutesTests
{
    private const string Lines = "application/x-ndjson";
    private const string Rows = """
        {"id": 7, "query": "q", "response_1": "a", "response_2": "b"}

        {"query": "q", "responses": ["a", "b", "c"]}
        not JSON
        {"query": "alone"}
        """;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static ScriptedChatClient First => ScriptedChatClient.Of(@"\boxed{Assistant 1}");

    [Fact]
    public async Task Submit_RowsOfAFile_EndInTheRowsThatScoreWrites()
    {
        await using ServedJudge served = await ServedJudge.StartAsync(First);
        JudgeAnswer submitted = await served.PostAsync("/v1/jobs", Rows, Lines);
        Assert.Equal((201, 4L), (submitted.Status, submitted.Json.GetProperty("rows").GetInt64()));
        string id = IdOf(submitted);
        Assert.Equal($"/v1/jobs/{id}", submitted.Headers.Location?.ToString());

        JsonElement done = await EndAsync(served, id);
        Assert.Equal(
            ("done", 4L, 2L),
            (done.GetProperty("state").GetString(), done.GetProperty("judged").GetInt64(), done.GetProperty("missing").GetInt64())
        );
        JudgeAnswer results = await served.GetAsync($"/v1/jobs/{id}/results");
        Assert.Equal(Lines, results.MediaType);
        Assert.Equal(WithoutTimes((await served.PostAsync("/v1/score", Rows, Lines)).Body), WithoutTimes(results.Body));
    }

    [Fact]
    public async Task Submit_List_IsNumberedByRows()
    {
        await using ServedJudge served = await ServedJudge.StartAsync(First);
        string id = IdOf(await served.PostAsync("/v1/jobs", """[{"query": "q", "chosen": "a", "rejected": "b"}, {"query": 5}]"""));
        await EndAsync(served, id);
        string[] results = (await served.GetAsync($"/v1/jobs/{id}/results")).Body.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2, results.Length);
        Assert.Contains("\"preferred\":1", results[0], StringComparison.Ordinal);
        Assert.Contains("\"error\":", results[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Events_TellOfProgress_AndEndWithTheJob()
    {
        TaskCompletionSource free = new();
        using GatedJudgeClient gated = new(free.Task);
        await using ServedJudge served = await ServedJudge.StartAsync(gated);
        string id = IdOf(await served.PostAsync("/v1/jobs", Rows, Lines));
        Task<JudgeAnswer> watching = served.GetAsync($"/v1/jobs/{id}/events");
        await gated.Asked.WaitAsync(Cancellation);
        free.SetResult();
        (string Name, JsonElement Data)[] events = (await watching).Events;
        Assert.Equal(("end", "done"), (events[^1].Name, events[^1].Data.GetProperty("state").GetString()));
        Assert.All(events[..^1], progress => Assert.Equal("progress", progress.Name));
    }

    [Fact]
    public async Task Results_OfAJobThatIsNotDone_AreGivenOnlyAsAPart()
    {
        using GatedJudgeClient gated = new(new TaskCompletionSource().Task);
        await using ServedJudge served = await ServedJudge.StartAsync(gated);
        string id = IdOf(await served.PostAsync("/v1/jobs", Rows, Lines));
        JudgeAnswer refused = await served.GetAsync($"/v1/jobs/{id}/results");
        Assert.Equal((409, "not_done"), (refused.Status, refused.Json.GetProperty("code").GetString()));
        Assert.Equal(200, (await served.GetAsync($"/v1/jobs/{id}/results?partial=true")).Status);
    }

    [Fact]
    public async Task Cancel_EndsTheJudging_AndResumeGoesOn()
    {
        TaskCompletionSource free = new();
        using GatedJudgeClient gated = new(free.Task);
        await using ServedJudge served = await ServedJudge.StartAsync(gated);
        string id = IdOf(await served.PostAsync("/v1/jobs", Rows, Lines));
        await gated.Asked.WaitAsync(Cancellation);
        Assert.Equal(409, (await served.DeleteAsync($"/v1/jobs/{id}")).Status);
        Assert.Equal("cancelled", (await served.PostAsync($"/v1/jobs/{id}/cancel", "")).Json.GetProperty("state").GetString());
        Assert.Equal(409, (await served.PostAsync($"/v1/jobs/{id}/cancel", "")).Status);

        free.SetResult();
        Assert.Equal(200, (await served.PostAsync($"/v1/jobs/{id}/resume", "")).Status);
        Assert.Equal("done", (await EndAsync(served, id)).GetProperty("state").GetString());
        Assert.Equal(204, (await served.DeleteAsync($"/v1/jobs/{id}")).Status);
        Assert.Equal(404, (await served.GetAsync($"/v1/jobs/{id}")).Status);
    }

    [Fact]
    public async Task ServerStopsInTheMiddle_TheNextOneJudgesTheRest()
    {
        using TemporaryFolder folder = new();
        string rows = string.Join('\n', Enumerable.Range(0, 20).Select(i => $$"""{"query":"q{{i}}","response_1":"a","response_2":"b"}"""));
        string id;
        int asked = 0;
        TaskCompletionSource half = new();
        using (ICompletionStore store = SqliteCompletionStore.Open(folder["store.db"]))
        {
            // The eleventh question is never answered.
            using ScriptedChatClient model = new(_ =>
            {
                bool hangs = Interlocked.Increment(ref asked) > 10;
                if (hangs)
                {
                    half.TrySetResult();
                }

                return new ScriptedReply { Text = @"\boxed{Assistant 1}", Hangs = hangs };
            });
            await using ServedJudge served = await StartAsync(model, store);
            id = IdOf(await served.PostAsync("/v1/jobs", rows, Lines));
            await half.Task.WaitAsync(Cancellation);
        }

        using ICompletionStore again = SqliteCompletionStore.Open(folder["store.db"]);
        using ScriptedChatClient next = First;
        await using ServedJudge resumed = await StartAsync(next, again);
        JsonElement done = await EndAsync(resumed, id);
        Assert.Equal(("done", 20L), (done.GetProperty("state").GetString(), done.GetProperty("judged").GetInt64()));
        Assert.InRange(next.Requests.Count, 10, 19); // what was answered is not asked again
        string[] results = (await resumed.GetAsync($"/v1/jobs/{id}/results")).Body.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(Enumerable.Range(0, 20).Select(i => $"q{i}"), results.Select(QueryOf));
    }

    [Fact]
    public async Task FailureOfEveryRow_EndsTheJob_WithTheProblem()
    {
        using ScriptedChatClient broken = new(_ => new ScriptedReply { Fault = new HttpRequestException("no such host") });
        await using ServedJudge served = await ServedJudge.StartAsync(broken);
        string id = IdOf(await served.PostAsync("/v1/jobs", Rows, Lines));
        JsonElement failed = await EndAsync(served, id);
        Assert.Equal("failed", failed.GetProperty("state").GetString());
        Assert.NotEqual("", failed.GetProperty("problem").GetString());
    }

    [Theory]
    [InlineData("", Lines, 400)]
    [InlineData("\n\n", Lines, 400)]
    [InlineData("[]", "application/json", 400)]
    [InlineData("{}", "text/plain", 415)]
    public async Task Submit_NoRows_IsRefusedAndLeavesNothing(string body, string mediaType, int status)
    {
        await using ServedJudge served = await ServedJudge.StartAsync(First);
        Assert.Equal(status, (await served.PostAsync("/v1/jobs", body, mediaType)).Status);
        Assert.Empty((await served.GetAsync("/v1/jobs")).Json.GetProperty("jobs").EnumerateArray());
    }

    [Fact]
    public async Task List_HasTheNewestFirst()
    {
        await using ServedJudge served = await ServedJudge.StartAsync(First);
        string first = IdOf(await served.PostAsync("/v1/jobs", Rows, Lines));
        string second = IdOf(await served.PostAsync("/v1/jobs", Rows, Lines));
        JsonElement list = (await served.GetAsync("/v1/jobs")).Json;
        Assert.False(list.GetProperty("durable").GetBoolean());
        Assert.Equal([second, first], list.GetProperty("jobs").EnumerateArray().Select(job => job.GetProperty("id").GetString()));
        Assert.Single((await served.GetAsync("/v1/jobs?limit=1")).Json.GetProperty("jobs").EnumerateArray());
        Assert.Equal(400, (await served.GetAsync("/v1/jobs?limit=0")).Status);
    }

    private static Task<ServedJudge> StartAsync(IChatClient model, ICompletionStore store) =>
        ServedJudge.StartAsync(
            new StoringChatClient(model, store),
            options => options with { DrainTimeout = TimeSpan.Zero },
            new JudgeOptions { Concurrency = 1 },
            store: store
        );

    private static string IdOf(JudgeAnswer submitted) => submitted.Json.GetProperty("id").GetString() ?? "";

    private static string? QueryOf(string result) => JsonDocument.Parse(result).RootElement.GetProperty("query").GetString();

    /// <summary>The job when it has ended.</summary>
    private static async Task<JsonElement> EndAsync(ServedJudge served, string id) =>
        (await served.GetAsync($"/v1/jobs/{id}/events")).Events[^1].Data;

    private static string WithoutTimes(string rows) => Seconds().Replace(rows, "");

    [GeneratedRegex("\"seconds\":[^,}]*")]
    private static partial Regex Seconds();
}
