using RewardReasoning.Data.Recognition;

namespace RewardReasoning.Data.Export.Trl;

/// <summary>A preference pair for TRL's trainers.</summary>
/// <param name="Query">What was asked.</param>
/// <param name="Chosen">The better response.</param>
/// <param name="Rejected">The worse one.</param>
/// <param name="Margin">How much better: the share of the votes for it less that against it, up to 1; null where that is not known.</param>
internal sealed record TrlPair(RowQuery Query, string Chosen, string Rejected, double? Margin);
