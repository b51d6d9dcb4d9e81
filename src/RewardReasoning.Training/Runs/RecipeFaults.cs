using System.ComponentModel.DataAnnotations;

namespace RewardReasoning.Training.Runs;

/// <summary>Checks a recipe's ranges, all at once.</summary>
internal static class RecipeFaults
{
    public static void ThrowIfAny(object recipe, params IEnumerable<string> others)
    {
        List<ValidationResult> results = [];
        _ = Validator.TryValidateObject(recipe, new ValidationContext(recipe), results, validateAllProperties: true);
        string[] faults = [.. results.Select(result => result.ErrorMessage ?? "a value is out of range"), .. others];
        if (faults.Length > 0)
        {
            throw new RecipeException($"The recipe has {faults.Length} fault(s): {string.Join(" ", faults)}");
        }
    }
}
