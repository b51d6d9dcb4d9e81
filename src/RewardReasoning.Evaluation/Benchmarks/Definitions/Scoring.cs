using RewardReasoning.Ratings;

namespace RewardReasoning.Evaluation.Benchmarks.Definitions;

/// <summary>The plain way of counting.</summary>
internal static class Scoring
{
    /// <summary>The share of items whose preferred response is the right one; a missing answer is wrong.</summary>
    public static BenchmarkMeasure Accuracy { get; } =
        BenchmarkMeasure.Mean("accuracy", "share of pairs whose better response is preferred", Right);

    /// <summary>1 where the judge prefers what is right, else 0; null where nothing is known to be right.</summary>
    public static double? Right(JudgedItem judged) =>
        judged.Item.Gold == MatchOutcome.Missing ? null
        : judged.Preferred == judged.Item.Gold ? 1
        : 0;
}
