using RewardReasoning.Data.Rows;
using RewardReasoning.Evaluation.Benchmarks;
using RewardReasoning.Evaluation.Metrics;
using RewardReasoning.Evaluation.Running;
using RewardReasoning.Judging;
using RewardReasoning.Rankings;

namespace RewardReasoning.Evaluation.BestOf;

/// <summary>Runs a best-of-n benchmark: the queries in order, many at once, each ranked by matches.</summary>
internal sealed class BestOfRun(OpenedJudge judge, RankingOptions ranking, RunOptions options)
{
    private readonly Ranker _ranker = JudgedRows.RankerOf(judge, ranking, options);
    private readonly FailurePolicy _failures = new();
    private volatile string? _model;

    /// <summary>Ranks the candidates of every query; with a folder, its rankings and report are written there.</summary>
    public async Task<BenchmarkReport> RunAsync(
        BestOfBenchmark benchmark,
        IReadOnlyList<BestOfItem> items,
        string? folder,
        CancellationToken cancellationToken
    )
    {
        List<BestOfScore> scores = new(items.Count);
        Usage usage = Usage.None;
        long missing = 0;
        LineFile lines = LineFile.Create(folder, RankingsFile.Name);
        await using (lines.ConfigureAwait(false))
        {
            await foreach (
                RecordedRanking ranked in OrderedWindow
                    .SelectAsync(
                        items.ToAsyncEnumerable(),
                        JudgedRows.ConcurrencyOf(judge, options),
                        RankAsync,
                        cancellationToken: cancellationToken
                    )
                    .ConfigureAwait(false)
            )
            {
                scores.Add(BestOfScore.Of(ranked));
                await lines.WriteAsync(ranked, BestOfJson.Lines.RecordedRanking).ConfigureAwait(false);

                usage += ranked.Usage;
                if (ranked.Missing is { } reason)
                {
                    missing++;
                    options.OnMissing?.Invoke(new MissingItem(ranked.Item.Id, reason));
                }

                options.Progress?.Report(new RunProgress(scores.Count, missing, items.Count, usage));
            }
        }

        return BestOfScore.Report(benchmark, _model ?? "no judgment", scores, new Bootstrap()) with
        {
            Judging = judge.Voting,
        };
    }

    private async Task<RecordedRanking> RankAsync(BestOfItem item, CancellationToken cancellationToken)
    {
        if (item.IsDecided)
        {
            return new RecordedRanking { Item = item };
        }

        try
        {
            Ranking ranked = await _ranker.RankAsync(item.Query, item.Responses, progress: null, cancellationToken).ConfigureAwait(false);
            if (ranked.Matches.Select(match => match.Judgment?.Model).FirstOrDefault(model => model is not null) is { } model)
            {
                _model ??= model;
                _failures.Succeeded();
            }

            return RecordedRanking.Of(item, ranked);
        }
        catch (Exception exception) when (_failures.EndsOnlyTheRow(exception, cancellationToken))
        {
            return new RecordedRanking { Item = item, Missing = exception.Message };
        }
    }
}
