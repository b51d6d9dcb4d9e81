using System.Threading.Channels;
using RewardReasoning.Data.Rows;
using Xunit;

namespace RewardReasoning.Data.Tests.Rows;

public sealed class OrderedWindowTests
{
    [Fact]
    public async Task SelectAsync_WorkThatEndsInAnyOrder_GivesResultsInOrder()
    {
        int[] results = await OrderedWindow
            .SelectAsync(
                Numbers(50),
                8,
                16,
                async (number, token) =>
                {
                    await Task.Delay((number * 7) % 5, token);
                    return number;
                },
                cancellationToken: Token
            )
            .ToArrayAsync(Token);
        Assert.Equal(Enumerable.Range(0, 50), results);
    }

    [Fact]
    public async Task SelectAsync_SlowFirstItem_StopsReadingAtTheWindow()
    {
        TaskCompletionSource first = new();
        int read = 0;
        async IAsyncEnumerable<int> Counted()
        {
            await foreach (int number in Numbers(100))
            {
                read++;
                yield return number;
            }
        }

        IAsyncEnumerator<int> results = OrderedWindow
            .SelectAsync(
                Counted(),
                2,
                10,
                async (number, _) =>
                {
                    await (number == 0 ? first.Task : Task.CompletedTask);
                    return number;
                },
                cancellationToken: Token
            )
            .GetAsyncEnumerator(Token);
        ValueTask<bool> next = results.MoveNextAsync();
        Assert.Equal(10, read);
        first.SetResult();
        Assert.True(await next);
        await results.DisposeAsync();
    }

    [Fact]
    public async Task SelectAsync_ManyItems_NeverMoreAtOnceThanAllowed()
    {
        int running = 0;
        int most = 0;
        await foreach (
            int _ in OrderedWindow.SelectAsync(
                Numbers(40),
                3,
                20,
                async (number, token) =>
                {
                    most = Math.Max(most, Interlocked.Increment(ref running));
                    await Task.Delay(1, token);
                    Interlocked.Decrement(ref running);
                    return number;
                },
                cancellationToken: Token
            )
        ) { }

        Assert.InRange(most, 1, 3);
    }

    [Fact]
    public async Task SelectAsync_OneItemFails_CancelsTheRestAndThrows()
    {
        int cancelled = 0;
        await Assert.ThrowsAsync<InvalidDataException>(async () =>
            await OrderedWindow
                .SelectAsync<int, int>(
                    Numbers(10),
                    4,
                    8,
                    async (number, token) =>
                    {
                        if (number == 0)
                        {
                            await Task.Delay(20, token);
                            throw new InvalidDataException();
                        }

                        try
                        {
                            await Task.Delay(Timeout.Infinite, token);
                            return number;
                        }
                        catch (OperationCanceledException)
                        {
                            Interlocked.Increment(ref cancelled);
                            throw;
                        }
                    },
                    cancellationToken: Token
                )
                .ToArrayAsync(Token)
        );
        Assert.True(cancelled > 0);
    }

    [Fact]
    public async Task SelectAsync_OneItemFails_GivesWhatHadEndedBefore()
    {
        TaskCompletionSource othersEnded = new();
        int ended = 0;
        List<int> results = [];
        await Assert.ThrowsAsync<InvalidDataException>(async () =>
        {
            await foreach (
                int result in OrderedWindow.SelectAsync(
                    Numbers(4),
                    4,
                    8,
                    async (number, _) =>
                    {
                        if (number == 1)
                        {
                            await othersEnded.Task;
                            throw new InvalidDataException();
                        }

                        if (Interlocked.Increment(ref ended) == 3)
                        {
                            othersEnded.SetResult();
                        }

                        return number;
                    },
                    cancellationToken: Token
                )
            )
            {
                results.Add(result);
            }
        });
        Assert.Equal([0, 2, 3], results);
    }

    [Fact]
    public async Task SelectAsync_Cancelled_GivesWhatHadEndedBefore()
    {
        using CancellationTokenSource stop = new();
        List<int> results = [];
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (
                int result in OrderedWindow.SelectAsync(
                    Numbers(3),
                    3,
                    8,
                    async (number, token) =>
                    {
                        if (number == 2)
                        {
                            await stop.CancelAsync();
                        }

                        await (number == 0 ? Task.Delay(Timeout.Infinite, token) : Task.CompletedTask);
                        return number;
                    },
                    cancellationToken: stop.Token
                )
            )
            {
                results.Add(result);
            }
        });
        Assert.Equal([1, 2], results);
    }

    [Fact]
    public async Task SelectAsync_NextItemIsAwaited_GivesTheResultsSoFar()
    {
        Channel<int> items = Channel.CreateUnbounded<int>();
        IAsyncEnumerator<int> results = OrderedWindow
            .SelectAsync(items.Reader.ReadAllAsync(Token), 4, (number, _) => Task.FromResult(10 * number), cancellationToken: Token)
            .GetAsyncEnumerator(Token);
        foreach (int number in new[] { 1, 2, 3 })
        {
            ValueTask<bool> next = results.MoveNextAsync();
            Assert.False(next.IsCompleted);
            items.Writer.TryWrite(number);
            Assert.True(await next);
            Assert.Equal(10 * number, results.Current);
        }

        items.Writer.Complete();
        Assert.False(await results.MoveNextAsync());
        await results.DisposeAsync();
    }

    [Fact]
    public async Task SelectAsync_ItemFailsWhileTheNextIsAwaited_Throws()
    {
        Channel<int> items = Channel.CreateUnbounded<int>();
        items.Writer.TryWrite(1);
        await Assert.ThrowsAsync<InvalidDataException>(async () =>
            await OrderedWindow
                .SelectAsync<int, int>(
                    items.Reader.ReadAllAsync(Token),
                    4,
                    async (_, token) =>
                    {
                        await Task.Delay(5, token);
                        throw new InvalidDataException();
                    },
                    cancellationToken: Token
                )
                .ToArrayAsync(Token)
        );
    }

    [Fact]
    public async Task SelectAsync_NothingMoreIsReady_CallsIdleOnceForTheResultsBefore()
    {
        Channel<int> items = Channel.CreateUnbounded<int>();
        List<int> seen = [];
        List<int> flushed = [];
        items.Writer.TryWrite(1);
        items.Writer.TryWrite(2);
        await foreach (
            int result in OrderedWindow.SelectAsync(
                items.Reader.ReadAllAsync(Token),
                4,
                (number, _) => Task.FromResult(number),
                () =>
                {
                    flushed.Add(seen.Count);
                    if (flushed.Count == 1)
                    {
                        items.Writer.TryWrite(3);
                    }
                    else
                    {
                        items.Writer.TryComplete();
                    }

                    return Task.CompletedTask;
                },
                Token
            )
        )
        {
            seen.Add(result);
        }

        Assert.Equal([1, 2, 3], seen);
        Assert.Equal([2, 3], flushed);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static async IAsyncEnumerable<int> Numbers(int count)
    {
        await Task.CompletedTask;
        for (int i = 0; i < count; i++)
        {
            yield return i;
        }
    }
}
