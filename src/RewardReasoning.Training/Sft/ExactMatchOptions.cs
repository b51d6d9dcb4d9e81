using System.ComponentModel.DataAnnotations;

namespace RewardReasoning.Training.Sft;

/// <summary>Measures how often the text after the thought equals the expected answer, on prompts that are not trained on.</summary>
internal sealed record ExactMatchOptions
{
    /// <summary>JSONL of <c>prompt</c> and <c>answer</c>.</summary>
    public required string Data { get; init; }

    /// <summary>Steps between measurements; the last step is always measured.</summary>
    [Range(1, int.MaxValue)]
    public int Every { get; init; } = 500;

    /// <summary>How many of the prompts, from the first on.</summary>
    [Range(1, int.MaxValue)]
    public int Prompts { get; init; } = 300;

    /// <summary>Longest completion in tokens.</summary>
    [Range(1, 1 << 20)]
    public int MaxTokens { get; init; } = 400;

    /// <summary>0 decodes greedily.</summary>
    [Range(0.0, 10.0)]
    public double Temperature { get; init; }
}
