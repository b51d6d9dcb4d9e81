using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using RewardReasoning.Testing;

namespace RewardReasoning.Server.Tests.Chat;

/// <summary>The interface over the wire, with a scripted client behind it.</summary>
public sealed class ChatServerTests
{
    private static readonly string[] AllKeys =
    [
        ChatOptionKeys.Prefill,
        ChatOptionKeys.AllowedNextTokens,
        ChatOptionKeys.LogProbs,
        ChatOptionKeys.ThinkingBudget,
        ChatOptionKeys.ThinkingStub,
        ChatOptionKeys.ThinkingStubChoices,
        ChatOptionKeys.MinP,
    ];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Completion_Whole_HasThoughtAnswerAndUsage()
    {
        using ScriptedChatClient client = ScriptedChatClient.Of(
            new ScriptedReply
            {
                Reasoning = "why",
                Text = "because",
                Usage = Usage(7, 5, cached: 3, reasoning: 2),
            }
        );
        await using ServedClient served = await ServedClient.StartAsync(client);

        Answer answer = await served.AskAsync();

        Assert.Equal(200, answer.Status);
        Assert.Equal(
            ("chat.completion", ServedClient.Model),
            (answer.Json.GetProperty("object").GetString(), answer.Json.GetProperty("model").GetString())
        );
        JsonElement choice = Assert.Single(answer.Json.GetProperty("choices").EnumerateArray());
        Assert.Equal("stop", choice.GetProperty("finish_reason").GetString());
        Assert.Equal(
            """{"role":"assistant","content":"because","reasoning":"why","reasoning_content":"why"}""",
            choice.GetProperty("message").GetRawText()
        );
        Assert.Equal(
            """{"prompt_tokens":7,"completion_tokens":5,"total_tokens":12,"prompt_tokens_details":{"cached_tokens":3},"completion_tokens_details":{"reasoning_tokens":2}}""",
            answer.Json.GetProperty("usage").GetRawText()
        );
    }

    [Fact]
    public async Task Completion_Streamed_AddsUpToTheWholeAndEndsWithItsUsage()
    {
        using ScriptedChatClient client = ScriptedChatClient.Of(
            new ScriptedReply
            {
                Reasoning = "why on earth",
                Text = "because of this",
                FinishReason = ChatFinishReason.Length,
            }
        );
        await using ServedClient served = await ServedClient.StartAsync(client);

        Answer answer = await served.AskAsync("""{"stream": true, "stream_options": {"include_usage": true}}""");

        Assert.EndsWith("data: [DONE]\n\n", answer.Body, StringComparison.Ordinal);
        JsonElement[] deltas =
        [
            .. answer
                .Events.SelectMany(chunk => chunk.GetProperty("choices").EnumerateArray())
                .Select(choice => choice.GetProperty("delta")),
        ];
        Assert.Equal("assistant", deltas[0].GetProperty("role").GetString());
        Assert.Equal(
            ("why on earth", "why on earth", "because of this"),
            (Joined(deltas, "reasoning"), Joined(deltas, "reasoning_content"), Joined(deltas, "content"))
        );
        Assert.Equal("length", answer.Events[^2].GetProperty("choices")[0].GetProperty("finish_reason").GetString());
        Assert.Equal(
            (0, 15),
            (
                answer.Events[^1].GetProperty("choices").GetArrayLength(),
                answer.Events[^1].GetProperty("usage").GetProperty("total_tokens").GetInt32()
            )
        );
        Assert.Single(answer.Events.Select(chunk => chunk.GetProperty("id").GetString()).Distinct());
    }

    [Fact]
    public async Task Completion_StreamedWithoutUsage_HasNone()
    {
        using ScriptedChatClient client = ScriptedChatClient.Of("a");
        await using ServedClient served = await ServedClient.StartAsync(client);
        Answer answer = await served.AskAsync("""{"stream": true}""");
        Assert.DoesNotContain("usage", answer.Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Completion_Several_HaveSeedsThatCountUpAndOnePrompt(bool stream)
    {
        using ScriptedChatClient client = new(request => $"seed {request.Options.Seed}");
        await using ServedClient served = await ServedClient.StartAsync(client);

        Answer answer = await served.AskAsync(
            $$"""{"n": 3, "seed": 40, "stream": {{(stream ? "true" : "false")}}, "stream_options": {"include_usage": true} }"""
        );

        JsonElement[] all = stream ? answer.Events : [answer.Json];
        ILookup<int, string?> texts = all.SelectMany(chunk => chunk.GetProperty("choices").EnumerateArray())
            .ToLookup(
                choice => choice.GetProperty("index").GetInt32(),
                choice =>
                    choice.GetProperty(stream ? "delta" : "message").TryGetProperty("content", out JsonElement content)
                        ? content.GetString()
                        : ""
            );
        Assert.Equal(["seed 40", "seed 41", "seed 42"], texts.OrderBy(group => group.Key).Select(group => string.Concat(group)));
        JsonElement usage = all[^1].GetProperty("usage");
        Assert.Equal((10, 15), (usage.GetProperty("prompt_tokens").GetInt32(), usage.GetProperty("completion_tokens").GetInt32()));
    }

    [Fact]
    public async Task Request_EveryField_ReachesTheClient()
    {
        using ScriptedChatClient client = new(_ => "a", AllKeys);
        await using ServedClient served = await ServedClient.StartAsync(client);

        Answer answer = await served.AskAsync(
            """
            {
              "temperature": 0.5, "top_p": 0.9, "top_k": 20, "min_p": 0.05, "seed": 9007199254740993, "max_completion_tokens": 30, "stop": ["x", "y"],
              "logprobs": true, "top_logprobs": 4, "thinking_token_budget": 12, "thinking_stub": "</think>#", "thinking_stub_choices": ["1", "2"],
              "continue_final_message": true, "add_generation_prompt": false, "user": "somebody", "response_format": {"type": "text"},
              "messages": [
                {"role": "developer", "content": [{"type": "text", "text": "be "}, {"type": "text", "text": "brief"}]},
                {"role": "user", "content": "q"}, {"role": "assistant", "content": "<think>\nwell"}
              ]
            }
            """
        );

        Assert.Equal(200, answer.Status);
        ScriptedRequest request = Assert.Single(client.Requests);
        ChatOptions options = request.Options;
        Assert.Equal(
            (0.5f, 0.9f, 20, 9007199254740993, 30),
            (options.Temperature, options.TopP, options.TopK, options.Seed, options.MaxOutputTokens)
        );
        Assert.Equal(["x", "y"], options.StopSequences);
        Assert.Equal(
            (0.05f, 4, 12),
            (
                request.Property(ChatOptionKeys.MinP),
                request.Property(ChatOptionKeys.LogProbs),
                request.Property(ChatOptionKeys.ThinkingBudget)
            )
        );
        Assert.Equal(("</think>#", "<think>\nwell"), (request.Property(ChatOptionKeys.ThinkingStub), request.Prefill));
        Assert.Equal(["1", "2"], Assert.IsType<string[]>(request.Property(ChatOptionKeys.ThinkingStubChoices)));
        Assert.Equal(
            [(ChatRole.System, "be brief"), (ChatRole.User, "q")],
            request.Messages.Select(message => (message.Role, message.Text))
        );
    }

    [Fact]
    public async Task Request_NothingButMessages_LeavesAllToTheModel()
    {
        using ScriptedChatClient client = new(_ => "a", AllKeys);
        await using ServedClient served = await ServedClient.StartAsync(client);
        Assert.Equal(200, (await served.AskAsync("""{"top_k": -1, "thinking_token_budget": -1}""")).Status);
        ChatOptions options = Assert.Single(client.Requests).Options;
        Assert.Equal((null, null, 0, null, null), (options.Temperature, options.TopP, options.TopK, options.Seed, options.MaxOutputTokens));
        Assert.Empty(options.AdditionalProperties ?? []);
    }

    [Fact]
    public async Task Request_EarlierThoughts_ReachTheTemplateApart()
    {
        using ScriptedChatClient client = ScriptedChatClient.Of("a");
        await using ServedClient served = await ServedClient.StartAsync(client);
        await served.AskAsync(
            """{"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": null, "reasoning_content": "hm"}, {"role": "user", "content": "and?"}]}"""
        );
        Assert.Equal("hm", Assert.IsType<TextReasoningContent>(client.Requests[0].Messages[1].Contents[0]).Text);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task LogProbs_AskedFor_AreThoseOfTheClient(bool stream)
    {
        using ScriptedChatClient client = new(
            _ => new ScriptedReply
            {
                Text = "é",
                Properties = new()
                {
                    [ChatResponseKeys.TokenTexts] = new[] { "é", "\ufffd" },
                    [ChatResponseKeys.TokenLogProbs] = new[] { -0.5f, -1.5f },
                    [ChatResponseKeys.TokenTopLogProbs] = new[]
                    {
                        new[] { KeyValuePair.Create("é", -0.5f), KeyValuePair.Create("e", -2f) },
                        [KeyValuePair.Create("\ufffd", -1.5f)],
                    },
                },
            },
            ChatOptionKeys.LogProbs
        );
        await using ServedClient served = await ServedClient.StartAsync(client);

        Answer answer = await served.AskAsync($$"""{"logprobs": true, "top_logprobs": 2, "stream": {{(stream ? "true" : "false")}}}""");

        JsonElement choice = (stream ? answer.Events[^1] : answer.Json).GetProperty("choices")[0];
        Assert.Equal(
            """
            {"content":[{"token":"é","logprob":-0.5,"bytes":[195,169],"top_logprobs":[{"token":"é","logprob":-0.5,"bytes":[195,169]},{"token":"e","logprob":-2,"bytes":[101]}]},{"token":"�","logprob":-1.5,"top_logprobs":[{"token":"�","logprob":-1.5}]}]}
            """.Trim(),
            choice.GetProperty("logprobs").GetRawText()
        );
    }

    [Theory]
    [InlineData("no JSON", 400, null)]
    [InlineData("[]", 400, null)]
    [InlineData("null", 400, null)]
    [InlineData("""{"model": "judge", "messages": [{"role": "user", "content": "q"}], "temperature": "hot"}""", 400, "temperature")]
    [InlineData("""{"model": "judge", "messages": [{"role": "user", "content": "q"}], "seed": 1.5}""", 400, "seed")]
    [InlineData("""{"model": "judge", "messages": "q"}""", 400, "messages")]
    [InlineData("""{"model": "judge", "messages": []}""", 400, "messages")]
    [InlineData("""{"model": "judge"}""", 400, "messages")]
    [InlineData("""{"model": "judge", "messages": [null]}""", 400, "messages[0].role")]
    [InlineData("""{"model": "judge", "messages": [{"role": "tool", "content": "q"}]}""", 400, "messages[0].role")]
    [InlineData("""{"model": "judge", "messages": [{"role": "user", "content": null}]}""", 400, "messages[0].content")]
    [InlineData(
        """{"model": "judge", "messages": [{"role": "user", "content": [{"type": "image_url"}]}]}""",
        400,
        "messages[0].content[0]"
    )]
    [InlineData("""{"messages": [{"role": "user", "content": "q"}]}""", 400, "model")]
    [InlineData("""{"model": "gpt-4o", "messages": [{"role": "user", "content": "q"}]}""", 404, "model")]
    public async Task Request_ThatCannotBeRead_IsRefusedAndNeverAsked(string body, int status, string? parameter)
    {
        using ScriptedChatClient client = ScriptedChatClient.Of("a");
        await using ServedClient served = await ServedClient.StartAsync(client);
        Answer answer = await served.PostAsync(body);
        Assert.Equal((status, parameter), (answer.Status, answer.Error.GetProperty("param").GetString()));
        Assert.NotEqual("", answer.Error.GetProperty("message").GetString());
        Assert.Empty(client.Requests);
    }

    [Theory]
    [InlineData("""{"n": 0}""", "n")]
    [InlineData("""{"n": 129}""", "n")]
    [InlineData("""{"stop": 5}""", "stop")]
    [InlineData("""{"stop": [5]}""", "stop")]
    [InlineData("""{"top_logprobs": 2}""", "top_logprobs")]
    [InlineData("""{"logprobs": true, "top_logprobs": 21}""", "top_logprobs")]
    [InlineData("""{"logprobs": true}""", "logprobs")]
    [InlineData("""{"min_p": 0.1}""", "min_p")]
    [InlineData("""{"thinking_token_budget": 5}""", "thinking_token_budget")]
    [InlineData("""{"tools": [{}]}""", "tools")]
    [InlineData("""{"response_format": {"type": "json_object"}}""", "response_format")]
    [InlineData("""{"presence_penalty": 0.5}""", "presence_penalty")]
    [InlineData("""{"logit_bias": {"5": 1}}""", "logit_bias")]
    [InlineData("""{"chat_template_kwargs": {"enable_thinking": false}}""", "chat_template_kwargs")]
    [InlineData("""{"structured_outputs": {"regex": "a"}}""", "structured_outputs")]
    [InlineData("""{"structured_outputs": {"choice": []}}""", "structured_outputs.choice")]
    [InlineData("""{"add_generation_prompt": false}""", "add_generation_prompt")]
    [InlineData("""{"add_generation_prompt": true, "continue_final_message": true}""", "add_generation_prompt")]
    [InlineData("""{"continue_final_message": true}""", "messages")]
    public async Task Request_WhatTheModelCannotDo_IsRefusedByField(string fields, string parameter)
    {
        using ScriptedChatClient client = ScriptedChatClient.Of("a"); // honours no key at all
        await using ServedClient served = await ServedClient.StartAsync(client);
        Answer answer = await served.AskAsync(fields);
        Assert.Equal(
            (400, "invalid_request_error", parameter),
            (answer.Status, answer.Error.GetProperty("type").GetString(), answer.Error.GetProperty("param").GetString())
        );
        Assert.Empty(client.Requests);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Request_PromptBeyondTheContext_NamesBothLengths(bool stream)
    {
        using ScriptedChatClient client = ScriptedChatClient.Of(
            new ScriptedReply
            {
                Fault = new ArgumentException("too long")
                {
                    Data = { [ChatResponseKeys.PromptTokens] = 1500, [ChatResponseKeys.ContextTokens] = 1024 },
                },
            }
        );
        await using ServedClient served = await ServedClient.StartAsync(client);
        Answer answer = await served.AskAsync($$"""{"n": 2, "stream": {{(stream ? "true" : "false")}}}""");
        Assert.Equal((400, "context_length_exceeded"), (answer.Status, answer.Error.GetProperty("code").GetString()));
        Assert.Contains("1500", answer.Error.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Contains("1024", answer.Error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Request_ClientFails_IsToldWithoutWhatItSaid()
    {
        List<string> told = [];
        using ScriptedChatClient client = ScriptedChatClient.Of(new ScriptedReply { Fault = new InvalidOperationException("a secret") });
        await using ServedClient served = await ServedClient.StartAsync(client, options => options with { OnFailure = told.Add });
        Answer answer = await served.AskAsync();
        Assert.Equal((500, "server_error"), (answer.Status, answer.Error.GetProperty("type").GetString()));
        Assert.DoesNotContain("secret", answer.Body, StringComparison.Ordinal);
        Assert.Equal(["POST /v1/chat/completions: 500 after InvalidOperationException"], told);
    }

    [Fact]
    public async Task Request_FailsInTheMiddleOfAStream_EndsWithAnError()
    {
        using FailingChatClient client = new();
        await using ServedClient served = await ServedClient.StartAsync(client);
        Answer answer = await served.AskAsync("""{"stream": true}""");
        Assert.Equal(200, answer.Status);
        Assert.Equal("internal_error", answer.Events[^1].GetProperty("error").GetProperty("code").GetString());
        Assert.DoesNotContain("[DONE]", answer.Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/v1/chat/nothing", 404)]
    [InlineData("/v1/models/other", 404)]
    [InlineData("/v1/chat/completions", 405)]
    public async Task Address_Unknown_IsAnErrorObject(string path, int status)
    {
        using ScriptedChatClient client = ScriptedChatClient.Of("a");
        await using ServedClient served = await ServedClient.StartAsync(client);
        Answer answer = await served.GetAsync(path);
        Assert.Equal(status, answer.Status);
        Assert.NotEqual("", answer.Error.GetProperty("message").GetString());
    }

    [Fact]
    public async Task Models_AreTheOneThatIsServed()
    {
        using ScriptedChatClient client = ScriptedChatClient.Of("a");
        await using ServedClient served = await ServedClient.StartAsync(
            new ServedModel
            {
                Name = "org/judge",
                Chat = client,
                ContextLength = 99,
            }
        );
        JsonElement model = Assert.Single((await served.GetAsync("/v1/models")).Json.GetProperty("data").EnumerateArray());
        Assert.Equal(("org/judge", 99), (model.GetProperty("id").GetString(), model.GetProperty("max_model_len").GetInt32()));
        Assert.Equal(model.GetRawText(), (await served.GetAsync("/v1/models/org/judge")).Body);
    }

    [Fact]
    public async Task Key_OfTheEnvironment_MustBeBrought()
    {
        const string Variable = "RRM_TEST_SERVER_KEY";
        Environment.SetEnvironmentVariable(Variable, "open-sesame");
        using ScriptedChatClient client = ScriptedChatClient.Of("a");
        await using ServedClient served = await ServedClient.StartAsync(client, options => options with { KeyVariable = Variable });
        string body = ServedClient.Request().ToJsonString();
        Answer[] answers =
        [
            await served.PostAsync(body),
            await served.PostAsync(body, "open"),
            await served.PostAsync(body, "open-sesame"),
            await served.GetAsync("/health"),
        ];
        Assert.Equal([401, 401, 200, 200], answers.Select(answer => answer.Status));
        Assert.Equal("invalid_api_key", answers[0].Error.GetProperty("code").GetString());
        Assert.All(answers, answer => Assert.DoesNotContain("sesame", answer.Body, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Body_TooLarge_IsRefused()
    {
        using ScriptedChatClient client = ScriptedChatClient.Of("a");
        await using ServedClient served = await ServedClient.StartAsync(client, options => options with { MaxRequestBytes = 1000 });
        Answer answer = await served.AskAsync($$"""{"user": "{{new string('x', 2000)}}"}""");
        Assert.Equal((413, "request_too_large"), (answer.Status, answer.Error.GetProperty("code").GetString()));
    }

    [Fact]
    public async Task Body_NotDeclaredAsJson_IsRefused()
    {
        using ScriptedChatClient client = ScriptedChatClient.Of("a");
        await using ServedClient served = await ServedClient.StartAsync(client);
        Assert.Equal(415, (await served.PostAsync(ServedClient.Request().ToJsonString(), mediaType: "text/plain")).Status);
    }

    [Fact]
    public async Task Queue_Full_SendsAwayAndTakesInAgain()
    {
        TaskCompletionSource free = new();
        using GatedChatClient client = new(free.Task);
        await using ServedClient served = await ServedClient.StartAsync(client, options => options with { MaxCompletions = 2 });
        Task<Answer> first = served.AskAsync("""{"n": 2}""");
        await client.Asked.WaitAsync(Cancellation);

        Answer second = await served.AskAsync();
        free.SetResult();

        Assert.Equal(
            (429, "queue_full", TimeSpan.FromSeconds(1)),
            (second.Status, second.Error.GetProperty("code").GetString(), second.Headers.RetryAfter?.Delta)
        );
        Assert.Equal(200, (await first).Status);
        Assert.Equal(200, (await served.AskAsync()).Status);
        Assert.Equal(400, (await served.AskAsync("""{"n": 3}""")).Status);
    }

    [Theory]
    [InlineData("localhost", 200)]
    [InlineData("127.0.0.1", 200)]
    [InlineData("[::1]", 200)]
    [InlineData("attacker.example", 421)]
    [InlineData("192.168.1.7", 421)]
    public async Task Request_ToALoopbackServer_IsAnsweredUnderLoopbackNamesOnly(string host, int status)
    {
        using ScriptedChatClient client = ScriptedChatClient.Of("because");
        await using ServedClient served = await ServedClient.StartAsync(client);
        using HttpClient http = new();
        using HttpRequestMessage request = new(HttpMethod.Get, new Uri(served.Server.Url, "/v1/models"));
        request.Headers.Host = $"{host}:{served.Server.Url.Port}";
        using HttpResponseMessage response = await http.SendAsync(request, Cancellation);
        Assert.Equal(status, (int)response.StatusCode);
    }

    [Theory]
    [InlineData("""{"messages": [{"role": "user", "content": "a\ud800b"}]}""")]
    [InlineData("""{"messages": [{"role": "user", "content": [{"type": "text", "text": "\udc00"}]}]}""")]
    [InlineData("""{"stop": ["\ud800"]}""")]
    [InlineData("""{"response_format": {"type": 5}}""")]
    public async Task Request_WithBrokenTextOrType_IsRefusedAsTheClientsFault(string fields)
    {
        using ScriptedChatClient client = ScriptedChatClient.Of("because");
        await using ServedClient served = await ServedClient.StartAsync(client);
        Answer answer = await served.PostAsync(
            $$"""{"model": "{{ServedClient.Model}}", "messages": [{"role": "user", "content": "q"}], {{fields[1..]}}"""
        );
        Assert.Equal((400, "invalid_request_error"), (answer.Status, answer.Json.GetProperty("error").GetProperty("type").GetString()));
        Assert.Empty(client.Requests);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Connection_Closed_CancelsTheCompletions(bool stream)
    {
        using ScriptedChatClient client = ScriptedChatClient.Of(new ScriptedReply { Hangs = true });
        await using ServedClient served = await ServedClient.StartAsync(client);
        using (TcpClient socket = new())
        {
            await socket.ConnectAsync(served.Server.Url.Host, served.Server.Url.Port, Cancellation);
            byte[] body = Encoding.UTF8.GetBytes(
                ServedClient.Request($$"""{"n": 2, "stream": {{(stream ? "true" : "false")}}}""").ToJsonString()
            );
            byte[] head = Encoding.ASCII.GetBytes(
                $"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: "
                    + $"{body.Length}\r\n\r\n"
            );
            await socket.GetStream().WriteAsync((byte[])[.. head, .. body], Cancellation);
            await UntilAsync(() => client.InFlight == 2);
        }

        await UntilAsync(() => client.InFlight == 0);
        Assert.Equal(2, client.Requests.Count);
    }

    [Fact]
    public async Task Stop_RequestsUnderWay_AreAnsweredFirst()
    {
        TaskCompletionSource free = new();
        using GatedChatClient client = new(free.Task);
        await using ServedClient served = await ServedClient.StartAsync(client);
        Task<Answer> asked = served.AskAsync();
        await client.Asked.WaitAsync(Cancellation);
        Task stopped = served.Server.StopAsync();
        Answer refused = await served.AskAsync();
        Answer notReady = await served.GetAsync("/ready");
        Answer alive = await served.GetAsync("/health");
        free.SetResult();
        Assert.Equal((503, 503, 200), (refused.Status, notReady.Status, alive.Status));
        Assert.Equal("stopping", refused.Error.GetProperty("code").GetString());
        Assert.NotNull(refused.Headers.RetryAfter);
        Assert.Equal(200, (await asked).Status);
        await stopped.WaitAsync(Cancellation);
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => served.GetAsync("/health"));
    }

    [Fact]
    public async Task Stop_RequestsThatDoNotEnd_AreCancelled()
    {
        using ScriptedChatClient client = ScriptedChatClient.Of(new ScriptedReply { Hangs = true });
        await using ServedClient served = await ServedClient.StartAsync(
            client,
            options => options with { DrainTimeout = TimeSpan.FromMilliseconds(50) }
        );
        Task<Answer> asked = served.AskAsync();
        await UntilAsync(() => client.InFlight == 1);
        await served.Server.StopAsync();
        Answer answer = await asked;
        Assert.Equal((503, "stopping"), (answer.Status, answer.Error.GetProperty("code").GetString()));
        await UntilAsync(() => client.InFlight == 0);
    }

    [Fact]
    public async Task Start_BadOptions_NamesEveryFault()
    {
        using ScriptedChatClient client = ScriptedChatClient.Of("a");
        JudgeServerOptions options = new()
        {
            Host = "example.org",
            Port = 70000,
            MaxCompletions = 0,
            KeyVariable = "RRM_TEST_NOT_SET",
        };
        ArgumentException error = await Assert.ThrowsAsync<ArgumentException>(() =>
            JudgeServer.StartAsync(new ServedModel { Name = "m", Chat = client }, options, cancellationToken: Cancellation)
        );
        Assert.All(
            ["Host", "Port", "MaxCompletions", "RRM_TEST_NOT_SET"],
            name => Assert.Contains(name, error.Message, StringComparison.Ordinal)
        );
    }

    [Fact]
    public async Task Start_PortTaken_IsAnIOException()
    {
        using ScriptedChatClient client = ScriptedChatClient.Of("a");
        await using ServedClient served = await ServedClient.StartAsync(client);
        JudgeServerOptions options = new() { Port = served.Server.Url.Port };
        await Assert.ThrowsAnyAsync<IOException>(() =>
            JudgeServer.StartAsync(new ServedModel { Name = "m", Chat = client }, options, cancellationToken: Cancellation)
        );
    }

    private static UsageDetails Usage(long prompt, long written, long cached, long reasoning) =>
        new()
        {
            InputTokenCount = prompt,
            OutputTokenCount = written,
            CachedInputTokenCount = cached,
            ReasoningTokenCount = reasoning,
        };

    private static string Joined(JsonElement[] deltas, string name) =>
        string.Concat(deltas.Select(delta => delta.TryGetProperty(name, out JsonElement text) ? text.GetString() : ""));

    private static async Task UntilAsync(Func<bool> condition)
    {
        while (!condition())
        {
            await Task.Delay(5, Cancellation);
        }
    }
}
