using RewardReasoning.Training.Losses;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace RewardReasoning.Training.Tests.Losses;

public sealed class SequenceLogProbsTests
{
    [Fact]
    public void Compute_ThreeToOne_MatchesHandArithmetic()
    {
        using var scope = NewDisposeScope();
        Tensor logits = tensor(
            new double[,]
            {
                { Math.Log(3), 0 },
                { Math.Log(3), 0 },
            }
        );

        Tensor logProbs = SequenceLogProbs.Compute(logits, tensor(new long[] { 0, 1 }));

        ReferenceNumbers.AssertClose([Math.Log(0.75), Math.Log(0.25)], ReferenceNumbers.Flat(logProbs), 1e-12, "log-probs");
    }

    [Fact]
    public void Compute_HalfTemperature_SquaresTheOdds()
    {
        using var scope = NewDisposeScope();
        Tensor logits = tensor(
            new double[,]
            {
                { Math.Log(3), 0 },
            }
        );

        Tensor logProbs = SequenceLogProbs.Compute(logits, tensor(new long[] { 0 }), 0.5);

        Assert.Equal(Math.Log(0.9), logProbs.item<double>(), 12);
    }

    [Fact]
    public void Entropy_UniformAndForbiddenTokens_AreLogOfTheChoices()
    {
        using var scope = NewDisposeScope();
        Tensor logits = tensor(
            new double[,]
            {
                { 1, 1, 1, 1 },
                { 2, double.NegativeInfinity, 2, double.NegativeInfinity },
            }
        );

        Tensor entropy = SequenceLogProbs.Entropy(logits);

        ReferenceNumbers.AssertClose([Math.Log(4), Math.Log(2)], ReferenceNumbers.Flat(entropy), 1e-12, "entropy");
    }

    [Fact]
    public void Compute_SlicedAndTracked_Agree()
    {
        set_num_threads(1);
        using var scope = NewDisposeScope();
        using Generator random = new(11);
        Tensor logits = randn([900, 5000], generator: random);
        Tensor tokens = randint(0, 5000, [900], int64, generator: random);

        Tensor sliced = SequenceLogProbs.Compute(logits, tokens, 0.7);
        Tensor slicedEntropy = SequenceLogProbs.Entropy(logits, 0.7);
        logits.requires_grad_();
        Tensor tracked = SequenceLogProbs.Compute(logits, tokens, 0.7);
        Tensor trackedEntropy = SequenceLogProbs.Entropy(logits, 0.7);

        Assert.True(tracked.requires_grad && !sliced.requires_grad);
        Assert.True(sliced.eq(tracked).all().item<bool>());
        Assert.True(slicedEntropy.eq(trackedEntropy).all().item<bool>());
    }

    [Fact]
    public void Entropy_Gradient_PullsLogitsTogether()
    {
        using var scope = NewDisposeScope();
        Tensor logits = tensor(
                new double[,]
                {
                    { Math.Log(3), 0 },
                }
            )
            .requires_grad_();

        SequenceLogProbs.Entropy(logits).sum().backward();

        // dH/dz_i = −p_i (log p_i + H)
        double h = -((0.75 * Math.Log(0.75)) + (0.25 * Math.Log(0.25)));
        ReferenceNumbers.AssertClose(
            [-0.75 * (Math.Log(0.75) + h), -0.25 * (Math.Log(0.25) + h)],
            ReferenceNumbers.Flat(Assert.IsType<Tensor>(logits.grad)),
            1e-12,
            "gradient"
        );
    }

    [Fact]
    public void Compute_Untracked_LeavesOneTensor()
    {
        using var scope = NewDisposeScope();
        Tensor logits = zeros(900, 5000);
        Tensor tokens = zeros([900], int64);
        long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;

        _ = SequenceLogProbs.Compute(logits, tokens);

        Assert.Equal(before + 1, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }
}
