using System.ComponentModel.DataAnnotations;
using System.Text.RegularExpressions;
using RewardReasoning.Ratings;
using RewardReasoning.Recipes;

namespace RewardReasoning.Training.Policies;

/// <summary>
/// Training a policy on questions without answers (arXiv 2505.14674): a judge ranks the responses to each question, and a
/// response earns what its place is worth.
/// </summary>
public sealed record PolicyOptions : ICheckedOptions
{
    /// <summary>Who ranks.</summary>
    [Required]
    public required PolicyJudgeOptions Judge { get; init; }

    /// <summary>Responses to each question: the group.</summary>
    [Range(2, 4_096)]
    public int Responses { get; init; } = 8;

    /// <summary>How many others, drawn by chance, each response is compared with; a pair that drew each other meets once.</summary>
    [Range(1, 4_096)]
    public int Opponents { get; init; } = 4;

    /// <summary>What a response earns: by its Elo rating as in the paper, (elo − 1000) / 200 + 0.5, or the mean probability of beating
    /// another, by Bradley-Terry strengths, which do not depend on the order of the matches.</summary>
    public RewardKind Reward { get; init; } = RewardKind.Elo;

    /// <summary>Which responses lose every match without being shown to the judge.</summary>
    public GuardOptions Guard { get; init; } = new();

    /// <inheritdoc/>
    public IEnumerable<string> Faults(OptionNames names)
    {
        if (Reward is not (RewardKind.Elo or RewardKind.WinProbability))
        {
            yield return $"{names[nameof(Reward)]} is {names.Value(Reward)}; it must be {names.Value(RewardKind.Elo)} or {names.Value(RewardKind.WinProbability)}.";
        }
    }
}

/// <summary>Responses that would win, if at all, by something else than being good. Those cut at <c>max_tokens</c>, empty ones and those
/// that
/// speak to the judge are always among them.</summary>
public sealed record GuardOptions : ICheckedOptions
{
    /// <summary>Responses of more characters, thoughts not counted, are too long; null leaves it to <c>max_tokens</c>.</summary>
    [Range(1, int.MaxValue)]
    public int? LongestResponse { get; init; }

    /// <summary>Regular expressions, case ignored and without look-around or back-references: a response that matches one speaks to the
    /// judge. They come on top of the built-in ones.</summary>
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
