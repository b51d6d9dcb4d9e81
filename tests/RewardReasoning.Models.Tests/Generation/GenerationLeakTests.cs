using RewardReasoning.Models.Generation;
using Xunit;
using static TorchSharp.torch;

namespace RewardReasoning.Models.Tests.Generation;

/// <summary>Counts the tensors of the whole process, so nothing else may run meanwhile.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;

[Collection(nameof(Alone))]
public sealed class GenerationLeakTests
{
    [Fact]
    public async Task Generate_ManyRequests_LeavesNoTensorBehind()
    {
        set_num_threads(1);
        using ChatFolder folder = ChatFolder.Random();
        using LocalModel model = LocalModel.Load(folder.Path);
        await using (
            GenerationEngine engine = new(
                model.Decoder,
                model.Tokenizer,
                new EngineOptions
                {
                    Workers = 1,
                    TensorThreads = 1,
                    MaxPrefillTokens = 100,
                }
            )
        )
        {
            await Round(engine); // fills the tables that the model keeps
        }

        // What tests before this one left to the collector must not go while this one counts.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        long before = Tensor.TotalCount;
        await using (
            GenerationEngine engine = new(
                model.Decoder,
                model.Tokenizer,
                new EngineOptions
                {
                    Workers = 1,
                    TensorThreads = 1,
                    MaxPrefillTokens = 100,
                }
            )
        )
        {
            for (int i = 0; i < 10; i++)
            {
                await Round(engine);
            }
        }

        Assert.Equal(before, Tensor.TotalCount);
    }

    private static async Task Round(GenerationEngine engine)
    {
        using CancellationTokenSource cancelled = new();
        Task[] tasks =
        [
            .. Enumerable
                .Range(0, 9)
                .Select(i =>
                    engine.GenerateAsync(
                        new GenerationRequest
                        {
                            Prompt = [.. Enumerable.Repeat(65 + i, 5 + (20 * i))],
                            MaxTokens = 5 + (7 * i),
                            AllowedFirstTokens = i == 0 ? [65] : [],
                        },
                        i == 8 ? cancelled.Token : TestContext.Current.CancellationToken
                    )
                ),
        ];
        await tasks[0];
        await cancelled.CancelAsync();
        await Task.WhenAll(tasks[..8]);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => tasks[8]);
    }
}
