using System.Text.Json;
using RewardReasoning.Evaluation.Arena;
using RewardReasoning.Evaluation.Benchmarks;
using RewardReasoning.Evaluation.Metrics;
using RewardReasoning.Ratings;
using Xunit;

namespace RewardReasoning.Evaluation.Tests.Arena;

/// <summary>
/// arena.json: battles of made-up models under a judge that likes length, with the figures of a plain logistic regression written apart
/// from
/// the product. arena-hard-battles.jsonl.gz: the recorded battles of lmarena/arena-hard-auto @ 57a9881c845f (Apache-2.0).
/// </summary>
public sealed class ArenaReportTests
{
    private const double Digits = 1e-6;
    private static readonly Bootstrap Few = new(rounds: 50);
    private static readonly JsonElement Reference = JsonDocument.Parse(File.ReadAllBytes(PathOf("arena.json"))).RootElement;

    [Fact]
    public void Of_OneBaseline_HasTheWinRatesOfTheReference()
    {
        ArenaReport report = ArenaReport.Of("j", Battles(), 0, ["ant"], Few);
        Assert.Equal((ArenaMeasure.WinRate, 60, 180), (report.Measure, report.Prompts, report.Battles));
        Assert.Equal(["bee", "dog", "cat"], report.Standings.Select(standing => standing.Model));
        Assert.All(
            report.Standings,
            standing =>
            {
                Assert.Equal(Expected("points", standing.Model), standing.Figure.Value, Digits);
                Assert.Equal(Expected("equal_length", "win_rate", standing.Model), standing.EqualLength?.Value ?? 0, Digits);
                Assert.Equal(Expected("equal_style", "win_rate", standing.Model), standing.EqualStyle?.Value ?? 0, Digits);
            }
        );
        Assert.Equal(
            Reference
                .GetProperty("expected")
                .GetProperty("equal_style")
                .GetProperty("weights")
                .EnumerateArray()
                .Select(weight => Math.Round(weight.GetDouble(), 6)),
            report.StyleWeights?.Values.Select(weight => Math.Round(weight, 6))
        );
    }

    [Fact]
    public void Of_SeveralBaselines_HasTheRatingsOfTheReference()
    {
        ArenaReport report = ArenaReport.Of("j", Battles(), 3, ["ant", "bee"], Few);
        Assert.Equal((ArenaMeasure.Rating, 3), (report.Measure, report.Missing));
        Assert.Equal(["ant", "bee", "cat", "dog"], report.Standings.Select(standing => standing.Model).Order());
        Assert.All(
            report.Standings,
            standing =>
            {
                Assert.Equal(Expected("plain", "rating", standing.Model), standing.Figure.Value, 1e-4);
                Assert.Equal(Expected("equal_length", "rating", standing.Model), standing.EqualLength?.Value ?? 0, 1e-4);
                Assert.Equal(Expected("equal_style", "rating", standing.Model), standing.EqualStyle?.Value ?? 0, 1e-4);
                Assert.InRange(standing.EqualStyle?.Value ?? 0, standing.EqualStyle?.Low ?? 0, standing.EqualStyle?.High ?? 0);
            }
        );
    }

    [Fact]
    public async Task Of_RecordedBattlesOfArenaHard_HasTheRatingsOfAnIndependentScript()
    {
        (IReadOnlyList<Battle> battles, int missing) = await ArenaFiles.ReadBattlesAsync(
            PathOf("arena-hard-battles.jsonl.gz"),
            TestContext.Current.CancellationToken
        );
        ArenaReport ratings = ArenaReport.Of("battles", battles, missing, [], Few);
        Assert.Equal((1348, 0, 100), (ratings.Battles, ratings.Missing, ratings.Prompts));
        Assert.Equal(
            [1135.408287, 1132.115762, 999.496373, 732.979579],
            ratings.Standings.Select(standing => Math.Round(standing.Figure.Value, 6))
        );
        Assert.All(ratings.Standings, standing => Assert.Null(standing.EqualStyle));

        ArenaReport rates = ArenaReport.Of("battles", battles, missing, ["claude-3-haiku-20240307"], Few);
        Assert.Equal(
            ["gpt-4o", "claude-3-5-sonnet-20240620", "claude-3-opus-20240229"],
            rates.Standings.Select(standing => standing.Model)
        );
        Assert.Equal(
            [0.910256410256, 0.908695652174, 0.822619047619],
            rates.Standings.Select(standing => Math.Round(standing.Figure.Value, 12))
        );
        Assert.Equal([468, 460, 420], rates.Standings.Select(standing => standing.Games));
    }

    [Fact]
    public void Of_GamesOfOnePrompt_AreDrawnTogether()
    {
        // One prompt a hundred times is one thing known, a hundred prompts are a hundred.
        Battle[] same =
        [
            .. Enumerable
                .Range(0, 100)
                .Select(i => new Battle
                {
                    Prompt = $"{i % 2}",
                    Model1 = "a",
                    Model2 = "b",
                    Games = 1,
                    Points1 = i % 2,
                }),
        ];
        Battle[] distinct = [.. same.Select((battle, i) => battle with { Prompt = $"{i}" })];
        ArenaFigure wide = ArenaReport.Of("j", same, 0, ["b"], new Bootstrap()).Standings[0].Figure;
        ArenaFigure narrow = ArenaReport.Of("j", distinct, 0, ["b"], new Bootstrap()).Standings[0].Figure;
        Assert.Equal((0.5, 0, 1), (wide.Value, wide.Low, wide.High));
        Assert.InRange(narrow.High - narrow.Low, 0.15, 0.25);
    }

    [Fact]
    public void Of_NoBattle_IsRefused() => Assert.Throws<ArgumentException>(() => ArenaReport.Of("j", [], 3, [], Few));

    [Theory]
    [InlineData(MatchOutcome.First, MatchOutcome.First, 2.0)]
    [InlineData(MatchOutcome.First, MatchOutcome.Second, 1.0)]
    [InlineData(MatchOutcome.Tie, MatchOutcome.Second, 0.5)]
    [InlineData(MatchOutcome.First, MatchOutcome.Missing, null)]
    public void BattleOf_TwoOrders_CountsBothOrNeither(MatchOutcome given, MatchOutcome swapped, double? points)
    {
        BenchmarkItem item = new()
        {
            Id = "1",
            Row = "1",
            Section = "a",
            Detail = "b",
            Gold = MatchOutcome.Missing,
            Comparison = new("q", "x", "longer"),
        };
        Battle? battle = Battle.Of(
            new()
            {
                Item = item,
                Preferred = given,
                Shown = [new(ShownOrder.Given, given), new(ShownOrder.Swapped, swapped)],
            }
        );
        Assert.Equal(points, battle?.Points1);
        Assert.Equal(points is null ? null : 6, battle?.Style2?.Length);
    }

    private static Battle[] Battles() =>
        [
            .. Reference
                .GetProperty("battles")
                .EnumerateArray()
                .Select(battle => new Battle
                {
                    Prompt = battle.GetProperty("prompt").ToString(),
                    Model1 = battle.GetProperty("model_1").ToString(),
                    Model2 = battle.GetProperty("model_2").ToString(),
                    Games = battle.GetProperty("games").GetInt32(),
                    Points1 = battle.GetProperty("points_1").GetDouble(),
                    Style1 = Style(battle.GetProperty("style_1")),
                    Style2 = Style(battle.GetProperty("style_2")),
                }),
        ];

    private static AnswerStyle Style(JsonElement style) =>
        new(
            style.GetProperty("length").GetInt32(),
            style.GetProperty("headings").GetInt32(),
            style.GetProperty("list_items").GetInt32(),
            style.GetProperty("bold").GetInt32()
        );

    private static double Expected(params string[] path) =>
        path.Aggregate(Reference.GetProperty("expected"), (at, name) => at.GetProperty(name)).GetDouble();

    private static string PathOf(string name) => Path.Combine(AppContext.BaseDirectory, "Arena", name);
}
