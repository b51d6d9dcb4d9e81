namespace RewardReasoning.Cli.Tests;

public sealed class ExitCodeTests
{
    [Fact]
    public async Task Process_Help_IsDoneAndGoesToStandardOutput()
    {
        RrmResult result = await Rrm.StartAsync("", "--help");
        Assert.Equal(ExitCodes.Done, result.ExitCode);
        Assert.StartsWith("Description:", result.Out, StringComparison.Ordinal);
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
}
