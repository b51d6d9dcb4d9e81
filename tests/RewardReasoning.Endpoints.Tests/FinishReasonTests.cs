using Microsoft.Extensions.AI;
using RewardReasoning.Testing;
using Xunit;

namespace RewardReasoning.Endpoints.Tests;

/// <summary>Only what the model itself ended is a whole answer.</summary>
public sealed class FinishReasonTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static async Task<ChatResponse> AskAsync(FakeOpenAIServer server, bool stream = false)
    {
        using EndpointChatClient client = new(
            new()
            {
                Url = server.Url,
                Model = "m",
                FirstDelay = TimeSpan.FromMilliseconds(1),
            }
        );
        ChatMessage[] hello = [new(ChatRole.User, "Hello")];
        return stream
            ? await client.GetStreamingResponseAsync(hello, null, Cancel).ToChatResponseAsync(Cancel)
            : await client.GetResponseAsync(hello, null, Cancel);
    }

    private static FakeReply Ending(string reason, string content = @"At first sight \boxed{Assistant 2}, but") =>
        FakeReply.Completion(content) with
        {
            FinishReason = reason,
        };

    [Theory]
    [InlineData("stop", "stop")]
    [InlineData("end_turn", "stop")]
    [InlineData("eos_token", "stop")]
    [InlineData("STOP", "stop")]
    [InlineData("length", "length")]
    [InlineData("model_length", "length")]
    [InlineData("max_tokens", "length")]
    [InlineData("MAX_TOKENS", "length")]
    [InlineData("model_context_window_exceeded", "length")]
    [InlineData("content_filter", "content_filter")]
    [InlineData("SAFETY", "content_filter")]
    [InlineData("sensitive", "content_filter")]
    public async Task Response_ReasonOfAnyServer_IsReportedInOneWord(string reason, string reported)
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(Ending(reason));
        Assert.Equal(reported, (await AskAsync(server)).FinishReason?.Value);
        Assert.Equal(reported, (await AskAsync(server, stream: true)).FinishReason?.Value);
        Assert.Equal(2, server.Requests.Count);
    }

    [Theory]
    [InlineData("error")]
    [InlineData("abort")]
    [InlineData("insufficient_system_resource")]
    [InlineData("network_error")]
    public async Task GetResponseAsync_ServerBrokeTheAnswerOff_IsAskedAgain(string reason)
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(Ending(reason), FakeReply.Completion("whole"));
        Assert.Equal("whole", (await AskAsync(server)).Text);
        Assert.Equal(2, server.Requests.Count);
    }

    [Fact]
    public async Task GetResponseAsync_AlwaysBrokenOff_IsAFailureOfItsOwnKind()
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(Ending("abort"));
        EndpointException error = await Assert.ThrowsAsync<EndpointException>(() => AskAsync(server));
        Assert.Equal(EndpointFailure.BrokenOff, error.Failure);
        Assert.Contains("finish_reason \"abort\"", error.Message, StringComparison.Ordinal);
        Assert.Equal(8, server.Requests.Count);
    }

    [Fact]
    public async Task GetResponseAsync_UnknownReason_IsNoAnswerAndTriedThreeTimes()
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(Ending("moon_phase"));
        EndpointException error = await Assert.ThrowsAsync<EndpointException>(() => AskAsync(server));
        Assert.Equal(EndpointFailure.UnknownEnd, error.Failure);
        Assert.Contains("moon_phase", error.Message, StringComparison.Ordinal);
        Assert.Equal(3, server.Requests.Count);
    }

    [Fact]
    public async Task GetResponseAsync_ErrorOnTheChoice_IsAskedAgain()
    {
        const string Body = """
            {"choices":[{"message":{"content":"At first sight \\boxed{Assistant 2}"},"finish_reason":"stop",
             "error":{"code":502,"message":"upstream went away"}}]}
            """;
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(
            new FakeReply { Body = Body },
            FakeReply.Completion("whole")
        );
        Assert.Equal("whole", (await AskAsync(server)).Text);
    }

    [Fact]
    public async Task GetResponseAsync_RefusalInPlaceOfAnAnswer_IsWithheldWithItsText()
    {
        const string Body = """{"choices":[{"message":{"content":null,"refusal":"I can't judge this."},"finish_reason":"stop"}]}""";
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(new FakeReply { Body = Body });
        ChatResponse response = await AskAsync(server);
        Assert.Equal((ChatFinishReason.ContentFilter, "I can't judge this."), (response.FinishReason, response.Text));
    }
}
