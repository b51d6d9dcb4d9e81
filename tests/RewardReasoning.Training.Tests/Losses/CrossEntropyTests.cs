using System.Text.Json;
using RewardReasoning.Training.Losses;
using Xunit;
using static TorchSharp.torch;

namespace RewardReasoning.Training.Tests.Losses;

public sealed class CrossEntropyTests
{
    [Theory]
    [InlineData("completion only, one batch")]
    [InlineData("whole sequence (no prompt mask): the first token is never a target")]
    [InlineData("two micro-batches with unequal token counts")]
    [InlineData("two micro-batches of unequal size, a fully masked row")]
    [InlineData("no trainable token at all: zero, not 0/0")]
    [InlineData("dft: weighted by the detached probability")]
    [InlineData("label smoothing")]
    public void Compute_SupervisedCases_MatchReference(string name)
    {
        ReferenceCase reference = ReferenceNumbers.Load("sft")[name];
        CrossEntropyOptions options = new()
        {
            LabelSmoothing = reference.Setting("label_smoothing_factor") ?? 0,
            ProbabilityWeighted = reference.Text("loss_type") == "dft",
        };
        using var scope = NewDisposeScope();
        double tokens = reference.Outputs.GetProperty("num_tokens").GetDouble();
        JsonElement micro = reference.Inputs.GetProperty("micro_batches");
        List<double> losses = [];
        List<double> gradients = [];
        foreach (JsonElement part in micro.EnumerateArray())
        {
            Tensor logits = ReferenceCase.Read(part.GetProperty("logits"), ScalarType.Float32).requires_grad_();
            (Tensor positions, Tensor targets, Tensor weights) = NextTokenTargets.Select(
                ReferenceCase.Read(part.GetProperty("input_ids"), ScalarType.Int64),
                ReferenceCase.Read(part.GetProperty("completion_mask"), ScalarType.Float32)
            );

            Tensor loss = CrossEntropy.Compute(
                logits.reshape(-1, logits.shape[2]).index_select(0, positions),
                targets,
                weights,
                tokens,
                options
            );
            loss.backward();
            losses.AddRange(ReferenceNumbers.Flat(loss));
            gradients.AddRange(ReferenceNumbers.Flat(Assert.IsType<Tensor>(logits.grad)));
        }

        ReferenceNumbers.AssertClose(reference.Output("micro_losses"), losses, 2e-6, "parts");
        ReferenceNumbers.AssertClose(reference.Output("loss"), [losses.Sum()], 2e-6, "loss");
        ReferenceNumbers.AssertClose(reference.Output("logits_gradient"), gradients, 1e-6, "gradient");
    }

    [Fact]
    public void Compute_WeightedTokens_MatchHandArithmetic()
    {
        using var scope = NewDisposeScope();
        Tensor logits = tensor(
            new double[,]
            {
                { 0, 0 },
                { Math.Log(3), 0 },
            }
        );

        // −log ½ with weight 1 and −log ¾ with weight 5, over 6
        Tensor loss = CrossEntropy.Compute(logits, tensor(new long[] { 1, 0 }), tensor([1.0, 5.0]), 6);

        Assert.Equal((Math.Log(2) + (5 * Math.Log(4.0 / 3))) / 6, loss.item<double>(), 12);
    }

    [Fact]
    public void Compute_NoTargets_IsADifferentiableZero()
    {
        using var scope = NewDisposeScope();
        Tensor logits = zeros(0, 7).requires_grad_();

        Tensor loss = CrossEntropy.Compute(logits, zeros([0], int64), null, 0);
        loss.backward();

        Assert.Equal(0f, loss.item<float>());
    }

    [Fact]
    public void Compute_HalfPrecisionLogits_AreScoredInSingle()
    {
        using var scope = NewDisposeScope();
        Tensor logits = zeros([3, 5], bfloat16);

        Tensor loss = CrossEntropy.Compute(logits, zeros([3], int64), null, 3);

        Assert.Equal(ScalarType.Float32, loss.dtype);
        Assert.Equal(Math.Log(5), loss.item<float>(), 1e-6);
    }

    [Theory]
    [InlineData(-1.0)]
    [InlineData(double.NaN)]
    public void Compute_SenselessDenominator_IsRefused(double denominator)
    {
        using var scope = NewDisposeScope();
        Assert.Throws<ArgumentOutOfRangeException>(() => CrossEntropy.Compute(zeros(1, 2), zeros([1], int64), null, denominator));
    }

    [Fact]
    public void Compute_TargetsOfAnotherLength_AreRefused()
    {
        using var scope = NewDisposeScope();
        ArgumentException error = Assert.Throws<ArgumentException>(() => CrossEntropy.Compute(zeros(2, 4), zeros([3], int64), null, 1));
        Assert.Contains("targets is [3]", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Select_FirstTokenOfARow_IsNeverATarget()
    {
        using var scope = NewDisposeScope();
        Tensor ids = tensor(
            new long[,]
            {
                { 5, 6, 7 },
                { 8, 9, 10 },
            }
        );
        Tensor weights = tensor(
            new float[,]
            {
                { 1, 0, 2 },
                { 3, 4, 0 },
            }
        );

        (Tensor positions, Tensor tokens, Tensor selected) = NextTokenTargets.Select(ids, weights);

        Assert.Equal([1L, 3L], positions.data<long>().ToArray());
        Assert.Equal([7L, 9L], tokens.data<long>().ToArray());
        Assert.Equal([2f, 4f], selected.data<float>().ToArray());
    }
}
