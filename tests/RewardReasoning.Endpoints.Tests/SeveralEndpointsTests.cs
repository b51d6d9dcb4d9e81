using System.Diagnostics;
using Microsoft.Extensions.AI;
using RewardReasoning.Judging;
using RewardReasoning.Testing;
using Xunit;

namespace RewardReasoning.Endpoints.Tests;

/// <summary>One client over several servers, on real sockets.</summary>
public sealed class SeveralEndpointsTests
{
    private static readonly ChatMessage[] Hello = [new(ChatRole.User, "Hello")];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static EndpointOptions OptionsFor(params Uri[] urls) =>
        new()
        {
            Url = urls[0],
            MoreUrls = urls[1..],
            Model = "judge-7b",
            FirstDelay = TimeSpan.FromMilliseconds(20),
        };

    private static async Task<ChatResponse> AskAsync(EndpointChatClient client, bool stream = false) =>
        stream
            ? await client.GetStreamingResponseAsync(Hello, null, Cancel).ToChatResponseAsync(Cancel)
            : await client.GetResponseAsync(Hello, null, Cancel);

    [Fact]
    public async Task GetResponseAsync_OneAfterTheOther_TakesTurns()
    {
        await using FakeOpenAIServer one = await FakeOpenAIServer.StartAsync(FakeReply.Completion("1"));
        await using FakeOpenAIServer two = await FakeOpenAIServer.StartAsync(FakeReply.Completion("2"));
        using EndpointChatClient client = new(OptionsFor(one.Url, two.Url));
        List<string> answers = [];
        for (int i = 0; i < 6; i++)
        {
            answers.Add((await AskAsync(client)).Text);
        }

        Assert.Equal(["1", "2", "1", "2", "1", "2"], answers);
    }

    [Fact]
    public async Task GetResponseAsync_OneIsSlow_TheOtherGetsWhatComes()
    {
        TaskCompletionSource free = new();
        await using FakeOpenAIServer slow = await FakeOpenAIServer.StartAsync(FakeReply.Completion("slow") with { After = free.Task });
        await using FakeOpenAIServer quick = await FakeOpenAIServer.StartAsync(FakeReply.Completion("quick"));
        using EndpointChatClient client = new(OptionsFor(slow.Url, quick.Url));
        Task<ChatResponse> first = AskAsync(client);
        for (int i = 0; i < 5; i++)
        {
            Assert.Equal("quick", (await AskAsync(client)).Text);
        }

        free.SetResult();
        Assert.Equal("slow", (await first).Text);
    }

    [Fact]
    public async Task GetResponseAsync_Concurrency_HoldsForEachServer()
    {
        FakeReply reply = FakeReply.Completion("Hi");
        await using FakeOpenAIServer one = await FakeOpenAIServer.StartAsync(_ => reply with { After = Task.Delay(5, Cancel) });
        await using FakeOpenAIServer two = await FakeOpenAIServer.StartAsync(_ => reply with { After = Task.Delay(5, Cancel) });
        using EndpointChatClient client = new(OptionsFor(one.Url, two.Url) with { Concurrency = 3 });
        await Task.WhenAll(Enumerable.Range(0, 60).Select(_ => AskAsync(client)));
        Assert.Equal((3, 3), (one.MostInFlight, two.MostInFlight));
        Assert.Equal(60, one.Requests.Count + two.Requests.Count);
    }

    [Fact]
    public async Task GetResponseAsync_CancelledInLine_LetsTheNextOnePass()
    {
        TaskCompletionSource free = new();
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(FakeReply.Completion("Hi") with { After = free.Task });
        using EndpointChatClient client = new(OptionsFor(server.Url) with { Concurrency = 1 });
        using CancellationTokenSource stop = new();
        Task<ChatResponse> first = AskAsync(client);
        Task<ChatResponse> given = client.GetResponseAsync(Hello, null, stop.Token);
        Task<ChatResponse> third = AskAsync(client);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => given);
        free.SetResult();
        Assert.Equal(("Hi", "Hi"), ((await first).Text, (await third).Text));
        Assert.Equal(2, server.Requests.Count);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Response_OneIsNotThere_TheOtherAnswersAtOnce(bool stream)
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(FakeReply.Completion("Hi"));
        List<TimeSpan> waits = [];
        EndpointOptions options = OptionsFor(FakeOpenAIServer.UnusedUrl(), server.Url) with
        {
            FirstDelay = TimeSpan.FromMinutes(1),
            OnRetry = (_, _, wait) => waits.Add(wait),
        };
        using EndpointChatClient client = new(options);
        for (int i = 0; i < 10; i++)
        {
            Assert.Equal("Hi", (await AskAsync(client, stream)).Text);
        }

        Assert.Equal([TimeSpan.Zero], waits); // the one that failed rests for the other nine
    }

    [Fact]
    public async Task GetResponseAsync_ServerComesBack_IsUsedAgain()
    {
        bool up = false;
        await using FakeOpenAIServer shaky = await FakeOpenAIServer.StartAsync(_ =>
            Volatile.Read(ref up) ? FakeReply.Completion("back") : FakeReply.Error(500, "oops")
        );
        await using FakeOpenAIServer steady = await FakeOpenAIServer.StartAsync(FakeReply.Completion("steady"));
        using EndpointChatClient client = new(OptionsFor(shaky.Url, steady.Url));
        Assert.Equal("steady", (await AskAsync(client)).Text);
        Volatile.Write(ref up, true);
        Stopwatch watch = Stopwatch.StartNew();
        while ((await AskAsync(client)).Text != "back")
        {
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(20), "The server that came back was never asked again.");
        }
    }

    [Fact]
    public async Task GetResponseAsync_AfterAFailure_OneRequestFindsOutWhileTheOthersGoElsewhere()
    {
        int failures = 0;
        TaskCompletionSource never = new();
        await using FakeOpenAIServer shaky = await FakeOpenAIServer.StartAsync(_ =>
            Interlocked.Increment(ref failures) == 1
                ? FakeReply.Error(500, "oops")
                : FakeReply.Completion("late") with
                {
                    After = never.Task,
                }
        );
        await using FakeOpenAIServer steady = await FakeOpenAIServer.StartAsync(FakeReply.Completion("steady"));
        using EndpointChatClient client = new(OptionsFor(shaky.Url, steady.Url));
        await AskAsync(client);
        await Task.Delay(TimeSpan.FromMilliseconds(200), Cancel); // its rest of at most 20 ms is over
        Task<ChatResponse>[] asked = [.. Enumerable.Range(0, 20).Select(_ => AskAsync(client))];
        await Task.WhenAll(asked.Where((_, index) => index > 0).Select(_ => Task.WhenAny(asked)));
        Assert.Equal(19, await CountAsync(asked, 19));
        Assert.Equal(2, shaky.Requests.Count);
        never.SetResult();
        await Task.WhenAll(asked);

        static async Task<int> CountAsync(Task<ChatResponse>[] tasks, int expected)
        {
            Stopwatch watch = Stopwatch.StartNew();
            while (tasks.Count(task => task.IsCompletedSuccessfully) < expected && watch.Elapsed < TimeSpan.FromSeconds(20))
            {
                await Task.Delay(5, Cancel);
            }

            return tasks.Count(task => task.IsCompletedSuccessfully);
        }
    }

    [Fact]
    public async Task GetResponseAsync_RetryAfter_RestsTheServerForEveryone()
    {
        int count = 0;
        await using FakeOpenAIServer busy = await FakeOpenAIServer.StartAsync(_ =>
            Interlocked.Increment(ref count) == 1
                ? FakeReply.Error(429, "slow down") with
                {
                    Headers = new Dictionary<string, string> { ["Retry-After"] = "300" },
                }
                : FakeReply.Completion("busy")
        );
        await using FakeOpenAIServer free = await FakeOpenAIServer.StartAsync(FakeReply.Completion("free"));
        using EndpointChatClient client = new(OptionsFor(busy.Url, free.Url));
        for (int i = 0; i < 8; i++)
        {
            Assert.Equal("free", (await AskAsync(client)).Text);
        }

        Assert.Single(busy.Requests);
    }

    [Fact]
    public async Task GetResponseAsync_AllGoneForGood_FailsAtOnceAfterTheWindow()
    {
        EndpointOptions options = OptionsFor(FakeOpenAIServer.UnusedUrl(), FakeOpenAIServer.UnusedUrl()) with
        {
            FirstDelay = TimeSpan.FromSeconds(30),
            RetryWindow = TimeSpan.FromMilliseconds(300),
        };
        using EndpointChatClient client = new(options);
        await Assert.ThrowsAsync<EndpointException>(() => AskAsync(client));
        await Task.Delay(options.RetryWindow, Cancel);
        await Assert.ThrowsAsync<EndpointException>(() => AskAsync(client)); // finds out that they are still gone
        EndpointException error = await Assert.ThrowsAsync<EndpointException>(() => AskAsync(client));
        Assert.Contains("All servers are down; the next try is in", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task JudgeAsync_ServersOfAllKindsOfTrouble_EveryVoteIsMadeOnce()
    {
        int count = 0;
        await using FakeOpenAIServer broken = await FakeOpenAIServer.StartAsync(_ =>
            (Interlocked.Increment(ref count) % 6) switch
            {
                0 => FakeReply.Error(429, "slow down"),
                1 => FakeReply.Error(500, "oops"),
                2 => FakeReply.Completion("x") with { Resets = true },
                3 => new FakeReply { Body = "{\"choices\": [" },
                4 => FakeReply.Html(),
                _ => new FakeReply { Hangs = true },
            }
        );
        await using FakeOpenAIServer sound = await FakeOpenAIServer.StartAsync(FakeReply.Completion(@"\boxed{Assistant 1}"));
        EndpointOptions options = OptionsFor(broken.Url, sound.Url, FakeOpenAIServer.UnusedUrl()) with
        {
            FirstDelay = TimeSpan.FromMilliseconds(1),
            RequestTimeout = TimeSpan.FromSeconds(1),
        };
        using EndpointChatClient client = new(options);
        ReasoningJudge judge = new(client, new() { Order = VoteOrder.Given, Concurrency = 8 });
        Judgment[] judgments = await Task.WhenAll(
            Enumerable.Range(0, 100).Select(i => judge.JudgeAsync(new Comparison($"{i}", "a", "b"), Cancel))
        );
        Assert.All(judgments, judgment => Assert.Equal(Verdict.First, judgment.Preferred));
        Assert.Equal(100, sound.Requests.Count); // whatever failed elsewhere came here, once
        Assert.Equal(100, sound.Requests.Select(request => request.LastContent("user")).Distinct().Count());
        Assert.NotEmpty(broken.Requests);
    }
}
