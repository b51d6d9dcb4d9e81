using RewardReasoning.Evaluation.Benchmarks;
using RewardReasoning.Evaluation.Metrics;
using RewardReasoning.Evaluation.Running;
using RewardReasoning.Ratings;
using RewardReasoning.Testing;
using Xunit;

namespace RewardReasoning.Evaluation.Tests.Benchmarks;

public sealed class BenchmarkDefinitionTests
{
    private static readonly Bootstrap Few = new(rounds: 50);

    [Fact]
    public void Catalog_Names_AreDistinctAndDescribed()
    {
        Assert.Equal(BenchmarkCatalog.All.Count, BenchmarkCatalog.All.Select(benchmark => benchmark.Name).Distinct().Count());
        Assert.All(
            BenchmarkCatalog.All,
            benchmark =>
            {
                Assert.Same(benchmark, BenchmarkCatalog.Find(benchmark.Name));
                Assert.NotEmpty(benchmark.FigureMeanings);
                Assert.All([benchmark.Title, benchmark.Source, benchmark.Data, benchmark.Counting], text => Assert.NotEqual("", text));
            }
        );
    }

    [Fact]
    public void Catalog_UnknownName_ListsTheNames() =>
        Assert.Contains(
            "judgebench",
            Assert.Throws<RunException>(() => BenchmarkCatalog.Find("nothing")).Message,
            StringComparison.Ordinal
        );

    [Fact]
    public async Task PandaLm_TiesAndMissing_CountAsSaid()
    {
        using TemporaryFolder folder = new();
        string data = folder.Write(
            "testset-v1.json",
            """
            [{"idx": 1, "instruction": "Add.", "input": "1 2", "response1": "3", "response2": "4", "annotator1": 1, "annotator2": 1, "annotator3": 0},
             {"idx": 2, "instruction": "Add.", "input": "", "response1": "a", "response2": "b", "annotator1": 2, "annotator2": 2, "annotator3": 2},
             {"idx": 3, "instruction": "Add.", "input": "", "response1": "a", "response2": "b", "annotator1": 0, "annotator2": 0, "annotator3": 1},
             {"idx": 4, "instruction": "Add.", "input": "", "response1": "a", "response2": "b", "annotator1": 0, "annotator2": 1, "annotator3": 2}]
            """
        );
        string replay = folder.Write(
            "judge.json",
            """[{"idx": 1, "gpt_result": "1"}, {"idx": 2, "gpt_result": "Tie"}, {"idx": 3, "gpt_result": "garbage"}, {"idx": 4, "gpt_result": "1"}]"""
        );
        IReadOnlyList<BenchmarkItem> items = await ReadAsync("pandalm", data);
        Assert.Equal("Add.\n\n1 2", items[0].Comparison.Query);
        Assert.Equal([MatchOutcome.First, MatchOutcome.Second, MatchOutcome.Tie, MatchOutcome.Missing], items.Select(item => item.Gold));
        BenchmarkReport report = await ReplayAsync("pandalm", items, replay);

        // Garbage counts as a tie, so rows 1 and 3 are right of the three with a majority; of the two without a tie one is.
        Assert.Equal(2 / 3.0, Value(report.Overall, "accuracy"), 1e-12);
        Assert.Equal(0.5, Value(report.Overall, "decided_accuracy"), 1e-12);
        Assert.Equal(1, report.Overall.Missing);
    }

    [Fact]
    public async Task JudgeBench_TwoOrders_CountBySum()
    {
        using TemporaryFolder folder = new();
        string data = folder.Write(
            "gpt.jsonl",
            string.Concat(
                Enumerable
                    .Range(1, 4)
                    .Select(i =>
                        $$"""{"pair_id": "{{i}}", "source": "mmlu-pro-law", "question": "q", "response_model": "m", "response_A": "a", "response_B": "b", "label": "A>B"}"""
                        + "\n"
                    )
            )
        );
        string replay = folder.Write(
            "out.jsonl",
            string.Concat(
                Line(1, "AB", "A>B"),
                Line(1, "BA", "B>A"), // right, right
                Line(2, "AB", "A>B"),
                Line(2, "BA", "A=B"), // right, tie
                Line(3, "AB", "A>B"),
                Line(3, "BA", "A>B"), // right, wrong: the first shown both times
                Line(4, "AB", "B>A")
            )
        ); // wrong, missing
        IReadOnlyList<BenchmarkItem> items = await ReadAsync("judgebench", data);
        BenchmarkReport report = await ReplayAsync("judgebench", items, replay);
        Assert.Equal(0.5, Value(report.Overall, "accuracy"), 1e-12);
        Assert.Equal(0.25, Value(report.Overall, "both_right"), 1e-12);
        Assert.Equal(1 / 3.0, report.Consistency ?? 0, 1e-12);

        // Decided answers of pairs 1 to 3: the response shown first 4 times of 5.
        Assert.Equal(0.3, (report.PositionBias ?? 0) + 0.0, 1e-12);

        static string Line(int pair, string order, string decision) =>
            $$"""{"pair_id": "{{pair}}", "response_model": "m", "judge_model": "j", "order": "{{order}}", "decision": "{{decision}}"}"""
            + "\n";
    }

    [Fact]
    public async Task RmBench_Styles_MakeEasyNormalAndHard()
    {
        using TemporaryFolder folder = new();
        const string row = """[{"id": 1, "prompt": "p", "chosen": ["c0", "c1", "c2"], "rejected": ["r0", "r1", "r2"]}]""";
        folder.Write("chat_filtered.json", row);
        folder.Write("safety-refuse_filtered.json", row);
        folder.Write("safety-response_filtered.json", row);
        IReadOnlyList<BenchmarkItem> items = await ReadAsync("rm-bench", folder.Path);
        Assert.Equal(27, items.Count);
        Assert.Equal(["chat", "safety"], items.Select(item => item.Section).Distinct());

        // A judge that prefers the richer style, and the right response between equal styles.
        BenchmarkReport report = BenchmarkReport.Of(
            (BenchmarkDefinition)BenchmarkCatalog.Find("rm-bench"),
            "style",
            [.. items.Select(item => Judged(item, item.Detail[0] >= item.Detail[1] ? MatchOutcome.First : MatchOutcome.Second))],
            Few
        );
        Assert.Equal((1, 1, 0), (Value(report.Overall, "easy"), Value(report.Overall, "normal"), Value(report.Overall, "hard")));
        Assert.Equal(2 / 3.0, Value(report.Overall, "average"), 1e-12);
    }

    [Fact]
    public async Task Ppe_ConflictPairs_AreComparisonsOfRightWithWrong()
    {
        using TemporaryFolder folder = new();
        folder.Write(
            "math.jsonl",
            """{"question_id": "q", "prompt": "p", "response_1": "a", "response_2": "b", "response_3": "c", "scores": [true, false, true], "sampled_conflict_pairs": [[0, 1], [1, 2]]}"""
        );
        folder.Write(
            "human.jsonl",
            """
            {"question_id": 1, "prompt": "p", "response_1": "a", "response_2": "b", "winner": "model_b"}
            {"question_id": 2, "prompt": "p", "response_1": "a", "response_2": "b", "winner": "tie"}
            """
        );
        IReadOnlyList<BenchmarkItem> items = await ReadAsync("ppe", folder.Path);
        Assert.Equal(
            [("human", MatchOutcome.Second), ("math", MatchOutcome.First), ("math", MatchOutcome.Second)],
            items.Select(item => (item.Section, item.Gold))
        );
        Assert.Equal(("b", "c"), (items[2].Comparison.Response1, items[2].Comparison.Response2));

        // The figure is the mean of the sets: human 1, mathematics one half and one.
        BenchmarkReport report = BenchmarkReport.Of(
            (BenchmarkDefinition)BenchmarkCatalog.Find("ppe"),
            "j",
            [Judged(items[0], MatchOutcome.Second), JudgedItem.Missing(items[1], "gone"), Judged(items[2], MatchOutcome.Second)],
            Few
        );
        Assert.Equal((1 + 0.75) / 2, Value(report.Overall, "accuracy"), 1e-12);
    }

    [Fact]
    public async Task RewardBench_SubsetsAndMissing_AreWeighted()
    {
        using TemporaryFolder folder = new();
        string data = folder.Write(
            "rewardbench.jsonl",
            """
            {"prompt": "p", "chosen": "a", "rejected": "b", "subset": "alpacaeval-easy", "id": 1}
            {"prompt": "p", "chosen": "a", "rejected": "b", "subset": "mt-bench-med", "id": 2}
            {"prompt": "p", "chosen": "a", "rejected": "b", "subset": "math-prm", "id": 3}
            """
        );
        IReadOnlyList<BenchmarkItem> items = await ReadAsync("rewardbench", data);
        BenchmarkReport report = BenchmarkReport.Of(
            (BenchmarkDefinition)BenchmarkCatalog.Find("rewardbench"),
            "j",
            [Judged(items[0], MatchOutcome.First), Judged(items[1], MatchOutcome.Second), JudgedItem.Missing(items[2], null)],
            Few
        );
        Assert.Equal(100 / 140.0, Value(report.Sections[0], "accuracy"), 1e-12);
        Assert.Equal(((100 / 140.0) + 0.5) / 2, Value(report.Overall, "accuracy"), 1e-12);
    }

    [Theory]
    [InlineData("autoj", "autoj-pairwise", 984)]
    [InlineData("hhh", "hhh-alignment", 178)]
    [InlineData("evalbiasbench", "evalbiasbench", 56)]
    [InlineData("rm-bench", "rm-bench", 605 * 9)]
    [InlineData("llmbar", "llmbar", 796)]
    [InlineData("judgebench", "judgebench", 427)]
    [InlineData("pandalm", "pandalm", 699)]
    public async Task Read_PublishedData_GivesEveryItemOnce(string name, string folder, int count)
    {
        IReadOnlyList<BenchmarkItem> items = await ReadAsync(name, Fixtures.Data(folder));
        Assert.Equal(count, items.Count);
        Assert.Equal(count, items.Select(item => item.Id).Distinct().Count());
        Assert.All(items, item => Assert.NotEqual("", item.Comparison.Query));
    }

    [Fact]
    public async Task Read_RowWithoutAField_IsNamedWithFileAndRow()
    {
        using TemporaryFolder folder = new();
        string data = folder.Write("biasbench.jsonl", """{"bias": "x", "instruction": "i", "response1": "a", "label": 1}""");
        InvalidDataException exception = await Assert.ThrowsAsync<InvalidDataException>(() => ReadAsync("evalbiasbench", data));
        Assert.Contains("biasbench.jsonl:1: the row has no 'response2'", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pairs_FilesOfAFolder_AreOneBenchmarkWithRowsOfTheirOwn()
    {
        using TemporaryFolder folder = new();
        foreach (string name in new[] { "a.jsonl", "b.jsonl", "notes.md" })
        {
            folder.Write(name, """{"query": "q", "response_1": "a", "response_2": "b", "label": 1}""");
        }

        IReadOnlyList<BenchmarkItem> items = await ReadAsync("pairs", folder.Path);
        Assert.Equal(["a.jsonl:1", "b.jsonl:1"], items.Select(item => Path.GetFileName(item.Row)));
        Assert.Equal("line 1", Assert.Single(await ReadAsync("pairs", Path.Combine(folder.Path, "b.jsonl"))).Row);
    }

    [Fact]
    public async Task RunFolder_WrittenAndRead_GivesTheSameReport()
    {
        using TemporaryFolder folder = new();
        string data = folder.Write(
            "pairs.jsonl",
            """
            {"query": "q", "response_1": "a", "response_2": "b", "label": 1, "section": "x"}
            {"query": "q2", "response_1": "a", "response_2": "b", "label": 2, "section": "y"}
            """
        );
        BenchmarkDefinition benchmark = (BenchmarkDefinition)BenchmarkCatalog.Find("pairs");
        IReadOnlyList<BenchmarkItem> items = await ReadAsync("pairs", data);
        JudgedItem[] judged = [Judged(items[0], MatchOutcome.First), JudgedItem.Missing(items[1], "no verdict")];
        BenchmarkReport report = BenchmarkReport.Of(benchmark, "j", judged, Few);
        BenchmarkRunFolder run = new(Path.Combine(folder.Path, "run"));
        await run.WriteJudgmentsAsync(judged.Select(one => RecordedJudgment.Of(one, null)));
        await run.WriteReportAsync(report, TestContext.Current.CancellationToken);

        BenchmarkReport readReport = await run.ReadReportAsync(TestContext.Current.CancellationToken);
        JudgedItem[] readItems =
        [
            .. (
                await run.ReadJudgmentsAsync(TestContext.Current.CancellationToken).ToListAsync(TestContext.Current.CancellationToken)
            ).Select(judgment => judgment.ToItem()),
        ];
        Assert.Equal(report.ToJson(), readReport.ToJson());
        Assert.Equal(report.ToJson(), BenchmarkReport.Of(benchmark, "j", readItems, Few).ToJson());
        RecordedJudge again = Assert.Single(
            await benchmark.ReplayAsync(Path.Combine(folder.Path, "run", "judgments.jsonl"), items, TestContext.Current.CancellationToken)
        );
        Assert.Equal(report.ToJson(), BenchmarkReport.Of(benchmark, "j", again.Items, Few).ToJson());
    }

    [Fact]
    public async Task RunComparison_PairedRuns_CountsWhereTheyDiffer()
    {
        using TemporaryFolder folder = new();
        string data = folder.Write(
            "pairs.jsonl",
            string.Concat(
                Enumerable.Range(0, 40).Select(i => $$"""{"query": "q{{i}}", "response_1": "a", "response_2": "b", "label": 1}""" + "\n")
            )
        );
        IReadOnlyList<BenchmarkItem> items = await ReadAsync("pairs", data);
        JudgedItem[] first = [.. items.Select((item, i) => Judged(item, i < 30 ? MatchOutcome.First : MatchOutcome.Second))];
        JudgedItem[] second = [.. items.Skip(1).Select((item, i) => Judged(item, i + 1 >= 12 ? MatchOutcome.First : MatchOutcome.Second))];
        RunComparison comparison = RunComparison.Of("pairs", ("a", Credits(first)), ("b", Credits(second)), Few);

        // Items 1 to 39: the first is right on 29, the second on 28; alone on 11 and on 10.
        Assert.Equal((39, 1, 11, 10), (comparison.Items, comparison.Unmatched, comparison.OnlyFirstRight, comparison.OnlySecondRight));
        Assert.Equal(1 / 39.0, comparison.Difference, 1e-12);
        Assert.Equal(1, comparison.McNemarP, 1e-12);
        Assert.InRange(comparison.Difference, comparison.Low, comparison.High);
    }

    [Fact]
    public async Task RunComparison_RowsNumberedAlikeOfOtherData_HaveNothingInCommon()
    {
        using TemporaryFolder folder = new();
        IReadOnlyList<BenchmarkItem> items = await ReadAsync(
            "pairs",
            folder.Write("a.jsonl", """{"query": "q", "response_1": "a", "response_2": "b", "label": 1}""")
        );
        IReadOnlyList<BenchmarkItem> others = await ReadAsync(
            "pairs",
            folder.Write("b.jsonl", """{"query": "another", "response_1": "a", "response_2": "b", "label": 1}""")
        );
        Assert.Equal(items[0].Id, others[0].Id);
        ArgumentException exception = Assert.Throws<ArgumentException>(() =>
            RunComparison.Of(
                "pairs",
                ("a", Credits([Judged(items[0], MatchOutcome.First)])),
                ("b", Credits([Judged(others[0], MatchOutcome.First)])),
                Few
            )
        );
        Assert.Contains("not over the same data", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Report_ItemsOfOneRow_AreDrawnTogether()
    {
        using TemporaryFolder folder = new();
        folder.Write(
            "set.jsonl",
            """{"question_id": "q", "prompt": "p", "response_1": "a", "response_2": "b", "response_3": "c", "scores": [true, false, true], "sampled_conflict_pairs": [[0, 1], [1, 2]]}"""
        );
        IReadOnlyList<BenchmarkItem> items = await ReadAsync("ppe", folder.Path);
        BenchmarkReport report = BenchmarkReport.Of(
            (BenchmarkDefinition)BenchmarkCatalog.Find("ppe"),
            "j",
            [Judged(items[0], MatchOutcome.First), Judged(items[1], MatchOutcome.First)],
            Few
        );

        // One row, half right: every draw is that row again, so the interval has no width.
        BenchmarkFigure figure = report.Overall.Figures[0];
        Assert.Equal((0.5, 0.5, 0.5), (figure.Value, figure.Low, figure.High));
    }

    private static JudgedItem Judged(BenchmarkItem item, MatchOutcome outcome) =>
        new()
        {
            Item = item,
            Preferred = outcome,
            Shown = [new ShownOutcome(ShownOrder.Given, outcome), new ShownOutcome(ShownOrder.Swapped, outcome)],
        };

    private static Task<IReadOnlyList<BenchmarkItem>> ReadAsync(string name, string path) =>
        ((BenchmarkDefinition)BenchmarkCatalog.Find(name)).ReadAsync(path, TestContext.Current.CancellationToken);

    private static async Task<BenchmarkReport> ReplayAsync(string name, IReadOnlyList<BenchmarkItem> items, string replay)
    {
        BenchmarkDefinition benchmark = (BenchmarkDefinition)BenchmarkCatalog.Find(name);
        RecordedJudge judge = Assert.Single(await benchmark.ReplayAsync(replay, items, TestContext.Current.CancellationToken));
        return BenchmarkReport.Of(benchmark, judge.Name, judge.Items, Few);
    }

    private static ItemCredit[] Credits(IEnumerable<JudgedItem> items) =>
        [.. items.Select(judged => ItemCredit.Of((BenchmarkDefinition)BenchmarkCatalog.Find("pairs"), judged))];

    private static double Value(SectionReport section, string name) =>
        Assert.Single(section.Figures, figure => figure.Name == name).Value ?? double.NaN;
}
