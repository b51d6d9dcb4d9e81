using RewardReasoning.Training.Grpo;
using Xunit;
using static TorchSharp.torch;

namespace RewardReasoning.Training.Tests.Grpo;

public sealed class KlPenaltyTests
{
    [Theory]
    [InlineData("k1", KlEstimator.K1, false)]
    [InlineData("kl", KlEstimator.K1, false)]
    [InlineData("abs", KlEstimator.Absolute, false)]
    [InlineData("k2", KlEstimator.K2, false)]
    [InlineData("mse", KlEstimator.K2, false)]
    [InlineData("k3", KlEstimator.K3, false)]
    [InlineData("low_var_kl", KlEstimator.K3, false)]
    [InlineData("k1+", KlEstimator.K1, true)]
    [InlineData("kl+", KlEstimator.K1, true)]
    [InlineData("abs+", KlEstimator.Absolute, true)]
    [InlineData("k2+", KlEstimator.K2, true)]
    [InlineData("mse+", KlEstimator.K2, true)]
    [InlineData("k3+", KlEstimator.K3, true)]
    [InlineData("low_var_kl+", KlEstimator.K3, true)]
    public void PerToken_EveryKind_MatchesValuesAndGradients(string name, KlEstimator estimator, bool straightThrough)
    {
        ReferenceCase reference = ReferenceNumbers.Load("kl")[name];
        using var scope = NewDisposeScope();
        Tensor logProbs = reference.Input("log_probs").requires_grad_();

        Tensor kl = KlPenalty.PerToken(logProbs, reference.Input("ref_log_probs"), estimator, straightThrough);
        kl.sum().backward();

        ReferenceNumbers.AssertClose(reference.Output("kl"), ReferenceNumbers.Flat(kl), 1e-8, "value");
        Tensor gradient = Assert.IsType<Tensor>(logProbs.grad);
        ReferenceNumbers.AssertClose(reference.Output("log_probs_gradient"), ReferenceNumbers.Flat(gradient), 1e-8, "gradient");
    }

    [Fact]
    public void NextCoefficient_SixUpdates_MatchReference()
    {
        ReferenceCase reference = ReferenceNumbers.Load("kl")["adaptive coefficient"];
        AdaptiveKl control = new(reference.Setting("target_kl") ?? 0, reference.Setting("horizon") ?? 0);
        double coefficient = reference.Setting("kl_coef") ?? 0;

        List<double> coefficients = [];
        foreach (double observed in ReferenceCase.Numbers(reference.Raw("observed_kl")))
        {
            coefficient = KlPenalty.NextCoefficient(coefficient, observed, control, (int)(reference.Setting("n_steps") ?? 0));
            coefficients.Add(coefficient);
        }

        ReferenceNumbers.AssertClose(reference.Output("coefficients"), coefficients, 1e-12, "coefficients");
    }

    [Fact]
    public void PerToken_OtherShape_IsRefused()
    {
        using var scope = NewDisposeScope();
        ArgumentException error = Assert.Throws<ArgumentException>(() => KlPenalty.PerToken(zeros(2, 3), zeros(1, 3), KlEstimator.K1));
        Assert.Contains("[1, 3]", error.Message, StringComparison.Ordinal);
    }
}
