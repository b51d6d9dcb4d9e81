using System.CommandLine;
using RewardReasoning.Cli.Terminals;
using RewardReasoning.Testing;

namespace RewardReasoning.Cli.Tests;

/// <summary>
/// Help as files that a reviewer can read (Approved/). <c>APPROVE=1 dotnet test --project tests/RewardReasoning.Cli.Tests</c> writes
/// them anew.
/// </summary>
public sealed class ApprovedTextTests
{
    public static TheoryData<string> Verbs => [.. Paths([])];

    [Theory]
    [MemberData(nameof(Verbs))]
    public async Task Help_OfEveryVerb_IsAsApproved(string verb)
    {
        RrmResult result = await Rrm.RunAsync([.. verb.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--help"]);
        Assert.Equal((ExitCodes.Done, ""), (result.ExitCode, result.Error));
        string path = Path.Combine(
            SharedFolder.RepositoryRoot,
            "tests",
            "RewardReasoning.Cli.Tests",
            "Approved",
            $"{string.Join('-', ["rrm", .. verb.Split(' ', StringSplitOptions.RemoveEmptyEntries)])}.txt"
        );
        if (Environment.GetEnvironmentVariable("APPROVE") == "1")
        {
            await File.WriteAllTextAsync(path, result.Out, TestContext.Current.CancellationToken);
        }

        Assert.True(File.Exists(path), $"There is no {path}; run once with APPROVE=1 and read what it writes.");
        Assert.Equal(await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken), result.Out);
    }

    [Theory]
    [MemberData(nameof(Verbs))]
    public async Task Examples_OfEveryVerb_Parse(string verb)
    {
        RrmResult result = await Rrm.RunAsync([.. verb.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--help"]);
        string examples = result.Out[(result.Out.IndexOf("Examples:", StringComparison.Ordinal) + 9)..];
        Assert.All(CommandLines.In(examples), CommandLines.RequireValid);
    }

    [Theory]
    [InlineData("README.md")]
    [InlineData("docs/cli.md")]
    [InlineData("docs/benchmarks.md")]
    [InlineData("docs/reports.md")]
    [InlineData("docs/verifier.md")]
    [InlineData("docs/data.md")]
    [InlineData("docs/store.md")]
    [InlineData("docs/endpoints.md")]
    [InlineData("docs/export.md")]
    [InlineData("docs/ranking.md")]
    [InlineData("docs/serving.md")]
    [InlineData("docs/hub.md")]
    [InlineData("docs/gguf.md")]
    [InlineData("CONTRIBUTING.md")]
    public void Documents_CommandsInThem_Parse(string document)
    {
        string[] lines = [.. CommandLines.In(File.ReadAllText(Path.Combine(SharedFolder.RepositoryRoot, document)))];
        Assert.All(lines, CommandLines.RequireValid);
    }

    private static IEnumerable<string> Paths(string[] path)
    {
        using Terminal terminal = new(Stream.Null, Stream.Null, TextWriter.Null);
        Command command = path.Aggregate(CommandLine.Create(terminal), (at, name) => at.Subcommands.Single(child => child.Name == name));
        return [string.Join(' ', path), .. command.Subcommands.SelectMany(child => Paths([.. path, child.Name]))];
    }
}
