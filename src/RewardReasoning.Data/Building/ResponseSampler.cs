using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.AI;
using RewardReasoning.Data.Recognition;

namespace RewardReasoning.Data.Building;

/// <summary>
/// Asks models for outputs to a question. Seeds follow from the seed of the recipe, the question and the number of the sample.
/// </summary>
internal sealed class ResponseSampler(IReadOnlyList<IChatClient> models, SampledSource source, long seed)
{
    /// <summary>Whether a failure ends the question or the run.</summary>
    public FailurePolicy Failures { get; } = new();

    public async Task<IReadOnlyList<string>> SampleAsync(RowQuery query, CancellationToken cancellationToken)
    {
        ChatMessage[] messages = source.Instruction is null
            ? [.. query.Messages]
            :
            [
                .. query.Messages.SkipLast(1),
                new ChatMessage(query.Messages[^1].Role, $"{query.Messages[^1].Text}\n\n{source.Instruction}"),
            ];
        List<string> outputs = [];
        foreach (IChatClient model in models)
        {
            string[] samples = await Task.WhenAll(
                    Enumerable.Range(0, source.Samples).Select(i => AskAsync(model, messages, SeedOf(query.Text, i), cancellationToken))
                )
                .ConfigureAwait(false);
            outputs.AddRange(samples);
        }

        return outputs;
    }

    private async Task<string> AskAsync(IChatClient model, ChatMessage[] messages, int sampleSeed, CancellationToken cancellationToken)
    {
        ChatResponse response = await model
            .GetResponseAsync(
                messages,
                new ChatOptions
                {
                    Seed = sampleSeed,
                    Temperature = (float)source.Temperature,
                    MaxOutputTokens = source.MaxTokens,
                },
                cancellationToken
            )
            .ConfigureAwait(false);
        Failures.Succeeded();
        return response.Text;
    }

    private int SeedOf(string query, int sample)
    {
        byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes(FormattableString.Invariant($"{seed} {sample} {query}")));
        return BinaryPrimitives.ReadInt32LittleEndian(hash) & int.MaxValue;
    }
}
