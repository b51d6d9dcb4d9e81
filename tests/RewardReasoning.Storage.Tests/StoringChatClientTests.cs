using Microsoft.Extensions.AI;
using RewardReasoning.Judging;
using RewardReasoning.Testing;
using Xunit;

namespace RewardReasoning.Storage.Tests;

public sealed class StoringChatClientTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("rrm-store-").FullName;
    private readonly SqliteCompletionStore _store;

    public StoringChatClientTests() => _store = SqliteCompletionStore.Open(Path.Combine(_folder, "store.db"));

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _store.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Ask_Again_CostsNothingAndGivesTheSame()
    {
        ScriptedChatClient inner = new(request => new ScriptedReply
        {
            Reasoning = "Hm.",
            Text = $"{request.Index}",
            FinishReason = ChatFinishReason.Length,
            Properties = new() { [ChatResponseKeys.ReasoningClosed] = true },
        });
        using StoringChatClient client = new(inner, _store);
        ChatResponse paid = await client.GetResponseAsync(Samples.Messages("q"), Samples.Options(), Cancel);
        ChatResponse kept = await client.GetResponseAsync(Samples.Messages("q"), Samples.Options(), Cancel);
        Assert.Single(inner.Requests);
        Assert.Equal(ResponseEncoding.Write(paid), ResponseEncoding.Write(Unmarked(kept)));
        Assert.NotEqual("0", (await client.GetResponseAsync(Samples.Messages("q"), Samples.Options(seed: 8), Cancel)).Text);
        Assert.Equal(2, inner.Requests.Count);
    }

    [Fact]
    public async Task Ask_KeptCompletion_IsMarkedAndCountsAsKept()
    {
        using StoringChatClient client = new(ScriptedChatClient.Of("a"), _store);
        Completion paid = Completion.From(await client.GetResponseAsync(Samples.Messages("q"), Samples.Options(), Cancel), TimeSpan.Zero);
        Completion kept = Completion.From(await client.GetResponseAsync(Samples.Messages("q"), Samples.Options(), Cancel), TimeSpan.Zero);
        Assert.Equal((10, 5, 0), (paid.Usage.PromptTokens, paid.Usage.OutputTokens, paid.Usage.KeptCompletions));
        Assert.Equal(
            (10, 5, 1, 10, 5),
            (
                kept.Usage.PromptTokens,
                kept.Usage.OutputTokens,
                kept.Usage.KeptCompletions,
                kept.Usage.KeptPromptTokens,
                kept.Usage.KeptOutputTokens
            )
        );
        Assert.Equal((2, 1), ((paid.Usage + kept.Usage + Usage.None).KeptCompletions + 1, (paid.Usage + kept.Usage).KeptCompletions));
    }

    [Fact]
    public async Task Ask_EmptyAnswer_IsNotKept()
    {
        ScriptedChatClient inner = ScriptedChatClient.Of(
            new ScriptedReply { Reasoning = @"\boxed{Assistant 1}" },
            new ScriptedReply { Reasoning = "fine", Text = @"\boxed{Assistant 1}" }
        );
        using StoringChatClient client = new(inner, _store);
        Assert.Empty((await client.GetResponseAsync(Samples.Messages("q"), Samples.Options(), Cancel)).Text);
        Assert.NotEmpty((await client.GetResponseAsync(Samples.Messages("q"), Samples.Options(), Cancel)).Text);
        Assert.NotEmpty((await client.GetResponseAsync(Samples.Messages("q"), Samples.Options(), Cancel)).Text);
        Assert.Equal(2, inner.Requests.Count);
    }

    [Fact]
    public async Task Ask_AtTheSameTime_AsksOnce()
    {
        ScriptedChatClient inner = new(_ => "a") { Delay = TimeSpan.FromMilliseconds(50) };
        using StoringChatClient client = new(inner, _store);
        ChatResponse[] responses = await Task.WhenAll(
            Enumerable.Range(0, 50).Select(_ => client.GetResponseAsync(Samples.Messages("q"), Samples.Options(), Cancel))
        );
        Assert.Single(inner.Requests);
        Assert.All(responses, response => Assert.Equal("a", response.Text));
        Assert.Equal(49, responses.Count(IsKept));
        Assert.Equal(50, responses.Distinct().Count());
    }

    [Fact]
    public async Task Ask_FailureOfTheFirst_IsTriedByTheNextAndNeverKept()
    {
        ScriptedChatClient inner = new(request => request.Index == 0 ? new ScriptedReply { Fault = new IOException("gone") } : "a")
        {
            Delay = TimeSpan.FromMilliseconds(30),
        };
        using StoringChatClient client = new(inner, _store);
        Task<ChatResponse>[] both =
        [
            .. Enumerable.Range(0, 2).Select(_ => client.GetResponseAsync(Samples.Messages("q"), Samples.Options(), Cancel)),
        ];
        await Assert.ThrowsAsync<IOException>(() => both[0]);
        Assert.Equal("a", (await both[1]).Text);
        Assert.Equal(2, inner.Requests.Count);
        Assert.Equal(1, (await _store.CountAsync(Cancel)).Completions);
    }

    [Theory]
    [InlineData("content_filter")]
    [InlineData("error")]
    [InlineData("moon_phase")]
    public async Task Ask_AnswerThatDidNotEndByItself_IsNotKept(string reason)
    {
        ScriptedChatClient inner = new(request => new ScriptedReply
        {
            Text = "a",
            FinishReason = request.Index < 2 ? new(reason) : ChatFinishReason.Stop,
        });
        using StoringChatClient client = new(inner, _store);
        await client.GetResponseAsync(Samples.Messages("q"), Samples.Options(), Cancel);
        await client.GetStreamingResponseAsync(Samples.Messages("q"), Samples.Options(), Cancel).ToChatResponseAsync(Cancel);
        for (int i = 0; i < 3; i++)
        {
            await client.GetResponseAsync(Samples.Messages("q"), Samples.Options(), Cancel);
        }

        Assert.Equal(3, inner.Requests.Count);
    }

    [Fact]
    public async Task Ask_CancelledWhileWaitingForAnother_IsCancelledAlone()
    {
        ScriptedChatClient inner = new(_ => "a") { Delay = TimeSpan.FromMilliseconds(200) };
        using StoringChatClient client = new(inner, _store);
        using CancellationTokenSource second = new();
        Task<ChatResponse> first = client.GetResponseAsync(Samples.Messages("q"), Samples.Options(), Cancel);
        Task<ChatResponse> waiting = client.GetResponseAsync(Samples.Messages("q"), Samples.Options(), second.Token);
        await second.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Assert.Equal("a", (await first).Text);
    }

    [Fact]
    public async Task Ask_CancelledRequest_IsNotKept()
    {
        ScriptedChatClient inner = new(request => new ScriptedReply { Text = "a", Hangs = request.Index == 0 });
        using StoringChatClient client = new(inner, _store);
        using CancellationTokenSource stop = new(TimeSpan.FromMilliseconds(30));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            client.GetResponseAsync(Samples.Messages("q"), Samples.Options(), stop.Token)
        );
        Assert.Equal(0, (await _store.CountAsync(Cancel)).Completions);
        Assert.Equal("a", (await client.GetResponseAsync(Samples.Messages("q"), Samples.Options(), Cancel)).Text);
    }

    [Fact]
    public async Task Ask_SamplingWithoutSeed_PassesThrough()
    {
        ScriptedChatClient inner = ScriptedChatClient.Of("a", "b");
        using StoringChatClient client = new(inner, _store);
        ChatOptions options = new() { Temperature = 1 };
        Assert.Equal(
            ["a", "b"],
            [
                (await client.GetResponseAsync(Samples.Messages("q"), options, Cancel)).Text,
                (await client.GetResponseAsync(Samples.Messages("q"), options, Cancel)).Text,
            ]
        );
        Assert.Equal(0, (await _store.CountAsync(Cancel)).Completions);
    }

    [Fact]
    public async Task Stream_Again_StreamsFromTheStore()
    {
        ScriptedChatClient inner = new(_ => new ScriptedReply
        {
            Reasoning = "Let me think.",
            Text = "So it is the first.",
            Properties = new() { [ChatResponseKeys.ReasoningClosed] = true },
        });
        using StoringChatClient client = new(inner, _store);
        ChatResponse paid = (await StreamAsync(client)).ToChatResponse();
        List<ChatResponseUpdate> again = await StreamAsync(client);
        ChatResponse kept = again.ToChatResponse();
        Assert.Single(inner.Requests);
        Assert.True(again.Count > 1);
        Assert.Equal(
            (paid.Text, paid.FinishReason, paid.Usage?.OutputTokenCount),
            (kept.Text, kept.FinishReason, kept.Usage?.OutputTokenCount)
        );
        Assert.Equal(("Let me think.", true), (kept.Messages[0].Contents.OfType<TextReasoningContent>().Single().Text, IsKept(kept)));
        Assert.Equal(true, kept.AdditionalProperties?[ChatResponseKeys.ReasoningClosed]);

        // What was streamed is found by who asks for the whole, too.
        Assert.Equal(paid.Text, (await client.GetResponseAsync(Samples.Messages("q"), Samples.Options(), Cancel)).Text);
    }

    [Fact]
    public async Task Stream_IsKeptBeforeItsEndIsPassedOn()
    {
        using StoringChatClient client = new(ScriptedChatClient.Of("A long enough text."), _store);
        int updates = 0;
        await foreach (ChatResponseUpdate update in client.GetStreamingResponseAsync(Samples.Messages("q"), Samples.Options(), Cancel))
        {
            updates++;
            Assert.Equal(update.FinishReason is null ? 0 : 1, (await _store.CountAsync(Cancel)).Completions);
        }

        Assert.True(updates > 2);
    }

    [Fact]
    public async Task Stream_GivenUpInTheMiddle_IsNotKeptAndBlocksNobody()
    {
        ScriptedChatClient inner = ScriptedChatClient.Of("A long enough text.");
        using StoringChatClient client = new(inner, _store);
        await foreach (ChatResponseUpdate update in client.GetStreamingResponseAsync(Samples.Messages("q"), Samples.Options(), Cancel))
        {
            break;
        }

        Assert.Equal(0, (await _store.CountAsync(Cancel)).Completions);
        Assert.Equal("A long enough text.", (await client.GetResponseAsync(Samples.Messages("q"), Samples.Options(), Cancel)).Text);
    }

    [Fact]
    public async Task Ask_AnotherProcessWasFirst_GivesWhatIsKept()
    {
        ScriptedChatClient inner = new(_ =>
        {
            _store.AddAsync(Samples.Completion(Requested(), "theirs")).GetAwaiter().GetResult();
            return "ours";
        });
        using StoringChatClient client = new(inner, _store);
        ChatResponse response = await client.GetResponseAsync(Samples.Messages("q"), Samples.Options(), Cancel);
        Assert.Equal(("theirs", false), (response.Text, IsKept(response)));

        static CompletionRequest Requested() =>
            CompletionRequest.Of(new("scripted:scripted-judge", "scripted-judge"), Samples.Messages("q"), Samples.Options())
            ?? throw new InvalidOperationException("No key.");
    }

    [Fact]
    public void Client_ThatNamesNoModel_IsRefused() =>
        Assert.Contains(
            "names its model",
            Assert.Throws<ArgumentException>(() => new StoringChatClient(new Nameless(), _store)).Message,
            StringComparison.Ordinal
        );

    [Fact]
    public async Task Judge_OverAStore_JudgesTheSameAgainForNothing()
    {
        ScriptedChatClient inner = new(request => $"Long thought {request.Index}. \\boxed{{Assistant {1 + (request.Index % 2)}}}");
        using StoringChatClient client = new(inner, _store);
        ReasoningJudge judge = new(client, new JudgeOptions { Votes = 5 });
        Judgment first = await judge.JudgeAsync(new("q", "a", "b"), Cancel);
        Judgment second = await judge.JudgeAsync(new("q", "a", "b"), Cancel);
        Assert.Equal(5, inner.Requests.Count);
        Assert.Equal(first.Votes.Select(Shown), second.Votes.Select(Shown));
        Assert.Equal((0, 5), (first.Usage.KeptCompletions, second.Usage.KeptCompletions));

        static (Verdict, string, int) Shown(Vote vote) => (vote.Verdict, vote.Answer, vote.Seed);
    }

    private static bool IsKept(ChatResponse response) => response.AdditionalProperties?.ContainsKey(ChatResponseKeys.Kept) == true;

    private static ChatResponse Unmarked(ChatResponse response)
    {
        response.AdditionalProperties?.Remove(ChatResponseKeys.Kept);
        return response;
    }

    private static async Task<List<ChatResponseUpdate>> StreamAsync(StoringChatClient client)
    {
        List<ChatResponseUpdate> updates = [];
        await foreach (ChatResponseUpdate update in client.GetStreamingResponseAsync(Samples.Messages("q"), Samples.Options(), Cancel))
        {
            updates.Add(update);
        }

        return updates;
    }

    private sealed class Nameless : IChatClient
    {
        public Task<ChatResponse> GetResponseAsync(
            IEnumerable<ChatMessage> messages,
            ChatOptions? options = null,
            CancellationToken cancellationToken = default
        ) => throw new NotSupportedException();

        public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages,
            ChatOptions? options = null,
            CancellationToken cancellationToken = default
        ) => throw new NotSupportedException();

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose() { }
    }
}
