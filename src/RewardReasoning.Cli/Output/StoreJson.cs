using RewardReasoning.Storage;

namespace RewardReasoning.Cli.Output;

/// <summary>What <c>store stats --json</c> prints.</summary>
internal sealed record StoreStatisticsJson(string Store, long Completions, long StoreBytes, IReadOnlyList<ModelStatisticsJson> Models)
{
    public static StoreStatisticsJson Of(string location, StoreStatistics statistics) =>
        new(location, statistics.Completions, statistics.StoreBytes, [.. statistics.Models.Select(ModelStatisticsJson.Of)]);
}

/// <summary>What is kept of one model; <c>Bytes</c> without prompts, which models share.</summary>
internal sealed record ModelStatisticsJson(
    string Model,
    string Identity,
    long Completions,
    long Prompts,
    long Bytes,
    DateTimeOffset Oldest,
    DateTimeOffset Newest
)
{
    public static ModelStatisticsJson Of(ModelStatistics model) =>
        new(model.Model.Name, model.Model.Identity, model.Completions, model.Prompts, model.Bytes, model.Oldest, model.Newest);
}

/// <summary>What <c>store prune --json</c> prints.</summary>
internal sealed record PruneReportJson(long Completions, long Bytes, bool DryRun);
