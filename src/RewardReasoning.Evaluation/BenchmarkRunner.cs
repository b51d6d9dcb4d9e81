using RewardReasoning.Evaluation.Benchmarks;
using RewardReasoning.Evaluation.BestOf;
using RewardReasoning.Evaluation.Metrics;
using RewardReasoning.Evaluation.Running;
using RewardReasoning.Judging;
using RewardReasoning.Rankings;

namespace RewardReasoning.Evaluation;

/// <summary>What of a benchmark is run, and where it is kept.</summary>
public sealed record BenchmarkRunOptions
{
    /// <summary>Only the first comparisons (of a best-of-n benchmark: queries); all if null.</summary>
    public int? Limit { get; init; }

    /// <summary>Folder for every judgment and the report; nowhere if null.</summary>
    public string? Folder { get; init; }

    /// <summary>How the candidates of a best-of-n benchmark meet.</summary>
    public RankingMode Mode { get; init; } = new RankingMode.Knockout();

    /// <summary>Progress, concurrency and clock.</summary>
    public RunOptions Run { get; init; } = new();
}

/// <summary>
/// Runs a reward benchmark on a judge: figures by section with intervals, position bias, missing answers. The judge is opened with the
/// benchmark's own options (<see cref="Benchmark.ApplyTo"/>), so that it is asked in the orders that the benchmark counts.
/// </summary>
/// <param name="judge">The judge, which stays the caller's.</param>
/// <param name="options">What to run and keep; the defaults if null.</param>
public sealed class BenchmarkRunner(OpenedJudge judge, BenchmarkRunOptions? options = null)
{
    private readonly BenchmarkRunOptions _options = options ?? new();

    /// <summary>Runs a benchmark.</summary>
    /// <param name="benchmark">Which one; <see cref="BenchmarkCatalog"/> has them by name.</param>
    /// <param name="data">Its data, a file or folder.</param>
    /// <param name="cancellationToken">Ends the run; what was judged is kept in the folder.</param>
    /// <exception cref="RewardReasoningException">The data holds nothing of the benchmark.</exception>
    /// <remarks>A failure that would hit every further comparison ends the run (<see cref="FailurePolicy"/>).</remarks>
    public async Task<BenchmarkReport> RunAsync(Benchmark benchmark, string data, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(benchmark);
        RunFolderSettings? settings = await SettingsAsync(benchmark, [data], judge, _options, cancellationToken).ConfigureAwait(false);
        BenchmarkReport report = benchmark is BestOfBenchmark bestOf
            ? await ChooseAsync(bestOf, data, cancellationToken).ConfigureAwait(false)
            : await CompareAsync((BenchmarkDefinition)benchmark, data, cancellationToken).ConfigureAwait(false);
        if (_options.Folder is { } folder && settings is not null)
        {
            await settings.WriteAsync(folder, report.Overall.Items, cancellationToken).ConfigureAwait(false);
            await new BenchmarkRunFolder(folder).WriteReportAsync(report, cancellationToken).ConfigureAwait(false);
        }

        return report;
    }

    /// <summary>The settings of a run whose results are kept; null where they are not.</summary>
    private static async Task<RunFolderSettings?> SettingsAsync(
        Benchmark benchmark,
        IEnumerable<string> data,
        OpenedJudge? judge,
        BenchmarkRunOptions options,
        CancellationToken cancellationToken
    )
    {
        Dictionary<string, string> named = new() { ["benchmark"] = benchmark.Name };
        if (benchmark.HasCandidates)
        {
            named["mode"] = options.Mode is RankingMode.RoundRobin ? "round-robin" : "knockout";
        }

        return options.Folder is not { } folder
            ? null
            : await RunFolderSettings
                .BeginAsync(folder, data, judge, options.Run, options.Limit, named, cancellationToken)
                .ConfigureAwait(false);
    }

    /// <summary>Scores recorded outputs of judges in place of a judge.</summary>
    /// <param name="benchmark">A benchmark of comparisons.</param>
    /// <param name="data">Its data; null where published accuracies are enough.</param>
    /// <param name="replay">The recorded outputs: as the benchmark's authors publish them, or judgments.jsonl of a run.</param>
    /// <param name="options">What of them, and where the result is kept; everything, nowhere, if null.</param>
    /// <param name="judge">Of several recorded judges, this one; all if null.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="RewardReasoningException">There is no such judge, or the benchmark needs its data.</exception>
    public static async Task<IReadOnlyList<BenchmarkReport>> ReplayAsync(
        Benchmark benchmark,
        string? data,
        string replay,
        BenchmarkRunOptions? options = null,
        string? judge = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(benchmark);
        BenchmarkDefinition definition =
            benchmark as BenchmarkDefinition
            ?? throw new RunException(
                $"--replay scores recorded comparisons; {benchmark.Name} has rankings. Completions in a store are not asked for "
                    + $"again (--store)."
            );
        IReadOnlyList<BenchmarkReport> reports =
            data is not null ? await ReplayAsync(definition, data, replay, options ?? new(), judge, cancellationToken).ConfigureAwait(false)
            : definition.PublishedAsync is { } published
                ?
                [
                    .. (await published(replay, cancellationToken).ConfigureAwait(false)).Where(report =>
                        judge is null || report.Judge == judge
                    ),
                ]
            : throw new RunException($"--data PATH is missing: {benchmark.Data}.");
        return reports.Count > 0
            ? reports
            : throw new RunException(judge is null ? $"'{replay}' holds no recorded judge." : $"There is no recorded judge '{judge}'.");
    }

    /// <summary>Compares two runs of one benchmark item by item: paired bootstrap of the difference, and McNemar's exact test.</summary>
    /// <param name="first">Folder of a run.</param>
    /// <param name="second">Folder of another.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="RewardReasoningException">They are runs of different benchmarks.</exception>
    public static async Task<RunComparison> CompareAsync(string first, string second, CancellationToken cancellationToken = default)
    {
        BenchmarkReport report = await new BenchmarkRunFolder(first).ReadReportAsync(cancellationToken).ConfigureAwait(false);
        BenchmarkReport other = await new BenchmarkRunFolder(second).ReadReportAsync(cancellationToken).ConfigureAwait(false);
        if (report.Benchmark != other.Benchmark)
        {
            throw new RunException(
                $"'{first}' is a run of {report.Benchmark}, '{second}' one of {other.Benchmark}; only runs of one benchmark can "
                    + $"be compared."
            );
        }

        Benchmark benchmark = BenchmarkCatalog.Find(report.Benchmark);
        return RunComparison.Of(
            benchmark.Name,
            (report.Judge, await CreditsAsync(benchmark, first, cancellationToken).ConfigureAwait(false)),
            (other.Judge, await CreditsAsync(benchmark, second, cancellationToken).ConfigureAwait(false)),
            new Bootstrap()
        );
    }

    private static async Task<IReadOnlyList<ItemCredit>> CreditsAsync(
        Benchmark benchmark,
        string folder,
        CancellationToken cancellationToken
    )
    {
        BenchmarkRunFolder run = new(folder);
        return benchmark is BenchmarkDefinition definition
            ? await run.ReadJudgmentsAsync(cancellationToken)
                .Select(judgment => ItemCredit.Of(definition, judgment.ToItem()))
                .ToListAsync(cancellationToken)
                .ConfigureAwait(false)
            : await RankingsFile
                .ReadAsync(run, cancellationToken)
                .Select(ranking => BestOfScore.Of(ranking).ToCredit())
                .ToListAsync(cancellationToken)
                .ConfigureAwait(false);
    }

    private static async Task<IReadOnlyList<BenchmarkReport>> ReplayAsync(
        BenchmarkDefinition benchmark,
        string data,
        string replay,
        BenchmarkRunOptions options,
        string? judge,
        CancellationToken cancellationToken
    )
    {
        IReadOnlyList<BenchmarkItem> items = await ItemsAsync(benchmark, data, options.Limit, cancellationToken).ConfigureAwait(false);
        RecordedJudge[] judges =
        [
            .. (await benchmark.ReplayAsync(replay, items, cancellationToken).ConfigureAwait(false)).Where(recorded =>
                judge is null || recorded.Name == judge
            ),
        ];
        BenchmarkReport[] reports =
        [
            .. judges.Select(recorded => BenchmarkReport.Of(benchmark, recorded.Name, recorded.Items, new Bootstrap())),
        ];
        if (options.Folder is { } folder)
        {
            if (judges.Length != 1)
            {
                throw new RunException(
                    $"--out keeps one judge, and '{replay}' has {judges.Length}: "
                        + $"{string.Join(", ", judges.Select(recorded => $"'{recorded.Name}'"))}. Choose with --judge."
                );
            }

            BenchmarkRunFolder run = new(folder);
            RunFolderSettings? settings = await SettingsAsync(benchmark, [data, replay], null, options, cancellationToken)
                .ConfigureAwait(false);
            await run.WriteJudgmentsAsync(judges[0].Items.Select(judged => RecordedJudgment.Of(judged, null))).ConfigureAwait(false);
            if (settings is not null)
            {
                await settings.WriteAsync(folder, judges[0].Items.Count, cancellationToken).ConfigureAwait(false);
            }

            await run.WriteReportAsync(reports[0], cancellationToken).ConfigureAwait(false);
        }

        return reports;
    }

    private async Task<BenchmarkReport> CompareAsync(BenchmarkDefinition benchmark, string data, CancellationToken cancellationToken)
    {
        IReadOnlyList<BenchmarkItem> items = await ItemsAsync(benchmark, data, _options.Limit, cancellationToken).ConfigureAwait(false);
        ComparisonRun run = new(judge, _options.Run);
        IReadOnlyList<JudgedItem> judged = await run.RunAsync(items, _options.Folder, one => one.MissingReason, cancellationToken)
            .ConfigureAwait(false);
        return BenchmarkReport.Of(benchmark, run.Model, judged, new Bootstrap()) with { Judging = judge.Voting };
    }

    private async Task<BenchmarkReport> ChooseAsync(BestOfBenchmark benchmark, string data, CancellationToken cancellationToken)
    {
        IReadOnlyList<BestOfItem> items = await benchmark.ReadAsync(data, cancellationToken).ConfigureAwait(false);
        RequireSome(items.Count, benchmark, data);
        RankingOptions ranking = new() { Mode = _options.Mode, Seed = judge.Seed };
        return await new BestOfRun(judge, ranking, _options.Run)
            .RunAsync(benchmark, [.. items.Take(_options.Limit ?? int.MaxValue)], _options.Folder, cancellationToken)
            .ConfigureAwait(false);
    }

    private static async Task<IReadOnlyList<BenchmarkItem>> ItemsAsync(
        BenchmarkDefinition benchmark,
        string data,
        int? limit,
        CancellationToken cancellationToken
    )
    {
        IReadOnlyList<BenchmarkItem> items = await benchmark.ReadAsync(data, cancellationToken).ConfigureAwait(false);
        RequireSome(items.Count, benchmark, data);
        return [.. items.Take(limit ?? int.MaxValue)];
    }

    private static void RequireSome(int items, Benchmark benchmark, string data)
    {
        if (items == 0)
        {
            throw new RunException($"'{data}' holds nothing of {benchmark.Name}; --data is {benchmark.Data}.");
        }
    }
}
