using RewardReasoning.Training.RewardModels;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace RewardReasoning.Training.Tests.RewardModels;

public sealed class RewardModelLossTests
{
    [Theory]
    [InlineData("plain")]
    [InlineData("a tie counts as wrong")]
    [InlineData("margin")]
    [InlineData("centred")]
    [InlineData("margin and centred")]
    [InlineData("rewards far apart")]
    public void Compute_TrlCases_MatchReference(string name)
    {
        ReferenceCase reference = ReferenceNumbers.Load("reward-model")[name];
        foreach (
            (ScalarType dtype, double values, double gradients) in new[]
            {
                (float64, reference.Tolerance, reference.Tolerance),
                (float32, 2e-6, 1e-6),
            }
        )
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor chosen = reference.Input("chosen", dtype).requires_grad_(),
                rejected = reference.Input("rejected", dtype).requires_grad_();
            (Tensor loss, RewardModelMetrics metrics) = RewardModelLoss.Compute(
                chosen,
                rejected,
                reference.OptionalInput("margin", dtype),
                new RewardModelOptions { CenterCoefficient = reference.Setting("center_rewards_coefficient") ?? 0 }
            );
            loss.backward();
            ReferenceNumbers.AssertClose(reference.Output("loss"), ReferenceNumbers.Flat(loss), values, "loss");
            ReferenceNumbers.AssertClose(
                reference.Output("chosen_gradient"),
                ReferenceNumbers.Flat(Assert.IsType<Tensor>(chosen.grad)),
                gradients,
                "chosen gradient"
            );
            ReferenceNumbers.AssertClose(
                reference.Output("rejected_gradient"),
                ReferenceNumbers.Flat(Assert.IsType<Tensor>(rejected.grad)),
                gradients,
                "rejected gradient"
            );
            Assert.Equal(reference.Metric("accuracy"), metrics.Correct / metrics.Pairs, 1e-6);
            Assert.Equal(reference.Metric("margin"), metrics.Margin / metrics.Pairs, 1e-5);
            Assert.Equal(reference.Metric("mean_reward"), metrics.Rewards / (2 * metrics.Pairs), 1e-5);
        }
    }

    [Fact]
    public void Compute_PartsOfABatch_AddUpToIt()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor chosen = tensor([1.0, -0.5, 2.0]),
            rejected = tensor([0.5, 0.25, -1.0]);
        double whole = RewardModelLoss.Compute(chosen, rejected, null, new RewardModelOptions()).Loss.item<double>();
        double parts = Enumerable
            .Range(0, 3)
            .Sum(i =>
                RewardModelLoss
                    .Compute(chosen.narrow(0, i, 1), rejected.narrow(0, i, 1), null, new RewardModelOptions(), 3)
                    .Loss.item<double>()
            );
        Assert.Equal(whole, parts, 1e-12);
    }
}
