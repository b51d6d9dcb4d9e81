namespace RewardReasoning.Models.Decoder;

/// <summary>The families of one and the same decoder; they differ in where biases and norms sit.</summary>
public enum DecoderArchitecture
{
    /// <summary>Biases on query, key and value projections (Qwen2, Qwen2.5, DeepSeek-R1-Distill-Qwen, the released RRMs).</summary>
    Qwen2,

    /// <summary>RMS norms on the query and key of each head.</summary>
    Qwen3,

    /// <summary>Neither (Llama 2 and 3, SmolLM2).</summary>
    Llama,
}
