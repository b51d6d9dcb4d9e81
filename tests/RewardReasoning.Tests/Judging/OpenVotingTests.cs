using RewardReasoning.Judging;
using RewardReasoning.Testing;
using Xunit;

namespace RewardReasoning.Tests.Judging;

public sealed class OpenVotingTests
{
    private static readonly Comparison Sum = new("2+2?", "four", "five");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(VoteOrder.Hashed, 3)]
    [InlineData(VoteOrder.Both, 6)]
    public async Task EndAsync_AfterThreeSteps_HasTheFirstVotesOfTheFixedSeries(VoteOrder order, int completions)
    {
        using ScriptedChatClient client = new(request => $"\\boxed{{Assistant {1 + (request.Options.Seed % 2)}}}");
        ReasoningJudge judge = new(client, new JudgeOptions { Votes = 9, Order = order });
        OpenVoting voting = judge.Open(Sum);
        for (int step = 0; step < 3; step++)
        {
            await voting.AskAsync(Cancel);
        }

        Judgment ended = await voting.EndAsync(Cancel),
            whole = await judge.JudgeAsync(Sum, Cancel);

        Assert.Equal(completions, ended.Votes.Count);
        Assert.Equal(
            whole.Votes.Take(completions).Select(vote => (vote.Index, vote.Seed, vote.Order, vote.Verdict)),
            ended.Votes.Select(vote => (vote.Index, vote.Seed, vote.Order, vote.Verdict))
        );
        Assert.Equal((VotingEnd.Budget, order == VoteOrder.Both ? 18 : 9), (ended.EndedBy, ended.MaxVotes));
        Assert.Equal(5 * completions, ended.Usage.OutputTokens);
    }

    [Fact]
    public async Task EndAsync_Draw_IsDecidedWithoutFurtherVotes()
    {
        using ScriptedChatClient client = new(request => $"\\boxed{{Assistant {1 + (request.Index % 2)}}}");
        OpenVoting voting = new ReasoningJudge(client, new JudgeOptions { Votes = 9, Order = VoteOrder.Given }).Open(Sum);
        await voting.AskAsync(Cancel);
        await voting.AskAsync(Cancel);

        Judgment judgment = await voting.EndAsync(Cancel);

        Assert.Equal((2, DrawBreak.Coin), (client.Requests.Count, judgment.DrawBrokenBy));
    }

    [Fact]
    public async Task EndAsync_LeadThatNothingCanChange_EndsAsCertain()
    {
        using ScriptedChatClient client = new(_ => @"\boxed{Assistant 1}");
        OpenVoting voting = new ReasoningJudge(client, new JudgeOptions { Votes = 3, Order = VoteOrder.Given }).Open(Sum);
        await voting.AskAsync(Cancel);
        await voting.AskAsync(Cancel);

        Assert.Equal(VotingEnd.Certain, (await voting.EndAsync(Cancel)).EndedBy);
    }

    [Fact]
    public async Task EndAsync_EveryRequestFailed_ThrowsTheFirstFailure()
    {
        using ScriptedChatClient client = new(request => new ScriptedReply { Fault = new HttpRequestException($"{request.Index}") });
        OpenVoting voting = new ReasoningJudge(client, new JudgeOptions { Votes = 3 }).Open(Sum);
        await voting.AskAsync(Cancel);
        await voting.AskAsync(Cancel);

        HttpRequestException failure = await Assert.ThrowsAsync<HttpRequestException>(() => voting.EndAsync(Cancel));

        Assert.Equal("0", failure.Message);
    }
}
