namespace RewardReasoning.Recipes;

/// <summary>A field that earlier versions of a recipe had; the error for it says what to write instead.</summary>
/// <param name="name">The field as it was written, such as <c>policy</c>.</param>
/// <param name="advice">A sentence on what to do, such as which field or verb replaces it.</param>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = true)]
internal sealed class MovedFieldAttribute(string name, string advice) : Attribute
{
    /// <summary>The field as it was written.</summary>
    public string Name => name;

    /// <summary>What to do.</summary>
    public string Advice => advice;
}
