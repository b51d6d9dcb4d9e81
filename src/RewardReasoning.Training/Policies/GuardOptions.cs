using System.ComponentModel.DataAnnotations;
using System.Text.RegularExpressions;
using RewardReasoning.Recipes;

namespace RewardReasoning.Training.Policies;

/// <summary>
/// Which responses would win, if at all, for something other than being good. Those cut at <c>max_tokens</c>, empty ones and those that
/// address the judge are always among them.
/// </summary>
internal sealed record GuardOptions : ICheckedOptions
{
    /// <summary>Responses with more characters (reasoning not counted) are too long; null leaves it to <c>max_tokens</c>.</summary>
    [Range(1, int.MaxValue)]
    public int? LongestResponse { get; init; }

    /// <summary>Regular expressions, case ignored, without look-around or back-references: a response that matches one addresses the
    /// judge. They are added to the built-in ones.</summary>
    public IReadOnlyList<string> Phrases { get; init; } = [];

    /// <inheritdoc/>
    public IEnumerable<string> Faults(OptionNames names) =>
        Phrases.Select(Fault).OfType<string>().Select(fault => $"{names[nameof(Phrases)]} {fault}");

    /// <summary>A phrase as it is looked for; in time linear in the text.</summary>
    internal static Regex Compile(string phrase) =>
        new(phrase, RegexOptions.NonBacktracking | RegexOptions.IgnoreCase | RegexOptions.CultureInvariant);

    private static string? Fault(string phrase)
    {
        try
        {
            _ = Compile(phrase);
            return phrase.Length > 0 ? null : "holds an empty phrase, which would match every response; leave it out.";
        }
        catch (Exception error) when (error is ArgumentException or NotSupportedException)
        {
            return $"holds '{phrase}', which cannot be used: {error.Message}";
        }
    }
}
