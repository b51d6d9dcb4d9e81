using RewardReasoning.Models.Decoder;
using RewardReasoning.Training.Rollouts;
using RewardReasoning.Training.Runs;
using Xunit;
using static TorchSharp.torch;

namespace RewardReasoning.Training.Tests.Rollouts;

public sealed class RolloutSamplerTests
{
    private static readonly int[][] Prompts =
    [
        [5, 6, 7],
        [9],
        [11, 12, 13, 14, 15, 16],
    ];

    [Fact]
    public void Sample_Greedy_EqualsRecomputingEachPromptAlone()
    {
        using DecoderModel model = Model();
        IReadOnlyList<SampledCompletion> completions = Sample(model, new SamplingSettings(0, 20), repeats: 1, seed: 1);
        foreach ((int[] prompt, SampledCompletion completion) in Prompts.Zip(completions))
        {
            List<long> ids = [.. prompt.Select(id => (long)id)];
            foreach (int id in completion.Ids)
            {
                using IDisposable noGradients = no_grad();
                using Tensor next = model.Logits(model.Hidden(tensor(ids.ToArray()).unsqueeze(0)))[0, -1].argmax();
                Assert.Equal(next.item<long>(), id);
                ids.Add(id);
            }
        }
    }

    [Fact]
    public void Sample_SameSeed_GivesTheSameTokens()
    {
        using DecoderModel model = Model();
        SamplingSettings settings = new(1, 16);
        Assert.Equal(Sample(model, settings, 3, 5).SelectMany(c => c.Ids), Sample(model, settings, 3, 5).SelectMany(c => c.Ids));
        Assert.NotEqual(Sample(model, settings, 3, 5).SelectMany(c => c.Ids), Sample(model, settings, 3, 6).SelectMany(c => c.Ids));
    }

    [Fact]
    public void Sample_LogProbs_AreThoseOfTheModel()
    {
        using DecoderModel model = Model();
        SampledCompletion completion = Sample(model, new SamplingSettings(0.7, 12), 1, 3)[2];
        using IDisposable noGradients = no_grad();
        long[] ids = [.. Prompts[2].Concat(completion.Ids).Select(id => (long)id)];
        using Tensor logProbs = (model.Logits(model.Hidden(tensor(ids).unsqueeze(0)))[0] / 0.7).log_softmax(-1);
        for (int i = 0; i < completion.Ids.Length; i++)
        {
            Assert.Equal(logProbs[Prompts[2].Length + i - 1, completion.Ids[i]].item<float>(), completion.LogProbs[i], 2e-4f);
        }
    }

    [Fact]
    public void Sample_EndTokens_EndARowAndOnlyThatRow()
    {
        using DecoderModel model = Model();
        IReadOnlyList<SampledCompletion> completions = Sample(
            model,
            new SamplingSettings(1, 40),
            repeats: 8,
            seed: 4,
            endTokens: [.. Enumerable.Range(0, 60)]
        );
        Assert.Equal(24, completions.Count);
        Assert.All(completions, completion => Assert.DoesNotContain(completion.Ids.SkipLast(1), id => id < 60));
        Assert.All(completions.Where(completion => completion.Finished), completion => Assert.InRange(completion.Ids[^1], 0, 59));
    }

    private static DecoderModel Model() => DecoderModel.CreateRandom(TinyModel.Config, 11, CPU);

    private static IReadOnlyList<SampledCompletion> Sample(
        DecoderModel model,
        SamplingSettings settings,
        int repeats,
        ulong seed,
        int[]? endTokens = null
    )
    {
        using ParallelWorkers workers = new(2);
        using ModelReplicas replicas = new(model, workers.Count);
        using RolloutSampler sampler = new(replicas, workers, endTokens ?? [287]);
        return sampler.Sample(Prompts, repeats, settings, seed, TestContext.Current.CancellationToken);
    }
}
