namespace RewardReasoning.Recipes;

/// <summary>A recipe, its data or its output folder cannot be used as it is; the message says what was found and what to do.</summary>
internal sealed class RecipeException : RewardReasoningException
{
    /// <inheritdoc cref="RecipeException"/>
    public RecipeException(string message)
        : base(message) { }

    /// <inheritdoc cref="RecipeException"/>
    public RecipeException(string message, Exception inner)
        : base(message, inner) { }

    /// <inheritdoc/>
    public override FailureBoundary Boundary => FailureBoundary.Recipe;
}
