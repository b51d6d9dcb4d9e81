using System.Diagnostics;
using System.Text.Json;
using RewardReasoning.Testing;

namespace RewardReasoning.Cli.Tests;

/// <summary><c>rrm serve</c> as the process that people start.</summary>
public sealed class ServeCommandTests(TinyJudge judge) : IClassFixture<TinyJudge>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Serve_OpenAI_AnswersUntilItIsAskedToStop()
    {
        using Process process = Rrm.Start("serve", "--openai", "--port", "0", "--dtype", "f32");
        string told = await process.StandardError.ReadLineAsync(Cancellation) ?? "";
        Assert.StartsWith("rrm: rrm-mini answers at http://127.0.0.1:", told, StringComparison.Ordinal);
        string url = told["rrm: rrm-mini answers at ".Length..told.IndexOf(';', StringComparison.Ordinal)];
        RrmResult judged = await Rrm.RunAsync(
            "judge",
            "--endpoint",
            url,
            "--model",
            "rrm-mini",
            "--prompt",
            Path.Combine(SharedFolder.RepositoryRoot, "models", "rrm-mini", "judge-prompt.txt"),
            "--query",
            "12*4+7",
            "--response",
            "55",
            "--response",
            "54",
            "--store",
            "none",
            "--json"
        );
        Assert.Equal((ExitCodes.Done, ""), (judged.ExitCode, judged.Error));
        Assert.Equal(1, JsonDocument.Parse(judged.Out).RootElement.GetProperty("preferred").GetInt32());

        using Process kill = Process.Start("kill", ["-TERM", $"{process.Id}"]);
        Task<string> rest = process.StandardError.ReadToEndAsync(Cancellation);
        await process.WaitForExitAsync(Cancellation);
        Assert.Equal((ExitCodes.Done, ""), (process.ExitCode, await process.StandardOutput.ReadToEndAsync(Cancellation)));
        Assert.Equal("rrm: stopping; requests under way are answered first.\n", await rest);
    }

    [Theory]
    [InlineData("--openai is missing")]
    [InlineData("--port is 70000", "--openai", "--port", "70000")]
    [InlineData("--host is example.org", "--openai", "--host", "example.org")]
    [InlineData("RRM_TEST_NOT_SET is not set", "--openai", "--api-key-env", "RRM_TEST_NOT_SET")]
    public async Task Serve_BadUsage_SaysSo(string says, params string[] args)
    {
        RrmResult result = await Rrm.RunAsync(["serve", "--model", judge.Folder, .. args]);
        Assert.Equal((ExitCodes.BadUsage, ""), (result.ExitCode, result.Out));
        Assert.Contains(says, result.Error, StringComparison.Ordinal);
    }
}
