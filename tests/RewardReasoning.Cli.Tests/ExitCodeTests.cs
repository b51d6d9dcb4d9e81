using System.Diagnostics;
using RewardReasoning.Cli.Terminals;
using RewardReasoning.Testing;

namespace RewardReasoning.Cli.Tests;

public sealed class ExitCodeTests
{
    [Fact]
    public async Task Process_Help_IsDoneAndGoesToStandardOutput()
    {
        RrmResult result = await Rrm.StartAsync("", "--help");
        Assert.Equal(ExitCodes.Done, result.ExitCode);
        Assert.StartsWith("Reward reasoning models", result.Out, StringComparison.Ordinal);
        Assert.Empty(result.Error);
    }

    [Fact]
    public async Task Process_UnknownOption_IsBadUsageAndGoesToStandardError()
    {
        RrmResult result = await Rrm.StartAsync("", "--no-such-option");
        Assert.Equal(ExitCodes.BadUsage, result.ExitCode);
        Assert.Empty(result.Out);
        Assert.Contains("--no-such-option", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("rrm: After `rrm train` comes one of sft, grpo, policy, dpo, reward-model.", "train")]
    [InlineData("rrm: After `rrm store` comes one of stats, export, prune.", "store", "purge")]
    [InlineData("rrm: There is no recipe 'nothing.json'.", "train", "sft", "nothing.json")]
    [InlineData("rrm: There is no recipe 'nothing.json'.", "data", "build", "nothing.json", "--out", "built")]
    public async Task Command_NamesWhatIsNotThere_SaysWhatThereIs(string message, params string[] args)
    {
        RrmResult result = await Rrm.RunAsync(args);
        Assert.Equal((ExitCodes.BadUsage, ""), (result.ExitCode, result.Out));
        Assert.Contains(message + "\n", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("INT")]
    [InlineData("TERM")]
    public async Task Process_Interrupted_EndsInOrder(string signal)
    {
        if (signal == "INT" && InterruptIsIgnored())
        {
            Assert.Skip(
                "SIGINT is ignored here, as in background jobs of scripts, and child processes inherit that; SIGTERM is tried instead."
            );
        }

        TaskCompletionSource asked = new();
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(_ =>
        {
            asked.TrySetResult();
            return new FakeReply { Hangs = true };
        });
        using Process process = Rrm.Start(
            "judge",
            "--query",
            "q",
            "--response",
            "a",
            "--response",
            "b",
            "--endpoint",
            server.Url.ToString(),
            "--model",
            "m"
        );
        await asked.Task.WaitAsync(TestContext.Current.CancellationToken);
        using (Process kill = Process.Start("kill", [$"-{signal}", $"{process.Id}"]))
        {
            await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        string error = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal((ExitCodes.Cancelled, "rrm: cancelled.\n"), (process.ExitCode, error));
    }

    private static bool InterruptIsIgnored()
    {
        const ulong InterruptBit = 1 << 1;
        string? ignored = File.Exists("/proc/self/status")
            ? File.ReadLines("/proc/self/status").FirstOrDefault(line => line.StartsWith("SigIgn:", StringComparison.Ordinal))
            : null;
        return ignored is not null && (Convert.ToUInt64(ignored["SigIgn:".Length..].Trim(), 16) & InterruptBit) != 0;
    }
}
