using System.Text.Json;
using RewardReasoning.Cli.Terminals;
using RewardReasoning.Testing;

namespace RewardReasoning.Cli.Tests;

public sealed class ReportCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("rrm-report-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Report_RunOfPairs_WritesPagePlotsAndTables()
    {
        string run = await BenchAsync(
            "pairs",
            """
            {"query":"q1","response_1":"right","response_2":"no","label":1}
            {"query":"q2","response_1":"no","response_2":"right","label":2}
            """,
            "--votes",
            "3"
        );
        string page = Path.Combine(_folder, "report.html");
        RrmResult result = await Rrm.RunAsync(
            "report",
            run,
            "--out",
            page,
            "--plots",
            Path.Combine(_folder, "plots"),
            "--title",
            "A <title>"
        );
        Assert.Equal((ExitCodes.Done, ""), (result.ExitCode, result.Error));
        Assert.Contains("accuracy against votes", result.Out, StringComparison.Ordinal);
        Assert.Contains("reflection", result.Out, StringComparison.Ordinal);
        Assert.Contains(
            "<h1>A &lt;title&gt;</h1>",
            await File.ReadAllTextAsync(page, TestContext.Current.CancellationToken),
            StringComparison.Ordinal
        );
        Assert.True(File.Exists(Path.Combine(_folder, "plots", "votes.svg")));
    }

    [Fact]
    public async Task Report_BestOfRuns_CompareWaysOfChoosing()
    {
        string run = await BenchAsync(
            "best-of-n",
            """
            {"query":"q1","responses":["no, 1","right, 2","no, 3","no, 4"],"correct":[false,true,false,false]}
            """,
            "--mode",
            "round-robin"
        );
        RrmResult result = await Rrm.RunAsync("report", run, run, "--json");
        Assert.Equal((ExitCodes.Done, ""), (result.ExitCode, result.Error));
        JsonElement runs = JsonDocument.Parse(result.Out).RootElement;
        Assert.Equal(JsonValueKind.Null, runs[0].GetProperty("comparison").ValueKind);
        Assert.Equal(
            (1, 0),
            (
                runs[1].GetProperty("comparison").GetProperty("items").GetInt32(),
                runs[1].GetProperty("comparison").GetProperty("difference").GetDouble()
            )
        );
        JsonElement choices = runs[0].GetProperty("choices");
        Assert.Equal(
            ["knockout", "Elo", "Bradley-Terry"],
            choices.GetProperty("ways").EnumerateArray().Select(way => way.GetProperty("name").GetString())
        );
        Assert.Equal((0.25, 1), (choices.GetProperty("random").GetDouble(), choices.GetProperty("oracle").GetDouble()));
    }

    [Fact]
    public async Task Report_NoRun_SaysSo()
    {
        RrmResult result = await Rrm.RunAsync("report", _folder);
        Assert.Equal(ExitCodes.BadUsage, result.ExitCode);
        Assert.Contains("holds no report.json", result.Error, StringComparison.Ordinal);
    }

    private async Task<string> BenchAsync(string name, string rows, params string[] options)
    {
        await using FakeOpenAIServer server = await RightAnswerServer.StartAsync();
        string data = Path.Combine(_folder, "data.jsonl");
        await File.WriteAllTextAsync(data, rows, TestContext.Current.CancellationToken);
        string run = Path.Combine(_folder, "run");
        RrmResult result = await Rrm.RunAsync([
            "bench",
            name,
            "--data",
            data,
            "--out",
            run,
            "--endpoint",
            server.Url.ToString(),
            "--model",
            "m",
            "--store",
            "none",
            .. options,
        ]);
        Assert.Equal(ExitCodes.Done, result.ExitCode);
        return run;
    }
}
