namespace RewardReasoning.Models;

/// <summary>How the matrices of a GGUF file are stored; norms and biases are always 32-bit.</summary>
public enum GgufType
{
    /// <summary>As the model folder has them: 32-bit, 16-bit or bfloat16.</summary>
    AsStored,

    /// <summary>32-bit floating point.</summary>
    F32,

    /// <summary>16-bit floating point; numbers beyond 65,504 cannot be stored.</summary>
    F16,

    /// <summary>bfloat16.</summary>
    BF16,

    /// <summary>Q8_0: 8-bit whole numbers with a scale for every 32, about a quarter of 32-bit.</summary>
    Q8,
}
