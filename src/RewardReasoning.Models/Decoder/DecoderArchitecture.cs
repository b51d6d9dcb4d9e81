namespace RewardReasoning.Models.Decoder;

/// <summary>The families of one decoder; they differ in where biases and norms are.</summary>
internal enum DecoderArchitecture
{
    /// <summary>Biases on query, key and value projections (Qwen2, Qwen2.5, DeepSeek-R1-Distill-Qwen, the released RRMs).</summary>
    Qwen2,

    /// <summary>RMS norms on the query and key of each head.</summary>
    Qwen3,

    /// <summary>
    /// No norms, and biases only by <c>attention_bias</c> (Llama 2 and 3, SmolLM2; a Qwen2 with another tokenizer is written as one too).
    /// </summary>
    Llama,
}
