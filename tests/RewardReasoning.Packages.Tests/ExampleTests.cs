using RewardReasoning.Testing;
using Xunit;

namespace RewardReasoning.Packages.Tests;

/// <summary>The programs of <c>examples/</c>, run as their first lines say.</summary>
public sealed class ExampleTests
{
    private static string Model => Path.Combine(SharedFolder.RepositoryRoot, "models", "rrm-mini");

    [Fact]
    public async Task JudgeInAnApp_OverAServer_JudgesLogsAndTraces()
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(request =>
            FakeReply.Completion(
                (request.LastContent("user") ?? "").Contains("### Assistant 1\n~~~~\nAir", StringComparison.Ordinal)
                    ? @"\boxed{Assistant 1}"
                    : @"\boxed{Assistant 2}",
                "Rayleigh scattering."
            )
        );
        using TemporaryFolder folder = new();
        CommandResult result = await RunAsync("JudgeInAnApp", server.Url.ToString(), "judge", folder["completions.db"]);
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.Contains("prefers First, confidence 0.94, 3 votes", result.Out, StringComparison.Ordinal);
        Assert.Contains("judge judge", result.Out, StringComparison.Ordinal);
        Assert.Contains("gen_ai.evaluation.result", result.Out, StringComparison.Ordinal);
        Assert.Contains("GetResponseAsync", result.Out, StringComparison.Ordinal);
        Assert.Equal(3, server.Requests.Count);

        CommandResult again = await RunAsync("JudgeInAnApp", server.Url.ToString(), "judge", folder["completions.db"]);
        Assert.Contains("prefers First, confidence 0.94, 3 votes", again.Out, StringComparison.Ordinal);
        Assert.Equal(3, server.Requests.Count);
    }

    [Fact]
    public async Task RewardsInTraining_ShippedModel_RewardsTheRightValueMost()
    {
        CommandResult result = await RunAsync("RewardsInTraining", Model);
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        (string Response, double Advantage)[] rewards =
        [
            .. result
                .Out.Split('\n')
                .SkipWhile(line => !line.StartsWith("12*4+7", StringComparison.Ordinal))
                .Skip(1)
                .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
                .Where(parts => parts.Length == 2)
                .Select(parts => (parts[0], double.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture))),
        ];
        Assert.Equal(6, rewards.Length);
        Assert.Equal("55", rewards.MaxBy(reward => reward.Advantage).Response);
        Assert.Equal(0, rewards.Sum(reward => reward.Advantage), 0.05);
    }

    [Fact]
    public async Task BenchmarkFromCSharp_ShippedModelOnPairs_PrintsFiguresAndKeepsTheRun()
    {
        using TemporaryFolder folder = new();
        CommandResult result = await RunAsync("BenchmarkFromCSharp", "pairs", "samples/arithmetic.jsonl", Model, folder["run"]);
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.Matches(@"accuracy \d+\.\d %", result.Out);
        Assert.True(File.Exists(folder["run/report.json"]));
    }

    internal static Task<CommandResult> RunAsync(string example, params string[] arguments)
    {
        string output = Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));
        string program = Path.Combine(SharedFolder.RepositoryRoot, "artifacts", "bin", example, output, $"{example}.dll");
        return Command.RunAsync(
            "dotnet",
            [program, .. arguments],
            SharedFolder.RepositoryRoot,
            new Dictionary<string, string?>(),
            TestContext.Current.CancellationToken
        );
    }
}
