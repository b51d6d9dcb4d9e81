using System.Text.Json;
using RewardReasoning.Training.Grpo;
using Xunit;
using static TorchSharp.torch;

namespace RewardReasoning.Training.Tests.Grpo;

public sealed class TokenAggregationTests
{
    private static readonly Dictionary<string, LossAggregation> Modes = new()
    {
        ["token-mean"] = LossAggregation.TokenMean,
        ["token-sum"] = LossAggregation.TokenSum,
        ["seq-mean-token-sum"] = LossAggregation.SequenceMeanTokenSum,
        ["seq-mean-token-sum-norm"] = LossAggregation.SequenceMeanTokenSumNorm,
        ["seq-mean-token-mean"] = LossAggregation.SequenceMeanTokenMean,
    };

    [Theory]
    [InlineData("right padding")]
    [InlineData("no padding")]
    [InlineData("holes")]
    [InlineData("a fully masked row")]
    [InlineData("fixed length divisor")]
    [InlineData("counts of the whole batch, a fully masked row")]
    [InlineData("two workers")]
    [InlineData("two micro-batches with the counts of the whole batch, summed")]
    [InlineData("two micro-batches each with its own counts, summed (not equal to the whole)")]
    public void Aggregate_EveryMode_MatchesValuesAndGradients(string name)
    {
        ReferenceCase reference = ReferenceNumbers.Load("aggregation")[name];
        foreach (JsonProperty mode in reference.Outputs.GetProperty("loss").EnumerateObject())
        {
            using var scope = NewDisposeScope();
            Tensor losses = reference.Input("loss_per_token").requires_grad_();
            Tensor mask = reference.Input("response_mask");
            BatchCounts? counts = reference.Setting("batch_num_tokens") is { } tokens
                ? new BatchCounts((long)tokens, (long)(reference.Setting("global_batch_size") ?? 0), mask.shape[1])
                : null;
            Tensor total = zeros([], float64);
            foreach (Tensor rows in MicroBatches(reference, mask.shape[0]))
            {
                Tensor part = mask.index_select(0, rows);
                total =
                    total
                    + TokenAggregation.Aggregate(
                        losses.index_select(0, rows),
                        part,
                        Modes[mode.Name],
                        counts ?? BatchCounts.Of(part),
                        reference.Setting("loss_scale_factor")
                    );
            }

            // verl multiplies by the number of workers because its gradients are averaged over them; ours are added.
            total = total * (reference.Setting("dp_size") ?? 1);
            total.backward();

            ReferenceNumbers.AssertClose([mode.Value.GetDouble()], ReferenceNumbers.Flat(total), 1e-8, mode.Name);
            ReferenceNumbers.AssertClose(
                ReferenceCase.Numbers(reference.Outputs.GetProperty("loss_per_token_gradient").GetProperty(mode.Name)),
                ReferenceNumbers.Flat(Assert.IsType<Tensor>(losses.grad)),
                1e-8,
                $"gradient of {mode.Name}"
            );
        }
    }

    [Theory]
    [MemberData(nameof(AllModes))]
    public void Aggregate_EverythingMasked_IsZeroWithZeroGradient(LossAggregation aggregation)
    {
        using var scope = NewDisposeScope();
        Tensor losses = full([2, 3], double.NaN, float64).requires_grad_();
        Tensor mask = zeros(2, 3);

        Tensor loss = TokenAggregation.Aggregate(losses, mask, aggregation, BatchCounts.Of(mask));
        loss.backward();

        Assert.Equal(0, loss.item<double>());
        Assert.All(ReferenceNumbers.Flat(Assert.IsType<Tensor>(losses.grad)), g => Assert.Equal(0, g));
    }

    [Fact]
    public void Aggregate_TwoRows_MatchesHandArithmetic()
    {
        using var scope = NewDisposeScope();
        Tensor losses = tensor(
            new double[,]
            {
                { 1, 2, 3 },
                { 10, 99, 99 },
            }
        );
        Tensor mask = tensor(
            new double[,]
            {
                { 1, 1, 1 },
                { 1, 0, 0 },
            }
        );
        BatchCounts counts = BatchCounts.Of(mask);

        Assert.Equal(new BatchCounts(4, 2, 3), counts);
        Assert.Equal(16.0 / 4, Value(LossAggregation.TokenMean));
        Assert.Equal(16.0, Value(LossAggregation.TokenSum));
        Assert.Equal(16.0 / 2, Value(LossAggregation.SequenceMeanTokenSum));
        Assert.Equal(16.0 / 2 / 3, Value(LossAggregation.SequenceMeanTokenSumNorm), 12);
        Assert.Equal((2.0 + 10) / 2, Value(LossAggregation.SequenceMeanTokenMean));

        double Value(LossAggregation aggregation) => TokenAggregation.Aggregate(losses, mask, aggregation, counts).item<double>();
    }

    public static TheoryData<LossAggregation> AllModes() => [.. Enum.GetValues<LossAggregation>()];

    private static IEnumerable<Tensor> MicroBatches(ReferenceCase reference, long rows) =>
        reference.Has("micro_batches")
            ? reference.Raw("micro_batches").EnumerateArray().Select(part => ReferenceCase.Read(part, ScalarType.Int64))
            : [arange(rows, int64)];
}
