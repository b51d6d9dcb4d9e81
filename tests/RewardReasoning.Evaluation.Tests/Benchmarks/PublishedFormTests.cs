using RewardReasoning.Evaluation.Arena;
using RewardReasoning.Evaluation.Benchmarks;
using RewardReasoning.Evaluation.BestOf;
using RewardReasoning.Evaluation.Metrics;
using RewardReasoning.Ratings;
using RewardReasoning.Testing;
using Xunit;

namespace RewardReasoning.Evaluation.Tests.Benchmarks;

/// <summary>Benchmarks in the files that their authors publish, with the figures that follow from them.</summary>
public sealed class PublishedFormTests
{
    private static readonly Bootstrap Few = new(rounds: 20);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task RmBench_TotalDataset_IsAveragedByDomain()
    {
        using TemporaryFolder folder = new();
        string row(string id, string domain) =>
            $$"""{"id": "{{id}}", "prompt": "p", "chosen": ["a","b","c"], "rejected": ["d","e","f"], "domain": "{{domain}}"}""";
        folder.Write("total_dataset.json", $"[{row("1", "chat")}, {row("2", "chat")}, {row("3", "chat")}, {row("1", "safety-refuse")}]");
        folder.Write("chat_filtered.json", $"[{row("9", "chat")}]");

        IReadOnlyList<BenchmarkItem> items = await ReadAsync("rm-bench", folder.Path);

        Assert.Equal(36, items.Count);
        Assert.Equal(["chat", "safety"], items.Select(item => item.Section).Distinct());
        Assert.Equal(36, items.Select(item => item.Id).Distinct().Count());
        BenchmarkReport report = Report("rm-bench", items, item => item.Section == "chat" ? MatchOutcome.First : MatchOutcome.Second);
        Assert.Equal(0.5, Value(report), 1e-12); // pooled it would be 0.75
    }

    [Fact]
    public async Task MmluPro_GeneratedText_IsAnOutput()
    {
        using TemporaryFolder folder = new();
        const string Question =
            "\"question_id\": 1, \"question\": \"q\", \"options\": [\"x\", \"y\"], \"answer\": \"B\", \"category\": \"law\"";
        folder.Write("one.json", $$"""[{ {{Question}}, "pred": "B", "model_outputs": "It is (B)." }]""");
        folder.Write("two.json", $$"""[{ {{Question}}, "pred": "A", "generated_text": "It is (A)." }]""");

        BestOfItem item = Assert.Single(await ((BestOfBenchmark)BenchmarkCatalog.Find("mmlu-pro")).ReadAsync(folder.Path, Token));

        Assert.Equal(["It is (B).", "It is (A)."], item.Responses);
        Assert.Equal([true, false], item.Correct);
    }

    [Fact]
    public async Task PandaLm_TruthValueAsAResponse_IsItsPythonText()
    {
        using TemporaryFolder folder = new();
        string data = folder.Write(
            "testset-v1.json",
            """[{"idx": 1, "instruction": "i", "input": "", "response1": true, "response2": "b", "annotator1": 1, "annotator2": 1, "annotator3": 1}]"""
        );
        Assert.Equal("True", Assert.Single(await ReadAsync("pandalm", data)).Comparison.Response1);
    }

    [Fact]
    public async Task JudgeBench_ResultFileOfTheAuthors_IsReplayed()
    {
        using TemporaryFolder folder = new();
        string row(int id, string judgments) =>
            $$"""{"pair_id": "{{id}}", "source": "mmlu-pro-law", "question": "q", "response_model": "gpt", "response_A": "a", "response_B": "b", "label": "A>B"{{judgments}}}""";
        string judged(string first, string second) => $$""", "judge_name": "arena_hard", "judgments": [{{first}}, {{second}}]""";
        string said(string decision) => $$"""{"judgment": {"judge_model": "o1"}, "decision": "{{decision}}"}""";
        string data = folder.Write("pairs.jsonl", string.Join('\n', Enumerable.Range(1, 4).Select(id => row(id, ""))));
        string replay = folder.Write(
            "dataset=judgebench,response_model=gpt,judge_name=arena_hard,judge_model=o1.jsonl",
            string.Join(
                '\n',
                row(1, judged(said("A>B"), said("B>A"))), // right twice
                row(2, judged(said("A>B"), "null")), // right once, and nothing
                row(3, judged(said("A>B"), said("A>B"))), // the first shown, twice
                row(4, judged(said("A=B"), said("A>B"))) // a tie, and wrong
            )
        );

        IReadOnlyList<BenchmarkItem> items = await ReadAsync("judgebench", data);
        RecordedJudge judge = Assert.Single(await ReplayAsync("judgebench", items, replay));

        Assert.Equal("o1", judge.Name);
        BenchmarkReport report = BenchmarkReport.Of((BenchmarkDefinition)BenchmarkCatalog.Find("judgebench"), "o1", judge.Items, Few);
        Assert.Equal((0.5, 0.25), (Value(report, "accuracy"), Value(report, "both_right")));
    }

    [Fact]
    public async Task LlmBar_ResultFilesOfTheAuthors_AreReplayedByTheirLastRound()
    {
        using TemporaryFolder folder = new();
        string row(string results) => $$"""{"input": "i", "output_1": "a", "output_2": "b", "label": 1{{results}}}""";
        string round(string given, string swapped) =>
            $$"""{"swap = False": {"winner": {{given}} }, "swap = True": {"winner": {{swapped}} } }""";
        string natural = Path.Combine("Dataset", "LLMBar", "Natural");
        folder.Write(Path.Combine(natural, "dataset.json"), $"[{row("")}, {row("")}, {row("")}]");
        folder.Write(
            Path.Combine(natural, "evaluators", "GPT-4", "Swap", "result.json"),
            $"""
            [{row($", \"results\": [{round("\"1\"", "\"2\"")}, {round("\"1\"", "\"1\"")}]")},
             {row($", \"results\": [{round("\"2\"", "\"2\"")}]")},
             {row($", \"results\": [{round("null", "\"1\"")}]")}]
            """
        );
        string data = Path.Combine(folder.Path, "Dataset");

        IReadOnlyList<BenchmarkItem> items = await ReadAsync("llmbar", data);
        RecordedJudge judge = Assert.Single(await ReplayAsync("llmbar", items, data));

        Assert.Equal("GPT-4 Swap", judge.Name);
        BenchmarkReport report = BenchmarkReport.Of((BenchmarkDefinition)BenchmarkCatalog.Find("llmbar"), judge.Name, judge.Items, Few);
        Assert.Equal(0.5, Value(report, "accuracy"), 1e-12); // 2, 0 and 1 of two orders each
        Assert.Equal(1 / 3.0, Value(report, "both_right"), 1e-12);
    }

    [Theory]
    [InlineData(
        "judgebench",
        """{"pair_id": "1", "source": "s", "question": "q", "response_model": "m", "response_A": "a", "response_B": "b", "label": "A>B"}"""
    )]
    [InlineData("llmbar", """[{"input": "i", "output_1": "a", "output_2": "b", "label": 1}]""")]
    [InlineData(
        "pandalm",
        """[{"idx": 1, "instruction": "i", "input": "", "response1": "a", "response2": "b", "annotator1": 1, "annotator2": 1, "annotator3": 1}]"""
    )]
    public async Task Replay_OwnRun_HasItsJudgments(string name, string data)
    {
        using TemporaryFolder folder = new();
        IReadOnlyList<BenchmarkItem> items = await ReadAsync(
            name,
            folder.Write(
                Path.Combine(
                    "data",
                    name == "llmbar" ? "dataset.json"
                        : data[0] == '[' ? "testset-v1.json"
                        : "pairs.jsonl"
                ),
                data
            )
        );
        string run = Path.Combine(folder.Path, "run");
        await new BenchmarkRunFolder(run).WriteJudgmentsAsync([RecordedJudgment.Of(Judged(items[0], MatchOutcome.First), null)]);

        Assert.Equal(MatchOutcome.First, Assert.Single(Assert.Single(await ReplayAsync(name, items, run)).Items).Preferred);
    }

    [Fact]
    public async Task RewardBench_IndentedResultFile_HasItsRowsCounted()
    {
        using TemporaryFolder folder = new();
        string path = folder.Write(
            "model.json",
            """
            {
                "model": "org/model",
                "model_type": "Generative",
                "chat_template": null,
                "math-prm": 0.5,
                "hep-cpp": 1.0
            }
            """
        );
        BenchmarkDefinition benchmark = (BenchmarkDefinition)BenchmarkCatalog.Find("rewardbench");
        Assert.NotNull(benchmark.PublishedAsync);
        BenchmarkReport report = Assert.Single(await benchmark.PublishedAsync(path, Token));
        Assert.Equal(("org/model", 447 + 164), (report.Judge, report.Overall.Items));
        Assert.Equal((984 * 0.5 + 164) / (984 + 164), Value(report), 1e-12);
    }

    [Fact]
    public async Task EvalBiasBench_OneObjectOfBiases_HasTheirRows()
    {
        using TemporaryFolder folder = new();
        folder.Write(
            "biasbench.json",
            """
            {
              "length bias": [{"bias": "length bias", "instruction": "i", "response1": "a", "response2": "b", "label": 1}],
              "concreteness": [{"instruction": "i", "response1": "a", "response2": "b", "label": 2}]
            }
            """
        );
        IReadOnlyList<BenchmarkItem> items = await ReadAsync("evalbiasbench", folder.Path);
        Assert.Equal(["length bias", "concreteness"], items.Select(item => item.Section));
        Assert.Equal([MatchOutcome.First, MatchOutcome.Second], items.Select(item => item.Gold));
    }

    [Fact]
    public async Task AutoJ_FolderOfTheAuthors_HasItsPairsAlone()
    {
        using TemporaryFolder folder = new();
        folder.Write("testdata_pairwise.jsonl", """{"scenario": "s", "label": 2, "prompt": "p", "response 1": "a", "response 2": "b"}""");
        folder.Write("testdata_critique.jsonl", """{"something": "else"}""");
        Assert.Equal(MatchOutcome.Tie, Assert.Single(await ReadAsync("autoj", folder.Path)).Gold);
    }

    [Fact]
    public async Task Rmb_ListsCountWhereTheBestBeatsEveryLoser()
    {
        using TemporaryFolder folder = new();
        const string Turns = "\"conversation_input\": [{\"content\": \"q\", \"language\": \"English\", \"role\": \"user\"}]";
        folder.Write(
            Path.Combine("Pairwise_set", "Helpfulness", "Chat", "Discussion.json"),
            $$"""
            [{"pair_uid": "1", {{Turns}}, "chosen": {"llm_name": "m", "answer": "good"}, "reject": {"llm_name": "n", "answer": "bad"}, "category_path": "Pairwise_set/Helpfulness/Chat/Discussion"}]
            """
        );
        folder.Write(
            Path.Combine("BoN_set", "Harmlessness", "S1.json"),
            $$"""
            [{"bon_uid": "1", {{Turns}}, "bon_best": {"answer": "good"}, "loser_list": [{"answer": "bad"}, {"answer": "worse"}], "category_path": "BoN_set/Harmlessness/S1"},
             {"bon_uid": "2", {{Turns}}, "bon_best": {"answer": "good"}, "loser_list": [{"answer": "bad"}, {"answer": "tricky"}], "category_path": "BoN_set/Harmlessness/S1"}]
            """
        );

        IReadOnlyList<BenchmarkItem> items = await ReadAsync("rmb", folder.Path);

        Assert.Equal((5, "q"), (items.Count, items[0].Comparison.Query));
        BenchmarkReport report = Report(
            "rmb",
            items,
            item => item.Comparison.Response2 == "tricky" ? MatchOutcome.Second : MatchOutcome.First
        );
        Assert.Equal((1 + 0.5) / 2, Value(report), 1e-12); // one pair of one; one list of two
    }

    [Fact]
    public async Task Pairs_WithoutALabel_AreNotAskedFor()
    {
        using TemporaryFolder folder = new();
        string data = folder.Write(
            "pairs.jsonl",
            """
            {"query": "a", "response_1": "x", "response_2": "y", "label": 1}
            {"query": "b", "response_1": "x", "response_2": "y"}
            {"query": "c", "response_1": "x", "response_2": "y", "label": null}
            """
        );
        Assert.Equal("a", Assert.Single(await ReadAsync("pairs", data)).Comparison.Query);

        string none = folder.Write("none.jsonl", """{"query": "b", "response_1": "x", "response_2": "y", "better": 1}""");
        InvalidDataException error = await Assert.ThrowsAsync<InvalidDataException>(() => ReadAsync("pairs", none));
        Assert.Contains("none of its 1 rows has a label", error.Message, StringComparison.Ordinal);
        Assert.Contains("none.fields.json", error.Message, StringComparison.Ordinal);

        folder.Write("none.fields.json", """{"label": "better"}""");
        Assert.Equal(MatchOutcome.First, Assert.Single(await ReadAsync("pairs", none)).Gold);
    }

    [Fact]
    public async Task Arena_AnswersOfArenaHard_FindTheirQuestions()
    {
        using TemporaryFolder folder = new();
        string questions = folder.Write("question.jsonl", """{"question_id": "1", "category": "c", "turns": [{"content": "Why?"}]}""");
        string old = folder.Write(
            "old.jsonl",
            """{"question_id": "1", "answer_id": "x", "model_id": "maple", "choices": [{"index": 0, "turns": [{"content": "Because.", "token_len": 2}]}]}"""
        );
        string current = folder.Write(
            "new.jsonl",
            """{"uid": "1", "model": "birch", "messages": [{"role": "user", "content": "Why?"}, {"role": "assistant", "content": {"answer": "So."}}]}"""
        );

        ArenaAnswers answers = await ArenaFiles.ReadAnswersAsync([old, current, questions], Token);

        BenchmarkItem battle = Assert.Single(answers.Battles(["birch"], 10));
        Assert.Equal(new Comparison("Why?", "Because.", "So."), battle.Comparison);
        InvalidDataException error = await Assert.ThrowsAsync<InvalidDataException>(() => ArenaFiles.ReadAnswersAsync([old], Token));
        Assert.Contains("give the file of questions", error.Message, StringComparison.Ordinal);
    }

    private static Task<IReadOnlyList<BenchmarkItem>> ReadAsync(string name, string path) =>
        ((BenchmarkDefinition)BenchmarkCatalog.Find(name)).ReadAsync(path, Token);

    private static Task<IReadOnlyList<RecordedJudge>> ReplayAsync(string name, IReadOnlyList<BenchmarkItem> items, string path) =>
        ((BenchmarkDefinition)BenchmarkCatalog.Find(name)).ReplayAsync(path, items, Token);

    private static BenchmarkReport Report(string name, IReadOnlyList<BenchmarkItem> items, Func<BenchmarkItem, MatchOutcome> said) =>
        BenchmarkReport.Of(
            (BenchmarkDefinition)BenchmarkCatalog.Find(name),
            "judge",
            [.. items.Select(item => Judged(item, said(item)))],
            Few
        );

    private static JudgedItem Judged(BenchmarkItem item, MatchOutcome said) =>
        new()
        {
            Item = item,
            Preferred = said,
            Shown = [new ShownOutcome(ShownOrder.Given, said)],
        };

    private static double Value(BenchmarkReport report, string? figure = null) =>
        report.Overall.Figures.First(one => figure is null || one.Name == figure).Value ?? double.NaN;
}
