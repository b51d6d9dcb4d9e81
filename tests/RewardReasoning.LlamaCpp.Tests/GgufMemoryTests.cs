using Microsoft.Extensions.AI;
using Xunit;

namespace RewardReasoning.LlamaCpp.Tests;

/// <summary>Looks at the memory of the whole process, so nothing else may run meanwhile.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;

[Collection(nameof(Alone))]
public sealed class GgufMemoryTests(GgufChatClientTests.Pair pair) : IClassFixture<GgufChatClientTests.Pair>
{
    [Fact]
    public async Task GetResponse_ManyRequests_TakeNoMoreMemory()
    {
        using GgufChatClient client = GgufChatClient.Load(pair.Path);
        await AskAsync(100);
        long before = Environment.WorkingSet;
        await AskAsync(600);
        Assert.InRange(Environment.WorkingSet - before, long.MinValue, 48L << 20);

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
        await LoadAskAndDisposeAsync(3);
        long before = Environment.WorkingSet;
        await LoadAskAndDisposeAsync(12);
        Assert.InRange(Environment.WorkingSet - before, long.MinValue, 48L << 20);

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
