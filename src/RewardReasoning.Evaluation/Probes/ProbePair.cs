using RewardReasoning.Evaluation.Benchmarks;
using RewardReasoning.Ratings;

namespace RewardReasoning.Evaluation.Probes;

/// <summary>A pair to be probed, and where its better response is shown; the place alternates from pair to pair.</summary>
internal sealed record ProbePair(string Id, PreferencePair Pair, bool BetterFirst)
{
    /// <summary>The labelled pairs of a benchmark, each pair of texts once.</summary>
    public static IReadOnlyList<ProbePair> Of(IEnumerable<BenchmarkItem> items) =>
        [
            .. items
                .Where(item =>
                    item.Gold is MatchOutcome.First or MatchOutcome.Second && item.Comparison.Response1 != item.Comparison.Response2
                )
                .Select(item => (item.Id, Pair: PairOf(item)))
                .DistinctBy(item => item.Pair)
                .Select((item, index) => new ProbePair(item.Id, item.Pair, index % 2 == 0)),
        ];

    private static PreferencePair PairOf(BenchmarkItem item) =>
        item.Gold == MatchOutcome.First
            ? new(item.Comparison.Query, item.Comparison.Response1, item.Comparison.Response2)
            : new(item.Comparison.Query, item.Comparison.Response2, item.Comparison.Response1);
}
