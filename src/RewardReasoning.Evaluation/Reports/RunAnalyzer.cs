using RewardReasoning.Evaluation.Benchmarks;
using RewardReasoning.Evaluation.BestOf;
using RewardReasoning.Evaluation.Metrics;

namespace RewardReasoning.Evaluation.Reports;

/// <summary>Analyses a run in one pass over its judgments; nothing is asked of a model.</summary>
internal static class RunAnalyzer
{
    private const int BootstrapRounds = 1000;

    /// <summary>Analyses the runs in folders; those of one benchmark are compared with the first of them.</summary>
    /// <param name="runs">The folders, each with what to call it.</param>
    /// <param name="patterns">Patterns of reasoning to look for.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="FileNotFoundException">A folder holds no finished run.</exception>
    /// <exception cref="InvalidDataException">A file of a run is damaged.</exception>
    public static async Task<IReadOnlyList<RunAnalysis>> AnalyseAsync(
        IReadOnlyList<(string Name, BenchmarkRunFolder Folder)> runs,
        ReasoningPatterns patterns,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(runs);
        ArgumentNullException.ThrowIfNull(patterns);
        List<RunAnalysis> analyses = [];
        Dictionary<string, (string Name, IReadOnlyList<ItemCredit> Credits)> firsts = [];
        foreach ((string name, BenchmarkRunFolder folder) in runs)
        {
            (RunAnalysis analysis, IReadOnlyList<ItemCredit> credits) = await AnalyseAsync(name, folder, patterns, cancellationToken)
                .ConfigureAwait(false);
            bool isFirst = firsts.TryAdd(analysis.Report.Benchmark, (name, credits));
            analyses.Add(
                isFirst
                    ? analysis
                    : analysis with
                    {
                        Comparison = Compare(analysis.Report.Benchmark, (name, credits), firsts[analysis.Report.Benchmark]),
                    }
            );
        }

        return analyses;
    }

    /// <summary>Null where the runs have no item in common that counts: they are over other data.</summary>
    private static RunComparison? Compare(
        string benchmark,
        (string Name, IReadOnlyList<ItemCredit> Credits) run,
        (string Name, IReadOnlyList<ItemCredit> Credits) first
    )
    {
        HashSet<string> known = [.. first.Credits.Where(credit => credit.Credit is not null).Select(credit => credit.Id)];
        return run.Credits.Any(credit => credit.Credit is not null && known.Contains(credit.Id))
            ? RunComparison.Of(benchmark, run, first, new Bootstrap())
            : null;
    }

    private static async Task<(RunAnalysis Analysis, IReadOnlyList<ItemCredit> Credits)> AnalyseAsync(
        string name,
        BenchmarkRunFolder run,
        ReasoningPatterns patterns,
        CancellationToken cancellationToken
    )
    {
        BenchmarkReport report = await run.ReadReportAsync(cancellationToken).ConfigureAwait(false);
        BenchmarkDefinition? definition =
            BenchmarkCatalog.All.FirstOrDefault(benchmark => benchmark.Name == report.Benchmark) as BenchmarkDefinition;
        List<ItemCredit> credits = [];
        VoteReplay votes = new();
        ChoiceReplay choices = new();
        ConfidenceCounter confidences = new();
        BiasCounter bias = new();
        PatternCounter reasoning = new(patterns);
        ExamplePicker examples = new();
        await foreach (RecordedJudgment judgment in run.ReadJudgmentsAsync(cancellationToken).ConfigureAwait(false))
        {
            Add(AnalysedComparison.Of(judgment));
            credits.AddRange(definition is null ? [] : [ItemCredit.Of(definition, judgment.ToItem())]);
        }

        await foreach (RecordedRanking ranking in RankingsFile.ReadAsync(run, cancellationToken).ConfigureAwait(false))
        {
            choices.Add(ranking);
            credits.Add(BestOfScore.Of(ranking).ToCredit());
            foreach (AnalysedComparison comparison in AnalysedComparison.Of(ranking))
            {
                Add(comparison);
            }
        }

        Bootstrap bootstrap = new(BootstrapRounds);
        RunAnalysis analysis = new()
        {
            Name = name,
            Report = report,
            ByVotes = votes.ByVotes(bootstrap),
            VotesDiffer = votes.VotesDiffer,
            ByThoughtTokens = votes.ByTokens(bootstrap),
            MeanThoughtTokens = votes.MeanTokens,
            Choices = choices.Analyse(bootstrap),
            Calibration = confidences.Analyse(),
            Bias = bias.Analyse(),
            Patterns = reasoning.Analyse(),
            Examples = examples.Pick(),
        };
        return (analysis, credits);

        void Add(AnalysedComparison comparison)
        {
            votes.Add(comparison);
            confidences.Add(comparison);
            bias.Add(comparison);
            reasoning.Add(comparison);
            examples.Add(comparison);
        }
    }
}
