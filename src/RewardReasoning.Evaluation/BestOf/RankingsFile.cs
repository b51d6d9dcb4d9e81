using RewardReasoning.Evaluation.Benchmarks;

namespace RewardReasoning.Evaluation.BestOf;

/// <summary>The rankings of a best-of-n run, in its folder.</summary>
internal static class RankingsFile
{
    public const string Name = "rankings.jsonl";

    /// <summary>Reads the rankings back, one at a time; none of a run of comparisons.</summary>
    /// <exception cref="InvalidDataException">A line is damaged; the message names it.</exception>
    public static IAsyncEnumerable<RecordedRanking> ReadAsync(BenchmarkRunFolder folder, CancellationToken cancellationToken) =>
        folder.ReadLinesAsync(Name, BestOfJson.Lines.RecordedRanking, cancellationToken);
}
