using System.ComponentModel.DataAnnotations;
using System.Globalization;

namespace RewardReasoning.Training;

/// <summary>
/// Checks an options record against its annotations and its own cross-field rules and reports all faults in one exception. An
/// annotation's message says what must hold; what was found is put before it here.
/// </summary>
internal static class OptionsCheck
{
    public static void ThrowIfInvalid(object options, IEnumerable<string>? crossFieldFaults = null)
    {
        List<ValidationResult> results = [];
        Validator.TryValidateObject(options, new ValidationContext(options), results, validateAllProperties: true);
        List<string> faults = [.. results.Select(result => Describe(options, result)), .. crossFieldFaults ?? []];
        if (faults.Count > 0)
        {
            throw new ArgumentException($"{options.GetType().Name}: {string.Join("; and ", faults)}.", nameof(options));
        }
    }

    private static string Describe(object options, ValidationResult result)
    {
        string member = result.MemberNames.Single();
        object? found = options.GetType().GetProperty(member)?.GetValue(options);
        return string.Create(CultureInfo.InvariantCulture, $"{member} is {found ?? "missing"}; {result.ErrorMessage}");
    }
}
