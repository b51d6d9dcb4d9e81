using System.Text.Json;
using RewardReasoning.Judging;
using RewardReasoning.Rankings;
using RewardReasoning.Ratings;
using RewardReasoning.Testing;
using Xunit;

namespace RewardReasoning.Tests.Judging;

public sealed class TieTests
{
    private const string One = @"\boxed{Assistant 1}";
    private const string Two = @"\boxed{Assistant 2}";
    private const string Tie = @"So \boxed{\text{Tie}}.";

    [Theory]
    [InlineData(MatchOutcome.Tie, Tie, Tie, One)]
    [InlineData(MatchOutcome.First, One, One, Tie)]
    [InlineData(MatchOutcome.Tie, One, Two, Tie)] // nobody is ahead of all else
    [InlineData(MatchOutcome.Tie, One, Tie)]
    [InlineData(MatchOutcome.Tie, One, Two)]
    [InlineData(MatchOutcome.Second, Two, Two, One)]
    [InlineData(MatchOutcome.Missing, "Hm.", "Hm.")]
    public async Task JudgeAsync_ThreeVerdicts_TheMostFrequentOneIsTheOutcome(MatchOutcome outcome, params string[] answers)
    {
        Judgment judgment = await JudgeAsync(answers);
        Assert.Equal(outcome, judgment.Outcome);
        Assert.Equal(outcome is MatchOutcome.First or MatchOutcome.Second, judgment.Preferred is not null);
        Assert.Equal(outcome == MatchOutcome.Missing, judgment.MissingReason is not null);
        Assert.Equal(DrawBreak.None, judgment.DrawBrokenBy);
        Assert.Equal(answers.Length, judgment.Votes.Count);
    }

    [Fact]
    public async Task JudgeAsync_TwoTiesOfThree_HaveTheirShareAndConfidence()
    {
        Judgment judgment = await JudgeAsync(Tie, Tie, One);
        Assert.Equal((2 / 3.0, 0.6875), (judgment.VoteShare, judgment.Confidence ?? 0)); // 2 for, 1 against: 11/16
        Assert.Null(judgment.Uncertainty);
    }

    [Fact]
    public async Task JudgeAsync_TieThatMayNotBeCalled_IsUnparsable()
    {
        using ScriptedChatClient client = ScriptedChatClient.Of(Tie);
        Judgment judgment = await new ReasoningJudge(client).JudgeAsync(new("q", "a", "b"), TestContext.Current.CancellationToken);
        Assert.Equal(MatchOutcome.Missing, judgment.Outcome);
        Assert.DoesNotContain("Tie", client.Requests[0].UserText, StringComparison.Ordinal);
    }

    [Fact]
    public async Task JudgeAsync_TieOrAResponse_IsNotAVerdict() =>
        Assert.Equal(MatchOutcome.Missing, (await JudgeAsync(@"Either \boxed{Tie} or \boxed{Assistant 1}")).Outcome);

    [Fact]
    public async Task Serialize_TiedJudgment_IsReadBack()
    {
        Judgment judgment = await JudgeAsync(Tie, Tie, One);
        Judgment read = JsonSerializer.Deserialize<Judgment>(JsonSerializer.Serialize(judgment))!;
        Assert.Equal((MatchOutcome.Tie, null, true), (read.Outcome, read.MissingReason, read.IsTie));
        Assert.Equal(judgment.Votes.Select(vote => vote.Verdict), read.Votes.Select(vote => vote.Verdict));
    }

    [Fact]
    public async Task RankAsync_Ties_GiveRewardsByDavidson()
    {
        using ScriptedChatClient client = ScriptedChatClient.Of(Tie);
        Ranking ranking = await new Ranker(
            new ReasoningJudge(client, new() { Ties = true }),
            new() { Method = RatingMethod.Davidson }
        ).RankAsync("q", ["a", "b", "c"], cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(0, ranking.MissingMatches);
        Assert.All(ranking.Rewards, reward => Assert.Equal(0.5, reward ?? 0, 1e-9));
    }

    [Theory]
    [InlineData("Stopping")]
    [InlineData("StrictParsing")]
    [InlineData("template")]
    public void Validate_WhatDoesNotGoWithTies_IsAFault(string fault)
    {
        JudgeOptions options = new() { Ties = true, Votes = 3 };
        options = fault switch
        {
            "Stopping" => options with { Stopping = new VoteStopping.Certain() },
            "StrictParsing" => options with { StrictParsing = true },
            _ => options with { Prompt = JudgePrompt.Parse("[user]\n{query}{response_1}{response_2}") },
        };
        Assert.Contains(fault, Assert.Throws<ArgumentException>(options.Validate).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Voting_WithoutTies_IsAsBefore()
    {
        JudgeOptions options = new();
        Assert.Contains("ties True instead of False", (options with { Ties = true }).Voting.DifferencesFrom(options.Voting));
        Assert.False(options.Voting.Ties);
    }

    private static async Task<Judgment> JudgeAsync(params string[] answers)
    {
        using ScriptedChatClient client = new(request =>
        {
            // One answer for each vote, whatever is asked first, numbered as the caller numbers the responses.
            string answer = answers[Math.Min(request.Index, answers.Length - 1)];
            bool given =
                request.UserText.IndexOf("apple", StringComparison.Ordinal) < request.UserText.IndexOf("banana", StringComparison.Ordinal);
            return given ? answer
                : answer == One ? Two
                : answer == Two ? One
                : answer;
        });
        return await new ReasoningJudge(
            client,
            new()
            {
                Ties = true,
                Votes = answers.Length,
                UnparsableRedraws = 0,
            }
        ).JudgeAsync(new("q", "apple", "banana"), TestContext.Current.CancellationToken);
    }
}
