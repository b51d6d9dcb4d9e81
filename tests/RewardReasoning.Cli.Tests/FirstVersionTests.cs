using System.Text.Json.Nodes;
using RewardReasoning.Cli.Terminals;
using RewardReasoning.Testing;

namespace RewardReasoning.Cli.Tests;

/// <summary>Files that the first version of this program wrote are still of use: nothing in them is paid for again.</summary>
public sealed class FirstVersionTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("rrm-first-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Judge_StoreOfTheFirstVersion_AnswersEveryVote()
    {
        string store = Path.Combine(_folder, "completions.db");
        File.Copy(Fixtures.PathOf("first-version/completions.db"), store);
        RrmResult result = await Rrm.RunAsync([
            "judge",
            "--query",
            "12*(3+4)",
            "--response",
            "84",
            "--response",
            "74",
            "--votes",
            "5",
            "--seed",
            "7",
            "--store",
            store,
            "--json",
        ]);
        Assert.Equal(ExitCodes.Done, result.ExitCode);
        JsonNode? usage = JsonNode.Parse(result.Out)?["usage"];
        Assert.Equal((5, 251, 251), ((int?)usage?["kept_completions"], (int?)usage?["kept_output_tokens"], (int?)usage?["output_tokens"]));
    }

    [Fact]
    public async Task Report_RunOfTheFirstVersion_GivesItsAccuracy()
    {
        RrmResult result = await Rrm.RunAsync("report", Fixtures.PathOf("first-version/bench"), "--json");
        Assert.Equal(ExitCodes.Done, result.ExitCode);
        Assert.Contains("rrm-mini is right on 100.0 % of 12 pairs", result.Out, StringComparison.Ordinal);
    }
}
