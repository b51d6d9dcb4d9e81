namespace RewardReasoning.Server.Rewards;

/// <summary>How fast the judge writes, as measured, and how long a cohort's judging may take by that.</summary>
internal sealed class JudgePace(RewardJudge judge)
{
    private const double Weight = 0.1;
    private const double Margin = 1.5;
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Longest = TimeSpan.FromHours(1);
    private static readonly TimeSpan Unmeasured = TimeSpan.FromMinutes(10);

    /// <summary>Tokens a second of one completion, a moving average; null before anything was measured.</summary>
    public double? TokensPerSecond { get; private set; }

    /// <summary>Counts a judgment in; votes of a match run side by side.</summary>
    public void Observe(Judgment judgment)
    {
        double seconds = judgment.Usage.Elapsed.TotalSeconds;
        double tokens = (double)judgment.Usage.OutputTokens / Math.Max(1, judgment.Votes.Count);
        if (seconds > 0 && tokens > 0 && judgment.Usage.KeptCompletions == 0)
        {
            double now = tokens / seconds;
            TokensPerSecond = TokensPerSecond is { } before ? before + (Weight * (now - before)) : now;
        }
    }

    /// <summary>Time for a number of matches when every completion is as long as it may be.</summary>
    public TimeSpan TimeFor(int matches)
    {
        if (judge.MaxTokens == 0 || TokensPerSecond is not { } speed)
        {
            return Unmeasured;
        }

        int rounds = Math.Max(1, (matches + judge.Concurrency - 1) / judge.Concurrency);
        double seconds = Margin * rounds * judge.MaxTokens / speed;
        return TimeSpan.FromSeconds(Math.Clamp(Math.Ceiling(seconds), Shortest.TotalSeconds, Longest.TotalSeconds));
    }
}
