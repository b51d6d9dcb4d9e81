using System.Diagnostics;
using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;
using RewardReasoning.Judging;
using RewardReasoning.Testing;
using Xunit;

namespace RewardReasoning.Endpoints.Tests;

/// <summary>Over real sockets, against a server in this process.</summary>
public sealed class EndpointChatClientTests
{
    private static readonly ChatMessage[] Hello = [new(ChatRole.System, "Judge."), new(ChatRole.User, "Hello")];
    private static readonly Comparison Sum = new("2+2?", "four", "five");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static EndpointOptions OptionsFor(FakeOpenAIServer server) => OptionsFor(server.Url);

    private static EndpointOptions OptionsFor(Uri url) =>
        new()
        {
            Url = url,
            Model = "judge-7b",
            FirstDelay = TimeSpan.FromMilliseconds(1),
        };

    private static async Task<ChatResponse> AskAsync(EndpointOptions options, bool stream = false, ChatOptions? chatOptions = null)
    {
        using EndpointChatClient client = new(options);
        return stream
            ? await client.GetStreamingResponseAsync(Hello, chatOptions, Cancel).ToChatResponseAsync(Cancel)
            : await client.GetResponseAsync(Hello, chatOptions, Cancel);
    }

    private static string ThoughtOf(ChatResponse response) =>
        string.Concat(
            response.Messages.SelectMany(message => message.Contents).OfType<TextReasoningContent>().Select(content => content.Text)
        );

    [Fact]
    public async Task GetResponseAsync_AllOptions_SendsTheWholeRequest()
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(FakeReply.Completion("Hi"));
        ChatOptions chatOptions = new()
        {
            Temperature = 0.5f,
            TopP = 1,
            Seed = 7,
            MaxOutputTokens = 99,
            StopSequences = ["END"],
        };
        ChatResponse response = await AskAsync(OptionsFor(server), chatOptions: chatOptions);

        Assert.Equal("Hi", response.Text);
        Assert.Equal(ChatFinishReason.Stop, response.FinishReason);
        Assert.Equal((10, 5), (response.Usage?.InputTokenCount, response.Usage?.OutputTokenCount));
        FakeRequest sent = Assert.Single(server.Requests);
        Assert.Equal("/v1/chat/completions", sent.Path);
        Assert.Null(sent.Authorization);
        JsonNode expected = JsonNode.Parse(
            """
            {"model":"judge-7b","messages":[{"role":"system","content":"Judge."},{"role":"user","content":"Hello"}],
             "temperature":0.5,"top_p":1,"seed":7,"max_tokens":99,"stop":["END"],
             "stream":true,"stream_options":{"include_usage":true}}
            """
        )!;
        Assert.True(JsonNode.DeepEquals(expected, sent.Body), sent.Body.ToJsonString());
    }

    [Theory]
    [InlineData(ServerFlavour.Vllm, """{"top_k":-1,"min_p":0,"max_tokens":9}""")]
    [InlineData(ServerFlavour.SGLang, """{"top_k":-1,"min_p":0,"max_tokens":9}""")]
    [InlineData(ServerFlavour.LlamaCpp, """{"top_k":0,"min_p":0,"max_tokens":9}""")]
    [InlineData(ServerFlavour.Ollama, """{"max_tokens":9}""")]
    [InlineData(ServerFlavour.OpenAI, """{"max_completion_tokens":9}""")]
    public async Task GetResponseAsync_Flavour_SendsTheSamplingFieldsItsDefaultsWouldFill(ServerFlavour flavour, string fields)
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(FakeReply.Completion("Hi"));
        await AskAsync(OptionsFor(server) with { Flavour = flavour }, chatOptions: new() { MaxOutputTokens = 9 });
        JsonObject sent = server.Requests[0].Body;
        foreach (string field in (string[])["model", "messages", "stream", "stream_options"])
        {
            sent.Remove(field);
        }

        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(fields), sent), sent.ToJsonString());
    }

    [Theory]
    [InlineData("http://127.0.0.1:{0}", "/v1/chat/completions")]
    [InlineData("http://127.0.0.1:{0}/v1/", "/v1/chat/completions")]
    [InlineData("http://127.0.0.1:{0}/v1/chat/completions", "/v1/chat/completions")]
    [InlineData("http://127.0.0.1:{0}/api/openai", "/api/openai/chat/completions")]
    public async Task GetResponseAsync_AnyFormOfTheAddress_FindsTheInterface(string url, string path)
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(FakeReply.Completion("Hi"));
        await AskAsync(OptionsFor(new Uri(url.Replace("{0}", $"{server.Url.Port}", StringComparison.Ordinal))));
        Assert.Equal(path, server.Requests[0].Path);
    }

    [Theory]
    [InlineData("reasoning", false)]
    [InlineData("reasoning", true)]
    [InlineData("reasoning_content", false)]
    [InlineData("reasoning_content", true)]
    public async Task Response_ThoughtInAFieldOfItsOwn_IsReasoning(string field, bool stream)
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(
            FakeReply.Completion("Two.", "One and one.") with
            {
                ReasoningField = field,
            }
        );
        ChatResponse response = await AskAsync(OptionsFor(server), stream);
        Assert.Equal(("One and one.", "Two."), (ThoughtOf(response), response.Text));
        Assert.Equal(true, response.AdditionalProperties?[ChatResponseKeys.ReasoningClosed]);
        Assert.Equal((10, 5), (response.Usage?.InputTokenCount, response.Usage?.OutputTokenCount));
    }

    [Theory]
    [InlineData(1, false)]
    [InlineData(1, true)]
    [InlineData(2, true)]
    [InlineData(3, true)]
    [InlineData(5, true)]
    [InlineData(7, true)]
    [InlineData(9, true)]
    [InlineData(100, true)]
    public async Task Response_ThinkTagsInTheContent_AreTakenApartInAnyPieces(int pieceLength, bool stream)
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(
            FakeReply.Completion("\n<think>a < b </thin k></think>It <is> </b>") with
            {
                PieceLength = pieceLength,
            }
        );
        ChatResponse response = await AskAsync(OptionsFor(server), stream);
        Assert.Equal(("a < b </thin k>", "It <is> </b>"), (ThoughtOf(response), response.Text));
        Assert.Equal(true, response.AdditionalProperties?[ChatResponseKeys.ReasoningClosed]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Response_PromptOpenedTheThought_StartsInsideIt(bool stream)
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(FakeReply.Completion("One and one.</think>Two."));
        ChatResponse response = await AskAsync(OptionsFor(server) with { PromptOpensThought = true }, stream);
        Assert.Equal(("One and one.", "Two."), (ThoughtOf(response), response.Text));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Response_PromptOpenedTheThoughtUnknownToUs_StillGivesTheRightCompletion(bool stream)
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(FakeReply.Completion("One and one.</think>Two."));
        Completion completion = Completion.From(await AskAsync(OptionsFor(server), stream), TimeSpan.Zero);
        Assert.Equal(("One and one.", "Two.", true), (completion.Reasoning, completion.Answer, completion.ReasoningClosed));
    }

    [Theory]
    [InlineData(@"<think>so \boxed{Assistant 1}", null)]
    [InlineData(@"so \boxed{Assistant 1}", null)]
    [InlineData(@"<think>it says </think>\boxed{Assistant 1} and", null)]
    [InlineData("", @"so \boxed{Assistant 1}")]
    public async Task Response_CutAtItsLength_IsNoAnswer(string content, string? reasoning)
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(
            FakeReply.Completion(content, reasoning) with
            {
                FinishReason = "length",
            }
        );
        foreach (bool stream in (bool[])[false, true])
        {
            Completion completion = Completion.From(await AskAsync(OptionsFor(server), stream), TimeSpan.Zero);
            Assert.Equal((false, Verdict.Unparsable), (completion.ReasoningClosed, VerdictParser.Parse(completion)));
            Assert.Contains(@"\boxed{Assistant 1}", completion.Reasoning, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task GetResponseAsync_UsageDetails_AreRead()
    {
        JsonObject usage = JsonNode
            .Parse(
                """
                {"prompt_tokens":50,"completion_tokens":9,"prompt_tokens_details":{"cached_tokens":32},
                 "completion_tokens_details":{"reasoning_tokens":7}}
                """
            )!
            .AsObject();
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(FakeReply.Completion("Hi") with { Usage = usage });
        UsageDetails? read = (await AskAsync(OptionsFor(server))).Usage;
        Assert.Equal(
            (50, 9, 32, 7),
            (read?.InputTokenCount, read?.OutputTokenCount, read?.CachedInputTokenCount, read?.ReasoningTokenCount)
        );
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Response_LogProbs_AreAskedForAndRead(bool stream)
    {
        JsonObject logProbs = JsonNode
            .Parse(
                """
                {"content":[{"token":"Hi","logprob":-0.1,
                 "top_logprobs":[{"token":"Hi","logprob":-0.1},{"token":"Ho","logprob":-2.5}]}]}
                """
            )!
            .AsObject();
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(FakeReply.Completion("Hi") with { LogProbs = logProbs });
        ChatOptions chatOptions = new() { AdditionalProperties = new() { [ChatOptionKeys.LogProbs] = 2 } };
        ChatResponse response = await AskAsync(OptionsFor(server) with { LogProbs = true }, stream, chatOptions);

        Assert.Equal(
            (true, 2),
            (server.Requests[0].Body["logprobs"]?.GetValue<bool>(), server.Requests[0].Body["top_logprobs"]?.GetValue<int>())
        );
        Assert.Equal(["Hi"], Assert.IsType<string[]>(response.AdditionalProperties?[ChatResponseKeys.TokenTexts]));
        var top = Assert.IsType<KeyValuePair<string, float>[][]>(response.AdditionalProperties?[ChatResponseKeys.TokenTopLogProbs]);
        Assert.Equal([new("Hi", -0.1f), new("Ho", -2.5f)], top[0]);
    }

    [Fact]
    public async Task GetResponseAsync_ContentInParts_IsJoined()
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(
            new FakeReply
            {
                Body = """
                {"choices":[{"message":{"content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]},
                 "finish_reason":"stop"}]}
                """,
            }
        );
        Assert.Equal("ab", (await AskAsync(OptionsFor(server))).Text);
    }

    [Fact]
    public async Task GetStreamingResponseAsync_ServerAnswersWhole_IsReadAllTheSame()
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(
            FakeReply.Completion("Two.", "One and one.") with
            {
                NeverStreams = true,
            }
        );
        ChatResponse response = await AskAsync(OptionsFor(server), stream: true);
        Assert.Equal(("One and one.", "Two."), (ThoughtOf(response), response.Text));
    }

    [Theory]
    [InlineData(ServerFlavour.Vllm, true)]
    [InlineData(ServerFlavour.SGLang, true)]
    [InlineData(ServerFlavour.LlamaCpp, false)]
    public async Task GetResponseAsync_Prefill_IsTheLastMessageToBeContinued(ServerFlavour flavour, bool flagged)
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(FakeReply.Completion("1}"));
        ChatOptions chatOptions = new()
        {
            AdditionalProperties = new() { [ChatOptionKeys.Prefill] = "<think>so\n</think>\n\n\\boxed{Assistant " },
        };
        await AskAsync(OptionsFor(server) with { Flavour = flavour }, chatOptions: chatOptions);

        JsonObject sent = server.Requests[0].Body;
        Assert.Equal("<think>\nso\n</think>\n\n\\boxed{Assistant ", server.Requests[0].LastContent("assistant"));
        Assert.Equal(
            flagged ? (true, false) : (null, null),
            (sent["continue_final_message"]?.GetValue<bool>(), sent["add_generation_prompt"]?.GetValue<bool>())
        );
    }

    [Fact]
    public async Task GetResponseAsync_PrefillOnAServerWithout_IsRefused()
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(FakeReply.Completion("1}"));
        ChatOptions chatOptions = new() { AdditionalProperties = new() { [ChatOptionKeys.Prefill] = "x" } };
        await Assert.ThrowsAsync<NotSupportedException>(() => AskAsync(OptionsFor(server), chatOptions: chatOptions));
    }

    [Fact]
    public async Task GetResponseAsync_ExtraFields_WinOverOurOwn()
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(FakeReply.Completion("Hi"));
        JsonObject extra = new()
        {
            ["temperature"] = 0,
            ["chat_template_kwargs"] = new JsonObject { ["enable_thinking"] = true },
        };
        await AskAsync(OptionsFor(server) with { ExtraFields = extra }, chatOptions: new() { Temperature = 1 });
        Assert.Equal(0, server.Requests[0].Body["temperature"]?.GetValue<int>());
        Assert.True(server.Requests[0].Body["chat_template_kwargs"]?["enable_thinking"]?.GetValue<bool>());
    }

    [Fact]
    public async Task GetResponseAsync_BinaryAndHugeText_ArrivesWellFormed()
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(FakeReply.Completion("Hi"));
        using EndpointChatClient client = new(OptionsFor(server));
        string text = "\0\u0001\ud800<|im_end|>\u2028\"\\" + new string('x', 1_000_000);
        await client.GetResponseAsync([new(ChatRole.User, text)], null, Cancel);
        Assert.Equal(text.Replace('\ud800', '\ufffd'), server.Requests[0].LastContent("user"));
    }

    // ---- failures

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Response_TransientFailures_AreTriedAgain(bool stream)
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(
            FakeReply.Error(500, "oops"),
            FakeReply.Error(503, "loading"),
            FakeReply.Html(),
            new FakeReply { Body = "{\"choices\": [" },
            new FakeReply { Body = "[]" },
            new FakeReply { Body = "{\"choices\":[]}" },
            new FakeReply { Body = """{"error":{"message":"overloaded"}}""" },
            FakeReply.Completion("Hi")
        );
        List<string> notices = [];
        EndpointOptions options = OptionsFor(server) with { OnRetry = (failure, number, _) => notices.Add($"{number} {failure.Message}") };
        Assert.Equal("Hi", (await AskAsync(options, stream)).Text);
        Assert.Equal(8, server.Requests.Count);
        Assert.Equal(7, notices.Count);
        Assert.Contains("overloaded", notices[6], StringComparison.Ordinal);
    }

    [Fact]
    public async Task GetResponseAsync_ResetInTheMiddle_IsTriedAgain()
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(
            FakeReply.Completion("Hello") with
            {
                Resets = true,
            },
            FakeReply.Completion("Hi")
        );
        Assert.Equal("Hi", (await AskAsync(OptionsFor(server))).Text);
        Assert.Equal(2, server.Requests.Count);
    }

    [Fact]
    public async Task GetStreamingResponseAsync_ResetInTheMiddle_IsAClearErrorAndNoAnswer()
    {
        TaskCompletionSource read = new();
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(
            FakeReply.Completion("Hello, world") with
            {
                Resets = true,
                ResetsAfter = read.Task,
            }
        );
        using EndpointChatClient client = new(OptionsFor(server));
        EndpointException error = await Assert.ThrowsAsync<EndpointException>(async () =>
        {
            await foreach (ChatResponseUpdate update in client.GetStreamingResponseAsync(Hello, null, Cancel))
            {
                Assert.Equal("Hel", update.Text);
                read.SetResult();
            }
        });
        Assert.Contains("closed in the middle of the answer", error.Message, StringComparison.Ordinal);
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task GetResponseAsync_AlwaysFailing_GivesUpAfterItsTries()
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(FakeReply.Error(503, "oops"));
        EndpointException error = await Assert.ThrowsAsync<EndpointException>(() => AskAsync(OptionsFor(server)));
        Assert.Equal(8, server.Requests.Count);
        Assert.Equal((HttpStatusCode.ServiceUnavailable, EndpointFailure.Unavailable), (error.Status, error.Failure));
        Assert.Contains("503 ServiceUnavailable", error.Message, StringComparison.Ordinal);
        Assert.EndsWith("Gave up after 8 tries.", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(400, "bad temperature")]
    [InlineData(401, "who are you")]
    [InlineData(404, "no such model")]
    [InlineData(422, "unknown field")]
    public async Task GetResponseAsync_Refused_IsNotTriedAgain(int status, string message)
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(FakeReply.Error(status, message));
        EndpointException error = await Assert.ThrowsAsync<EndpointException>(() => AskAsync(OptionsFor(server)));
        Assert.Single(server.Requests);
        Assert.Contains($"{status}", error.Message, StringComparison.Ordinal);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.StartsWith($"http://127.0.0.1:{server.Url.Port}/v1/chat/completions", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task GetResponseAsync_RetryAfter_IsHonoured()
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(
            FakeReply.Error(429, "slow down") with
            {
                Headers = new Dictionary<string, string> { ["Retry-After"] = "1" },
            },
            FakeReply.Completion("Hi")
        );
        Stopwatch watch = Stopwatch.StartNew();
        await AskAsync(OptionsFor(server));
        Assert.InRange(watch.Elapsed.TotalSeconds, 0.95, 20);
    }

    [Fact]
    public async Task GetResponseAsync_RetryAfterPastTheWindow_GivesUpAtOnce()
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(
            FakeReply.Error(429, "come back tomorrow") with
            {
                Headers = new Dictionary<string, string> { ["Retry-After"] = "86400" },
            }
        );
        EndpointException error = await Assert.ThrowsAsync<EndpointException>(() => AskAsync(OptionsFor(server)));
        Assert.Contains("86400 s, past the 10 minutes allowed", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task GetResponseAsync_NobodyListens_AsksWhetherTheServerRuns()
    {
        EndpointException error = await Assert.ThrowsAsync<EndpointException>(() =>
            AskAsync(OptionsFor(FakeOpenAIServer.UnusedUrl()) with { Tries = 2 })
        );
        Assert.Contains("connection refused. Is the server running", error.Message, StringComparison.Ordinal);
        Assert.EndsWith("Gave up after 2 tries.", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Response_Html_SaysSoWithItsTitle(bool stream)
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(FakeReply.Html());
        EndpointException error = await Assert.ThrowsAsync<EndpointException>(() =>
            AskAsync(OptionsFor(server) with { Tries = 1 }, stream)
        );
        Assert.Contains("an HTML page came back, titled \"Welcome to nginx!\"", error.Message, StringComparison.Ordinal);
        Assert.Contains("/v1", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task GetResponseAsync_LongErrorBody_IsCutTo200Characters()
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(
            new FakeReply
            {
                Status = 400,
                Body = new string('e', 5000),
                MediaType = "text/plain",
            }
        );
        EndpointException error = await Assert.ThrowsAsync<EndpointException>(() => AskAsync(OptionsFor(server)));
        Assert.Contains(new string('e', 200) + "…", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(new string('e', 201), error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task GetResponseAsync_ApiKey_IsSentAndNeverShown()
    {
        const string Variable = "REWARD_REASONING_TEST_KEY",
            Key = "sk-test-0123456789";
        Environment.SetEnvironmentVariable(Variable, Key);
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(FakeReply.Error(401, $"the key {Key} is wrong"));
        EndpointException error = await Assert.ThrowsAsync<EndpointException>(() =>
            AskAsync(OptionsFor(server) with { ApiKeyVariable = Variable })
        );
        Assert.Equal($"Bearer {Key}", server.Requests[0].Authorization);
        Assert.DoesNotContain(Key, error.ToString(), StringComparison.Ordinal);
        Assert.Contains($"Check the API key in the environment variable {Variable}", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Response_ServerHangs_TimesOut(bool stream)
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(new FakeReply { Hangs = true });
        EndpointOptions options = OptionsFor(server) with { RequestTimeout = TimeSpan.FromMilliseconds(200), Tries = 2 };
        EndpointException error = await Assert.ThrowsAsync<EndpointException>(() => AskAsync(options, stream));
        Assert.Contains("within 0.2 s", error.Message, StringComparison.Ordinal);
        Assert.Equal(2, server.Requests.Count);
    }

    [Fact]
    public async Task GetStreamingResponseAsync_StreamPauses_TimesOut()
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(
            FakeReply.Completion("Hello, world") with
            {
                HangsAfterPieces = 3,
            }
        );
        EndpointOptions options = OptionsFor(server) with { StreamIdleTimeout = TimeSpan.FromMilliseconds(200) };
        EndpointException error = await Assert.ThrowsAsync<EndpointException>(() => AskAsync(options, stream: true));
        Assert.Contains("the stream paused", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Response_Cancelled_EndsInOperationCanceledException(bool stream)
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(new FakeReply { Hangs = true });
        using EndpointChatClient client = new(OptionsFor(server));
        using CancellationTokenSource stop = new(TimeSpan.FromMilliseconds(100));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            stream
                ? client.GetStreamingResponseAsync(Hello, null, stop.Token).ToChatResponseAsync(stop.Token)
                : client.GetResponseAsync(Hello, null, stop.Token)
        );
    }

    [Theory]
    [InlineData(
        "'max_tokens' or 'max_completion_tokens' is too large: 8192. This model's maximum context length is 4096 tokens "
            + "and your request has 808 input tokens (8192 > 4096 - 808).",
        3288
    )]
    [InlineData(
        "This model's maximum context length is 4096 tokens. "
            + "However, you requested 9000 tokens (808 in the messages, 8192 in the completion).",
        3288
    )]
    [InlineData(
        "Requested token count exceeds the model's maximum context length of 4096 tokens. "
            + "You requested a total of 9000 tokens: 808 tokens from the input messages and 8192 tokens for the completion.",
        3288
    )]
    public async Task GetResponseAsync_CompletionDoesNotFit_TakesWhatTheContextLeaves(string refusal, int left)
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(FakeReply.Error(400, refusal), FakeReply.Completion("Hi"));
        Assert.Equal("Hi", (await AskAsync(OptionsFor(server), chatOptions: new() { MaxOutputTokens = 8192 })).Text);
        Assert.Equal(left, server.Requests[1].Body["max_tokens"]?.GetValue<int>());
    }

    [Theory]
    [InlineData("""{"error":{"message":"This model's maximum context length is 4096 tokens and your request has 9000 input tokens."}}""")]
    [InlineData(
        """
            {"error":{"code":400,"message":"the request exceeds the available context size","type":"exceed_context_size_error",
             "n_prompt_tokens":9000,"n_ctx":4096}}
            """
    )]
    public async Task JudgeAsync_PromptDoesNotFitTheServer_IsMissingWithBothLengths(string body)
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(new FakeReply { Status = 400, Body = body });
        using EndpointChatClient client = new(OptionsFor(server));
        Judgment judgment = await new ReasoningJudge(client).JudgeAsync(Sum, Cancel);
        Assert.Null(judgment.Preferred);
        Assert.Contains("9000", judgment.MissingReason, StringComparison.Ordinal);
        Assert.Contains("4096", judgment.MissingReason, StringComparison.Ordinal);
    }

    // ---- judging through it

    private static int IndexIn(FakeRequest request, string text) =>
        request.LastContent("user")?.IndexOf(text, StringComparison.Ordinal) ?? -1;

    [Fact]
    public async Task JudgeAsync_OverTheWire_JudgesAndCounts()
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(request =>
            FakeReply.Completion($"\\boxed{{Assistant {(IndexIn(request, "four") < IndexIn(request, "five") ? 1 : 2)}}}", "I look.")
        );
        using EndpointChatClient client = new(OptionsFor(server));
        Judgment judgment = await new ReasoningJudge(client, new() { Votes = 9 }).JudgeAsync(Sum, Cancel);
        Assert.Equal((Verdict.First, 1.0, "judge-7b"), (judgment.Preferred, judgment.VoteShare, judgment.Model));
        Assert.Equal((90, 45), (judgment.Usage.PromptTokens, judgment.Usage.OutputTokens));
        Assert.All(judgment.Votes, vote => Assert.Equal("I look.", vote.Reasoning));
        Assert.Equal(9, server.Requests.Select(request => request.Body["seed"]?.GetValue<long>()).Distinct().Count());
    }

    [Fact]
    public async Task JudgeAsync_BudgetOnVllm_ContinuesByPrefill()
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(
            FakeReply.Completion("", "long thought") with
            {
                FinishReason = "length",
            },
            FakeReply.Completion("2") with
            {
                FinishReason = "length",
            }
        );
        using EndpointChatClient client = new(OptionsFor(server) with { Flavour = ServerFlavour.Vllm });
        JudgeOptions options = new() { ThinkingBudget = 16, Order = VoteOrder.Given };
        Vote vote = (await new ReasoningJudge(client, options).JudgeAsync(Sum, Cancel)).Votes[0];
        Assert.Equal((Verdict.Second, true), (vote.Verdict, vote.Forced));
        Assert.Equal("<think>\nlong thought\n</think>\n\n\\boxed{Assistant ", server.Requests[1].LastContent("assistant"));
    }

    [Fact]
    public void Constructor_ManyFaults_ListsThemAllWithoutTheCredentials()
    {
        ArgumentException error = Assert.Throws<ArgumentException>(() =>
            new EndpointChatClient(
                new()
                {
                    Url = new Uri("http://me:hunter2@localhost:8000/v1"),
                    Model = " ",
                    Tries = 0,
                    RequestTimeout = TimeSpan.Zero,
                    ApiKeyVariable = "REWARD_REASONING_UNSET_VARIABLE",
                }
            )
        );
        foreach (
            string fault in (string[])
                ["credentials", "Model is empty", "Tries is 0", "RequestTimeout", "REWARD_REASONING_UNSET_VARIABLE is not set"]
        )
        {
            Assert.Contains(fault, error.Message, StringComparison.Ordinal);
        }

        Assert.DoesNotContain("hunter2", error.Message, StringComparison.Ordinal);
    }
}
