using RewardReasoning.Evaluation.Benchmarks;
using RewardReasoning.Evaluation.Benchmarks.Definitions;
using RewardReasoning.Evaluation.Metrics;
using RewardReasoning.Testing;
using Xunit;

namespace RewardReasoning.Evaluation.Tests.Benchmarks;

/// <summary>
/// Recorded outputs of judges, scored again: figures of an independent script over the same parts of the data (PandaLM 699 of 999 rows,
/// JudgeBench 243 of 350 and 184 of 270 pairs, LLMBar 281 of 419 pairs and the sets beside them), and published section scores.
/// </summary>
public sealed class PublishedReplayTests
{
    private const double Tolerance = 1e-12;
    private static readonly Bootstrap Few = new(rounds: 20);

    [Theory]
    [InlineData(
        "gpt-3.5-turbo-testset-v1",
        0.7339055793991416,
        0.6244921357964027,
        0.5993757554526721,
        0.6063016618792336,
        0.7892234548335975,
        21
    )]
    [InlineData(
        "pandalm-7b-testset-v1",
        0.6995708154506438,
        0.5989367914805909,
        0.6010093478885196,
        0.5999125677972358,
        0.7400950871632329,
        0
    )]
    public async Task PandaLm_RecordedJudge_HasTheFiguresOfTheScript(
        string file,
        double accuracy,
        double precision,
        double recall,
        double f1,
        double decided,
        int missing
    )
    {
        BenchmarkReport report = await ReplayAsync("pandalm", "pandalm/testset-v1.json", $"pandalm/{file}.json", file);
        Assert.Equal((699, missing), (report.Overall.Items, report.Overall.Missing));
        Equal(
            report.Overall,
            ("accuracy", accuracy),
            ("macro_precision", precision),
            ("macro_recall", recall),
            ("macro_f1", f1),
            ("decided_accuracy", decided)
        );
    }

    [Theory]
    [InlineData("judge-outputs.jsonl.gz", "o1-mini-2024-09-12", 243, 63 / 106.0, 38 / 65.0, 33 / 42.0, 23 / 30.0, 157 / 243.0, 142 / 243.0)]
    [InlineData(
        "reward-model-scores.jsonl",
        "Skywork/Skywork-Reward-Gemma-2-27B",
        243,
        61 / 106.0,
        45 / 65.0,
        37 / 42.0,
        14 / 30.0,
        157 / 243.0,
        157 / 243.0
    )]
    [InlineData(
        "reward-model-scores.jsonl",
        "internlm/internlm2-20b-reward",
        243,
        68 / 106.0,
        48 / 65.0,
        28 / 42.0,
        14 / 30.0,
        158 / 243.0,
        158 / 243.0
    )]
    [InlineData(
        "reward-model-scores.jsonl",
        "Skywork/Skywork-Reward-Llama-3.1-8B",
        243,
        60 / 106.0,
        45 / 65.0,
        34 / 42.0,
        15 / 30.0,
        154 / 243.0,
        154 / 243.0
    )]
    [InlineData(
        "reward-model-scores.jsonl",
        "Ray2333/GRM-Gemma-2B-rewardmodel-ft",
        243,
        61 / 106.0,
        36 / 65.0,
        27 / 42.0,
        14 / 30.0,
        138 / 243.0,
        138 / 243.0
    )]
    [InlineData(
        "judge-outputs.jsonl.gz",
        "claude-3-haiku-20240307",
        184,
        40 / 105.0,
        12 / 33.0,
        8 / 27.0,
        3 / 19.0,
        63 / 184.0,
        27 / 184.0
    )]
    public async Task JudgeBench_RecordedJudge_HasTheFiguresOfTheScript(
        string file,
        string judge,
        int pairs,
        double knowledge,
        double reasoning,
        double mathematics,
        double code,
        double overall,
        double bothRight
    )
    {
        BenchmarkReport report = await ReplayAsync("judgebench", "judgebench", $"judgebench/{file}", judge);
        Assert.Equal(pairs, report.Overall.Items);
        Equal(report.Overall, ("accuracy", overall), ("both_right", bothRight));
        Equal(Section(report, "mmlu-pro"), ("accuracy", knowledge));
        Equal(Section(report, "livebench-reasoning"), ("accuracy", reasoning));
        Equal(Section(report, "livebench-math"), ("accuracy", mathematics));
        Equal(Section(report, "livecodebench"), ("accuracy", code));
    }

    [Theory]
    [InlineData("GPT-4 CoT", 503, 0.7495029821073559, 0.6719681908548708, 0.8446215139442231)]
    [InlineData("GPT-4 Metrics_Reference", 796, 0.8360552763819096, 0.7726130653266332, 0.8727959697732998)]
    [InlineData("ChatGPT Vanilla_NoRules", 574, 0.5383275261324042, 0.33797909407665505, 0.5957820738137083)]
    [InlineData("PaLM2 CoT", 503, 0.5427435387673957, 0.24055666003976142, 0.3911290322580645)]
    [InlineData("PaLM2 Swap", 503, 0.5854870775347912, 0.49304174950298213, 0.8165322580645161)]
    [InlineData("Falcon CoT", 503, 0.5079522862823062, 0.0874751491053678, 0.1596806387225549)]
    [InlineData("LLaMA2 Metrics", 281, 0.44661921708185054, 0.3167259786476868, 0.7402135231316725)]
    public async Task LlmBar_RecordedJudge_HasTheFiguresOfTheScript(
        string judge,
        int pairs,
        double accuracy,
        double bothRight,
        double agreement
    )
    {
        BenchmarkReport report = await ReplayAsync("llmbar", "llmbar", "llmbar/judgments.jsonl.gz", judge);
        Assert.Equal(pairs, report.Overall.Items);
        Equal(report.Overall, ("accuracy", accuracy), ("both_right", bothRight), ("agreement", agreement));
        Assert.Equal(agreement, report.Consistency ?? 0, Tolerance);
        if (judge == "GPT-4 CoT")
        {
            Equal(Section(report, "LLMBar/Natural"), ("accuracy", 0.9545454545454546));
        }
    }

    /// <summary>
    /// RM-R1's own section scores, and GPM's by the same arithmetic (rewardbench-rmb-results.jsonl of reward-bench and RM-R1).
    /// </summary>
    [Theory]
    [InlineData(
        "RM-R1-DeepSeek-Distilled-Qwen-32B",
        0.952513966480447,
        0.8026315789473685,
        0.9108108108108108,
        0.9680832924101054,
        0.908509912162183
    )]
    [InlineData(
        "RM-R1-Qwen2.5-Instruct-32B",
        0.952513966480447,
        0.831140350877193,
        0.918918918918919,
        0.9521130026736508,
        0.9136715597375524
    )]
    [InlineData(
        "general-preference/GPM-Gemma-2-9B",
        0.9357541899441341,
        0.8771929824561403,
        0.922972972972973,
        0.9571056364926066,
        0.9232564454664635
    )]
    public async Task RewardBench_PublishedSubsets_GiveThePublishedSections(
        string model,
        double chat,
        double hard,
        double safety,
        double reasoning,
        double overall
    )
    {
        string file = Path.Combine(AppContext.BaseDirectory, "Benchmarks", "rewardbench-results.jsonl");
        Func<string, CancellationToken, Task<IReadOnlyList<BenchmarkReport>>> read = Assert.IsType<
            Func<string, CancellationToken, Task<IReadOnlyList<BenchmarkReport>>>
        >(((BenchmarkDefinition)BenchmarkCatalog.Find("rewardbench")).PublishedAsync);
        BenchmarkReport report = Assert.Single(await read(file, TestContext.Current.CancellationToken), report => report.Judge == model);
        Equal(Section(report, "Chat"), ("accuracy", chat));
        Equal(Section(report, "Chat Hard"), ("accuracy", hard));
        Equal(Section(report, "Safety"), ("accuracy", safety));
        Equal(Section(report, "Reasoning"), ("accuracy", reasoning));
        Equal(report.Overall, ("accuracy", overall));
    }

    [Fact]
    public void RewardBench_Weights_MakeMathematicsAsHeavyAsCode()
    {
        Assert.Equal(
            RewardBench.Subsets.Where(subset => subset.Name.StartsWith("hep", StringComparison.Ordinal)).Sum(subset => subset.Weight),
            RewardBench.Subsets.Single(subset => subset.Name == "math-prm").Weight
        );
        Assert.Equal(23, RewardBench.Subsets.Count);
    }

    private static async Task<BenchmarkReport> ReplayAsync(string name, string data, string replay, string judge)
    {
        BenchmarkDefinition benchmark = (BenchmarkDefinition)BenchmarkCatalog.Find(name);
        IReadOnlyList<BenchmarkItem> items = await benchmark.ReadAsync(Fixtures.Data(data), TestContext.Current.CancellationToken);
        RecordedJudge recorded = Assert.Single(
            await benchmark.ReplayAsync(Fixtures.Data(replay), items, TestContext.Current.CancellationToken),
            recorded => recorded.Name == judge
        );
        return BenchmarkReport.Of(benchmark, judge, recorded.Items, Few);
    }

    private static SectionReport Section(BenchmarkReport report, string name) =>
        Assert.Single(report.Sections, section => section.Section == name);

    private static void Equal(SectionReport section, params (string Name, double Value)[] figures)
    {
        foreach ((string name, double value) in figures)
        {
            BenchmarkFigure figure = Assert.Single(section.Figures, figure => figure.Name == name);
            Assert.Equal(value, figure.Value ?? double.NaN, Tolerance);
        }
    }
}
