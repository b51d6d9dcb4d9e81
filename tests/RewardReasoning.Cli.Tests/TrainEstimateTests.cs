using System.Text.Json;
using System.Text.Json.Nodes;
using RewardReasoning.Cli.Terminals;
using RewardReasoning.Testing;

namespace RewardReasoning.Cli.Tests;

/// <summary><c>rrm train … --estimate</c>: what a run would take, before it is begun.</summary>
public sealed class TrainEstimateTests(TinyJudge judge) : IClassFixture<TinyJudge>, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Grpo_Estimate_SaysTimeAndMemory_AndLeavesNoRun()
    {
        await File.WriteAllLinesAsync(
            _folder["pairs.jsonl"],
            Enumerable.Range(0, 4).Select(i => $$"""{"query":"{{i}}+1","chosen":"{{i + 1}}","rejected":"{{i + 3}}"}"""),
            TestContext.Current.CancellationToken
        );
        string recipe = Recipe();

        RrmResult text = await Rrm.RunAsync("train", "grpo", recipe, "--estimate");
        RrmResult json = await Rrm.RunAsync("train", "grpo", recipe, "--estimate", "--json");

        Assert.Equal((ExitCodes.Done, ExitCodes.Done), (text.ExitCode, json.ExitCode));
        Assert.Matches(@"^time     about \d+ minutes\n +7 steps of \d+\.\d s, of which .*\n.*\nmemory   \d+\.\d GiB at most", text.Out);
        JsonElement estimate = JsonDocument.Parse(json.Out).RootElement;
        Assert.Equal((7, 2), (estimate.GetProperty("steps").GetInt32(), estimate.GetProperty("measurements").GetInt32()));
        double seconds =
            (7 * estimate.GetProperty("step_seconds").GetDouble()) + (2 * estimate.GetProperty("measurement_seconds").GetDouble());
        Assert.Equal(seconds, estimate.GetProperty("hours").GetDouble() * 3600, 1e-6);
        Assert.False(Directory.Exists(_folder["run"]));
    }

    [Fact]
    public async Task Estimate_RecipeWithoutData_IsBadUsage()
    {
        RrmResult refused = await Rrm.RunAsync("train", "grpo", Recipe(), "--estimate");
        Assert.Equal(ExitCodes.BadUsage, refused.ExitCode);
        Assert.Contains("pairs.jsonl", refused.Error, StringComparison.Ordinal);
    }

    private string Recipe()
    {
        JsonObject recipe = new()
        {
            ["out"] = _folder["run"],
            ["model"] = judge.Folder,
            ["data"] = _folder["pairs.jsonl"],
            ["steps"] = 7,
            ["pairs_per_step"] = 2,
            ["rollouts_per_order"] = 2,
            ["max_tokens"] = 8,
            ["evaluation"] = new JsonObject
            {
                ["data"] = _folder["pairs.jsonl"],
                ["every"] = 4,
                ["pairs"] = 2,
            },
        };
        File.WriteAllText(_folder["recipe.json"], recipe.ToJsonString());
        return _folder["recipe.json"];
    }
}
