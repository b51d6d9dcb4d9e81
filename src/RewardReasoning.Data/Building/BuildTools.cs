using Microsoft.Extensions.AI;

namespace RewardReasoning.Data.Building;

/// <summary>What a build needs beside its files. A recipe without samples and annotation needs none of it.</summary>
internal sealed record BuildTools
{
    /// <summary>Judges pairs that are annotated; null where no source is.</summary>
    public IJudge? Judge { get; init; }

    /// <summary>The judge's identity, for the manifest.</summary>
    public string? JudgeIdentity { get; init; }

    /// <summary>Opens a model that is asked for outputs; the build disposes it.</summary>
    public Func<SampledModel, CancellationToken, Task<IChatClient>>? OpenModel { get; init; }

    /// <summary>Rows that are worked on at once.</summary>
    public int Concurrency { get; init; } = 16;

    /// <summary>Told of every row that cannot be used, with the reason.</summary>
    public Action<string, string> Complain { get; init; } = (_, _) => { };
}
