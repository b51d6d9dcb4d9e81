using RewardReasoning.Models.Decoder;
using RewardReasoning.Training.Rollouts;
using RewardReasoning.Training.Runs;
using static TorchSharp.torch;

namespace RewardReasoning.Training.Sft;

/// <summary>Prompts completed once each, to see which completions are right.</summary>
internal static class SampledAnswers
{
    private const int BatchPrompts = 128;
    private const ulong SamplingSeed = 20_250_514;

    /// <summary>For each prompt, whether its completion is right; prompts of like length together, each worker taking every n-th batch.</summary>
    /// <param name="workers">The threads.</param>
    /// <param name="models">A view of the weights for each.</param>
    /// <param name="endTokens">The tokens that end a turn.</param>
    /// <param name="prompts">Token ids.</param>
    /// <param name="settings">How completions are sampled.</param>
    /// <param name="isRight">Of a prompt's index and its completion.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public static bool[] AreRight(
        ParallelWorkers workers,
        IReadOnlyList<DecoderModel> models,
        IReadOnlyCollection<int> endTokens,
        IReadOnlyList<int[]> prompts,
        SamplingSettings settings,
        Func<int, SampledCompletion, bool> isRight,
        CancellationToken cancellationToken)
    {
        bool[] right = new bool[prompts.Count];
        int[][] batches = [.. Enumerable.Range(0, prompts.Count).OrderBy(index => prompts[index].Length).Chunk(BatchPrompts)];
        _ = workers.Run(worker =>
        {
            for (int batch = worker; batch < batches.Length; batch += workers.Count)
            {
                using Generator generator = new(SamplingSeed + (ulong)batch, models[worker].Device);
                IReadOnlyList<SampledCompletion> completions = new RolloutSampler(models[worker], endTokens).Sample(
                    [.. batches[batch].Select(index => prompts[index])], 1, settings, generator, cancellationToken);
                foreach ((int index, SampledCompletion completion) in batches[batch].Zip(completions))
                {
                    right[index] = isRight(index, completion);
                }
            }

            return 0;
        });
        return right;
    }
}
