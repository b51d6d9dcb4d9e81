using System.Collections;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;

namespace RewardReasoning.Recipes;

/// <summary>
/// Checks options: the annotations of each member, the rules across members (<see cref="ICheckedOptions"/>), and the same for options
/// inside options. All faults are reported at once.
/// </summary>
internal static class OptionsCheck
{
    /// <summary>Returns every fault, a sentence each; empty when the options are valid.</summary>
    /// <param name="options">Options, such as a recipe.</param>
    /// <param name="names">The notation in which the user gave them.</param>
    public static IReadOnlyList<string> Faults(object options, OptionNames names)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(names);
        return [.. Of(options, names)];
    }

    /// <summary>Checks options that a program built in C#.</summary>
    /// <exception cref="ArgumentException">They have faults; the message lists all of them, a line each.</exception>
    public static void ThrowIfInvalid(object options)
    {
        IReadOnlyList<string> faults = Faults(options, OptionNames.Members);
        if (faults.Count > 0)
        {
            throw new ArgumentException(Report($"{options.GetType().Name} has", faults), nameof(options));
        }
    }

    /// <summary>Checks a recipe.</summary>
    /// <exception cref="RewardReasoningException">It has faults; the message lists all of them, a line each.</exception>
    public static void ThrowIfInvalidRecipe(object recipe)
    {
        IReadOnlyList<string> faults = Faults(recipe, OptionNames.RecipeFields);
        if (faults.Count > 0)
        {
            throw new RecipeException(Report("The recipe has", faults));
        }
    }

    /// <summary>A message over all faults: a sentence if there is one, else a list with a line each.</summary>
    internal static string Report(string subject, IReadOnlyList<string> faults) =>
        faults is [var only]
            ? $"{subject} a fault: {only}"
            : string.Create(
                CultureInfo.InvariantCulture,
                $"{subject} {faults.Count} faults:{string.Concat(faults.Select(fault => $"\n  {fault}"))}"
            );

    private static IEnumerable<string> Of(object options, OptionNames names)
    {
        foreach (PropertyInfo property in options.GetType().GetProperties().Where(IsOption))
        {
            object? value = property.GetValue(options);
            foreach (ValidationAttribute rule in property.GetCustomAttributes<ValidationAttribute>().Where(rule => !rule.IsValid(value)))
            {
                yield return $"{names[property.Name]} is {names.Value(value)}; {Demand(rule)}.";
            }

            foreach (string fault in Inside(value, property.Name, names))
            {
                yield return fault;
            }
        }

        foreach (string fault in (options as ICheckedOptions)?.Faults(names) ?? [])
        {
            yield return fault;
        }
    }

    private static IEnumerable<string> Inside(object? value, string member, OptionNames names) =>
        value switch
        {
            null or string => [],
            IEnumerable items => items
                .Cast<object?>()
                .SelectMany((item, index) => item is not null && IsOptions(item) ? Of(item, names.Inside(member, index)) : []),
            _ => IsOptions(value) ? Of(value, names.Inside(member)) : [],
        };

    private static bool IsOption(PropertyInfo property) => property.CanWrite && property.GetIndexParameters().Length == 0;

    private static bool IsOptions(object value) =>
        value.GetType() is { IsClass: true, Namespace: { } space } && space.StartsWith("RewardReasoning", StringComparison.Ordinal);

    private static string Demand(ValidationAttribute rule) =>
        rule switch
        {
            { ErrorMessage: { } demand } => demand,
            RangeAttribute range => Demand(range),
            RequiredAttribute => "it must be given",
            _ => "that is not allowed",
        };

    private static string Demand(RangeAttribute range)
    {
        string low = string.Create(CultureInfo.InvariantCulture, $"{(range.MinimumIsExclusive ? "above" : "at least")} {range.Minimum}");
        string high = string.Create(CultureInfo.InvariantCulture, $"{(range.MaximumIsExclusive ? "below" : "at most")} {range.Maximum}");
        return range.Maximum is int.MaxValue or double.MaxValue ? $"it must be {low}" : $"it must be {low} and {high}";
    }
}
