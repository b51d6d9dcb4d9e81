using System.Text.Json;
using RewardReasoning.Data.Recognition;
using RewardReasoning.Data.Rows;
using RewardReasoning.Evaluation.Metrics;
using RewardReasoning.Evaluation.Scoring;
using Xunit;

namespace RewardReasoning.Evaluation.Tests.Scoring;

public sealed class ScoreSummaryTests
{
    [Fact]
    public void At95_KnownValues_AreWilsons()
    {
        // 8 of 10: centre (0.8 + 0.19207)/1.38415 = 0.71674, half width 0.22661.
        WilsonInterval interval = WilsonInterval.At95(8, 10);
        Assert.Equal(0.4902, interval.Low, 4);
        Assert.Equal(0.9433, interval.High, 4);
        Assert.Equal(new WilsonInterval(0, 1), WilsonInterval.At95(0, 0));
        Assert.Equal(1, WilsonInterval.At95(20, 20).High);
    }

    [Fact]
    public void Report_LabelledRows_CountsOnlyTheJudgedOnes()
    {
        ScoreSummary summary = new([]);
        Add(summary, Row("a", "b", label: 1), Judged(Verdict.First));
        Add(summary, Row("c", "d", label: 1), Judged(Verdict.Second));
        Add(summary, Row("e", "f", label: 2), null);
        Add(summary, Row("g", "h", label: null), Judged(Verdict.First));
        ScoreGroup total = summary.Report(TimeSpan.FromSeconds(2)).Total;
        Assert.Equal((4, 3, 1, 2, 1), (total.Rows, total.Judged, total.Missing, total.Labelled, total.Correct));
        Assert.Equal(0.5, total.Accuracy);
        Assert.Equal(1.5, summary.Report(TimeSpan.FromSeconds(2)).PairsPerSecond);
    }

    [Fact]
    public void Report_JudgmentWithoutPreference_IsMissing()
    {
        ScoreSummary summary = new([]);
        Add(summary, Row("a", "b", label: 1), Judged(null));
        ScoreGroup total = summary.Report(TimeSpan.Zero).Total;
        Assert.Equal((1, 0), (total.Missing, total.Labelled));
        Assert.Null(total.Accuracy);
    }

    [Fact]
    public void Report_SwappedRows_AgreeWhenTheyPreferTheSameResponse()
    {
        ScoreSummary summary = new([]);
        Add(summary, Row("a", "b"), Judged(Verdict.First));
        Add(summary, Row("b", "a"), Judged(Verdict.Second));
        Add(summary, Row("c", "d"), Judged(Verdict.First));
        Add(summary, Row("d", "c"), Judged(Verdict.First));
        Add(summary, Row("e", "e"), Judged(Verdict.First));
        SwapAgreement swaps = summary.Report(TimeSpan.Zero).Swaps;
        Assert.Equal((2, 1), (swaps.Pairs, swaps.Agreeing));
    }

    [Fact]
    public void Report_ByField_SortsNumbersAsNumbersAndPutsRowsWithoutItLast()
    {
        ScoreSummary summary = new(["terms"]);
        foreach (string extra in new[] { ""","terms":10""", ""","terms":2""", "", ""","terms":2""" })
        {
            Add(summary, Row("a", "b", 1, extra), Judged(Verdict.First, reasoningTokens: extra.Length));
        }

        ScoreBreakdown breakdown = Assert.Single(summary.Report(TimeSpan.Zero).By);
        Assert.Equal(["2", "10", null], breakdown.Groups.Select(group => group.Value));
        Assert.Equal([2, 1, 1], breakdown.Groups.Select(group => group.Rows));
        Assert.Equal(10, breakdown.Groups[0].MeanReasoningTokens);
    }

    [Fact]
    public void Report_Tokens_AddUpWithThoseOfMissingRows()
    {
        ScoreSummary summary = new([]);
        Usage usage = new() { PromptTokens = 100, OutputTokens = 7 };
        Add(summary, Row("a", "b"), Judged(Verdict.First) with { Usage = usage });
        Add(summary, Row("c", "d"), Judged(null) with { Usage = usage.AsKept() });
        Add(summary, Row("e", "f"), null);
        Assert.Equal(
            new ScoreTokens(Prompt: 200, Output: 14, KeptPrompt: 100, KeptOutput: 7, KeptCompletions: 1),
            summary.Report(TimeSpan.Zero).Tokens
        );
    }

    private static void Add(ScoreSummary summary, DataRow row, Judgment? judgment) =>
        summary.Add(row, RowRecognizer.Recognize(row), judgment);

    private static DataRow Row(string first, string second, int? label = null, string extra = "") =>
        new()
        {
            File = "pairs.jsonl",
            Number = 1,
            Fields = JsonElement.Parse(
                $$"""{"query":"q","response_1":"{{first}}","response_2":"{{second}}","label":{{label?.ToString() ?? "null"}}{{extra}}}"""
            ),
        };

    private static Judgment Judged(Verdict? preferred, int reasoningTokens = 0) =>
        new()
        {
            Preferred = preferred,
            Votes =
            [
                new Vote
                {
                    Index = 0,
                    Verdict = preferred ?? Verdict.Unparsable,
                    Order = ShownOrder.Given,
                    Seed = 1,
                    Usage = new Usage { ReasoningTokens = reasoningTokens },
                },
            ],
            Usage = Usage.None,
            Model = "test",
        };
}
