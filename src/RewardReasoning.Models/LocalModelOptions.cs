namespace RewardReasoning.Models;

/// <summary>The type in which a model computes.</summary>
public enum ComputeType
{
    /// <summary>The faster of the others on this machine, found by a short probe; float32 for models too small to matter.</summary>
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

    /// <summary>
    /// Whether next tokens are computed with a copy of the weights in 8 bits, each row with a scale of its own: faster where memory is the
    /// limit, and a little less exact. Prompts are computed with the weights as they are. Needs a model on the processor whose heads are a
    /// multiple of 16 wide, and half as much memory again as bfloat16 weights. Part of the model's <see cref="LocalModel.Identity"/>.
    /// </summary>
    /// <value>false (the weights as they are).</value>
    public bool EightBitWeights { get; init; }

    /// <summary>
    /// Variables of the chat template, such as <c>enable_thinking</c>: null, Boolean, number, string or JSON. Where there are any they are
    /// part of the model's <see cref="LocalModel.Identity"/>.
    /// </summary>
    public IReadOnlyDictionary<string, object?> TemplateVariables { get; init; } = new Dictionary<string, object?>();

    /// <summary>Where it computes: <c>cpu</c>, <c>cuda</c> or <c>cuda:1</c>.</summary>
    public string Device { get; init; } = "cpu";

    /// <summary>Folder that stores hashes of large model files between processes; it is created when needed.</summary>
    /// <value>null (nowhere: <see cref="LocalModel.Identity"/> reads every file).</value>
    public string? HashFolder { get; init; }
}
