using System.ComponentModel.DataAnnotations;
using RewardReasoning.Training.Runs;

namespace RewardReasoning.Training.Preferences;

/// <summary>Measuring held-out pairs on the way: how often the chosen response gets the higher reward.</summary>
internal sealed record PreferenceEvaluationOptions
{
    /// <summary>Labelled pair file; its pairs must not be trained on.</summary>
    public required string Data { get; init; }

    /// <summary>Steps between measurements; the last step is always measured.</summary>
    [Range(1, int.MaxValue)]
    public int Every { get; init; } = 20;

    /// <summary>How many of the pairs, from the first on.</summary>
    [Range(1, int.MaxValue)]
    public int Pairs { get; init; } = 300;
}

/// <summary>Training on labelled pairs as they stand, without sampling.</summary>
internal abstract record PreferenceRecipe : TrainingRecipe
{
    /// <summary>Labelled pair file: <c>prompt</c> (or <c>query</c>; a text or messages), <c>chosen</c> and <c>rejected</c>, or any other
    /// layout
    /// that <c>rrm data inspect</c> calls a pair.</summary>
    public required string Data { get; init; }

    /// <summary>Pairs of a step, shared out among the workers.</summary>
    [Range(1, 65_536)]
    public int PairsPerStep { get; init; } = 16;

    /// <summary>Longest prompt and response together in tokens; pairs with a longer one are left out, and counted.</summary>
    [Range(8, 1 << 20)]
    public int MaxTokens { get; init; } = 1_024;

    /// <summary>
    /// Tokens, padding included, that a worker puts through the model at once; a pair longer than that goes through alone.
    /// </summary>
    [Range(1, 1 << 24)]
    public int TokensPerPass { get; init; } = 2_048;

    /// <summary>Measurements on the way; null for none.</summary>
    public PreferenceEvaluationOptions? Evaluation { get; init; }
}
