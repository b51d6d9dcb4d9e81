using System.Diagnostics;
using System.Text.Json.Nodes;
using RewardReasoning.Cli.Terminals;
using RewardReasoning.Testing;

namespace RewardReasoning.Cli.Tests;

/// <summary>Programs that talk to the command over pipes: they send a row, and wait for what becomes of it before they send the next.</summary>
public sealed class InteractivePipeTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Score_RowIsSent_IsAnsweredBeforeTheNext()
    {
        await using FakeOpenAIServer server = await RightAnswerServer.StartAsync();
        string[] answers = await TalkAsync(
            [
                """{"query":"q1","response_1":"right","response_2":"no"}""",
                "{}",
                """{"query":"q2","response_1":"no","response_2":"right"}""",
            ],
            ["score", "-", "--out", "-", "--endpoint", server.Url.ToString(), "--model", "m", "--store", "none"],
            ExitCodes.SomeMissing
        );
        Assert.Equal([1, null, 2], answers.Select(answer => (int?)JsonNode.Parse(answer)?["judgment"]?["preferred"]));
    }

    [Fact]
    public async Task Label_RowIsSent_IsAnsweredBeforeTheNext()
    {
        await using FakeOpenAIServer server = await RightAnswerServer.StartAsync();
        string[] answers = await TalkAsync(
            ["""{"query":"q1","response_1":"right","response_2":"no"}""", """{"query":"q2","responses":["no","right"]}"""],
            ["label", "-", "--out", "-", "--endpoint", server.Url.ToString(), "--model", "m", "--store", "none"],
            ExitCodes.Done
        );
        Assert.Equal(["right", "right"], answers.Select(answer => (string?)JsonNode.Parse(answer)?["chosen"]?[0]?["content"]));
    }

    [Fact]
    public async Task Verify_RowIsSent_IsAnsweredBeforeTheNext()
    {
        string[] answers = await TalkAsync(
            ["""{"gold":"1/2","prediction":"0.5"}""", """{"gold":"1/2","prediction":"0.6"}"""],
            ["data", "verify", "-", "--out", "-"],
            ExitCodes.Done
        );
        Assert.Equal(["equal", "different"], answers.Select(answer => (string?)JsonNode.Parse(answer)?["verdict"]));
    }

    [Fact]
    public async Task Score_KeyIsRefusedWhileTheNextRowIsAwaited_EndsTheRun()
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(FakeReply.Error(401, "no such key"));
        using Process process = Rrm.Start(
            "score",
            "-",
            "--out",
            "-",
            "--endpoint",
            server.Url.ToString(),
            "--model",
            "m",
            "--store",
            "none"
        );
        try
        {
            await process.StandardInput.WriteLineAsync("""{"query":"q","response_1":"a","response_2":"b"}""");
            await process.StandardInput.FlushAsync(Cancel);
            Assert.Contains("no such key", await process.StandardError.ReadToEndAsync(Cancel), StringComparison.Ordinal);
            await process.WaitForExitAsync(Cancel);
            Assert.Equal(ExitCodes.Failed, process.ExitCode);
        }
        finally
        {
            process.Kill();
        }
    }

    [Fact]
    public async Task Score_InterruptedWhileARowIsAwaited_Ends()
    {
        await using FakeOpenAIServer server = await RightAnswerServer.StartAsync();
        using Process process = Rrm.Start(
            "score",
            "-",
            "--out",
            "-",
            "--endpoint",
            server.Url.ToString(),
            "--model",
            "m",
            "--store",
            "none"
        );
        try
        {
            await process.StandardInput.WriteLineAsync("""{"query":"q","response_1":"right","response_2":"b"}""");
            await process.StandardInput.FlushAsync(Cancel);
            Assert.NotNull(await process.StandardOutput.ReadLineAsync(Cancel));
            using (Process kill = Process.Start("kill", ["-TERM", $"{process.Id}"]))
            {
                await kill.WaitForExitAsync(Cancel);
            }

            await process.WaitForExitAsync(Cancel);
            Assert.Equal(ExitCodes.Cancelled, process.ExitCode);
        }
        finally
        {
            process.Kill();
        }
    }

    /// <summary>Sends row after row, each when the one before it was answered, and gives the answers.</summary>
    private static async Task<string[]> TalkAsync(string[] rows, string[] command, int exitCode)
    {
        using Process process = Rrm.Start(command);
        try
        {
            Task<string> error = process.StandardError.ReadToEndAsync(Cancel);
            List<string> answers = [];
            foreach (string row in rows)
            {
                await process.StandardInput.WriteLineAsync(row);
                await process.StandardInput.FlushAsync(Cancel);
                answers.Add(await process.StandardOutput.ReadLineAsync(Cancel) ?? $"The output has ended: {await error}");
            }

            process.StandardInput.Close();
            Assert.Null(await process.StandardOutput.ReadLineAsync(Cancel));
            await process.WaitForExitAsync(Cancel);
            Assert.True(exitCode == process.ExitCode, $"exit code {process.ExitCode}: {await error}");
            return [.. answers];
        }
        finally
        {
            process.Kill();
        }
    }
}
