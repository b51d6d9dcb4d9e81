using System.Text.Json;
using CsCheck;
using RewardReasoning.Training.Grpo;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace RewardReasoning.Training.Tests.Grpo;

public sealed class GrpoLossTests
{
    [Theory]
    [InlineData("defaults")]
    [InlineData("clip_ratio alone is ignored: low and high keep 0.2")]
    [InlineData("far ratios: both clips and the dual clip")]
    [InlineData("log-ratios beyond +-20")]
    [InlineData("a fully masked row, holes, mean of sequence means")]
    [InlineData("a fully masked row, fixed divisor")]
    [InlineData("a micro-batch of a larger batch")]
    [InlineData("with rollout weights")]
    [InlineData("with entropy bonus and KL")]
    [InlineData("with entropy bonus and straight-through KL, sequence mode")]
    public void Compute_VerlCases_MatchReference(string name)
    {
        ReferenceCase reference = ReferenceNumbers.Load("policy-loss")[name];
        AssertMatches(reference, ScalarType.Float64, reference.Tolerance, reference.Tolerance);
        AssertMatches(reference, ScalarType.Float32, 2e-6, 1e-6);
    }

    [Theory]
    [InlineData("grpo", LossAggregation.SequenceMeanTokenMean)]
    [InlineData("grpo, KL, a fully masked row", LossAggregation.SequenceMeanTokenMean)]
    [InlineData("bnpo, plain KL", LossAggregation.TokenMean)]
    [InlineData("dr_grpo", LossAggregation.SequenceMeanTokenSumNorm)]
    [InlineData("dapo, higher upper clip", LossAggregation.TokenMean)]
    [InlineData("dapo, far ratios, delta", LossAggregation.TokenMean)]
    [InlineData("dapo, KL, tokens counted over the generation batch", LossAggregation.TokenMean)]
    [InlineData("grpo, no old log-probs (ratio 1), accumulation", LossAggregation.SequenceMeanTokenMean)]
    [InlineData("KL at ratio 1: the weight changes the gradient alone", LossAggregation.TokenMean)]
    [InlineData("a real Qwen2 forward: log-probs as the trainer saw them", LossAggregation.TokenMean)]
    public void Compute_TrlCases_AreSettingsOfTheSameLoss(string name, LossAggregation aggregation)
    {
        ReferenceCase reference = ReferenceNumbers.Load("trl-grpo")[name];
        using var scope = NewDisposeScope();
        Tensor logProbs = reference.Input("log_probs").requires_grad_();
        Tensor mask = reference.Input("completion_mask");
        double epsilon = reference.Setting("epsilon") ?? 0.2;
        double beta = reference.Setting("beta") ?? 0;
        GrpoLoss loss = new(
            new GrpoOptions
            {
                ClipEpsilonLow = epsilon,
                ClipEpsilonHigh = reference.Setting("epsilon_high") ?? epsilon,
                DualClip = reference.Setting("delta"),
                KlCoefficient = beta,
                KlRatioWeighted = beta > 0 && reference.Flag("use_bias_correction_kl"),
                Aggregation = aggregation,
                FixedLength = reference.Setting("max_completion_length"),
            }
        );
        BatchCounts counts = BatchCounts.Of(mask) with { Sequences = mask.shape[0] };
        if (reference.Setting("num_items_in_batch") is { } items)
        {
            counts = counts with { Tokens = (long)items };
        }

        (Tensor value, GrpoMetrics metrics) = loss.Compute(
            new GrpoLossInput
            {
                LogProbs = logProbs,
                OldLogProbs = reference.OptionalInput("old_log_probs"),
                Advantages = reference.Input("advantages"),
                Mask = mask,
                ReferenceLogProbs = reference.OptionalInput("ref_log_probs"),
            },
            counts
        );

        // TRL's trainer divides each micro-batch of grpo, bnpo and dr_grpo by the accumulation steps; our counts do that.
        double steps = reference.Text("loss_type") == "dapo" ? 1 : reference.Setting("gradient_accumulation_steps") ?? 1;
        value = value / steps;
        value.backward();

        ReferenceNumbers.AssertClose(reference.Output("loss"), ReferenceNumbers.Flat(value), reference.Tolerance, "loss");
        ReferenceNumbers.AssertClose(
            reference.Output("log_probs_gradient"),
            ReferenceNumbers.Flat(Assert.IsType<Tensor>(logProbs.grad)),
            reference.Tolerance,
            "gradient"
        );
        Assert.Equal(reference.Metric("clip_ratio/low_mean"), metrics.ClippedLow / metrics.Tokens, 1e-6);
        Assert.Equal(reference.Metric("clip_ratio/high_mean"), metrics.ClippedHigh / metrics.Tokens, 1e-6);
        Assert.Equal(reference.Metric("clip_ratio/region_mean"), metrics.ClipFraction, 1e-6);
    }

    [Fact]
    public void Compute_FourTokens_MatchesHandArithmetic()
    {
        using var scope = NewDisposeScope();
        Tensor old = full([1, 4], -1, float64);
        Tensor logProbs = old + tensor([Math.Log(1.5), Math.Log(0.5), Math.Log(1.5), Math.Log(8)]).unsqueeze(0);

        // A = +2: ρ = 1.5 is clipped to 1.2.  A = −2: ρ = 0.5 is clipped to 0.8, ρ = 1.5 stays, ρ = 8 is caught at c = 3.
        (Tensor loss, GrpoMetrics metrics) = new GrpoLoss(new GrpoOptions { Aggregation = LossAggregation.TokenSum }).Compute(
            new GrpoLossInput
            {
                LogProbs = logProbs,
                OldLogProbs = old,
                Advantages = tensor(
                    new double[,]
                    {
                        { 2, -2, -2, -2 },
                    }
                ),
                Mask = ones(1, 4),
            }
        );

        Assert.Equal(-2.4 + 1.6 + 3 + 6, loss.item<double>(), 12);
        Assert.Equal(
            (1.0, 1.0, 1.0, 0.5, 0.25),
            (metrics.ClippedLow, metrics.ClippedHigh, metrics.DualClipped, metrics.ClipFraction, metrics.LowerClipFraction)
        );
        Assert.Equal(-(Math.Log(1.5) + Math.Log(0.5) + Math.Log(1.5) + Math.Log(8)) / 4, metrics.ApproximateKl, 12);
    }

    [Fact]
    public void Compute_OnPolicy_GradientIsAdvantageOverTokens()
    {
        using var scope = NewDisposeScope();
        Tensor logProbs = full([2, 3], -0.75f).requires_grad_();

        (Tensor loss, _) = new GrpoLoss(new GrpoOptions()).Compute(
            new GrpoLossInput
            {
                LogProbs = logProbs,
                Advantages = tensor([3f, -6f]),
                Mask = ones(2, 3),
            }
        );
        loss.backward();

        ReferenceNumbers.AssertClose(
            [-0.5, -0.5, -0.5, 1, 1, 1],
            ReferenceNumbers.Flat(Assert.IsType<Tensor>(logProbs.grad)),
            1e-6,
            "gradient"
        );
    }

    [Theory]
    [MemberData(nameof(TokenAggregationTests.AllModes), MemberType = typeof(TokenAggregationTests))]
    public void Compute_EightMicroBatchesOfOne_EqualOneOfEight(LossAggregation aggregation)
    {
        set_num_threads(1);
        GrpoLoss loss = new(
            new GrpoOptions
            {
                Aggregation = aggregation,
                KlCoefficient = 0.1,
                EntropyCoefficient = 0.01,
            }
        );
        Gen.Int[0, 1000]
            .Sample(
                seed =>
                {
                    using var scope = NewDisposeScope();
                    using Generator random = new((ulong)seed);
                    Tensor start = -rand([8, 5], float64, generator: random);
                    Tensor old = start + (0.4 * randn([8, 5], float64, generator: random));
                    Tensor reference = start + (0.4 * randn([8, 5], float64, generator: random));
                    Tensor entropy = rand([8, 5], float64, generator: random);
                    Tensor advantages = randn([8], float64, generator: random);
                    Tensor mask = rand([8, 5], float64, generator: random).gt(0.4);
                    BatchCounts counts = BatchCounts.Of(mask);

                    (double[] whole, GrpoMetrics wholeMetrics) = Run(8);
                    (double[] parts, GrpoMetrics partMetrics) = Run(1);

                    ReferenceNumbers.AssertClose(whole, parts, 1e-12, "gradient");
                    Assert.Equal(wholeMetrics.Loss, partMetrics.Loss, 1e-12);
                    Assert.Equal(wholeMetrics.ApproximateKl, partMetrics.ApproximateKl, 1e-12);
                    Assert.Equal(wholeMetrics.ClipFraction, partMetrics.ClipFraction);

                    (double[] Gradient, GrpoMetrics Metrics) Run(int rows)
                    {
                        Tensor logProbs = start.clone().requires_grad_();
                        GrpoMetrics sum = GrpoMetrics.Zero;
                        for (int at = 0; at < 8; at += rows)
                        {
                            (Tensor part, GrpoMetrics metrics) = loss.Compute(
                                new GrpoLossInput
                                {
                                    LogProbs = logProbs.narrow(0, at, rows),
                                    OldLogProbs = old.narrow(0, at, rows),
                                    Advantages = advantages.narrow(0, at, rows),
                                    Mask = mask.narrow(0, at, rows),
                                    ReferenceLogProbs = reference.narrow(0, at, rows),
                                    Entropy = entropy.narrow(0, at, rows),
                                },
                                counts
                            );
                            part.backward();
                            sum = sum.Add(metrics);
                        }

                        return (ReferenceNumbers.Flat(Assert.IsType<Tensor>(logProbs.grad)), sum);
                    }
                },
                iter: 20,
                threads: 1
            );
    }

    [Fact]
    public void Compute_MaskedTokensHoldNaN_GetZeroGradient()
    {
        using var scope = NewDisposeScope();
        Tensor logProbs = tensor(
                new double[,]
                {
                    { -1, double.NaN, -2 },
                    { double.NegativeInfinity, double.NaN, -3 },
                }
            )
            .requires_grad_();
        Tensor mask = tensor(
            new double[,]
            {
                { 1, 0, 1 },
                { 0, 0, 0 },
            }
        );

        (Tensor loss, _) = new GrpoLoss(new GrpoOptions { KlCoefficient = 0.1 }).Compute(
            new GrpoLossInput
            {
                LogProbs = logProbs,
                OldLogProbs = full([2, 3], -1.5, float64),
                Advantages = tensor([1.0, double.NaN]),
                Mask = mask,
                ReferenceLogProbs = full([2, 3], -1.25, float64),
            }
        );
        loss.backward();
        double[] gradient = ReferenceNumbers.Flat(Assert.IsType<Tensor>(logProbs.grad));

        Assert.True(double.IsFinite(loss.item<double>()));
        Assert.Equal([0, 0, 0, 0], new[] { gradient[1], gradient[3], gradient[4], gradient[5] });
        Assert.NotEqual(0, gradient[0]);
    }

    [Fact]
    public void Compute_ManySteps_LeaveNoTensorBehind()
    {
        set_num_threads(1);
        GrpoLoss loss = new(new GrpoOptions { KlCoefficient = 0.1 });
        Step();
        long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;

        for (int i = 0; i < 10; i++)
        {
            Step();
        }

        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);

        void Step()
        {
            using var scope = NewDisposeScope();
            Tensor logProbs = zeros(2, 3).requires_grad_();
            loss.Compute(
                    new GrpoLossInput
                    {
                        LogProbs = logProbs,
                        Advantages = ones(2),
                        Mask = ones(2, 3),
                        ReferenceLogProbs = zeros(2, 3),
                    }
                )
                .Loss.backward();
        }
    }

    [Fact]
    public void Compute_KlWithoutReference_SaysWhatToDo()
    {
        using var scope = NewDisposeScope();
        ArgumentException error = Assert.Throws<ArgumentException>(() =>
            new GrpoLoss(new GrpoOptions { KlCoefficient = 0.1 }).Compute(
                new GrpoLossInput
                {
                    LogProbs = zeros(1, 2),
                    Advantages = zeros(1),
                    Mask = ones(1, 2),
                }
            )
        );
        Assert.Contains("KlCoefficient is 0.1 and there are no reference log-probs", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Compute_AdvantagesOfAnotherBatch_AreRefused()
    {
        using var scope = NewDisposeScope();
        ArgumentException error = Assert.Throws<ArgumentException>(() =>
            new GrpoLoss(new GrpoOptions()).Compute(
                new GrpoLossInput
                {
                    LogProbs = zeros(3, 2),
                    Advantages = zeros(1),
                    Mask = ones(3, 2),
                }
            )
        );
        Assert.Contains("Advantages is [1]", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Constructor_SeveralFaults_ListsThemAll()
    {
        ArgumentException error = Assert.Throws<ArgumentException>(() =>
            new GrpoLoss(
                new GrpoOptions
                {
                    ClipEpsilonLow = 1.5,
                    DualClip = 0.5,
                    KlStraightThrough = true,
                    FixedLength = 64,
                }
            )
        );

        Assert.Contains("ClipEpsilonLow is 1.5; it must be between 0 and 1", error.Message, StringComparison.Ordinal);
        Assert.Contains("DualClip is 0.5; it must be above 1", error.Message, StringComparison.Ordinal);
        Assert.Contains("FixedLength is set and Aggregation is TokenMean", error.Message, StringComparison.Ordinal);
        Assert.Contains("KlCoefficient is 0", error.Message, StringComparison.Ordinal);
    }

    private static void AssertMatches(ReferenceCase reference, ScalarType dtype, double valueTolerance, double gradientTolerance)
    {
        using var scope = NewDisposeScope();
        Tensor logProbs = reference.Input("log_probs", dtype).requires_grad_();
        Tensor? entropy = reference.OptionalInput("entropy", dtype)?.requires_grad_();
        Tensor mask = reference.Input("response_mask", dtype);

        (Tensor loss, GrpoMetrics metrics) = new GrpoLoss(Options(reference)).Compute(
            new GrpoLossInput
            {
                LogProbs = logProbs,
                OldLogProbs = reference.Input("old_log_probs", dtype),
                Advantages = reference.Input("advantages", dtype),
                Mask = mask,
                ReferenceLogProbs = reference.Input("ref_log_probs", dtype),
                Entropy = entropy,
                RolloutWeights = reference.OptionalInput("rollout_is_weights", dtype),
            },
            Counts(reference, mask)
        );
        loss.backward();

        ReferenceNumbers.AssertClose(reference.Output("loss"), ReferenceNumbers.Flat(loss), valueTolerance, "loss");
        double[] gradient = ReferenceNumbers.Flat(Assert.IsType<Tensor>(logProbs.grad));
        ReferenceNumbers.AssertClose(reference.Output("log_probs_gradient"), gradient, gradientTolerance, "gradient");
        Assert.All(gradient.Zip(ReferenceNumbers.Flat(mask)).Where(t => t.Second == 0), t => Assert.Equal(0, t.First));
        Assert.Equal(reference.Metric("actor/pg_clipfrac"), metrics.ClipFraction, 1e-6);
        Assert.Equal(reference.Metric("actor/pg_clipfrac_lower"), metrics.LowerClipFraction, 1e-6);
        Assert.Equal(reference.Metric("actor/ppo_kl"), metrics.ApproximateKl, 1e-6);
        Assert.Equal(loss.to(float64).item<double>(), metrics.Loss);
        if (entropy is not null)
        {
            ReferenceNumbers.AssertClose(
                reference.Output("entropy_gradient"),
                ReferenceNumbers.Flat(Assert.IsType<Tensor>(entropy.grad)),
                gradientTolerance,
                "entropy gradient"
            );
            Assert.Equal(reference.Metric("actor/pg_loss"), metrics.PolicyLoss, 1e-6);
            Assert.Equal(reference.Metric("actor/entropy_loss"), metrics.Entropy, 1e-6);
            Assert.Equal(reference.Metric("kl_loss"), metrics.KlLoss, 1e-6);
        }
    }

    private static GrpoOptions Options(ReferenceCase reference)
    {
        bool useKl = reference.Has("use_kl_loss") && reference.Flag("use_kl_loss");
        return new GrpoOptions
        {
            ClipEpsilonLow = reference.Setting("clip_ratio_low") ?? 0.2,
            ClipEpsilonHigh = reference.Setting("clip_ratio_high") ?? 0.2,
            DualClip = reference.Setting("clip_ratio_c") ?? 3,
            EntropyCoefficient = reference.Setting("entropy_coeff") ?? 0,
            KlCoefficient = useKl ? reference.Setting("kl_loss_coef") ?? 0 : 0,
            KlStraightThrough = useKl && reference.Text("kl_loss_type") == "k3+",
            FixedLength = GlobalBatch(reference, "loss_scale_factor"),
            Aggregation = reference.Text("loss_agg_mode") switch
            {
                "seq-mean-token-mean" => LossAggregation.SequenceMeanTokenMean,
                "seq-mean-token-sum-norm" => LossAggregation.SequenceMeanTokenSumNorm,
                _ => LossAggregation.TokenMean,
            },
        };
    }

    private static BatchCounts? Counts(ReferenceCase reference, Tensor mask) =>
        GlobalBatch(reference, "batch_num_tokens") is { } tokens
            ? new BatchCounts((long)tokens, (long)(GlobalBatch(reference, "global_batch_size") ?? 0), mask.shape[1])
            : null;

    private static double? GlobalBatch(ReferenceCase reference, string name) =>
        reference.Has("global_batch") && reference.Raw("global_batch").TryGetProperty(name, out JsonElement value)
            ? value.GetDouble()
            : null;
}
