using RewardReasoning.Models.Decoder;
using RewardReasoning.Training.Grpo;
using RewardReasoning.Training.Judges;
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

    [Theory]
    [InlineData(1)]
    [InlineData(40)]
    [InlineData(100_000)]
    public void Backpropagate_PromptsComputedOnce_GivesTheGradientOfWholeRows(int tokensPerPass)
    {
        int[] shorter = [5, 6, 7],
            longer = [30, 31, 32, 33, 34];
        TrainedRollout[] rollouts =
        [
            Rollout(shorter, [8, 9, 10, 11], 1),
            Rollout(shorter, [12], -0.5),
            Rollout(longer, [40, 41, 42], 0.7),
            Rollout(longer, [43, 44, 45, 46, 47], -1),
            Rollout(longer, [50], 0.2),
        ];
        (double Loss, float[] Gradient) whole = Accumulate(rollouts, 1_000_000);
        (double Loss, float[] Gradient) shared = Accumulate(rollouts, tokensPerPass, sharePrompts: true);
        Assert.Equal(whole.Loss, shared.Loss, 1e-5);
        Assert.All(whole.Gradient.Zip(shared.Gradient), pair => Assert.Equal(pair.First, pair.Second, 2e-5f));
    }

    [Fact]
    public void Backpropagate_LayersComputedAgain_GivesTheSameGradient()
    {
        float[] once = Accumulate(Rollouts(), 4_096).Gradient;
        float[] again = Accumulate(Rollouts(), 4_096, recompute: true).Gradient;
        Assert.All(once.Zip(again), pair => Assert.Equal(pair.First, pair.Second, 1e-6f));
    }

    [Fact]
    public void LogProbs_OfTheSamplingWeights_GiveRatioOne()
    {
        TrainedRollout[] rollouts = Rollouts();
        using DecoderModel model = DecoderModel.CreateRandom(TinyModel.Config, 3, CPU);
        PolicyUpdate update = new(new GrpoOptions(), 1, 4_096);
        TrainedRollout[] known = [.. update.LogProbs(model, rollouts).Select(entry => entry.Rollout with { OldLogProbs = entry.LogProbs })];
        Assert.All(
            Accumulate(rollouts, 4_096).Gradient.Zip(Accumulate(known, 4_096).Gradient),
            pair => Assert.Equal(pair.First, pair.Second, 1e-6f)
        );
    }

    [Fact]
    public void Backpropagate_ReferenceOfOtherWeights_AddsItsKl()
    {
        GrpoOptions options = new() { KlCoefficient = 0.1, KlEstimator = KlEstimator.K1 };
        TrainedRollout[] rollouts =
        [
            .. Rollouts().Select(rollout => rollout with { ReferenceLogProbs = [.. rollout.Completion.Select(_ => 0f)] }),
        ];
        double own = Accumulate(Rollouts(), 4_096).Loss;
        double mean = Accumulate(rollouts, 4_096, options: options with { KlCoefficient = 1e-9 }).Loss;
        double with = Accumulate(rollouts, 4_096, options: options).Loss;
        Assert.Equal(own, mean, 1e-6);
        Assert.True(with < own - 0.3, $"{with} against {own}: log-probs near ln(1/300) and a reference of 1 make a KL near -5.7");
    }

    private static TrainedRollout[] Rollouts() =>
        [
            Rollout([5, 6, 7], [8, 9, 10, 11], 1.0),
            Rollout([5], [20, 21], -0.5),
            Rollout([30, 31, 32, 33, 34], [40, 41, 42, 43, 44, 45, 46], -0.5),
        ];

    private static TrainedRollout Rollout(int[] prompt, int[] completion, double advantage) =>
        new(
            new JudgeRollout(
                new JudgeQuestion(0, new LabelledPair(new PreferencePair("", "", ""), ""), Verdict.First, prompt),
                new SampledCompletion(completion, [], true),
                "",
                Verdict.First,
                1
            ),
            advantage,
            0
        );

    private static BatchCounts Counts(TrainedRollout[] rollouts) =>
        new(
            rollouts.Sum(rollout => rollout.Rollout.Completion.Ids.Length),
            rollouts.Length,
            rollouts.Max(rollout => rollout.Rollout.Completion.Ids.Length)
        );

    private static (double Loss, float[] Gradient) Accumulate(
        TrainedRollout[] rollouts,
        int tokensPerPass,
        BatchCounts? counts = null,
        bool sharePrompts = false,
        bool recompute = false,
        GrpoOptions? options = null
    )
    {
        using DecoderModel model = DecoderModel.CreateRandom(TinyModel.Config, 3, CPU);
        model.SetRequiresGrad(true);
        PolicyUpdate update = new(options ?? new GrpoOptions(), 1, tokensPerPass, sharePrompts);
        GrpoMetrics metrics = update
            .Passes(rollouts)
            .Select(pass => update.Backpropagate(model, pass, counts ?? Counts(rollouts), recompute))
            .Aggregate(GrpoMetrics.Zero, (sum, part) => sum.Add(part));
        float[] gradient =
        [
            .. model.Parameters.SelectMany(parameter => parameter.Value.grad is { } grad ? grad.contiguous().data<float>().ToArray() : []),
        ];
        return (metrics.Loss, gradient);
    }
}
