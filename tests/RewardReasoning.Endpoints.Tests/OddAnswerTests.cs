using System.Globalization;
using Microsoft.Extensions.AI;
using RewardReasoning.Testing;
using Xunit;

namespace RewardReasoning.Endpoints.Tests;

/// <summary>Answers as gateways and servers really write them.</summary>
public sealed class OddAnswerTests
{
    private const string Whole =
        """{"choices":[{"message":{"content":"Hi"},"finish_reason":"stop"}],"usage":{"prompt_tokens":10,"completion_tokens":5}}""";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static async Task<ChatResponse> AskAsync(FakeOpenAIServer server, EndpointOptions? options = null)
    {
        using EndpointChatClient client = new(
            (options ?? new() { Url = server.Url, Model = "m" }) with
            {
                FirstDelay = TimeSpan.FromMilliseconds(1),
                Tries = 2,
            }
        );
        return await client.GetResponseAsync([new(ChatRole.User, "Hello")], new() { MaxOutputTokens = 64, TopK = 5 }, Cancel);
    }

    private static async Task<ChatResponse> AnswerAsync(string body, string mediaType = "text/event-stream")
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(new FakeReply { Body = body, MediaType = mediaType });
        return await AskAsync(server);
    }

    private static string Piece(string content, string? reason = null) =>
        $$"""data: {"choices":[{"index":0,"delta":{"content":"{{content}}"},"finish_reason":"""
        + (reason is null ? "null" : $"\"{reason}\"")
        + "}]}"
        + "\n\n";

    [Theory]
    [InlineData("event: ping\ndata: {\"type\": \"ping\"}\n\n")]
    [InlineData("event: ping\ndata: \n\n")]
    [InlineData("data:\n\n")]
    [InlineData(": keep-alive\n\n")]
    [InlineData("data: {\"choices\":[]}\n\n")]
    public async Task Stream_SignsOfLifeBetweenThePieces_AreNoPartOfIt(string sign) =>
        Assert.Equal("Hello", (await AnswerAsync(sign + Piece("Hel") + sign + Piece("lo", "stop") + "data: [DONE]\n\n")).Text);

    [Fact]
    public async Task Stream_DoneWithoutAReason_IsTheEnd()
    {
        ChatResponse response = await AnswerAsync(Piece("Hel") + Piece("lo") + "data: [DONE]\n\n");
        Assert.Equal(("Hello", ChatFinishReason.Stop), (response.Text, response.FinishReason));
    }

    [Fact]
    public async Task Stream_NeitherReasonNorDone_IsAFailedTry() =>
        Assert.Contains(
            "closed in the middle",
            (await Assert.ThrowsAsync<EndpointException>(() => AnswerAsync(Piece("Hel") + Piece("lo")))).Message,
            StringComparison.Ordinal
        );

    [Theory]
    [InlineData("data: [DONE]\n\n")]
    [InlineData(": nothing\n\n")]
    public async Task Stream_WithoutAnyPiece_IsAFailedTry(string body)
    {
        EndpointException error = await Assert.ThrowsAsync<EndpointException>(() => AnswerAsync(body));
        Assert.Equal(EndpointFailure.NoCompletion, error.Failure);
        Assert.Contains("empty stream", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("text/event-stream")]
    [InlineData("text/plain")]
    [InlineData("application/octet-stream")]
    [InlineData("application/json")]
    public async Task Response_WhateverItsDeclaredType_IsReadAsWhatItIs(string mediaType)
    {
        Assert.Equal("Hi", (await AnswerAsync(Whole, mediaType)).Text);
        Assert.Equal("Hi", (await AnswerAsync("\n\n" + Whole + "data: [DONE]\n\n", mediaType)).Text);
        Assert.Equal("Hi", (await AnswerAsync(Piece("Hi", "stop") + "data: [DONE]\n\n", mediaType)).Text);
    }

    [Fact]
    public async Task Response_SomethingElseBehindTheJson_IsAFailedTry() =>
        await Assert.ThrowsAsync<EndpointException>(() => AnswerAsync(Whole + Whole));

    [Fact]
    public async Task Stream_ErrorEvent_IsAFailedTryWithItsText()
    {
        EndpointException error = await Assert.ThrowsAsync<EndpointException>(() =>
            AnswerAsync(Piece("Hel") + "event: error\ndata: {\"message\":\"engine died\"}\n\n")
        );
        Assert.Equal(EndpointFailure.BrokenOff, error.Failure);
        Assert.Contains("engine died", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("-Infinity")]
    [InlineData("NaN")]
    public async Task Response_LogProbOfATokenThatCannotCome_IsLeftOut(string impossible)
    {
        string body = """
            {"choices":[{"message":{"content":"say \"-Infinity\" 1"},"finish_reason":"stop","logprobs":{"content":[
             {"token":"1","logprob":-0.2,"top_logprobs":[{"token":"1","logprob":-0.2},{"token":"2","logprob":-1.7},
              {"token":"x","logprob":0}]}]}}]}
            """.Replace("\"logprob\":0}", $"\"logprob\":{impossible}}}", StringComparison.Ordinal);
        ChatResponse response = await AnswerAsync(body, "application/json");
        Assert.Equal("say \"-Infinity\" 1", response.Text);
        var top = Assert.IsType<KeyValuePair<string, float>[][]>(response.AdditionalProperties?[ChatResponseKeys.TokenTopLogProbs]);
        Assert.Equal([new("1", -0.2f), new("2", -1.7f)], top[0]);
    }

    [Fact]
    public async Task Response_ChoiceIsNull_IsAFailedTry() =>
        Assert.Contains(
            "not a chat completion",
            (await Assert.ThrowsAsync<EndpointException>(() => AnswerAsync("""{"choices":[null]}"""))).Message,
            StringComparison.Ordinal
        );

    [Fact]
    public async Task Response_BrokenCompression_IsAFailedTry()
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(
            new FakeReply
            {
                Body = Whole,
                Headers = new Dictionary<string, string> { ["Content-Encoding"] = "gzip" },
            },
            new FakeReply { Body = Whole }
        );
        Assert.Equal("Hi", (await AskAsync(server)).Text);
    }

    [Fact]
    public async Task Response_RelativeLocation_IsNamedInFull()
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(
            new FakeReply
            {
                Status = 307,
                Headers = new Dictionary<string, string> { ["Location"] = "/api/v1/chat/completions" },
                Body = "",
            }
        );
        EndpointException error = await Assert.ThrowsAsync<EndpointException>(() => AskAsync(server));
        Assert.Contains($"points to http://127.0.0.1:{server.Url.Port}/api/v1/chat/completions;", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Response_SameFaultWithStatus500_IsTriedThreeTimes()
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(
            new FakeReply
            {
                Status = 500,
                Body = "Internal Server Error",
                MediaType = "text/plain",
            }
        );
        using EndpointChatClient client = new(
            new()
            {
                Url = server.Url,
                Model = "m",
                FirstDelay = TimeSpan.FromMilliseconds(1),
            }
        );
        await Assert.ThrowsAsync<EndpointException>(() => client.GetResponseAsync([new(ChatRole.User, "Hello")], null, Cancel));
        Assert.Equal(3, server.Requests.Count);
    }

    // ---- usage as each provider counts it

    [Theory]
    [InlineData("""{"prompt_tokens":1000,"completion_tokens":100,"completion_tokens_details":{"reasoning_tokens":60}}""", 100, null, 60)]
    [InlineData(
        """{"prompt_tokens":1000,"completion_tokens":10,"total_tokens":3010,"completion_tokens_details":{"reasoning_tokens":2000}}""",
        2010,
        null,
        2000
    )]
    [InlineData(
        """{"prompt_tokens":1000,"completion_tokens":100,"total_tokens":1160,"completion_tokens_details":{"reasoning_tokens":60}}""",
        160,
        null,
        60
    )]
    [InlineData("""{"prompt_tokens":1000,"completion_tokens":100,"prompt_cache_hit_tokens":900}""", 100, 900, null)]
    [InlineData("""{"prompt_tokens":1000,"completion_tokens":100,"cached_tokens":800}""", 100, 800, null)]
    [InlineData("""{"prompt_tokens":1000.0,"completion_tokens":"100","prompt_tokens_details":{"cached_tokens":7.0}}""", 100, 7, null)]
    public async Task Response_Usage_IsReadAsItsProviderCounts(string usage, int output, int? cached, int? reasoning)
    {
        ChatResponse response = await AnswerAsync(
            $$"""{"choices":[{"message":{"content":"Hi"},"finish_reason":"stop"}],"usage":{{usage}}}""",
            "application/json"
        );
        Assert.Equal(
            (1000, output, cached, reasoning),
            (
                response.Usage?.InputTokenCount,
                response.Usage?.OutputTokenCount,
                response.Usage?.CachedInputTokenCount,
                response.Usage?.ReasoningTokenCount
            )
        );
    }

    [Fact]
    public async Task Response_WithoutUsage_HasNone() =>
        Assert.Null((await AnswerAsync("""{"choices":[{"message":{"content":"Hi"},"finish_reason":"stop"}]}""", "application/json")).Usage);

    [Fact]
    public async Task Response_NoTokensOfThoughtBesideAThought_IsNotReported()
    {
        ChatResponse response = await AnswerAsync(
            """
            {"choices":[{"message":{"content":"Hi","reasoning":"I think."},"finish_reason":"stop"}],
             "usage":{"prompt_tokens":1,"completion_tokens":64,"completion_tokens_details":{"reasoning_tokens":0}}}
            """,
            "application/json"
        );
        Assert.Null(response.Usage?.ReasoningTokenCount);
        Assert.Equal(64, response.Usage?.OutputTokenCount);
    }

    // ---- what a server will not take

    [Theory]
    [InlineData(422, """{"detail":"Unexpected fields in the request: {'top_k', 'stream_options'}"}""")]
    [InlineData(
        422,
        """{"detail":[{"type":"extra_forbidden","loc":["body","top_k"],"msg":"not permitted"},{"loc":["body","stream_options"]}]}"""
    )]
    [InlineData(400, """{"error":{"message":"Unrecognized request arguments supplied: stream_options, top_k"}}""")]
    public async Task Response_UnknownFields_AreLeftOutFromThenOn(int status, string body)
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(request =>
            request.Body.ContainsKey("top_k") || request.Body.ContainsKey("stream_options")
                ? new FakeReply { Status = status, Body = body }
                : FakeReply.Completion("Hi")
        );
        List<string> notices = [];
        using EndpointChatClient client = new(
            new()
            {
                Url = server.Url,
                Model = "m",
                OnNotice = notices.Add,
            }
        );
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal("Hi", (await client.GetResponseAsync([new(ChatRole.User, "Hello")], new() { TopK = 5 }, Cancel)).Text);
        }

        Assert.Equal(4, server.Requests.Count);
        Assert.Contains("top_k, stream_options", Assert.Single(notices), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Response_UnknownFieldThatMatters_IsARefusal()
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(
            FakeReply.Error(422, "Unexpected fields in the request: {'temperature'}")
        );
        await Assert.ThrowsAsync<EndpointException>(() => AskAsync(server));
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task Response_ServerDoesNotStream_IsAskedForWholeAnswersFromThenOn()
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(request =>
            request.Streams ? FakeReply.Error(400, "This model does not support streaming.") : FakeReply.Completion("Hi")
        );
        Assert.Equal("Hi", (await AskAsync(server)).Text);
        Assert.False(server.Requests[1].Body.ContainsKey("stream"));
    }

    [Fact]
    public async Task Response_ServerOnlyStreams_IsRead()
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(request =>
            request.Streams ? FakeReply.Completion("Hi") : FakeReply.Error(400, "This model only support stream mode, please enable it.")
        );
        Assert.Equal("Hi", (await AskAsync(server)).Text);
        Assert.Equal(
            "Hi",
            (
                await AskAsync(
                    server,
                    new()
                    {
                        Url = server.Url,
                        Model = "m",
                        ExtraFields = new() { ["stream"] = true },
                    }
                )
            ).Text
        );
    }

    [Fact]
    public async Task Response_NewerNameOfTheTokenLimit_IsUsedFromThenOn()
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(request =>
            request.Body.ContainsKey("max_tokens")
                ? FakeReply.Error(400, "'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.")
                : FakeReply.Completion(request.Body["max_completion_tokens"]?.GetValue<int>().ToString(CultureInfo.InvariantCulture) ?? "")
        );
        Assert.Equal("64", (await AskAsync(server)).Text);
    }

    [Theory]
    [InlineData("<think>\nso\n</think>\n\n\\boxed{Assistant ", "1} is right", false)]
    [InlineData("<think>\nso\n</think>\n\n\\boxed{Assistant ", "1} is right", true)]
    public async Task Response_PrefillComesBack_IsNoPartOfTheAnswer(string prefill, string added, bool stream)
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(
            FakeReply.Completion(prefill + added) with
            {
                NeverStreams = !stream,
            }
        );
        using EndpointChatClient client = new(
            new()
            {
                Url = server.Url,
                Model = "m",
                Flavour = ServerFlavour.LlamaCpp,
            }
        );
        ChatOptions options = new() { AdditionalProperties = new() { [ChatOptionKeys.Prefill] = prefill } };
        ChatResponse response = await client.GetResponseAsync([new(ChatRole.User, "Hello")], options, Cancel);
        Assert.Equal(added, response.Text);
        Assert.DoesNotContain(response.Messages[0].Contents, content => content is TextReasoningContent);
    }

    [Theory]
    [InlineData(ServerFlavour.Vllm, """{"choice":["1","2"]}""", "structured_outputs")]
    [InlineData(ServerFlavour.LlamaCpp, "\"root ::= \\\"1\\\" | \\\"2\\\"\"", "grammar")]
    [InlineData(ServerFlavour.SGLang, "\"(1|2)\"", "regex")]
    public async Task Request_ForcedVerdict_IsLimitedByTheServersOwnMeans(ServerFlavour flavour, string value, string field)
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(FakeReply.Completion("1"));
        using EndpointChatClient client = new(
            new()
            {
                Url = server.Url,
                Model = "m",
                Flavour = flavour,
            }
        );
        Assert.Contains(ChatOptionKeys.AllowedNextTokens, ChatOptionKeys.SupportedBy(client));
        ChatOptions options = new()
        {
            AdditionalProperties = new()
            {
                [ChatOptionKeys.Prefill] = "<think>\nso\n</think>\n\n\\boxed{Assistant ",
                [ChatOptionKeys.AllowedNextTokens] = new[] { "1", "2" },
            },
        };
        await client.GetResponseAsync([new(ChatRole.User, "Hello")], options, Cancel);
        Assert.Equal(value, server.Requests[0].Body[field]?.ToJsonString(Relaxed));
    }

    private static System.Text.Json.JsonSerializerOptions Relaxed { get; } =
        new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
}
