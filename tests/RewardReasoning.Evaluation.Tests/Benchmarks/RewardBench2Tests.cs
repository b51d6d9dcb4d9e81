using RewardReasoning.Evaluation.Benchmarks;
using RewardReasoning.Evaluation.Benchmarks.Definitions;
using RewardReasoning.Evaluation.Metrics;
using RewardReasoning.Ratings;
using RewardReasoning.Testing;
using Xunit;

namespace RewardReasoning.Evaluation.Tests.Benchmarks;

public sealed class RewardBench2Tests
{
    [Fact]
    public void TiesScore_TwoPrompts_FollowsTheFormula()
    {
        Dictionary<string, TiesRatings> several = new()
        {
            ["1"] = new([9, 8], [5, 1]), // gap 3 > spread 1
            ["2"] = new([9, 4], [5]), // gap -1, spread 5
        };
        Dictionary<string, TiesRatings> single = new()
        {
            ["1"] = new([7], [6.5]), // gap 0.5
            ["2"] = new([7], [1]), // gap 6
        };

        // Accuracy 1/2 and 1; gap above spread 1/2; smaller gap above spread: 0.5 > 1 and -1 > 5, neither.
        double expected = (0.3 * 0.5) + 0.3 + (0.2 * 0.5) + 0 + (0.01 * (Math.Tanh((0.5 / 1) - 1) + Math.Tanh((-1 / 5.0) - 1)) / 2);
        Assert.Equal(expected, RewardBench2.TiesScore(several, single), 1e-12);
    }

    [Fact]
    public void TiesScore_NoSpread_IsTheMost() =>
        Assert.Equal(
            1.01,
            RewardBench2.TiesScore(
                new Dictionary<string, TiesRatings> { ["1"] = new([2, 2], [1]) },
                new Dictionary<string, TiesRatings> { ["1"] = new([2], [1]) }
            ),
            1e-12
        );

    [Fact]
    public async Task RewardBench2_JudgeThatKnows_GetsAllAndTheRestByTheFormula()
    {
        using TemporaryFolder folder = new();
        string data = folder.Write(
            "test.jsonl",
            """
            {"id": "1", "prompt": "p", "chosen": ["c"], "rejected": ["x", "y", "z"], "subset": "Math"}
            {"id": "2", "prompt": "p", "chosen": ["c"], "rejected": ["x", "y", "z"], "subset": "Math"}
            {"id": "ref:7", "prompt": "p", "chosen": ["c"], "rejected": ["x"], "subset": "Ties"}
            {"id": "tied:7", "prompt": "p", "chosen": ["c", "d"], "rejected": ["x"], "subset": "Ties"}
            """
        );
        BenchmarkDefinition benchmark = (BenchmarkDefinition)BenchmarkCatalog.Find("rewardbench2");
        IReadOnlyList<BenchmarkItem> items = await benchmark.ReadAsync(data, TestContext.Current.CancellationToken);
        Assert.Equal((6, 4), (items.Count(item => item.Section == "Math"), items.Count(item => item.Section == "Ties")));

        // Right everywhere but in one comparison of row 2; between the two right answers of Ties the first is preferred.
        JudgedItem[] judged =
        [
            .. items.Select(item => new JudgedItem
            {
                Item = item,
                Preferred = item.Id == "Math:2:0-2" ? MatchOutcome.Second : MatchOutcome.First,
                Shown = [],
            }),
        ];
        BenchmarkReport report = BenchmarkReport.Of(benchmark, "j", judged, new Bootstrap(rounds: 20));
        Assert.Equal(0.5, report.Sections[0].Figures[0].Value ?? 0, 1e-12);

        // Ties: ratings 1, 0.5 against 0: gap 0.5, spread 0.5; the single one has gap 1.
        Assert.Equal(0.3 + 0.3 + 0 + 0 + (0.01 * Math.Tanh(0)), report.Sections[1].Figures[0].Value ?? 0, 1e-12);
        Assert.Equal((0.5 + 0.6) / 2, report.Overall.Figures[0].Value ?? 0, 1e-12);
    }
}
