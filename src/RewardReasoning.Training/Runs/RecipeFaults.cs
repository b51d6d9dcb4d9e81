using System.Collections;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using System.Text.Json;

namespace RewardReasoning.Training.Runs;

/// <summary>Checks a recipe and all options inside it, and reports every fault at once, under the names of the JSON file.</summary>
internal static class RecipeFaults
{
    public static void ThrowIfAny(object recipe)
    {
        string[] faults = [.. Of(recipe, "")];
        if (faults.Length > 0)
        {
            throw new RecipeException($"The recipe has {faults.Length} fault(s): {string.Join(" ", faults)}");
        }
    }

    private static IEnumerable<string> Of(object options, string path)
    {
        foreach (
            PropertyInfo property in options
                .GetType()
                .GetProperties()
                .Where(property => property.CanWrite && property.GetIndexParameters().Length == 0)
        )
        {
            string name = path + JsonNamingPolicy.SnakeCaseLower.ConvertName(property.Name);
            object? value = property.GetValue(options);
            foreach (ValidationAttribute rule in property.GetCustomAttributes<ValidationAttribute>().Where(rule => !rule.IsValid(value)))
            {
                yield return string.Create(CultureInfo.InvariantCulture, $"{name} is {value ?? "missing"}; {Demand(rule)}.");
            }

            foreach (string fault in Inside(value, name))
            {
                yield return fault;
            }
        }

        foreach (string fault in (options as ICheckedOptions)?.Faults() ?? [])
        {
            yield return path.Length == 0 ? fault : $"{path.TrimEnd('.')}: {fault}";
        }
    }

    private static IEnumerable<string> Inside(object? value, string name) =>
        value switch
        {
            null or string => [],
            IEnumerable items => items.Cast<object>().SelectMany((item, index) => IsOptions(item) ? Of(item, $"{name}[{index}].") : []),
            _ => IsOptions(value) ? Of(value, name + ".") : [],
        };

    private static bool IsOptions(object value) =>
        value.GetType() is { IsClass: true, Namespace: { } space } && space.StartsWith("RewardReasoning", StringComparison.Ordinal);

    private static string Demand(ValidationAttribute rule) =>
        rule switch
        {
            { ErrorMessage: { } said } => said,
            RangeAttribute range => string.Create(
                CultureInfo.InvariantCulture,
                $"it must be {(range.MinimumIsExclusive ? "above" : "at least")} {range.Minimum} and at most {range.Maximum}"
            ),
            RequiredAttribute => "it must be given",
            _ => "that is not allowed",
        };
}
