using Microsoft.Extensions.AI;
using Xunit;

namespace RewardReasoning.LlamaCpp.Tests;

/// <summary>Looks at the memory of the whole process, so nothing else may run meanwhile.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;

[Collection(nameof(Alone))]
public sealed class GgufMemoryTests(GgufChatClientTests.Pair pair) : IClassFixture<GgufChatClientTests.Pair>
{
    // What the runtime and the allocator may keep for themselves; a leak of each round is a multiple of it.
    private const long Room = 128L << 20;

    private static long Resident()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        return Environment.WorkingSet;
    }

    [Fact]
    public async Task GetResponse_ManyRequests_TakeNoMoreMemory()
    {
        using GgufChatClient client = GgufChatClient.Load(pair.Path);
        await AskAsync(200);
        long before = Resident();
        await AskAsync(1_200);
        Assert.InRange(Resident() - before, long.MinValue, Room);

        async Task AskAsync(int count)
        {
            for (int i = 0; i < count; i += 20)
            {
                await Task.WhenAll(
                    Enumerable
                        .Range(i, 20)
                        .Select(n =>
                            client.GetResponseAsync(
                                $"Question {n}?",
                                new ChatOptions
                                {
                                    Temperature = 1,
                                    Seed = n,
                                    MaxOutputTokens = 12,
                                },
                                TestContext.Current.CancellationToken
                            )
                        )
                );
            }
        }
    }

    [Fact]
    public async Task Dispose_EachTime_FreesTheNativeMemory()
    {
        await LoadAskAndDisposeAsync(8);
        long before = Resident();
        await LoadAskAndDisposeAsync(60);
        Assert.InRange(Resident() - before, long.MinValue, Room);

        async Task LoadAskAndDisposeAsync(int times)
        {
            for (int i = 0; i < times; i++)
            {
                using GgufChatClient client = GgufChatClient.Load(pair.Path);
                await client.GetResponseAsync("Again?", new ChatOptions { MaxOutputTokens = 2 }, TestContext.Current.CancellationToken);
            }
        }
    }
}
