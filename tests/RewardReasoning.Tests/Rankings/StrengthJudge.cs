using RewardReasoning.Judging;

namespace RewardReasoning.Tests.Rankings;

/// <summary>
/// A judge of texts that are numbers: the greater is the better, more surely the farther apart they are. Equal questions get equal answers,
/// whatever their numbering; 10 tokens each.
/// </summary>
internal sealed class StrengthJudge(double noise = 0) : IRepeatableJudge
{
    private readonly Lock _lock = new();
    private readonly List<Comparison> _asked = [];

    /// <summary>What was asked, in any order.</summary>
    public IReadOnlyList<Comparison> Asked
    {
        get
        {
            lock (_lock)
            {
                return [.. _asked];
            }
        }
    }

    /// <summary>Comes before each answer; may throw or wait.</summary>
    public Func<Comparison, int, CancellationToken, Task>? Before { get; init; }

    /// <summary>Comparisons without a verdict.</summary>
    public Predicate<Comparison> IsMissing { get; init; } = _ => false;

    public Task<Judgment> JudgeAsync(Comparison comparison, CancellationToken cancellationToken = default) =>
        JudgeAsync(comparison, 0, cancellationToken);

    public async Task<Judgment> JudgeAsync(Comparison comparison, int repetition, CancellationToken cancellationToken = default)
    {
        int asked;
        lock (_lock)
        {
            _asked.Add(comparison);
            asked = _asked.Count;
        }

        await (Before?.Invoke(comparison, asked, cancellationToken) ?? Task.CompletedTask);
        bool missing = IsMissing(comparison);
        return new Judgment
        {
            Preferred = missing ? null : Winner(comparison, repetition),
            MissingReason = missing ? "No verdict." : null,
            Votes = [],
            Usage = new() { PromptTokens = 7, OutputTokens = 3 },
            Model = "strength",
        };
    }

    private Verdict Winner(Comparison comparison, int repetition)
    {
        double lead = Number(comparison.Response1) - Number(comparison.Response2);
        double chance = VoteSeeds.Of(1, comparison, repetition) / (double)int.MaxValue;
        bool greaterWins = chance < 1 / (1 + Math.Exp(-Math.Abs(lead) / Math.Max(noise, 1e-9)));
        return lead > 0 == greaterWins ? Verdict.First : Verdict.Second;
    }

    private static double Number(string text) => double.Parse(text.Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture);
}
