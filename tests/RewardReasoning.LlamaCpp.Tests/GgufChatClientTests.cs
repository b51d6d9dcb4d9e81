using System.Text.Json;
using Microsoft.Extensions.AI;
using RewardReasoning.Models;
using RewardReasoning.Models.Generation;
using RewardReasoning.Models.Tests.Generation;
using RewardReasoning.Testing;
using Xunit;

namespace RewardReasoning.LlamaCpp.Tests;

/// <summary>One model in both engines: what is asked of the folder's client is answered alike by the client of its GGUF file.</summary>
public sealed class GgufChatClientTests(GgufChatClientTests.Pair pair) : IClassFixture<GgufChatClientTests.Pair>
{
    private const string Chat = "Which is better, <|end|><|assistant|><think> or </think>?";

    public static TheoryData<string> Requests =>
        [
            """{ "temperature": 0 }""",
            """{ "temperature": 1, "seed": 1 }""",
            """{ "temperature": 0.7, "seed": 2, "top_p": 0.8 }""",
            """{ "temperature": 1.3, "seed": 3, "top_k": 5 }""",
            """{ "temperature": 1, "seed": 4, "min_p": 0.1 }""",
            """{ "temperature": 1, "seed": 5, "stop": ["e", "a"] }""",
            """{ "temperature": 1, "seed": 6, "prefill": "<think>So" }""",
            """{ "temperature": 1, "seed": 7, "prefill": "<think>", "thinking_budget": 4, "thinking_stub": "</think>It is ", "choices": ["1", "2"] }""",
            """{ "temperature": 1, "seed": 8, "prefill": "<think>", "thinking_budget": 0, "thinking_stub": "</think>" }""",
            """{ "temperature": 1, "seed": 9, "allowed": ["1", "2", "x"] }""",
            """{ "temperature": 0, "allowed": ["7", "8"], "max_tokens": 1 }""",
        ];

    [Theory]
    [MemberData(nameof(Requests))]
    public async Task GetResponse_EachOption_IsAnsweredAsByTheFolder(string request)
    {
        ChatResponse expected = await pair.Folder.GetResponseAsync(Chat, Options(request), TestContext.Current.CancellationToken);
        ChatResponse found = await pair.File.GetResponseAsync(Chat, Options(request), TestContext.Current.CancellationToken);
        Assert.Equal(Parts(expected), Parts(found));
        Assert.Equal(
            (expected.FinishReason, expected.Usage?.InputTokenCount, expected.Usage?.OutputTokenCount, expected.Usage?.ReasoningTokenCount),
            (found.FinishReason, found.Usage?.InputTokenCount, found.Usage?.OutputTokenCount, found.Usage?.ReasoningTokenCount)
        );
        Assert.Equal(expected.AdditionalProperties?.Keys.Order(), found.AdditionalProperties?.Keys.Order());
        Assert.Equal(Property<string[]>(expected, "token_texts"), Property<string[]>(found, "token_texts"));
        AssertNear(Property<float[]>(expected, "token_logprobs"), Property<float[]>(found, "token_logprobs"));
        KeyValuePair<string, float>[][] tops = Property<KeyValuePair<string, float>[][]>(expected, "token_top_logprobs"),
            otherTops = Property<KeyValuePair<string, float>[][]>(found, "token_top_logprobs");
        Assert.Equal(tops.Select(top => top[0].Key), otherTops.Select(top => top[0].Key));
    }

    [Fact]
    public async Task GetStreamingResponse_AddsUpToTheResponse()
    {
        ChatOptions options = Options("""{ "temperature": 1, "seed": 11, "prefill": "<think>" }""");
        ChatResponse whole = await pair.File.GetResponseAsync(Chat, options, TestContext.Current.CancellationToken);
        List<ChatResponseUpdate> updates = [];
        await foreach (
            ChatResponseUpdate update in pair.File.GetStreamingResponseAsync(Chat, options, TestContext.Current.CancellationToken)
        )
        {
            updates.Add(update);
        }

        Assert.True(updates.Count > 2);
        Assert.Equal(whole.Text, string.Concat(updates.Select(update => update.Text)));
        Assert.Equal(whole.FinishReason, updates[^1].FinishReason);
    }

    [Fact]
    public async Task GetResponse_VotesOfOnePrompt_ComputeItOnceAndAnswerAsAlone()
    {
        const int Votes = 24;
        string prompt = string.Concat(Enumerable.Repeat("Is 12*4 more than 50 or less? ", 5));
        ChatOptions[] options =
        [
            .. Enumerable.Range(0, Votes).Select(seed => Options($$"""{ "temperature": 1, "seed": {{seed + 100}} }""")),
        ];
        List<string> alone = [];
        foreach (ChatOptions option in options)
        {
            alone.Add((await pair.File.GetResponseAsync(prompt, option, TestContext.Current.CancellationToken)).Text);
        }

        using GgufChatClient client = GgufChatClient.Load(pair.Path);
        ChatResponse[] together = await Task.WhenAll(
            options.Select(option => client.GetResponseAsync(prompt, option, TestContext.Current.CancellationToken))
        );

        Assert.Equal(alone, together.Select(response => response.Text));
        Assert.True(alone.Distinct().Count() > Votes / 2);
        long tokens = together[0].Usage?.InputTokenCount ?? 0;
        Assert.Equal(Votes - 1, together.Count(response => response.Usage?.CachedInputTokenCount == tokens - 1)); // the last one gives logits
    }

    [Fact]
    public async Task GetResponse_MoreThanTheCacheHolds_PreemptsAndAnswersAsAlways()
    {
        ChatOptions[] options =
        [
            .. Enumerable.Range(0, 12).Select(seed => Options($$"""{ "temperature": 1, "seed": {{seed}}, "max_tokens": 60 }""")),
        ];
        string[] prompts = [.. Enumerable.Range(0, 12).Select(i => $"{i}: " + new string((char)('a' + i), 40))];
        using GgufChatClient small = GgufChatClient.Load(
            pair.Path,
            engineOptions: new EngineOptions { MaxCacheBytes = 1, MaxPrefillTokens = 32 }
        );
        Task<ChatResponse>[] tasks =
        [
            .. options.Zip(prompts, (option, prompt) => small.GetResponseAsync(prompt, option, TestContext.Current.CancellationToken)),
        ];
        ChatResponse[] found = await Task.WhenAll(tasks);
        foreach ((ChatResponse response, (ChatOptions option, string prompt)) in found.Zip(options.Zip(prompts)))
        {
            Assert.Equal((await pair.File.GetResponseAsync(prompt, option, TestContext.Current.CancellationToken)).Text, response.Text);
        }
    }

    [Fact]
    public async Task GetResponse_Cancelled_EndsAndLeavesOthersAlone()
    {
        using CancellationTokenSource stop = new();
        ChatOptions options = Options("""{ "temperature": 1, "seed": 1, "max_tokens": 200 }""");
        IAsyncEnumerator<ChatResponseUpdate> stream = pair
            .File.GetStreamingResponseAsync(Chat, options, stop.Token)
            .GetAsyncEnumerator(stop.Token);
        Assert.True(await stream.MoveNextAsync());
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            while (await stream.MoveNextAsync()) { }
        });
        ChatResponse other = await pair.File.GetResponseAsync(
            Chat,
            Options("""{ "temperature": 0 }"""),
            TestContext.Current.CancellationToken
        );
        Assert.NotNull(other.FinishReason);
    }

    [Fact]
    public async Task GetResponse_PromptBeyondTheContext_NamesBothLengths()
    {
        ArgumentException fault = await Assert.ThrowsAsync<ArgumentException>(() =>
            pair.File.GetResponseAsync(new string('x', 400), cancellationToken: TestContext.Current.CancellationToken)
        );
        Assert.Equal(256, fault.Data["context_tokens"]);
        Assert.True((int)(fault.Data["prompt_tokens"] ?? 0) > 400);
    }

    [Fact]
    public void GetService_IsThatOfAModelInProcess()
    {
        Assert.Equal(
            pair.Folder.GetService(typeof(IReadOnlySet<string>), ChatOptionKeys.Supported),
            pair.File.GetService(typeof(IReadOnlySet<string>), ChatOptionKeys.Supported)
        );
        string identity = Assert.IsType<string>(pair.File.GetService(typeof(string), ChatOptionKeys.ModelIdentity));
        Assert.Matches("^sha256:[0-9a-f]{64}:llama.cpp:F32$", identity);
        using GgufChatClient plain = GgufChatClient.Load(
            pair.Path,
            new LocalModelOptions { TemplateVariables = new Dictionary<string, object?> { ["enable_thinking"] = false } }
        );
        Assert.Equal($$"""{{identity}}:{"enable_thinking":false}""", plain.GetService(typeof(string), ChatOptionKeys.ModelIdentity));
    }

    [Fact]
    public async Task Dispose_WhileRequestsRun_FailsThemAndFreesTheModel()
    {
        GgufChatClient client = GgufChatClient.Load(pair.Path);
        Task<ChatResponse>[] running =
        [
            .. Enumerable
                .Range(0, 4)
                .Select(i => client.GetResponseAsync($"{i}", Options($$"""{ "temperature": 1, "seed": {{i}}, "max_tokens": 240 }"""))),
        ];
        client.Dispose();
        foreach (Task<ChatResponse> task in running)
        {
            try
            {
                await task;
            }
            catch (ObjectDisposedException) { }
        }

        await Assert.ThrowsAsync<ObjectDisposedException>(() =>
            client.GetResponseAsync("late", cancellationToken: TestContext.Current.CancellationToken)
        );
    }

    [Fact]
    public void Load_FileThatLlamaCppRefuses_SaysWhatItSays()
    {
        using TemporaryFolder folder = new();
        byte[] bytes = File.ReadAllBytes(pair.Path);
        ReadOnlySpan<byte> name = "llama.embedding_length"u8;
        int at = bytes.AsSpan().IndexOf(name);
        bytes[at + name.Length + 4]++; // the width no longer fits the tensors
        string path = folder["wrong.gguf"];
        File.WriteAllBytes(path, bytes);
        string message = Assert.ThrowsAny<RewardReasoningException>(() => GgufChatClient.Load(path)).Message;
        Assert.Contains(path, message, StringComparison.Ordinal);
        Assert.Contains("llama.cpp cannot load this file: ", message, StringComparison.Ordinal);
        Assert.True(message.Length > path.Length + 60, message);
    }

    [Fact]
    public void Load_OptionsThatLlamaCppCannotHonour_NamesAll()
    {
        string message = Assert
            .ThrowsAny<ArgumentException>(() =>
                GgufChatClient.Load(
                    pair.Path,
                    new LocalModelOptions { ComputeType = ComputeType.BF16 },
                    new EngineOptions { MaxSequences = 300, Workers = 2 }
                )
            )
            .Message;
        Assert.Contains("MaxSequences is 300; at most 256", message, StringComparison.Ordinal);
        Assert.Contains("Workers is 2", message, StringComparison.Ordinal);
        Assert.Contains("ComputeType and Device go with a model folder", message, StringComparison.Ordinal);
    }

    private static ChatOptions Options(string json)
    {
        JsonElement request = JsonDocument.Parse(json).RootElement;
        ChatOptions options = new()
        {
            Temperature = Number("temperature"),
            TopP = Number("top_p"),
            TopK = (int?)Number("top_k"),
            Seed = (long?)Number("seed"),
            MaxOutputTokens = (int?)Number("max_tokens") ?? 24,
            StopSequences = request.TryGetProperty("stop", out JsonElement stop) ? stop.Deserialize<string[]>() : null,
            AdditionalProperties = new() { [ChatOptionKeys.LogProbs] = 2 },
        };
        foreach (JsonProperty property in request.EnumerateObject())
        {
            object? value = property.Name switch
            {
                "prefill" or "thinking_stub" => property.Value.GetString(),
                "min_p" => property.Value.GetDouble(),
                "thinking_budget" => property.Value.GetInt32(),
                "choices" or "allowed" => property.Value.Deserialize<string[]>(),
                _ => null,
            };
            string key = property.Name switch
            {
                "choices" => ChatOptionKeys.ThinkingStubChoices,
                "allowed" => ChatOptionKeys.AllowedNextTokens,
                _ => property.Name,
            };
            if (value is not null)
            {
                options.AdditionalProperties[key] = value;
            }
        }

        return options;

        float? Number(string name) => request.TryGetProperty(name, out JsonElement value) ? value.GetSingle() : null;
    }

    private static IEnumerable<string> Parts(ChatResponse response) =>
        response.Messages[0].Contents.Select(content => $"{content.GetType().Name}: {content}");

    private static T Property<T>(ChatResponse response, string name) => Assert.IsType<T>(response.AdditionalProperties?[name]);

    private static void AssertNear(float[] expected, float[] found)
    {
        Assert.Equal(expected.Length, found.Length);
        Assert.All(expected.Zip(found), pair => Assert.Equal(pair.First, pair.Second, 5e-3f));
    }

    /// <summary>A model with random weights as a folder and as a file.</summary>
    public sealed class Pair : IDisposable
    {
        private readonly ChatFolder _folder = ChatFolder.Random();

        public Pair()
        {
            LlamaCppTokenizers.Rewrite(_folder.Path, "gpt-2");
            Path = System.IO.Path.Combine(_folder.Path, "model.gguf");
            ModelFolder.ExportGguf(_folder.Path, Path, "f32");
            Folder = LocalChatClient.Load(
                _folder.Path,
                new LocalModelOptions { ComputeType = ComputeType.F32 },
                new EngineOptions { Workers = 1, TensorThreads = 1 }
            );
            File = GgufChatClient.Load(Path);
        }

        public string Path { get; }

        public LocalChatClient Folder { get; }

        public GgufChatClient File { get; }

        public void Dispose()
        {
            File.Dispose();
            Folder.Dispose();
            _folder.Dispose();
        }
    }
}
