using RewardReasoning.Training.Dpo;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace RewardReasoning.Training.Tests.Dpo;

public sealed class DpoLossTests
{
    [Theory]
    [InlineData("sigmoid", nameof(DpoVariant.Sigmoid))]
    [InlineData("sigmoid, far from the reference, an empty rejected response", nameof(DpoVariant.Sigmoid))]
    [InlineData("hinge", nameof(DpoVariant.Hinge))]
    [InlineData("ipo: per-token mean log-ratios", nameof(DpoVariant.Ipo))]
    [InlineData("exo_pair", nameof(DpoVariant.ExoPair))]
    [InlineData("nca_pair", nameof(DpoVariant.NcaPair))]
    [InlineData("robust", nameof(DpoVariant.Robust))]
    [InlineData("bco_pair", nameof(DpoVariant.BcoPair))]
    [InlineData("sppo_hard", nameof(DpoVariant.SppoHard))]
    [InlineData("apo_zero", nameof(DpoVariant.ApoZero))]
    [InlineData("apo_down", nameof(DpoVariant.ApoDown))]
    [InlineData("discopop", nameof(DpoVariant.Discopop))]
    [InlineData("sigmoid_norm", nameof(DpoVariant.SigmoidNorm))]
    [InlineData("aot: sorted within the batch", nameof(DpoVariant.Aot))]
    [InlineData("aot_unpaired", nameof(DpoVariant.AotUnpaired))]
    [InlineData("two losses with weights", nameof(DpoVariant.Sigmoid), 0.2)]
    [InlineData("length-desensitised (ld_alpha)", nameof(DpoVariant.Sigmoid))]
    [InlineData("weighted by policy confidence (WPO)", nameof(DpoVariant.Sigmoid))]
    [InlineData("forward KL", nameof(DpoVariant.Sigmoid))]
    [InlineData("Jensen-Shannon", nameof(DpoVariant.Sigmoid))]
    [InlineData("alpha divergence", nameof(DpoVariant.Sigmoid))]
    public void Compute_TrlCases_MatchReference(string name, string variantName, double sftCoefficient = 0)
    {
        DpoVariant variant = Enum.Parse<DpoVariant>(variantName);
        ReferenceCase reference = ReferenceNumbers.Load("dpo")[name];
        DpoOptions options = Options(reference, variant) with { SftCoefficient = sftCoefficient };
        AssertMatches(reference, options, ScalarType.Float64, reference.Tolerance, reference.Tolerance);
        AssertMatches(reference, options, ScalarType.Float32, 2e-6, 1e-6);
    }

    [Fact]
    public void Compute_SupervisedPart_IsTheTokenMeanOfAllChosenResponses()
    {
        ReferenceCase reference = ReferenceNumbers.Load("dpo")["sft: token mean over all chosen responses"];
        using DisposeScope scope = NewDisposeScope();
        DpoMetrics metrics = new DpoLoss(new DpoOptions { SftCoefficient = 1 })
            .Compute(Side(reference, "chosen", float64), Side(reference, "rejected", float64))
            .Metrics;
        Assert.Equal(reference.Output("loss")[0], metrics.SftLoss, 1e-8);
    }

    [Fact]
    public void Compute_OnePairByHand_IsTheLogisticOfTheScaledMargin()
    {
        using DisposeScope scope = NewDisposeScope();
        DpoSide chosen = Row(logProb: -1, reference: -2),
            rejected = Row(logProb: -3, reference: -2.5); // a = 2, b = -1 over two tokens each
        (Tensor loss, DpoMetrics metrics) = new DpoLoss(new DpoOptions { Beta = 0.5 }).Compute(chosen, rejected);
        Assert.Equal(Math.Log(1 + Math.Exp(-1.5)), loss.item<double>(), 1e-12);
        Assert.Equal((1, -0.5, 1), (metrics.ChosenReward, metrics.RejectedReward, metrics.Correct));

        static DpoSide Row(double logProb, double reference) =>
            new()
            {
                LogProbs = full([1, 3], logProb, float64),
                ReferenceLogProbs = full([1, 3], reference, float64),
                Mask = tensor(
                    new double[,]
                    {
                        { 1, 1, 0 },
                    }
                ),
            };
    }

    [Fact]
    public void Compute_PartsOfABatch_AddUpToIt()
    {
        ReferenceCase reference = ReferenceNumbers.Load("dpo")["two losses with weights"];
        using DisposeScope scope = NewDisposeScope();
        DpoSide chosen = Side(reference, "chosen", float64),
            rejected = Side(reference, "rejected", float64);
        DpoLoss loss = new(new DpoOptions { Beta = 0.05, SftCoefficient = 0.2 });
        DpoCounts counts = new(chosen.Mask.shape[0], chosen.Mask.sum().to(int64).item<long>());
        double parts = Enumerable
            .Range(0, (int)counts.Pairs)
            .Sum(row => loss.Compute(Part(chosen, row), Part(rejected, row), counts).Loss.item<double>());
        Assert.Equal(reference.Output("loss")[0], parts, 1e-8);
    }

    [Theory]
    [InlineData("aot: sorted within the batch", nameof(DpoVariant.Aot))]
    [InlineData("aot_unpaired", nameof(DpoVariant.AotUnpaired))]
    public void Compute_PartsOfASortedBatch_AddUpToItAndItsGradient(string name, string variantName)
    {
        DpoVariant variant = Enum.Parse<DpoVariant>(variantName);
        ReferenceCase reference = ReferenceNumbers.Load("dpo")[name];
        using DisposeScope scope = NewDisposeScope();
        DpoSide chosen = Side(reference, "chosen", float64),
            rejected = Side(reference, "rejected", float64);
        DpoLoss loss = new(Options(reference, variant));
        (double[] first, double[] second) = loss.Sides(chosen, rejected);
        DpoTransport transport = DpoTransport.Of(first, second);
        DpoCounts counts = new(first.Length, 1);
        Tensor sum = zeros(1, float64);
        for (int row = first.Length - 1; row >= 0; row--)
        {
            sum = sum + loss.Compute(Part(chosen, row), Part(rejected, row), counts, transport.Select([row])).Loss;
        }

        sum.backward();
        Assert.Equal(reference.Output("loss")[0], sum.item<double>(), 1e-8);
        ReferenceNumbers.AssertClose(
            reference.Output("chosen_log_probs_gradient"),
            ReferenceNumbers.Flat(Assert.IsType<Tensor>(chosen.LogProbs.grad)),
            1e-8,
            "chosen gradient"
        );
        ReferenceNumbers.AssertClose(
            reference.Output("rejected_log_probs_gradient"),
            ReferenceNumbers.Flat(Assert.IsType<Tensor>(rejected.LogProbs.grad)),
            1e-8,
            "rejected gradient"
        );
        Assert.Throws<ArgumentException>(() => loss.Compute(Part(chosen, 0), Part(rejected, 0), counts));
    }

    [Fact]
    public void Transport_TiesAndUnsortedSides_PairsEqualRanks()
    {
        DpoTransport transport = DpoTransport.Of([3, 1, 1], [10, 30, 20]);
        Assert.Equal([30, 10, 20], transport.BesideFirst);
        Assert.Equal([1, 3, 1], transport.BesideSecond);
        Assert.Equal([20], transport.Select([2]).BesideFirst);
    }

    [Fact]
    public void Constructor_SettingsThatContradictEachOther_AreAllListed()
    {
        ArgumentException error = Assert.Throws<ArgumentException>(() => new DpoLoss(new DpoOptions { Beta = 0, LabelSmoothing = 0.1 }));
        Assert.Contains("Beta is 0; it must be above 0", error.Message, StringComparison.Ordinal);
        Assert.Contains("only ExoPair, Robust, Aot, AotUnpaired use it", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Constructor_SortedBatchWithWeightsOfPairsOrADivergence_IsRefused()
    {
        ArgumentException error = Assert.Throws<ArgumentException>(() =>
            new DpoLoss(
                new DpoOptions
                {
                    Variant = DpoVariant.Aot,
                    ConfidenceWeighted = true,
                    Divergence = DpoDivergence.ForwardKl,
                }
            )
        );
        Assert.Contains("leave Divergence out", error.Message, StringComparison.Ordinal);
        Assert.Contains("compares ranks", error.Message, StringComparison.Ordinal);
    }

    private static void AssertMatches(
        ReferenceCase reference,
        DpoOptions options,
        ScalarType dtype,
        double valueTolerance,
        double gradientTolerance
    )
    {
        using DisposeScope scope = NewDisposeScope();
        DpoSide chosen = Side(reference, "chosen", dtype),
            rejected = Side(reference, "rejected", dtype);
        (Tensor loss, DpoMetrics metrics) = new DpoLoss(options).Compute(chosen, rejected);
        loss.backward();
        ReferenceNumbers.AssertClose(reference.Output("loss"), ReferenceNumbers.Flat(loss), valueTolerance, "loss");
        foreach ((string name, DpoSide side) in new[] { ("chosen", chosen), ("rejected", rejected) })
        {
            double[] gradient = ReferenceNumbers.Flat(Assert.IsType<Tensor>(side.LogProbs.grad));
            ReferenceNumbers.AssertClose(reference.Output(name + "_log_probs_gradient"), gradient, gradientTolerance, name + " gradient");
            Assert.All(
                gradient.Zip(ReferenceNumbers.Flat(side.Mask)).Where(entry => entry.Second == 0),
                entry => Assert.Equal(0, entry.First)
            );
        }

        Assert.Equal(reference.Metric("rewards/chosen"), metrics.ChosenReward / metrics.Pairs, 1e-6);
        Assert.Equal(reference.Metric("rewards/rejected"), metrics.RejectedReward / metrics.Pairs, 1e-6);
        Assert.Equal(reference.Metric("rewards/margins"), (metrics.ChosenReward - metrics.RejectedReward) / metrics.Pairs, 1e-6);
        Assert.Equal(reference.Metric("rewards/accuracies"), metrics.Correct / metrics.Pairs, 1e-6);
        if (options.ExcessTokenWeight == 1)
        {
            Assert.Equal(reference.Metric("logps/chosen"), metrics.ChosenLogProb / metrics.Pairs, 1e-5);
            Assert.Equal(reference.Metric("logps/rejected"), metrics.RejectedLogProb / metrics.Pairs, 1e-5);
        }
    }

    private static DpoOptions Options(ReferenceCase reference, DpoVariant variant) =>
        new()
        {
            Variant = variant,
            Beta = reference.Setting("beta") ?? 0.1,
            LabelSmoothing = reference.Setting("label_smoothing") ?? 0,
            DiscopopTau = reference.Setting("discopop_tau") ?? 0.05,
            ExcessTokenWeight = reference.Setting("ld_alpha") ?? 1,
            ConfidenceWeighted = reference.Has("use_weighting") && reference.Flag("use_weighting"),
            Alpha = reference.Setting("f_alpha_divergence_coef") ?? 0.5,
            Divergence = reference.Text("f_divergence_type") switch
            {
                "forward_kl" => DpoDivergence.ForwardKl,
                "js_divergence" => DpoDivergence.JensenShannon,
                "alpha_divergence" => DpoDivergence.Alpha,
                _ => DpoDivergence.ReverseKl,
            },
        };

    private static DpoSide Part(DpoSide side, int row) =>
        new()
        {
            LogProbs = side.LogProbs.narrow(0, row, 1),
            ReferenceLogProbs = side.ReferenceLogProbs.narrow(0, row, 1),
            Mask = side.Mask.narrow(0, row, 1),
        };

    private static DpoSide Side(ReferenceCase reference, string name, ScalarType dtype) =>
        new()
        {
            LogProbs = reference.Input(name + "_log_probs", dtype).requires_grad_(),
            ReferenceLogProbs = reference.Input(name + "_ref_log_probs", dtype),
            Mask = reference.Input(name + "_mask", dtype),
            LogSumSquares = reference.OptionalInput(name + "_log_sum_sq_probs", dtype),
        };
}
