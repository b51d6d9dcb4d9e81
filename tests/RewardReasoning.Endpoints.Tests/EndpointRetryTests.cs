using RewardReasoning.Testing;
using Xunit;

namespace RewardReasoning.Endpoints.Tests;

public sealed class EndpointRetryTests
{
    private static readonly EndpointOptions Options = new() { Url = new Uri("http://localhost/v1"), Model = "m" };
    private static readonly EndpointException Transient = new("busy.") { IsTransient = true };

    private readonly InstantTimeProvider _time = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task WaitAsync_Repeated_DoublesTheWaitAndEndsWithTheTries()
    {
        EndpointRetry retry = new(Options, _time, new Least());
        for (int i = 0; i < 7; i++)
        {
            await retry.WaitAsync(Transient, false, Cancel);
        }

        // Half of the full wait is chance, which is zero here.
        Assert.Equal([0.5, 1, 2, 4, 8, 16, 30], _time.Waits.Select(wait => wait.TotalSeconds));
        EndpointException error = await Assert.ThrowsAsync<EndpointException>(() => retry.WaitAsync(Transient, false, Cancel));
        Assert.Equal("busy. Gave up after 8 tries.", error.Message);
    }

    [Fact]
    public async Task WaitAsync_Jitter_StaysBetweenHalfAndWhole()
    {
        for (int seed = 0; seed < 50; seed++)
        {
            await new EndpointRetry(Options, _time, new Random(seed)).WaitAsync(Transient, false, Cancel);
        }

        Assert.All(_time.Waits, wait => Assert.InRange(wait.TotalSeconds, 0.5, 1));
        Assert.True(_time.Waits.Distinct().Count() > 40);
    }

    [Fact]
    public async Task WaitAsync_WindowUsedUp_EndsBeforeTheTriesDo()
    {
        EndpointRetry retry = new(Options with { RetryWindow = TimeSpan.FromMinutes(2) }, _time, new Least());
        EndpointException slow = new("busy.") { IsTransient = true, RetryAfter = TimeSpan.FromSeconds(50) };
        await retry.WaitAsync(slow, false, Cancel);
        await retry.WaitAsync(slow, false, Cancel);
        EndpointException error = await Assert.ThrowsAsync<EndpointException>(() => retry.WaitAsync(slow, false, Cancel));
        Assert.Equal("busy. Gave up after 3 tries: the next would begin in 50 s, past the 2 minutes allowed.", error.Message);
    }

    [Fact]
    public async Task WaitAsync_NotTransient_IsTheFailureItself()
    {
        EndpointException refusal = new("no.");
        Assert.Same(
            refusal,
            await Assert.ThrowsAsync<EndpointException>(() =>
                new EndpointRetry(Options, _time, new Least()).WaitAsync(refusal, false, Cancel)
            )
        );
        Assert.Empty(_time.Waits);
    }

    [Fact]
    public async Task WaitAsync_Elsewhere_WaitsNotAndCountsTheTry()
    {
        EndpointRetry retry = new(Options with { Tries = 3 }, _time, new Least());
        await retry.WaitAsync(Transient, true, Cancel);
        await retry.WaitAsync(Transient, true, Cancel);
        Assert.Equal(TimeSpan.Zero, _time.GetUtcNow() - new DateTimeOffset(2025, 1, 1, 0, 0, 0, TimeSpan.Zero));
        await Assert.ThrowsAsync<EndpointException>(() => retry.WaitAsync(Transient, true, Cancel));
    }

    private sealed class Least : Random
    {
        public override double NextDouble() => 0;
    }
}
