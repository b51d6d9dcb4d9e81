using RewardReasoning.Evaluation.Benchmarks;
using RewardReasoning.Evaluation.BestOf;
using RewardReasoning.Evaluation.Metrics;
using RewardReasoning.Testing;
using Xunit;

namespace RewardReasoning.Evaluation.Tests.BestOf;

public sealed class BestOfTests
{
    [Fact]
    public void Majority_MostFrequentAnswer_Counts()
    {
        Assert.Equal(1, Selection.Majority([true, false, true], ["3", "4", "3"]));
        Assert.Equal(0, Selection.Majority([true, false, false], ["3", "4", "4"]));

        // Two answers are equally frequent; a response without one is no answer.
        Assert.Equal(0.5, Selection.Majority([true, false, false], ["3", "4", null]));

        // No answers: any response.
        Assert.Equal(1 / 3.0, Selection.Majority([true, false, false], [null, null, null]), 1e-12);
    }

    [Fact]
    public void Score_ChosenMissingAndDecided_CountAsSaid()
    {
        BestOfScore chosen = BestOfScore.Of(
            new RecordedRanking
            {
                Item = Item("a", [true, false, false, false]),
                Best = 0,
                Ratings = [1100, 1000, 1200, 900],
            }
        );
        BestOfScore missing = BestOfScore.Of(new RecordedRanking { Item = Item("b", [true, false, false, false]), Missing = "no server" });
        BestOfScore decided = BestOfScore.Of(new RecordedRanking { Item = Item("c", [true, true]) });

        // Of the three wrong responses the right one is rated above two.
        Assert.Equal([1, 2 / 3.0, 0.25], chosen.Values.Take(3));
        Assert.Equal(0.25, missing.Values[0]);
        Assert.Equal((1.0, false, true), (decided.Values[0], decided.IsMissing, missing.IsMissing));
        BenchmarkReport report = BestOfScore.Report(
            (BestOfBenchmark)BenchmarkCatalog.Find("best-of-n"),
            "j",
            [chosen, missing, decided],
            new Bootstrap(rounds: 50)
        );
        Assert.Equal((3, 1), (report.Overall.Items, report.Overall.Missing));
        Assert.Equal(2.25 / 3, report.Overall.Figures[0].Value ?? 0, 1e-12);
        Assert.Equal(2 / 3.0, report.Overall.Figures[1].Value ?? 0, 1e-12);
    }

    [Fact]
    public void Report_MeanOfSections_WeighsSetsAlike()
    {
        BestOfScore[] scores =
        [
            BestOfScore.Of(new RecordedRanking { Item = Item("a", [true, true]) with { Section = "x" } }),
            BestOfScore.Of(new RecordedRanking { Item = Item("b", [true, true]) with { Section = "x" } }),
            BestOfScore.Of(new RecordedRanking { Item = Item("c", [false, false]) with { Section = "y" } }),
        ];
        Assert.Equal(
            0.5,
            BestOfScore
                .Report((BestOfBenchmark)BenchmarkCatalog.Find("ppe-best-of-k"), "j", scores, new Bootstrap(rounds: 20))
                .Overall.Figures[0]
                .Value
        );
        Assert.Equal(
            2 / 3.0,
            BestOfScore
                .Report((BestOfBenchmark)BenchmarkCatalog.Find("best-of-n"), "j", scores, new Bootstrap(rounds: 20))
                .Overall.Figures[0]
                .Value
                ?? 0,
            1e-12
        );
    }

    [Fact]
    public async Task CandidateFile_AnswerInPlaceOfCorrect_IsVerified()
    {
        using TemporaryFolder folder = new();
        string data = folder.Write(
            "candidates.jsonl",
            """
            {"query": "Half of 1?", "responses": ["The answer is 1/2.", "The answer is 2.", "\\boxed{0.5}"], "answer": "1/2"}
            {"problem": "q", "responses": ["a", "b"], "correct": [0, 1], "predictions": ["3", ""]}
            """
        );
        IReadOnlyList<BestOfItem> items = await ReadAsync("best-of-n", data);
        Assert.Equal([true, false, true], items[0].Correct);
        Assert.Equal(["1/2", "2", "1/2"], items[0].Answers.Select(answer => answer?.TrimEnd('.')));
        Assert.Equal([false, true], items[1].Correct);
        Assert.Equal(["3", null], items[1].Answers);
    }

    [Theory]
    [InlineData("""{"query": "q", "responses": ["a", "b"]}""", "neither 'correct' nor 'answer'")]
    [InlineData("""{"query": "q", "responses": ["a", "b"], "correct": [true]}""", "'correct' is not a list of 2")]
    [InlineData("""{"query": "q", "response_1": "a", "response_2": "b"}""", "needs a query and candidate responses")]
    public async Task CandidateFile_BadRow_IsNamed(string row, string message)
    {
        using TemporaryFolder folder = new();
        InvalidDataException exception = await Assert.ThrowsAsync<InvalidDataException>(() =>
            ReadAsync("best-of-n", folder.Write("c.jsonl", row))
        );
        Assert.Contains("c.jsonl:1:", exception.Message, StringComparison.Ordinal);
        Assert.Contains(message, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task PpeBestOfK_Rows_HaveAllResponses()
    {
        using TemporaryFolder folder = new();
        folder.Write(
            "math.jsonl",
            """{"question_id": "q", "prompt": "p", "response_1": "\\boxed{1}", "response_2": "\\boxed{2}", "response_3": "\\boxed{1.0}", "scores": [true, false, true], "sampled_conflict_pairs": [[0, 1]]}"""
        );
        BestOfItem item = Assert.Single(await ReadAsync("ppe-best-of-k", folder.Path));
        Assert.Equal(("math", 3, "p"), (item.Section, item.Responses.Count, item.Query));
        Assert.Equal(["1", "2", "1"], item.Answers);
    }

    [Fact]
    public async Task MmluPro_OutputsOfModels_AreCandidatesOfTheirQuestion()
    {
        using TemporaryFolder folder = new();
        folder.Write(
            "questions.jsonl",
            """{"question_id": 7, "question": "Which?", "options": ["x", "y"], "answer": "B", "category": "law"}"""
        );
        folder.Write(
            "outputs-a.jsonl",
            """{"question_id": 7, "model": "a", "pred": "B", "correct": true, "output": " It is (B).\n\nQuestion: What next?"}"""
        );
        folder.Write("outputs-b.jsonl", """{"question_id": 7, "model": "b", "pred": "A", "output": "It is (A)."}""");
        BestOfItem item = Assert.Single(await ReadAsync("mmlu-pro", folder.Path));
        Assert.Equal("Which?\n(A) x\n(B) y", item.Query);
        Assert.Equal(["It is (B).", "It is (A)."], item.Responses);
        Assert.Equal([true, false], item.Correct);
        Assert.Equal(("law", "B"), (item.Section, item.Answers[0]));
    }

    [Theory]
    [InlineData("best-of-n", "math/best-of-8.jsonl", 78, 78, 8)]
    [InlineData("mmlu-pro", "mmlu-pro", 8487, 708, 6)]
    public async Task Read_PublishedData_GivesEveryQueryOnce(string name, string file, int wholeCount, int sampleCount, int responses)
    {
        IReadOnlyList<BestOfItem> items = await ReadAsync(name, Fixtures.Data(file, out bool whole));
        int count = whole ? wholeCount : sampleCount;
        Assert.Equal((count, count), (items.Count, items.Select(item => item.Id).Distinct().Count()));
        Assert.Equal(responses, items.Max(item => item.Responses.Count));
        Assert.All(items, item => Assert.Equal((item.Responses.Count, item.Responses.Count), (item.Correct.Count, item.Answers.Count)));
    }

    private static BestOfItem Item(string id, bool[] correct) =>
        new()
        {
            Id = id,
            Section = "all",
            Query = "q",
            Responses = [.. correct.Select((_, i) => $"response {i}")],
            Correct = correct,
            Answers = [.. correct.Select(isRight => isRight ? "1" : null)],
        };

    private static Task<IReadOnlyList<BestOfItem>> ReadAsync(string name, string path) =>
        ((BestOfBenchmark)BenchmarkCatalog.Find(name)).ReadAsync(path, TestContext.Current.CancellationToken);
}
