using RewardReasoning.Ratings;

namespace RewardReasoning.Evaluation.Reports;

/// <summary>Why verdicts are missing: one class of reasons with an example.</summary>
/// <param name="Name">The class.</param>
/// <param name="Comparisons">Comparisons without any verdict whose reason is of the class.</param>
/// <param name="Votes">Votes without a verdict whose reason is of the class.</param>
/// <param name="Place">Which item the example is of.</param>
/// <param name="Example">Its reason in full.</param>
internal sealed record MissingClass(string Name, long Comparisons, long Votes, string Place, string Example);

/// <summary>Counts missing verdicts by class, and how many votes were cut at the token limit.</summary>
internal sealed class MissingVerdicts
{
    /// <summary>The class of completions that ended at their token limit.</summary>
    public const string Cut = "cut at the token limit";

    // The reasons that a judge writes for votes, by what they all say; the order decides where a reason has the words of two.
    private static readonly (string Words, string Class)[] Classes =
    [
        ("cut at the token limit", Cut),
        ("content filter", "content filter or refusal"),
        ("reasoning was never closed", "reasoning that was never closed"),
        ("ended for the reason", "answer that broke off"),
        ("everything came as reasoning", "empty answer, all of it reasoning"),
        ("ends without \\boxed", "answer without a verdict"),
        ("it is never cut unasked", "prompt longer than the context"),
    ];

    private readonly Dictionary<string, MissingClass> _classes = [];
    private long _votes;
    private long _cut;

    /// <summary>Votes that were cut at the token limit, of all votes.</summary>
    public CountedShare CutVotes => new(_cut, _votes);

    /// <summary>The class of a reason.</summary>
    public static string ClassOf(string reason) =>
        Classes.FirstOrDefault(known => reason.Contains(known.Words, StringComparison.Ordinal)).Class ?? "failed request or other error";

    /// <summary>Counts a comparison and its votes.</summary>
    public void Add(AnalysedComparison comparison)
    {
        foreach (Vote vote in comparison.Votes)
        {
            _votes++;
            if (vote.Verdict == Verdict.Unparsable)
            {
                string reason = vote.MissingReason ?? "no reason was recorded";
                _cut += ClassOf(reason) == Cut ? 1 : 0;
                Count(comparison.Item, reason, comparisons: 0, votes: 1);
            }
        }

        if (comparison.Preferred == MatchOutcome.Missing && comparison.Missing is { } why)
        {
            Count(comparison.Item, why, comparisons: 1, votes: 0);
        }
    }

    /// <summary>Counts an item that failed as a whole.</summary>
    public void AddItem(string place, string reason) => Count(place, reason, comparisons: 1, votes: 0);

    /// <summary>The classes, the most frequent first.</summary>
    public IReadOnlyList<MissingClass> Analyse() =>
        [
            .. _classes
                .Values.OrderByDescending(one => one.Comparisons)
                .ThenByDescending(one => one.Votes)
                .ThenBy(one => one.Name, StringComparer.Ordinal),
        ];

    private void Count(string place, string reason, int comparisons, int votes)
    {
        string name = ClassOf(reason);
        MissingClass before = _classes.GetValueOrDefault(name) ?? new MissingClass(name, 0, 0, place, reason);
        _classes[name] = before with { Comparisons = before.Comparisons + comparisons, Votes = before.Votes + votes };
    }
}
