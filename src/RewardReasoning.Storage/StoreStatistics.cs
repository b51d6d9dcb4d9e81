namespace RewardReasoning.Storage;

/// <summary>What a store holds.</summary>
public sealed record StoreStatistics
{
    /// <summary>Bytes that the store takes on its disk, indexes and free room included.</summary>
    public required long StoreBytes { get; init; }

    /// <summary>Completions and their bytes, a line for each model, most completions first.</summary>
    public required IReadOnlyList<ModelStatistics> Models { get; init; }

    /// <summary>All completions.</summary>
    public long Completions => Models.Sum(model => model.Completions);
}

/// <summary>What a store holds of one model.</summary>
/// <param name="Model">The model.</param>
/// <param name="Completions">How many completions.</param>
/// <param name="Prompts">How many different prompts they answer.</param>
/// <param name="Bytes">Bytes of completions and their settings, as they lie there.</param>
/// <param name="Oldest">When the first was kept.</param>
/// <param name="Newest">When the last was kept.</param>
public sealed record ModelStatistics(
    StoredModel Model,
    long Completions,
    long Prompts,
    long Bytes,
    DateTimeOffset Oldest,
    DateTimeOffset Newest
);
