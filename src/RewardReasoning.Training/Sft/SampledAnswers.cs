using RewardReasoning.Training.Rollouts;

namespace RewardReasoning.Training.Sft;

/// <summary>Prompts completed once each, to see which completions are right.</summary>
internal static class SampledAnswers
{
    private const int BatchPrompts = 256;
    private const ulong SamplingSeed = 20_250_514;

    /// <summary>For each prompt, whether its completion is right.</summary>
    /// <param name="sampler">Of the model.</param>
    /// <param name="prompts">Token ids.</param>
    /// <param name="settings">How completions are sampled.</param>
    /// <param name="isRight">Of a prompt's index and its completion.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public static bool[] AreRight(
        RolloutSampler sampler,
        IReadOnlyList<int[]> prompts,
        SamplingSettings settings,
        Func<int, SampledCompletion, bool> isRight,
        CancellationToken cancellationToken
    )
    {
        bool[] right = new bool[prompts.Count];

        // Prompts of like length together: they are padded to the longest of their batch.
        foreach (int[] batch in Enumerable.Range(0, prompts.Count).OrderBy(index => prompts[index].Length).Chunk(BatchPrompts))
        {
            IReadOnlyList<SampledCompletion> completions = sampler.Sample(
                [.. batch.Select(index => prompts[index])],
                1,
                settings,
                SamplingSeed + (ulong)batch[0],
                cancellationToken
            );
            foreach ((int index, SampledCompletion completion) in batch.Zip(completions))
            {
                right[index] = isRight(index, completion);
            }
        }

        return right;
    }
}
