using System.Diagnostics;
using Microsoft.Extensions.AI;
using RewardReasoning.Testing;
using Xunit;

namespace RewardReasoning.Endpoints.Tests;

public sealed class RateLimitTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task WaitAsync_SixtyAMinute_IsOneASecondFromTheFirstOn()
    {
        InstantTimeProvider time = new();
        RateLimit pace = new(60, time);
        List<double> turns = [];
        for (int i = 0; i < 4; i++)
        {
            await pace.WaitAsync(1, Cancel);
            turns.Add((time.GetUtcNow() - new DateTimeOffset(2025, 1, 1, 0, 0, 0, TimeSpan.Zero)).TotalSeconds);
        }

        Assert.Equal([0, 1, 2, 3], turns);
    }

    [Fact]
    public async Task Take_MoreThanEstimated_DelaysTheNext()
    {
        InstantTimeProvider time = new();
        RateLimit pace = new(600, time); // 10 a second
        await pace.WaitAsync(20, Cancel);
        pace.Take(30);
        await pace.WaitAsync(1, Cancel);
        Assert.Equal([TimeSpan.FromSeconds(5)], time.Waits);
    }

    [Fact]
    public async Task WaitAsync_Cancelled_GivesItsTurnBack()
    {
        RateLimit pace = new(6, TimeProvider.System); // one in ten seconds
        await pace.WaitAsync(0.001, Cancel);
        using CancellationTokenSource stop = new(TimeSpan.FromMilliseconds(1));
        await pace.WaitAsync(1, Cancel);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pace.WaitAsync(1000, stop.Token));
        pace.Take(-1);
        await pace.WaitAsync(0.001, Cancel).WaitAsync(TimeSpan.FromSeconds(5), Cancel); // would be hours
    }

    [Fact]
    public async Task GetResponseAsync_RequestsPerMinute_ArriveSpread()
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(FakeReply.Completion("Hi"));
        EndpointOptions options = new()
        {
            Url = server.Url,
            Model = "m",
            RequestsPerMinute = 600,
            RequestTimeout = TimeSpan.FromMilliseconds(300),
        };
        using EndpointChatClient client = new(options);
        Stopwatch watch = Stopwatch.StartNew();
        // The last one waits for 0.8 s, longer than a request may take: waiting for its turn is no part of that.
        await Task.WhenAll(Enumerable.Range(0, 9).Select(_ => client.GetResponseAsync([new(ChatRole.User, "Hello")], null, Cancel)));
        Assert.InRange(watch.Elapsed.TotalSeconds, 0.78, 20);
    }

    [Fact]
    public async Task GetResponseAsync_TokensPerMinute_WaitsForWhatTheAnswersTook()
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(
            FakeReply.Completion("Hi") with
            {
                Usage = new() { ["prompt_tokens"] = 100, ["completion_tokens"] = 500 },
            }
        );
        EndpointOptions options = new()
        {
            Url = server.Url,
            Model = "m",
            TokensPerMinute = 60_000,
        };
        using EndpointChatClient client = new(options);
        Stopwatch watch = Stopwatch.StartNew();
        await client.GetResponseAsync([new(ChatRole.User, "Hello")], null, Cancel);
        await client.GetResponseAsync([new(ChatRole.User, "Hello")], null, Cancel); // 600 tokens at 1,000 a second
        Assert.InRange(watch.Elapsed.TotalSeconds, 0.58, 20);
    }
}
