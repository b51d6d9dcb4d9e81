namespace RewardReasoning.Training.Runs;

/// <summary>A recipe, its data or its run folder is not usable as it stands; the message says what was found and what to do.</summary>
public sealed class RecipeException : Exception
{
    /// <inheritdoc cref="RecipeException"/>
    public RecipeException(string message)
        : base(message) { }

    /// <inheritdoc cref="RecipeException"/>
    public RecipeException(string message, Exception inner)
        : base(message, inner) { }
}
