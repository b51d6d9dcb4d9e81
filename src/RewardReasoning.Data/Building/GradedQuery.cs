using RewardReasoning.Data.Recognition;

namespace RewardReasoning.Data.Building;

/// <summary>A query with responses that are right and wrong, or better and worse.</summary>
internal sealed record GradedQuery(RowQuery Query, IReadOnlyList<string> Right, IReadOnlyList<string> Wrong);
