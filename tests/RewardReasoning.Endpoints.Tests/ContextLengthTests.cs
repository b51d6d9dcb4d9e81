using Microsoft.Extensions.AI;
using RewardReasoning.Endpoints.Tests.Recorded;
using RewardReasoning.Testing;
using Xunit;

namespace RewardReasoning.Endpoints.Tests;

/// <summary>The length of the context is read before the first request, and kept to.</summary>
public sealed class ContextLengthTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("vllm/models", null, null)]
    [InlineData("llamacpp/models", null, null)]
    [InlineData(null, "/v1/models", """{"data":[{"id":"smol","owned_by":"sglang","max_model_len":2048}]}""")]
    [InlineData("llamacpp/props", "/v1/models", """{"data":[{"id":"smol","owned_by":"llamacpp","meta":{"n_ctx_train":8192}}]}""")]
    public async Task GetResponseAsync_ServerTells_FirstRequestAsksWithinTheContext(string? recorded, string? path, string? body)
    {
        Recording? recording = recorded is null ? null : Recording.Load(recorded);
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(
            request =>
                request.Body.Count > 0 ? FakeReply.Completion("Hi")
                : request.Path == path ? new FakeReply { Body = body }
                : recording is not null && request.Path == recording.Address
                    ? new FakeReply { Body = System.Text.Encoding.UTF8.GetString(recording.Body) }
                : FakeReply.Error(404, "no such path"),
            answersGets: true
        );
        Assert.InRange(await AskedForAsync(server, "smol"), 1900, 2047);
    }

    [Theory]
    [InlineData("""{"parameters":"stop \"<|eot|>\"\nnum_ctx 4096","model_info":{"llama.context_length":131072}}""", 4096)]
    [InlineData("""{"model_info":{"general.architecture":"qwen3","qwen3.context_length":6000}}""", 6000)]
    [InlineData("""{"model_info":{"general.architecture":"qwen3"}}""", 8192)]
    [InlineData("no JSON", 8192)]
    public async Task GetResponseAsync_Ollama_IsAskedAboutTheModel(string shown, int context)
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(
            request =>
                request.Path == "/v1/models" ? new FakeReply { Body = """{"data":[{"id":"judge:8b","owned_by":"library"}]}""" }
                : request.Path == "/api/show" && request.Body["model"]?.GetValue<string>() == "judge:8b" ? new FakeReply { Body = shown }
                : FakeReply.Completion("Hi"),
            answersGets: true
        );
        Assert.InRange(await AskedForAsync(server, "judge:8b"), context - 100, context);
    }

    [Fact]
    public async Task GetResponseAsync_SeveralServers_KeepToTheShortestContext()
    {
        static FakeReply Of(FakeRequest request, int context) =>
            request.Body.Count > 0
                ? FakeReply.Completion("Hi")
                : new FakeReply { Body = $$"""{"data":[{"id":"m","max_model_len":{{context}}}]}""" };
        await using FakeOpenAIServer one = await FakeOpenAIServer.StartAsync(request => Of(request, 4096), answersGets: true);
        await using FakeOpenAIServer two = await FakeOpenAIServer.StartAsync(request => Of(request, 3000), answersGets: true);
        using EndpointChatClient client = new(
            new()
            {
                Url = one.Url,
                MoreUrls = [two.Url],
                Model = "m",
            },
            new StillTime()
        );
        for (int i = 0; i < 4; i++)
        {
            await client.GetResponseAsync([new(ChatRole.User, "Hello")], new() { MaxOutputTokens = 8192 }, Cancel);
        }

        Assert.All(
            one.Requests.Concat(two.Requests).Where(request => request.Body.Count > 0),
            request => Assert.InRange(request.Body["max_tokens"]!.GetValue<int>(), 2800, 3000)
        );
    }

    [Fact]
    public async Task GetResponseAsync_ServerKeepsSilentAboutIt_IsNotWaitedForLong()
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(
            request => request.Body.Count > 0 ? FakeReply.Completion("Hi") : new FakeReply { Hangs = true },
            answersGets: true
        );
        Assert.Equal(8192, await AskedForAsync(server, "m", TimeProvider.System));
    }

    [Fact]
    public async Task GetResponseAsync_FewTokensOrAKnownContext_AsksNothingBefore()
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(_ => FakeReply.Completion("Hi"), answersGets: true);
        using EndpointChatClient few = new(new() { Url = server.Url, Model = "m" });
        await few.GetResponseAsync([new(ChatRole.User, "Hello")], new() { MaxOutputTokens = 16 }, Cancel);
        using EndpointChatClient known = new(
            new()
            {
                Url = server.Url,
                Model = "m",
                ContextTokens = 4096,
            }
        );
        await known.GetResponseAsync([new(ChatRole.User, "Hello")], new() { MaxOutputTokens = 8192 }, Cancel);
        Assert.Equal(2, server.Requests.Count);
    }

    [Fact]
    public async Task GetResponseAsync_ManyRequests_AskForTheContextOnce()
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(
            request => request.Body.Count > 0 ? FakeReply.Completion("Hi") : FakeReply.Error(404, "no such path"),
            answersGets: true
        );
        using EndpointChatClient client = new(new() { Url = server.Url, Model = "m" });
        await Task.WhenAll(
            Enumerable
                .Range(0, 8)
                .Select(_ => client.GetResponseAsync([new(ChatRole.User, "Hello")], new() { MaxOutputTokens = 8192 }, Cancel))
        );
        Assert.Equal(9, server.Requests.Count);
    }

    /// <summary>The tokens that the first completion is asked for.</summary>
    private static async Task<int> AskedForAsync(FakeOpenAIServer server, string model, TimeProvider? time = null)
    {
        using EndpointChatClient client = new(new() { Url = server.Url, Model = model }, time ?? new StillTime());
        await client.GetResponseAsync([new(ChatRole.User, "Hello")], new() { MaxOutputTokens = 8192 }, Cancel);
        return server.Requests.First(request => request.Body.ContainsKey("messages")).Body["max_tokens"]!.GetValue<int>();
    }

    /// <summary>A clock that stands, so that a busy machine is waited for.</summary>
    private sealed class StillTime : TimeProvider
    {
        public override long GetTimestamp() => 0;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => new NoTimer();

        private sealed class NoTimer : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period) => true;

            public void Dispose() { }

            public ValueTask DisposeAsync() => ValueTask.CompletedTask;
        }
    }
}
