namespace RewardReasoning.Training.Tests.Policies;

/// <summary>A judge that decides by a function of both responses: the first is better, the second is, or neither (no verdict).</summary>
internal sealed class ScriptedJudge(Func<string, string, bool?> firstIsBetter) : IJudge
{
    private int _asked;

    public int Asked => _asked;

    /// <summary>Prefers what comes first in the alphabet.</summary>
    public static ScriptedJudge Alphabetical() => new((first, second) => string.CompareOrdinal(first, second) < 0);

    public Task<Judgment> JudgeAsync(Comparison comparison, CancellationToken cancellationToken = default)
    {
        Interlocked.Increment(ref _asked);
        bool? decided = firstIsBetter(comparison.Response1, comparison.Response2);
        return Task.FromResult(
            new Judgment
            {
                Preferred = decided is { } first ? (first ? Verdict.First : Verdict.Second) : null,
                Votes = [],
                Usage = new Usage { PromptTokens = 10, OutputTokens = 2 },
                Model = "scripted",
            }
        );
    }
}
