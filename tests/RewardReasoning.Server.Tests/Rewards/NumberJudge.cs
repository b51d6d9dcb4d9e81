using System.Collections.Concurrent;
using System.Globalization;
using RewardReasoning.Server.Rewards;

namespace RewardReasoning.Server.Tests.Rewards;

/// <summary>Prefers the response whose last word is the greater number; a test can let it wait, fail, or see what it was asked.</summary>
internal sealed class NumberJudge : IJudge
{
    private readonly ConcurrentQueue<Comparison> _asked = [];

    /// <summary>What it was asked, in order.</summary>
    public IReadOnlyCollection<Comparison> Asked => _asked;

    /// <summary>Runs before each judgment.</summary>
    public Func<Comparison, CancellationToken, Task>? Before { get; set; }

    /// <summary>Answers in place of the comparison of numbers; null for that.</summary>
    public Func<Comparison, Judgment?>? Answer { get; set; }

    public async Task<Judgment> JudgeAsync(Comparison comparison, CancellationToken cancellationToken = default)
    {
        _asked.Enqueue(comparison);
        if (Before is not null)
        {
            await Before(comparison, cancellationToken);
        }

        return Answer?.Invoke(comparison)
            ?? Decided(NumberOf(comparison.Response1) > NumberOf(comparison.Response2) ? Verdict.First : Verdict.Second);
    }

    public static Judgment Decided(Verdict? preferred, params Vote[] votes) =>
        new()
        {
            Preferred = preferred,
            Votes = votes,
            Usage = new() { PromptTokens = 10, OutputTokens = 5 },
            Model = "numbers",
        };

    public RewardJudge ToRewardJudge(int concurrency = 16) =>
        new()
        {
            Judge = this,
            Concurrency = concurrency,
            Fingerprint = new(new JudgeFingerprint("numbers", "id", "prompt", 0.6, 1, 100, 1, "hashed", "fixed", 42, false)),
        };

    private static double NumberOf(string response) =>
        double.Parse(response.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^1], CultureInfo.InvariantCulture);
}
