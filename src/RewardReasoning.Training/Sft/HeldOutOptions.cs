using System.ComponentModel.DataAnnotations;

namespace RewardReasoning.Training.Sft;

/// <summary>
/// Measures documents that are not trained on: the loss of their completions and, where they answer questions, whether the model's own
/// answers are right.
/// </summary>
internal sealed record HeldOutOptions
{
    /// <summary>
    /// Rows as those of the recipe's data; null takes documents out of that data, drawn by the seed, and they are never trained on.
    /// </summary>
    public string? Data { get; init; }

    /// <summary>How many documents: drawn by chance, or the first of <see cref="Data"/>.</summary>
    [Range(2, int.MaxValue)]
    public int Documents { get; init; } = 200;

    /// <summary>Steps between measurements; the last step is always measured.</summary>
    [Range(1, int.MaxValue)]
    public int Every { get; init; } = 50;

    /// <summary>
    /// How many of the documents' prompts are answered too, greedily, and compared with their completions by the verifier of final answers;
    /// 0 for none.
    /// </summary>
    [Range(0, int.MaxValue)]
    public int Answers { get; init; }

    /// <summary>Longest answer in tokens; one that is cut there is wrong.</summary>
    [Range(1, 1 << 20)]
    public int MaxTokens { get; init; } = 256;

    /// <summary>Tokens, padding included, that a worker puts through the model at once.</summary>
    [Range(1, 1 << 24)]
    public int TokensPerPass { get; init; } = 2_048;
}
