using Microsoft.Extensions.AI;
using RewardReasoning.Models.Decoder;
using RewardReasoning.Models.Generation;
using Xunit;
using static TorchSharp.torch;

namespace RewardReasoning.Models.Tests.Generation;

public sealed class LocalChatClientTests
{
    private const string ThinkingTemplate = """
        {%- for message in messages -%}<|user|>{{ message['content'] }}<|end|>{%- endfor -%}
        {%- if add_generation_prompt -%}{{ '<|assistant|><think>\n' }}{%- endif -%}
        """;

    public LocalChatClientTests() => set_num_threads(1);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task GetResponse_ReasoningOpenedByTheModel_IsReasoningThenText()
    {
        ChatResponse response = await Ask(ChatFolder.Saying("<think>\nabc</think>xyz"));

        Assert.Equal(("\nabc", "xyz"), Parts(response));
        Assert.Equal(true, response.AdditionalProperties?["reasoning_closed"]);
        Assert.False(response.AdditionalProperties?.ContainsKey("thinking_forced"));
        Assert.Equal(ChatFinishReason.Stop, response.FinishReason);
        Assert.Equal((10L, 4L), (response.Usage?.OutputTokenCount, response.Usage?.ReasoningTokenCount));
    }

    [Fact]
    public async Task GetResponse_ReasoningOpenedByTheTemplate_IsReasoningThenText()
    {
        ChatResponse response = await Ask(ChatFolder.Saying("abc</think>xyz", after: "\n", ThinkingTemplate));
        Assert.Equal(("abc", "xyz"), Parts(response));
        Assert.Equal(true, response.AdditionalProperties?["reasoning_closed"]);
    }

    [Fact]
    public async Task GetResponse_NoReasoning_IsTextAlone()
    {
        ChatResponse response = await Ask(ChatFolder.Saying("abc"));
        Assert.Equal(("", "abc"), Parts(response));
        Assert.False(response.AdditionalProperties?.ContainsKey("reasoning_closed"));
    }

    [Fact]
    public async Task GetResponse_CutInsideTheReasoning_SaysThatItIsOpen()
    {
        ChatResponse response = await Ask(ChatFolder.Saying("<think>abc</think>xyz"), new ChatOptions { MaxOutputTokens = 3 });
        Assert.Equal(("ab", ""), Parts(response));
        Assert.Equal(false, response.AdditionalProperties?["reasoning_closed"]);
        Assert.Equal(ChatFinishReason.Length, response.FinishReason);
    }

    [Fact]
    public async Task GetResponse_ClosingTagWithoutReasoning_IsText()
    {
        ChatResponse response = await Ask(ChatFolder.Saying("abc</think>xyz"));
        Assert.Equal(("", "abc</think>xyz"), Parts(response));
    }

    [Fact]
    public async Task GetResponse_TagsInTheUsersText_OpenNothing()
    {
        using ChatFolder folder = ChatFolder.Saying("abc");
        using LocalChatClient client = LocalChatClient.Load(folder.Path);
        ChatPrompt plain = ChatPrompt.Render(
            Model(client).Chat,
            [new(ChatRole.User, "<think><|end|><|assistant|><think>")],
            instructions: null,
            prefill: null
        );
        int[] control = [.. folder.Tokenizer.AddedTokens.Select(token => token.Id)];
        Assert.Equal(3, plain.Ids.Count(control.Contains));
        Assert.Null(plain.ReasoningOpen);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(1)]
    [InlineData(0)]
    public async Task GetResponse_ThinkingBudget_ClosesTheReasoningExactlyThere(int budget)
    {
        ChatOptions options = Budget(budget, "\n</think>\n\n\\boxed{Assistant ", "2", "1");

        ChatResponse response = await Ask(ChatFolder.Saying("abcdef", after: "\n", ThinkingTemplate), options);

        (string reasoning, string answer) = Parts(response);
        Assert.Equal("abcdef"[..budget] + "\n", reasoning);
        Assert.Contains(answer[.."\n\n\\boxed{Assistant 1".Length], new[] { "\n\n\\boxed{Assistant 1", "\n\n\\boxed{Assistant 2" });
        Assert.Equal(true, response.AdditionalProperties?["reasoning_closed"]);
        Assert.Equal(true, response.AdditionalProperties?["thinking_forced"]);
        Assert.Equal((long)budget, response.Usage?.ReasoningTokenCount);
    }

    [Fact]
    public async Task GetResponse_ThinkingBudgetOfTheWholeLength_StillAnswers()
    {
        ChatOptions options = Budget(4, "</think>\\boxed{Assistant ", "1");
        options.MaxOutputTokens = 4;
        ChatResponse response = await Ask(ChatFolder.Saying("abcdef", after: "\n", ThinkingTemplate), options);
        Assert.StartsWith("\\boxed{Assistant 1", Parts(response).Answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task GetResponse_ThinkingBudgetNotReached_ForcesNothing()
    {
        ChatResponse response = await Ask(ChatFolder.Saying("<think>abc</think>xyz"), Budget(4, "</think>#", "1"));
        Assert.Equal(("abc", "xyz"), Parts(response));
        Assert.False(response.AdditionalProperties?.ContainsKey("thinking_forced"));
    }

    [Theory]
    [InlineData(new[] { "c", "C" }, "bcdefghij", "length")]
    [InlineData(new string[0], "bcdefghijklmnop", "stop")]
    public async Task GetResponse_ThinkingBudget_EndsSoonAfterAChoiceAndElseGoesOn(string[] choices, string answer, string end)
    {
        ChatResponse response = await Ask(
            ChatFolder.Saying("abcdefghijklmnop", after: "\n", ThinkingTemplate),
            Budget(2, "</think>b", choices)
        );
        Assert.Equal((answer, end), (Parts(response).Answer, response.FinishReason?.Value));
    }

    [Theory]
    [InlineData(3, "abc\n\n#1")]
    [InlineData(0, "\n\n#1")]
    public async Task GetResponse_ThinkingBudgetWithoutTags_CountsAllThatIsWritten(int budget, string expected)
    {
        ChatResponse response = await Ask(ChatFolder.Saying("abcdef", thinks: false), Budget(budget, "\n</think>\n\n#", "1"));
        Assert.StartsWith(expected, Parts(response).Answer, StringComparison.Ordinal);
        Assert.Equal("", Parts(response).Reasoning);
        Assert.Equal((true, true), (response.AdditionalProperties?["thinking_forced"], response.AdditionalProperties?["reasoning_closed"]));
    }

    [Fact]
    public async Task GetResponse_ThinkingBudgetWithoutTagsNotReached_ForcesNothing()
    {
        ChatResponse response = await Ask(ChatFolder.Saying("abc", thinks: false), Budget(10, "</think>#", "1"));
        Assert.Equal(("", "abc"), Parts(response));
        Assert.False(response.AdditionalProperties?.ContainsKey("thinking_forced"));
    }

    [Fact]
    public async Task GetResponse_MessagesThatTheTemplateRefuses_SaysWhatTheTemplateSays()
    {
        using ChatFolder folder = ChatFolder.Saying("abc", template: "{{ raise_exception('no such turn') }}");
        using LocalChatClient client = LocalChatClient.Load(folder.Path);
        PromptException error = await Assert.ThrowsAsync<PromptException>(() =>
            client.GetResponseAsync("q", cancellationToken: Cancellation)
        );
        Assert.Contains("no such turn", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task GetResponse_LogProbsUnderABudget_LeaveTheStubOut()
    {
        ChatOptions options = Budget(2, "</think>#", "1");
        options.AdditionalProperties!["logprobs"] = 2;
        ChatResponse response = await Ask(ChatFolder.Saying("abcdef", after: "\n", ThinkingTemplate), options);
        string[] texts = Assert.IsType<string[]>(response.AdditionalProperties?["token_texts"]);
        float[] logProbs = Assert.IsType<float[]>(response.AdditionalProperties?["token_logprobs"]);
        KeyValuePair<string, float>[][] top = Assert.IsType<KeyValuePair<string, float>[][]>(
            response.AdditionalProperties?["token_top_logprobs"]
        );
        Assert.Equal(["a", "b", "1"], texts[..3]);
        Assert.Equal((texts.Length, texts.Length), (logProbs.Length, top.Length));
        Assert.Equal(KeyValuePair.Create("a", logProbs[0]), top[0][0]);
        Assert.All(top, place => Assert.True(place.Length == 2 && place[0].Value >= place[1].Value));
    }

    [Theory]
    [InlineData("<think>abc</think>xyz", "<think>xyz<|end|>")]
    [InlineData("abc", "abc<|end|>")]
    public async Task GetResponse_LogProbsOfTheAnswer_LeaveTheReasoningOut(string says, string scored)
    {
        ChatOptions options = new()
        {
            AdditionalProperties = new() { ["logprobs"] = 1, ["logprobs_of_answer"] = true },
        };

        ChatResponse response = await Ask(ChatFolder.Saying(says), options);

        string[] texts = Assert.IsType<string[]>(response.AdditionalProperties?["token_texts"]);
        float[] logProbs = Assert.IsType<float[]>(response.AdditionalProperties?["token_logprobs"]);
        KeyValuePair<string, float>[][] top = Assert.IsType<KeyValuePair<string, float>[][]>(
            response.AdditionalProperties?["token_top_logprobs"]
        );
        Assert.Equal(scored, string.Concat(texts));
        Assert.Equal(texts.Zip(logProbs, KeyValuePair.Create), top.Select(place => place[0]));
    }

    [Theory]
    [InlineData("c", "ab")]
    [InlineData("cde", "ab")]
    [InlineData("cdz", "abcdef")]
    [InlineData("fg", "abcdef")]
    [InlineData("a", "")]
    public async Task GetResponse_StopString_EndsBeforeIt(string stop, string expected)
    {
        ChatResponse response = await Ask(ChatFolder.Saying("abcdef"), new ChatOptions { StopSequences = [stop, "?"] });
        Assert.Equal(("", expected), Parts(response));
        Assert.Equal(ChatFinishReason.Stop, response.FinishReason);
    }

    [Theory]
    [InlineData("ab", "", "c", "xyz")]
    [InlineData("<think>ab", "", "c", "xyz")]
    [InlineData("<think>\nab", "", "c", "xyz")]
    [InlineData("<think>\nabc</think>x", "", "", "yz")]
    public async Task GetResponse_Prefill_GoesOnAfterIt(string prefill, string user, string reasoning, string answer)
    {
        ChatOptions options = new() { AdditionalProperties = new() { ["prefill"] = prefill } };
        ChatResponse response = await Ask(ChatFolder.Saying("abc</think>xyz", after: "\n", ThinkingTemplate), options, user);
        Assert.Equal((reasoning, answer), Parts(response));
        Assert.Equal(true, response.AdditionalProperties?["reasoning_closed"]);
    }

    [Fact]
    public void Render_PrefillWithTheTemplatesTag_DoublesNothing()
    {
        using ChatFolder folder = ChatFolder.Saying("abc", template: ThinkingTemplate);
        using LocalModel model = LocalModel.Load(folder.Path);
        ChatMessage[] messages = [new(ChatRole.User, "q")];

        ChatPrompt bare = ChatPrompt.Render(model.Chat, messages, instructions: null, "ab");
        ChatPrompt whole = ChatPrompt.Render(model.Chat, messages, instructions: null, "<think>\nab");

        Assert.Equal("<|user|>q<|end|><|assistant|><think>\nab", bare.Text);
        Assert.Equal(bare.Text, whole.Text);
        Assert.Equal(bare.Ids, whole.Ids);
        Assert.True(bare.ReasoningOpen);
        Assert.False(ChatPrompt.Render(model.Chat, messages, instructions: null, "ab</think>").ReasoningOpen);
    }

    [Fact]
    public async Task GetResponse_AllowedNextTokens_DrawsAmongThem()
    {
        using ChatFolder folder = ChatFolder.Random();
        using LocalChatClient client = LocalChatClient.Load(folder.Path);
        HashSet<string> found = [];
        for (int seed = 0; seed < 40; seed++)
        {
            ChatOptions options = new()
            {
                Seed = seed,
                Temperature = 1.5f,
                MaxOutputTokens = 1,
                AdditionalProperties = new() { ["allowed_next_tokens"] = new[] { "1", "2" } },
            };
            found.Add((await client.GetResponseAsync("q", options, Cancellation)).Text);
        }

        Assert.Equal(["1", "2"], found.Order());
    }

    [Fact]
    public async Task GetResponse_ChoicesWithOneFirstToken_AreRefused()
    {
        ArgumentException error = await Assert.ThrowsAsync<ArgumentException>(() =>
            Ask(
                ChatFolder.Saying("abc"),
                new ChatOptions { AdditionalProperties = new() { ["allowed_next_tokens"] = new[] { "12", "13" } } }
            )
        );
        Assert.Contains("\"12\" and \"13\"", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task GetResponse_PromptBeyondTheContext_NamesBothLengths()
    {
        ArgumentException error = await Assert.ThrowsAsync<ArgumentException>(() =>
            Ask(ChatFolder.Saying("abc"), user: new string('x', 300))
        );
        Assert.Equal((303, 256), (error.Data["prompt_tokens"], error.Data["context_tokens"]));
    }

    [Fact]
    public async Task GetResponse_MoreTokensThanTheContext_IsClamped() =>
        Assert.Equal(("", "abc"), Parts(await Ask(ChatFolder.Saying("abc"), new ChatOptions { MaxOutputTokens = 1_000_000 })));

    [Fact]
    public async Task GetResponse_CharacterOfSeveralTokens_IsWhole()
    {
        using ChatFolder folder = ChatFolder.Saying("é€😀");
        using LocalChatClient client = LocalChatClient.Load(folder.Path);
        List<string> pieces = [];
        await foreach (
            ChatResponseUpdate update in client.GetStreamingResponseAsync("q", new ChatOptions { Temperature = 0 }, Cancellation)
        )
        {
            pieces.AddRange(update.Contents.OfType<TextContent>().Select(content => content.Text));
        }

        Assert.Equal(["é", "€", "😀"], pieces);
    }

    [Fact]
    public async Task GetStreamingResponse_AnyChat_AddsUpToTheResponse()
    {
        using ChatFolder folder = ChatFolder.Saying("<think>abc</think>xyz");
        using LocalChatClient client = LocalChatClient.Load(folder.Path);
        ChatOptions options = new()
        {
            Temperature = 0,
            AdditionalProperties = new() { ["logprobs"] = 1 },
        };
        List<ChatResponseUpdate> updates = [];
        await foreach (ChatResponseUpdate update in client.GetStreamingResponseAsync("q", options, Cancellation))
        {
            updates.Add(update);
        }

        ChatResponse streamed = updates.ToChatResponse();
        ChatResponse whole = await client.GetResponseAsync("q", options, Cancellation);
        Assert.Equal(Parts(whole), Parts(streamed));
        Assert.Equal(
            (ChatFinishReason.Stop, 9L),
            (updates[^1].FinishReason, updates[^1].Contents.OfType<UsageContent>().Single().Details.OutputTokenCount)
        );
        Assert.Equal(whole.AdditionalProperties?.Keys.Order(), updates[^1].AdditionalProperties?.Keys.Order());
        Assert.Equal(whole.AdditionalProperties?["token_texts"], updates[^1].AdditionalProperties?["token_texts"]);
    }

    [Fact]
    public async Task GetResponse_Seeds_RepeatAndDiffer()
    {
        using ChatFolder folder = ChatFolder.Random();
        using LocalChatClient client = LocalChatClient.Load(folder.Path);
        string[] texts = await Task.WhenAll(
            new[] { 1L, 2, 1, -5 }.Select(async seed =>
                (await client.GetResponseAsync("q", new ChatOptions { Seed = seed, MaxOutputTokens = 30 }, Cancellation)).Text
            )
        );
        string[] unseeded = await Task.WhenAll(
            Enumerable
                .Range(0, 3)
                .Select(async _ => (await client.GetResponseAsync("q", new ChatOptions { MaxOutputTokens = 30 }, Cancellation)).Text)
        );

        Assert.Equal(texts[0], texts[2]);
        Assert.Equal(3, texts.Distinct().Count());
        Assert.Equal(3, unseeded.Distinct().Count());
    }

    [Fact]
    public void GetService_Metadata_NamesModelKeysAndIdentity()
    {
        using ChatFolder folder = ChatFolder.Random(),
            other = ChatFolder.Random(seed: 6);
        using LocalChatClient client = LocalChatClient.Load(folder.Path),
            again = LocalChatClient.Load(folder.Path),
            different = LocalChatClient.Load(other.Path);

        IReadOnlySet<string>? keys =
            (client as IChatClient).GetService(typeof(IReadOnlySet<string>), "chat_option_keys") as IReadOnlySet<string>;
        Assert.NotNull(keys);
        Assert.Equal(
            [
                "allowed_next_tokens",
                "calculator",
                "logprobs",
                "logprobs_of_answer",
                "min_p",
                "prefill",
                "seed",
                "thinking_budget",
                "thinking_stub",
                "thinking_stub_choices",
            ],
            keys.Order(StringComparer.Ordinal)
        );
        Assert.Equal(Path.GetFileName(folder.Path), client.GetService<ChatClientMetadata>()?.DefaultModelId);
        Assert.EndsWith(":float32", Identity(client), StringComparison.Ordinal);
        Assert.Equal(Identity(client), Identity(again));
        Assert.NotEqual(Identity(client), Identity(different));

        static string? Identity(IChatClient client) => client.GetService(typeof(string), "model_identity") as string;
    }

    [Fact]
    public async Task GetResponse_OptionsThatAreNotThere_AreRefused()
    {
        await Assert.ThrowsAsync<NotSupportedException>(() =>
            Ask(ChatFolder.Saying("abc"), new ChatOptions { ResponseFormat = ChatResponseFormat.Json })
        );
        await Assert.ThrowsAsync<NotSupportedException>(() => Ask(ChatFolder.Saying("abc"), new ChatOptions { FrequencyPenalty = 1 }));
        await Assert.ThrowsAsync<ArgumentException>(() =>
            Ask(ChatFolder.Saying("abc"), new ChatOptions { AdditionalProperties = new() { ["thinking_budget"] = 3 } })
        );
        await Assert.ThrowsAsync<ArgumentException>(() =>
            Ask(ChatFolder.Saying("abc"), new ChatOptions { AdditionalProperties = new() { ["prefill"] = 3 } })
        );
    }

    [Theory]
    [InlineData("""{"do_sample":true,"min_p":0.0,"top_p":1.0}""")]
    [InlineData("""{"temperature":0.0}""")]
    [InlineData("""{"do_sample":true,"top_k":-1,"temperature":0}""")]
    [InlineData("""{"do_sample":true,"top_k":50.0,"temperature":0.0}""")]
    [InlineData("""{"do_sample":true,"top_k":0,"repetition_penalty":1.0}""")]
    public async Task GetResponse_NeutralGenerationSettings_AreAccepted(string json)
    {
        ChatFolder folder = ChatFolder.Saying("abc");
        await File.WriteAllTextAsync(Path.Combine(folder.Path, "generation_config.json"), json, Cancellation);
        Assert.Equal("abc", (await Ask(folder)).Text);
    }

    [Fact]
    public async Task GetResponse_RepetitionPenaltyOfTheModel_LowersTheTokensThatAreThere()
    {
        using ChatFolder folder = ChatFolder.Random();
        int[] without = await Greedy();
        await File.WriteAllTextAsync(
            Path.Combine(folder.Path, "generation_config.json"),
            """{"do_sample":false,"repetition_penalty":1000}""",
            Cancellation
        );
        int[] with = await Greedy();
        Assert.NotEqual(without.Length, without.Distinct().Count());
        Assert.Equal(40, with.Length);
        Assert.Equal(with.Length, with.Distinct().Count());

        async Task<int[]> Greedy()
        {
            using LocalModel model = LocalModel.Load(folder.Path);
            await using GenerationEngine engine = new(model.Decoder, model.Tokenizer);
            ChatOptions options = new() { Temperature = 0, MaxOutputTokens = 40 };
            GenerationRequest request = ChatRequest.Of(model, [new ChatMessage(ChatRole.User, "q")], options, fallbackSeed: 1);
            return (await engine.GenerateAsync(request with { EndTokens = [] }, Cancellation)).Ids;
        }
    }

    [Theory]
    [InlineData(1e-38f)]
    [InlineData(1e-40f)]
    public async Task GetResponse_TemperatureThatCannotDivide_IsRefused(float temperature) =>
        Assert.Contains(
            "Temperature is",
            (
                await Assert.ThrowsAsync<ArgumentException>(() =>
                    Ask(ChatFolder.Saying("abc"), new ChatOptions { Temperature = temperature })
                )
            ).Message,
            StringComparison.Ordinal
        );

    [Theory]
    [InlineData(0f)]
    [InlineData(0.7f)]
    public async Task GetResponse_WeightsThatAreNotNumbers_SaysSo(float temperature)
    {
        ChatFolder folder = ChatFolder.Random();
        using (DecoderModel model = DecoderModel.Load(folder.Path, ScalarType.Float32, CPU))
        using (no_grad())
        {
            model.Parameters[^1].Value.fill_(float.NaN);
            model.Save(folder.Path, ScalarType.Float32);
        }

        GenerationException error = await Assert.ThrowsAsync<GenerationException>(() =>
            Ask(folder, new ChatOptions { Temperature = temperature })
        );
        Assert.Contains("not numbers (NaN)", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task GetResponse_TemplateVariables_ReachTheTemplateAndTheIdentity()
    {
        const string template = "{{ '<|user|>' if quiet is defined and quiet else '<|assistant|>' }}";
        using ChatFolder folder = ChatFolder.Saying("abc", template: template);
        using LocalChatClient plain = LocalChatClient.Load(folder.Path);
        LocalModelOptions options = new() { TemplateVariables = new Dictionary<string, object?> { ["quiet"] = true } };
        using LocalChatClient quiet = LocalChatClient.Load(folder.Path, options);
        ChatOptions greedy = new() { Temperature = 0, MaxOutputTokens = 5 };

        Assert.Equal("abc", (await plain.GetResponseAsync("q", greedy, Cancellation)).Text);
        Assert.NotEqual("abc", (await quiet.GetResponseAsync("q", greedy, Cancellation)).Text);
        Assert.EndsWith(":float32", Model(plain).Identity, StringComparison.Ordinal);
        Assert.Equal(Model(plain).Identity + """:{"quiet":true}""", Model(quiet).Identity);
    }

    [Fact]
    public void EndTokens_SeveralNamed_TheTurnsIsWhatTheTemplateWrites()
    {
        const string template = "{% for m in messages %}{{ m.content }}<|end|>\n{% endfor %}";
        using ChatFolder folder = ChatFolder.Saying("abc", template: template);
        using LocalModel model = LocalModel.Load(folder.Path);
        int end = folder.Tokenizer.FindToken("<|end|>") ?? -1;
        DecoderConfig config = model.Decoder.Config with { EosTokenIds = [3, end, 5] };

        EndTokens tokens = EndTokens.Of(folder.Path, config, model.Chat);

        Assert.Equal([3, end, 5], tokens.Ids);
        Assert.Equal(end, tokens.OfTurn);
        Assert.Equal([3, end], EndTokens.Of(folder.Path, config with { EosTokenIds = [3] }, model.Chat).Ids);
    }

    private static LocalModel Model(IChatClient client) =>
        client.GetService<LocalModel>() ?? throw new InvalidOperationException("no model");

    private static ChatOptions Budget(int cap, string stub, params string[] choices) =>
        new()
        {
            MaxOutputTokens = 40,
            AdditionalProperties = new()
            {
                ["thinking_budget"] = cap,
                ["thinking_stub"] = stub,
                ["thinking_stub_choices"] = choices.Length > 0 ? choices : null,
            },
        };

    private static async Task<ChatResponse> Ask(ChatFolder folder, ChatOptions? options = null, string user = "q")
    {
        using (folder)
        {
            using LocalChatClient client = LocalChatClient.Load(folder.Path);
            options ??= new ChatOptions();
            options.Temperature ??= 0;
            return await client.GetResponseAsync(user, options, Cancellation);
        }
    }

    private static (string Reasoning, string Answer) Parts(ChatResponse response)
    {
        IList<AIContent> contents = Assert.Single(response.Messages).Contents;
        return (
            string.Concat(contents.OfType<TextReasoningContent>().Select(content => content.Text)),
            string.Concat(contents.OfType<TextContent>().Select(content => content.Text))
        );
    }
}
