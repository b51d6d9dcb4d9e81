using System.Net;
using RewardReasoning.Judging;
using RewardReasoning.Testing;
using Xunit;

namespace RewardReasoning.Tests;

public sealed class FailurePolicyTests
{
    private static readonly Comparison Sum = new("2+2?", "4", "5");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(HttpStatusCode.BadRequest, FailureScope.Row)]
    [InlineData(HttpStatusCode.RequestEntityTooLarge, FailureScope.Row)]
    [InlineData(HttpStatusCode.UnprocessableEntity, FailureScope.Row)]
    [InlineData(HttpStatusCode.Unauthorized, FailureScope.Run)]
    [InlineData(HttpStatusCode.PaymentRequired, FailureScope.Run)]
    [InlineData(HttpStatusCode.Forbidden, FailureScope.Run)]
    [InlineData(HttpStatusCode.NotFound, FailureScope.Vote)]
    [InlineData(HttpStatusCode.TooManyRequests, FailureScope.Vote)]
    [InlineData(HttpStatusCode.InternalServerError, FailureScope.Vote)]
    public void ScopeOf_HttpStatus_IsWhatTheServerMeansByIt(HttpStatusCode status, FailureScope scope)
    {
        Assert.Equal(scope, FailurePolicy.ScopeOf(status));
        Assert.Equal(scope, FailurePolicy.ScopeOf(new HttpRequestException("refused", null, status)));
    }

    [Fact]
    public void ScopeOf_MistakesInCode_IsTheRun() =>
        Assert.All(
            new Exception[]
            {
                new ArgumentException("k"),
                new InvalidCastException(),
                new InvalidOperationException(),
                new KeyNotFoundException(),
                new NotSupportedException(),
                new AggregateException(new ArgumentException("k")),
            },
            mistake => Assert.Equal(FailureScope.Run, FailurePolicy.ScopeOf(mistake))
        );

    [Fact]
    public void ScopeOf_FailuresOfForeignClients_IsTheVote() =>
        Assert.All(
            new Exception[]
            {
                new HttpRequestException("refused"),
                new TimeoutException(),
                new TaskCanceledException(),
                new IOException("reset"),
                new UnknownClientException(),
            },
            failure => Assert.Equal(FailureScope.Vote, FailurePolicy.ScopeOf(failure))
        );

    [Fact]
    public void ScopeOf_PromptLongerThanTheContext_IsTheRow()
    {
        ArgumentException tooLong = new("too long");
        tooLong.Data[ChatResponseKeys.PromptTokens] = 5000;
        tooLong.Data[ChatResponseKeys.ContextTokens] = 4096;
        Assert.Equal(FailureScope.Row, FailurePolicy.ScopeOf(tooLong));
    }

    [Fact]
    public void EndsOnlyTheRow_LostVotes_OnlyOnceSomethingSucceeded()
    {
        FailurePolicy policy = new();
        HttpRequestException gone = new("connection refused");
        Assert.False(policy.EndsOnlyTheRow(gone, Cancel));
        Assert.True(policy.EndsOnlyTheRow(new OutOfDomainException("sums only"), Cancel));
        policy.Succeeded();
        Assert.True(policy.EndsOnlyTheRow(gone, Cancel));
        Assert.False(policy.EndsOnlyTheRow(gone, new CancellationToken(canceled: true)));
        Assert.False(policy.EndsOnlyTheRow(new HttpRequestException("pay", null, HttpStatusCode.PaymentRequired), Cancel));
    }

    [Fact]
    public async Task JudgeAsync_OneVoteIsUnpaid_EndsTheRunThoughOthersCameThrough()
    {
        using ScriptedChatClient client = new(request =>
            request.Index == 1
                ? new ScriptedReply { Fault = new HttpRequestException("no credit", null, HttpStatusCode.PaymentRequired) }
                : @"<think>a</think>\boxed{Assistant 1}"
        );
        await Assert.ThrowsAsync<HttpRequestException>(() =>
            new ReasoningJudge(client, new() { Votes = 3, Concurrency = 1 }).JudgeAsync(Sum, Cancel)
        );
    }

    [Fact]
    public async Task JudgeAsync_FirstVoteIsRefusedForItsContent_AsksNoFurther()
    {
        using ScriptedChatClient client = ScriptedChatClient.Of(
            new ScriptedReply { Fault = new HttpRequestException("refused", null, HttpStatusCode.BadRequest) }
        );
        JudgeOptions options = new() { Votes = 9, Stopping = new VoteStopping.Certain() };
        await Assert.ThrowsAsync<HttpRequestException>(() => new ReasoningJudge(client, options).JudgeAsync(Sum, Cancel));
        Assert.Equal(5, client.Requests.Count);
    }

    private sealed class UnknownClientException : Exception;
}
