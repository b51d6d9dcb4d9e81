namespace RewardReasoning.Models;

/// <summary>The type in which a model computes.</summary>
public enum ComputeType
{
    /// <summary>Whichever of the others is faster here; found by a short probe for models large enough to matter, else float32.</summary>
    Automatic,

    /// <summary>32-bit floating point.</summary>
    F32,

    /// <summary>bfloat16.</summary>
    BF16,
}

/// <summary>How a model folder is loaded.</summary>
public sealed record LocalModelOptions
{
    /// <summary>The type in which it computes, whatever type its files have.</summary>
    public ComputeType ComputeType { get; init; }

    /// <summary>Where it computes: <c>cpu</c>, <c>cuda</c> or <c>cuda:1</c>.</summary>
    public string Device { get; init; } = "cpu";

    /// <summary>Folder in which hashes of large model files are remembered between processes; it is made when needed.</summary>
    /// <value>null (nowhere: <see cref="LocalModel.Identity"/> reads every file).</value>
    public string? HashFolder { get; init; }
}
