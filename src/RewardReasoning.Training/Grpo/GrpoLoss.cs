using RewardReasoning.Models.Tensors;
using static TorchSharp.torch;

namespace RewardReasoning.Training.Grpo;

/// <summary>
/// The clipped token-level objective of GRPO as verl's "vanilla" computes it (arXiv 2402.03300, equation 3; dual clip of arXiv
/// 1912.09729), minimised:
/// <code>
/// ρ = exp(clamp(log π − log π_old, ±20))
/// l = max(−A·ρ, −A·clamp(ρ, 1 − ε_low, 1 + ε_high));   where A &lt; 0:  l = min(−A·c, l)
/// loss = agg(l) − entropy coefficient · agg(H) + β · agg(KL)
/// </code>
/// TRL's loss types are settings of it: grpo is SequenceMeanTokenMean over all rows, bnpo and dapo TokenMean with local or global
/// counts, dr_grpo SequenceMeanTokenSumNorm with <see cref="GrpoOptions.FixedLength"/>, luspo SequenceMeanTokenSum; delta is the
/// dual clip.
/// </summary>
public sealed class GrpoLoss
{
    private const double LogRatioLimit = 20;

    private readonly GrpoOptions _options;

    /// <exception cref="ArgumentException">The options are invalid; the message lists every fault.</exception>
    public GrpoLoss(GrpoOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _options = options;
    }

    /// <summary>
    /// The loss (0-dim, differentiable) of one micro-batch and its metrics. Intermediate tensors stay in the caller's dispose
    /// scope: open one per micro-batch.
    /// </summary>
    /// <param name="input">The micro-batch.</param>
    /// <param name="counts">Counts of the whole batch; null when this is the whole batch.</param>
    /// <exception cref="ArgumentException">Shapes differ, or a tensor that the options need is missing.</exception>
    public (Tensor Loss, GrpoMetrics Metrics) Compute(GrpoLossInput input, BatchCounts? counts = null)
    {
        ArgumentNullException.ThrowIfNull(input);
        CheckShapes(input);
        Tensor mask = input.Mask.IsNotZero(); // [B, T]
        Tensor masked = mask.logical_not(); // [B, T]
        BatchCounts whole = counts ?? BatchCounts.Of(mask);

        Tensor old = (input.OldLogProbs ?? input.LogProbs).detach(); // [B, T]
        Tensor logRatio = (input.LogProbs - old).Filled(masked, 0).Between(-LogRatioLimit, LogRatioLimit); // [B, T]
        Tensor ratio = logRatio.exp(); // [B, T]
        Tensor advantages = input.Advantages.dim() == 1 ? input.Advantages.unsqueeze(1) : input.Advantages;
        Tensor gains = advantages.to_type(ratio.dtype).expand(ratio.shape).Filled(masked, 0); // [B, T]

        (Tensor losses, Tensor dualClipped) = PolicyLosses(gains, ratio);
        if (input.RolloutWeights is { } weights)
        {
            losses = losses * weights;
        }

        Tensor policyLoss = Aggregate(losses, mask, whole);
        Tensor loss = policyLoss;
        Tensor? entropy = input.Entropy is { } perToken ? Aggregate(perToken, mask, whole) : null;
        if (entropy is not null && _options.EntropyCoefficient > 0)
        {
            loss = loss - entropy.Times(_options.EntropyCoefficient);
        }

        Tensor? kl = _options.KlCoefficient > 0 ? Aggregate(KlPerToken(input, ratio), mask, whole) : null;
        if (kl is not null)
        {
            loss = loss.Plus(kl.Times(_options.KlCoefficient));
        }

        Tensor clippedLow = ratio.IsBelow(1 - _options.ClipEpsilonLow).logical_and(gains.IsNegative()); // [B, T]
        Tensor clippedHigh = ratio.IsAbove(1 + _options.ClipEpsilonHigh).logical_and(gains.IsPositive()); // [B, T]
        double[] values = Read(
            loss,
            policyLoss,
            kl,
            entropy,
            mask.sum(),
            clippedLow.sum(),
            clippedHigh.sum(),
            dualClipped.sum(),
            logRatio.sum()
        );
        GrpoMetrics metrics = new()
        {
            Loss = values[0],
            PolicyLoss = values[1],
            KlLoss = values[2],
            Entropy = values[3],
            Tokens = values[4],
            ClippedLow = values[5],
            ClippedHigh = values[6],
            DualClipped = values[7],
            LogRatioDrop = -values[8],
        };
        return (loss, metrics);
    }

    private (Tensor Losses, Tensor DualClipped) PolicyLosses(Tensor gains, Tensor ratio)
    {
        Tensor clipped = ratio.Between(1 - _options.ClipEpsilonLow, 1 + _options.ClipEpsilonHigh); // [B, T]
        Tensor pessimistic = maximum(-gains * ratio, -gains * clipped); // [B, T]
        Tensor negative = gains.IsNegative(); // [B, T]
        if (_options.DualClip is not { } bound)
        {
            return (pessimistic, zeros_like(negative));
        }

        Tensor ceiling = gains.Times(-bound); // [B, T]
        return (where(negative, minimum(ceiling, pessimistic), pessimistic), pessimistic.gt(ceiling).logical_and(negative));
    }

    private Tensor KlPerToken(GrpoLossInput input, Tensor ratio)
    {
        Tensor reference =
            input.ReferenceLogProbs
            ?? throw new ArgumentException(
                $"KlCoefficient is {_options.KlCoefficient} and there are no reference log-probs; give them or set KlCoefficient to 0.",
                nameof(input)
            );
        Tensor kl = KlPenalty.PerToken(input.LogProbs, reference, _options.KlEstimator, _options.KlStraightThrough);
        return _options.KlRatioWeighted ? kl * ratio : kl;
    }

    private Tensor Aggregate(Tensor values, Tensor mask, BatchCounts counts) =>
        TokenAggregation.Aggregate(values, mask, _options.Aggregation, counts, _options.FixedLength);

    private void CheckShapes(GrpoLossInput input)
    {
        Tensor lead = input.LogProbs;
        Shapes.MustBe(lead.dim() == 2, lead, nameof(input.LogProbs), "[batch, time]");
        Shapes.MustMatch(lead, input.Mask, nameof(input.Mask));
        foreach (
            (Tensor? tensor, string name) in new[]
            {
                (input.OldLogProbs, nameof(input.OldLogProbs)),
                (input.ReferenceLogProbs, nameof(input.ReferenceLogProbs)),
                (input.Entropy, nameof(input.Entropy)),
                (input.RolloutWeights, nameof(input.RolloutWeights)),
            }
        )
        {
            if (tensor is not null)
            {
                Shapes.MustMatch(lead, tensor, name);
            }
        }

        Shapes.MustBe(
            input.Advantages.shape.AsSpan().SequenceEqual(lead.shape.AsSpan(0, input.Advantages.dim() == 1 ? 1 : 2)),
            input.Advantages,
            nameof(input.Advantages),
            $"[{lead.shape[0]}] or {Shapes.Describe(lead)}"
        );
        if (_options.EntropyCoefficient > 0 && input.Entropy is null)
        {
            throw new ArgumentException(
                $"EntropyCoefficient is {_options.EntropyCoefficient} and there are no entropies; give them or set it to 0.",
                nameof(input)
            );
        }
    }

    // One transfer for all: on a GPU every item() waits for the queue.
    private static double[] Read(params Tensor?[] scalars)
    {
        using Tensor together = stack(scalars.Select(s => s is null ? zeros([], float64) : s.detach().to(float64).cpu()).ToArray());
        return together.data<double>().ToArray();
    }
}
