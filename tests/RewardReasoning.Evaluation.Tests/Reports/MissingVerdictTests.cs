using Microsoft.Extensions.AI;
using RewardReasoning.Evaluation.Benchmarks;
using RewardReasoning.Evaluation.Reports;
using RewardReasoning.Judging;
using RewardReasoning.Ratings;
using RewardReasoning.Testing;
using Xunit;

namespace RewardReasoning.Evaluation.Tests.Reports;

public sealed class MissingVerdictTests
{
    private static readonly BenchmarkDefinition Pairs = (BenchmarkDefinition)BenchmarkCatalog.Find("pairs");
    private static readonly BenchmarkDefinition BothOrders = (BenchmarkDefinition)BenchmarkCatalog.Find("judgebench");

    [Theory]
    [InlineData("thinking and thinking", "length", MissingVerdicts.Cut)]
    [InlineData("", "length", MissingVerdicts.Cut)]
    [InlineData("I do not know.", "stop", "answer without a verdict")]
    [InlineData("", "stop", "empty answer, all of it reasoning")]
    [InlineData("no", "content_filter", "content filter or refusal")]
    [InlineData("\\boxed{Assistant 1}", "abort", "answer that broke off")]
    public async Task ClassOf_WhatAJudgeSaysOfAMissingVote_IsItsClass(string text, string finish, string expected)
    {
        using ScriptedChatClient client = new(_ => new ScriptedReply
        {
            Text = text,
            Reasoning = text.StartsWith("thinking", StringComparison.Ordinal) ? null : "Let me see.",
            FinishReason = new ChatFinishReason(finish),
        });
        using OpenedJudge judge = JudgeFactory.Open(client, new JudgeOptions { UnparsableRedraws = 0 });
        Judgment judgment = await judge.JudgeAsync(new Comparison("q", "a", "b"), TestContext.Current.CancellationToken);
        Assert.Null(judgment.Preferred);
        Assert.Equal(expected, MissingVerdicts.ClassOf(judgment.Votes[0].MissingReason ?? ""));
        Assert.Equal(expected, MissingVerdicts.ClassOf(judgment.MissingReason ?? ""));
    }

    [Fact]
    public void Of_MissingAnswers_BoundTheFigureByAllWrongAndAllRight()
    {
        JudgedItem[] items = [Once("a", MatchOutcome.First), Once("b", MatchOutcome.First), Once("c", MatchOutcome.Second), Missing("d")];
        MainFigure figure = MainFigure.Of(Pairs, items);
        Assert.Equal((1, 0.5, 0.75, 0.5), (figure.Missing, figure.AllWrong, figure.AllRight, figure.Chance));
    }

    [Fact]
    public void Of_BothOrders_AnItemWithOneOrderIsMissingAndChanceIsAQuarter()
    {
        JudgedItem half = Once("a", MatchOutcome.First) with
        {
            Shown = [new(ShownOrder.Given, MatchOutcome.First), new(ShownOrder.Swapped, MatchOutcome.Missing)],
        };
        MainFigure figure = MainFigure.Of(BothOrders with { Measures = [BothOrders.Measures[1]] }, [half]);
        Assert.Equal((1, 0.0, 1.0, 0.25), (figure.Missing, figure.AllWrong, figure.AllRight, figure.Chance));
    }

    [Fact]
    public void Of_NothingMissing_BothBoundsAreTheFigure()
    {
        MainFigure figure = MainFigure.Of(Pairs, [Once("a", MatchOutcome.First), Once("b", MatchOutcome.Second)]);
        Assert.Equal((0, 0.5, 0.5), (figure.Missing, figure.AllWrong, figure.AllRight));
    }

    private static JudgedItem Once(string id, MatchOutcome said) => Replays.Once(ItemOf(id), said);

    private static JudgedItem Missing(string id) => JudgedItem.Missing(ItemOf(id), "gone");

    private static BenchmarkItem ItemOf(string id) =>
        new()
        {
            Id = id,
            Row = id,
            Section = "all",
            Comparison = new Comparison("q", "a", "b"),
            Gold = MatchOutcome.First,
        };
}
