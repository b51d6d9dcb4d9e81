using RewardReasoning.Models.Decoder;
using RewardReasoning.Training.Grpo;
using RewardReasoning.Training.Rollouts;
using Xunit;
using static TorchSharp.torch;

namespace RewardReasoning.Training.Tests.Grpo;

public sealed class PolicyUpdateTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(64)]
    [InlineData(100_000)]
    public void AccumulateGradients_AnyPassSize_GivesTheGradientOfTheUndividedBatch(int tokensPerPass)
    {
        (double Loss, float[] Gradient) whole = Accumulate(Rollouts(), 1_000_000);
        (double Loss, float[] Gradient) parts = Accumulate(Rollouts(), tokensPerPass);
        Assert.Equal(whole.Loss, parts.Loss, 1e-5);
        Assert.All(whole.Gradient.Zip(parts.Gradient), pair => Assert.Equal(pair.First, pair.Second, 2e-5f));
    }

    [Fact]
    public void AccumulateGradients_RolloutsOfAdvantageZero_CountInTheDenominatorOnly()
    {
        TrainedRollout[] rollouts = Rollouts();
        rollouts[1] = rollouts[1] with { Advantage = 0 };
        float[] with = Accumulate(rollouts, 4_096).Gradient;
        float[] without = Accumulate([rollouts[0], rollouts[2]], 4_096, Counts(rollouts)).Gradient;
        Assert.Equal(with, without);
    }

    private static TrainedRollout[] Rollouts() =>
    [
        Rollout([5, 6, 7], [8, 9, 10, 11], 1.0),
        Rollout([5], [20, 21], -0.5),
        Rollout([30, 31, 32, 33, 34], [40, 41, 42, 43, 44, 45, 46], -0.5),
    ];

    private static TrainedRollout Rollout(int[] prompt, int[] completion, double advantage) => new(
        new JudgeRollout(new JudgeQuestion(0, "", Verdict.First, prompt), new SampledCompletion(completion, [], true), "", Verdict.First, 1), advantage, 0);

    private static BatchCounts Counts(TrainedRollout[] rollouts) => new(
        rollouts.Sum(rollout => rollout.Rollout.Completion.Ids.Length), rollouts.Length, rollouts.Max(rollout => rollout.Rollout.Completion.Ids.Length));

    private static (double Loss, float[] Gradient) Accumulate(TrainedRollout[] rollouts, int tokensPerPass, BatchCounts? counts = null)
    {
        using DecoderModel model = DecoderModel.CreateRandom(TinyModel.Config, 3, CPU);
        model.SetRequiresGrad(true);
        GrpoMetrics metrics = new PolicyUpdate(new GrpoOptions(), 1, tokensPerPass).AccumulateGradients(model, rollouts, counts ?? Counts(rollouts));
        float[] gradient = [.. model.Parameters.SelectMany(parameter => parameter.Value.grad is { } grad ? grad.contiguous().data<float>().ToArray() : [])];
        return (metrics.Loss, gradient);
    }
}
