using System.ComponentModel.DataAnnotations;

namespace RewardReasoning.Models.Decoder;

/// <summary>
/// Low-rank adapters (LoRA, arXiv 2106.09685) on every linear layer of attention and MLP: W x becomes W x + alpha / rank · B A x, and only
/// A and B are trained. B begins at 0, so a model with new adapters computes what it did without them.
/// </summary>
internal sealed record LowRankOptions
{
    /// <summary>Rows of A and columns of B.</summary>
    [Range(1, 4_096)]
    public int Rank { get; init; } = 16;

    /// <summary>The adapters' outputs are multiplied by this over the rank.</summary>
    [Range(0.0, 1e6, MinimumIsExclusive = true)]
    public double Alpha { get; init; } = 32;

    /// <summary>Folder of adapters, of the same base, rank and alpha, whose training goes on; null begins with new ones.</summary>
    public string? From { get; init; }
}
