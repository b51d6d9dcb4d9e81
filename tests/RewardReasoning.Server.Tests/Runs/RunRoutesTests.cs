using System.Text.Json;
using RewardReasoning.Server.Tests.Judging;
using RewardReasoning.Testing;

namespace RewardReasoning.Server.Tests.Runs;

/// <summary><c>/v1/runs</c> over real sockets.</summary>
public sealed class RunRoutesTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private ServedJudge _served = null!;

    public async ValueTask InitializeAsync() =>
        _served = await ServedJudge.StartAsync(
            ScriptedChatClient.Of(@"\boxed{Assistant 1}"),
            options => options with { RunsFolder = _folder.Path }
        );

    public async ValueTask DisposeAsync()
    {
        await _served.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task List_HasRunsBelowTheFolder_WithTheirKindAndState()
    {
        ExampleRuns.Train(_folder["policy/finished"], 2, isFinished: true);
        ExampleRuns.Train(_folder["policy/killed"], 2);
        ExampleRuns.Train(_folder["running"], 2);
        await ExampleRuns.BenchAsync(_folder["bench"], "good");
        Directory.CreateDirectory(_folder["other"]);
        await File.WriteAllTextAsync(_folder["other/report.json"], """{"of": "something else"}""", TestContext.Current.CancellationToken);
        _folder.Write(
            "running/.lock.holder",
            $"process {Environment.ProcessId} (rrm) on {Environment.MachineName}, since 2026-01-01 00:00:00 UTC\n"
        );
        _folder.Write(
            "policy/killed/.lock.holder",
            $"process 999999999 (rrm) on {Environment.MachineName}, since 2026-01-01 00:00:00 UTC\n"
        );
        JsonElement list = (await _served.GetAsync("/v1/runs")).Json;
        Assert.True(list.GetProperty("watched").GetBoolean());
        Assert.Equal(
            [
                ("bench", "bench", "finished"),
                ("policy/finished", "training", "finished"),
                ("policy/killed", "training", "unfinished"),
                ("running", "training", "running"),
            ],
            list.GetProperty("runs")
                .EnumerateArray()
                .Select(run => (Text(run, "name"), Text(run, "kind"), Text(run, "state")))
                .OrderBy(run => run.Item1, StringComparer.Ordinal)
        );
    }

    [Fact]
    public async Task List_FollowsNoLinks()
    {
        using TemporaryFolder elsewhere = new();
        ExampleRuns.Train(elsewhere["secret"], 2);
        Directory.CreateSymbolicLink(_folder["link"], elsewhere.Path);
        Assert.Empty((await _served.GetAsync("/v1/runs")).Json.GetProperty("runs").EnumerateArray());
    }

    [Fact]
    public async Task TrainingRun_ShowsItsMetrics_AndLeavesOutALineThatIsBeingWritten()
    {
        ExampleRuns.Train(_folder["run"], 3);
        JsonElement view = (await _served.GetAsync("/v1/runs/view?run=run")).Json;
        Assert.Equal(["The run is unfinished; its last step is 3."], Texts(view.GetProperty("result")));
        Assert.Equal(
            [
                ["metric", "first", "last", "lowest", "highest"],
                ["reward/mean", "0.1", "0.3", "0.1", "0.3"],
                ["loss", "1", "0.3333", "0.3333", "1"],
            ],
            view.GetProperty("tables")[0].GetProperty("rows").EnumerateArray().Select(Texts)
        );
        JsonElement figure = view.GetProperty("figures")[0];
        Assert.Equal("reward/mean: from 0.1 at 1 to 0.3 at 3.", Text(figure, "description"));
        Assert.StartsWith("<?xml", Text(figure, "svg"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task TwoTrainingRuns_ShareAPlotForEachMetric()
    {
        ExampleRuns.Train(_folder["a"], 3);
        ExampleRuns.Train(_folder["b"], 3, gain: 0.2);
        JsonElement view = (await _served.GetAsync("/v1/runs/view?run=a&run=b")).Json;
        Assert.Equal("a: from 0.1 at 1 to 0.3 at 3; b: from 0.2 at 1 to 0.6 at 3.", Text(view.GetProperty("figures")[0], "description"));
    }

    [Fact]
    public async Task TwoBenchmarkRuns_ShowTheItemsThatFlipped_AndTheirReport()
    {
        await ExampleRuns.BenchAsync(_folder["before"], "good");
        await ExampleRuns.BenchAsync(_folder["after"], "bad");
        JsonElement view = (await _served.GetAsync("/v1/runs/view?run=before&run=after")).Json;
        Assert.Contains(
            view.GetProperty("tables").EnumerateArray().Select(table => Text(table, "title")),
            title => title.Contains("flip", StringComparison.OrdinalIgnoreCase)
        );
        JudgeAnswer page = await _served.GetAsync("/v1/runs/report?run=before&run=after");
        Assert.Equal((200, "text/html"), (page.Status, page.MediaType));
        Assert.StartsWith("sandbox;", Assert.Single(page.Headers.GetValues("Content-Security-Policy")), StringComparison.Ordinal);
        Assert.Contains("which letter?", page.Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", 400)]
    [InlineData("run=a&run=a&run=a", 400)]
    [InlineData("run=none", 404)]
    [InlineData("run=..%2F..%2Fetc", 404)]
    [InlineData("run=a&run=bench", 400)]
    public async Task View_OfWhatIsNotInTheList_IsRefused(string query, int status)
    {
        ExampleRuns.Train(_folder["a"], 2);
        await ExampleRuns.BenchAsync(_folder["bench"], "good");
        Assert.Equal(status, (await _served.GetAsync("/v1/runs/view?" + query)).Status);
    }

    [Fact]
    public async Task DamagedRun_Is422_AndNamesTheFile()
    {
        await ExampleRuns.BenchAsync(_folder["bench"], "good");
        await File.WriteAllTextAsync(_folder["bench/report.json"], """{"benchmark": 7}""", TestContext.Current.CancellationToken);
        JudgeAnswer answer = await _served.GetAsync("/v1/runs/view?run=bench");
        Assert.Equal((422, "unreadable_run"), (answer.Status, Text(answer.Json, "code")));
    }

    [Fact]
    public async Task WithoutAFolder_NothingIsWatched()
    {
        await using ServedJudge served = await ServedJudge.StartAsync(ScriptedChatClient.Of(@"\boxed{Assistant 1}"));
        Assert.False((await served.GetAsync("/v1/runs")).Json.GetProperty("watched").GetBoolean());
        Assert.Equal(404, (await served.GetAsync("/v1/runs/view?run=a")).Status);
    }

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString() ?? "";

    private static string[] Texts(JsonElement list) => [.. list.EnumerateArray().Select(one => one.GetString() ?? "")];
}
