using System.ComponentModel.DataAnnotations;
using RewardReasoning.Models.Tensors;
using RewardReasoning.Recipes;
using static TorchSharp.torch;

namespace RewardReasoning.Training.RewardModels;

/// <summary>Settings of the Bradley-Terry objective.</summary>
internal sealed record RewardModelOptions
{
    /// <summary>Weight of the mean of (chosen + rejected)², which keeps rewards around 0 (arXiv 2312.09244).</summary>
    [Range(0.0, 1e3, ErrorMessage = "it must be between 0 and 1000")]
    public double CenterCoefficient { get; init; }

    /// <exception cref="ArgumentException">A value is out of range.</exception>
    public void Validate() => OptionsCheck.ThrowIfInvalid(this);
}

/// <summary>What one loss computation saw, as sums over its pairs.</summary>
internal sealed record RewardModelMetrics
{
    /// <summary>This part of the objective, already divided by the pairs of the whole batch.</summary>
    public double Loss { get; init; }

    /// <summary>Pairs seen.</summary>
    public double Pairs { get; init; }

    /// <summary>Pairs whose chosen response has the higher reward; a tie does not count.</summary>
    public double Correct { get; init; }

    /// <summary>Σ (chosen − rejected).</summary>
    public double Margin { get; init; }

    /// <summary>Σ of all rewards, two a pair.</summary>
    public double Rewards { get; init; }
}

/// <summary>
/// A scalar reward model by Bradley and Terry: mean over pairs of −ln σ(chosen − rejected − margin), plus the coefficient times the mean of
/// (chosen + rejected)². Checked against TRL's numbers.
/// </summary>
internal static class RewardModelLoss
{
    /// <summary>The loss (0-dim, differentiable, float32 at least) of one micro-batch and its metrics.</summary>
    /// <param name="chosen">[B], rewards of the better responses.</param>
    /// <param name="rejected">[B], rewards of the worse ones.</param>
    /// <param name="margin">[B], by how much the better ones are to win; null for 0.</param>
    /// <param name="options">The centring.</param>
    /// <param name="pairs">Pairs of the whole batch; null when this is the whole batch.</param>
    /// <exception cref="ArgumentException">Shapes differ.</exception>
    public static (Tensor Loss, RewardModelMetrics Metrics) Compute(
        Tensor chosen,
        Tensor rejected,
        Tensor? margin,
        RewardModelOptions options,
        long? pairs = null
    )
    {
        ArgumentNullException.ThrowIfNull(chosen);
        ArgumentNullException.ThrowIfNull(rejected);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        Shapes.MustBe(chosen.dim() == 1, chosen, nameof(chosen), "[pairs]");
        Shapes.MustMatch(chosen, rejected, nameof(rejected));
        Tensor ahead = chosen - rejected; // [B]
        if (margin is not null)
        {
            Shapes.MustMatch(chosen, margin, nameof(margin));
        }

        Tensor losses = -nn.functional.logsigmoid(margin is null ? ahead : ahead - margin);
        if (options.CenterCoefficient > 0)
        {
            losses = losses.Plus(chosen.Plus(rejected).Squared().Times(options.CenterCoefficient));
        }

        Tensor loss = losses.sum().Over(pairs ?? losses.shape[0]);
        using Tensor seen = stack(
                new[] { loss, ahead.IsPositive().sum(), ahead.sum(), chosen.sum().Plus(rejected.sum()) }
                    .Select(value => value.detach().to(float64))
                    .ToArray()
            )
            .cpu();
        double[] values = seen.data<double>().ToArray();
        return (
            loss,
            new RewardModelMetrics
            {
                Loss = values[0],
                Pairs = losses.shape[0],
                Correct = values[1],
                Margin = values[2],
                Rewards = values[3],
            }
        );
    }
}
