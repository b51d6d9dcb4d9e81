using Microsoft.Extensions.AI;
using RewardReasoning.Judging;
using RewardReasoning.Testing;
using Xunit;

namespace RewardReasoning.Tests.Judging;

/// <summary>What is read of a completion that neither ended by itself nor at its length, whatever client it comes from.</summary>
public sealed class CompletionEndTests
{
    private static readonly Comparison Pair = new("q", "a", "b");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static async Task<(Judgment Judgment, int Requests)> JudgeAsync(ScriptedReply reply, TokenPrices? prices = null)
    {
        ScriptedChatClient client = new(_ => reply);
        Judgment judgment = await new ReasoningJudge(client, new() { Prices = prices }).JudgeAsync(Pair, Cancel);
        return (judgment, client.Requests.Count);
    }

    [Fact]
    public async Task JudgeAsync_ContentFilter_IsMissingWithItsWordsAndNotDrawnAgain()
    {
        (Judgment judgment, int requests) = await JudgeAsync(
            new() { Text = @"I can't judge \boxed{Assistant 1} here.", FinishReason = ChatFinishReason.ContentFilter }
        );
        Assert.Null(judgment.Preferred);
        Assert.Contains("content filter", judgment.MissingReason, StringComparison.Ordinal);
        Assert.Contains("I can't judge", judgment.MissingReason, StringComparison.Ordinal);
        Assert.Equal(1, requests);
    }

    [Theory]
    [InlineData("error")]
    [InlineData("moon_phase")]
    public async Task JudgeAsync_UnknownEnd_IsNoVerdict(string reason)
    {
        (Judgment judgment, _) = await JudgeAsync(new() { Text = @"At first sight \boxed{Assistant 2}", FinishReason = new(reason) });
        Assert.Null(judgment.Preferred);
        Assert.Contains($"'{reason}'", judgment.MissingReason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task JudgeAsync_UsageNotReported_HasNoCost()
    {
        TokenPrices prices = new() { Prompt = 1, Output = 10 };
        (Judgment unknown, _) = await JudgeAsync(new() { Text = @"\boxed{Assistant 1}", Usage = null }, prices);
        (Judgment known, _) = await JudgeAsync(new() { Text = @"\boxed{Assistant 1}" }, prices);
        Assert.Equal((null, 1), (unknown.Usage.Cost, unknown.Usage.UnreportedCompletions));
        Assert.Equal(0.00006m, known.Usage.Cost);
        Assert.Null((known.Usage + unknown.Usage).Cost);
    }
}
