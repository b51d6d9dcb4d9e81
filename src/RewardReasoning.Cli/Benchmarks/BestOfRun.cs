using System.Runtime.CompilerServices;
using RewardReasoning.Cli.Scoring;
using RewardReasoning.Data.Rows;
using RewardReasoning.Evaluation.Benchmarks;
using RewardReasoning.Evaluation.BestOf;
using RewardReasoning.Evaluation.Metrics;
using RewardReasoning.Judging;
using RewardReasoning.Rankings;

namespace RewardReasoning.Cli.Benchmarks;

/// <summary>Runs a best-of-n benchmark: the queries in order, many at once, each ranked by matches.</summary>
internal sealed class BestOfRun(OpenedJudge judge, RankingOptions ranking, Terminal terminal, TimeProvider time)
{
    private readonly Ranker _ranker = new(judge.Judge, ranking, time);
    private readonly FailurePolicy _failures = new();
    private volatile string? _model;

    /// <summary>Ranks the candidates of every query; with a folder, its rankings and report are kept there.</summary>
    public async Task<BenchmarkReport> RunAsync(
        BestOfBenchmark benchmark,
        IReadOnlyList<BestOfItem> items,
        string? folder,
        int concurrency,
        CancellationToken cancellationToken
    )
    {
        List<BestOfScore> scores = new(items.Count);
        await ScoreProgress.RunAsync(
            terminal,
            time,
            items.Count,
            async report =>
            {
                IAsyncEnumerable<RecordedRanking> rankings = RankAllAsync(items, concurrency, scores, report, cancellationToken);
                if (folder is null)
                {
                    await rankings.CountAsync(cancellationToken);
                }
                else
                {
                    await new BenchmarkRunFolder(folder).WriteRankingsAsync(rankings, cancellationToken);
                }
            }
        );
        BenchmarkReport result = BestOfScore.Report(benchmark, _model ?? "no judgment", scores, new Bootstrap()) with
        {
            Judging = judge.Voting,
        };
        if (folder is not null)
        {
            await new BenchmarkRunFolder(folder).WriteReportAsync(result, cancellationToken);
        }

        return result;
    }

    private async IAsyncEnumerable<RecordedRanking> RankAllAsync(
        IReadOnlyList<BestOfItem> items,
        int concurrency,
        List<BestOfScore> scores,
        Action<long, long, Usage> report,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        Usage usage = Usage.None;
        long missing = 0;
        await foreach (
            RecordedRanking ranked in OrderedWindow.SelectAsync(items.ToAsyncEnumerable(), concurrency, RankAsync, cancellationToken)
        )
        {
            scores.Add(BestOfScore.Of(ranked));
            usage += ranked.Usage;
            if (ranked.Missing is not null)
            {
                missing++;
                terminal.WriteStatus($"rrm: {ranked.Item.Id}: {ranked.Missing}");
            }

            report(scores.Count, missing, usage);
            yield return ranked;
        }
    }

    private async Task<RecordedRanking> RankAsync(BestOfItem item, CancellationToken cancellationToken)
    {
        if (item.IsDecided)
        {
            return new RecordedRanking { Item = item };
        }

        try
        {
            Rankings.Ranking ranked = await _ranker.RankAsync(item.Query, item.Responses, progress: null, cancellationToken);
            _model ??= ranked.Matches.Select(match => match.Judgment?.Model).FirstOrDefault(model => model is not null);
            if (_model is not null)
            {
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
