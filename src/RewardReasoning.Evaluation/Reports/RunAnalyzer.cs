using RewardReasoning.Evaluation.Benchmarks;
using RewardReasoning.Evaluation.BestOf;
using RewardReasoning.Evaluation.Juries;
using RewardReasoning.Evaluation.Metrics;
using RewardReasoning.Evaluation.Running;
using RewardReasoning.Ratings;

namespace RewardReasoning.Evaluation.Reports;

/// <summary>Analyses a run in one pass over its judgments; nothing is asked of a model.</summary>
internal static class RunAnalyzer
{
    private const int BootstrapRounds = 1000;

    /// <summary>Analyses runs; those of one benchmark are compared with the first of them.</summary>
    /// <param name="runs">The runs.</param>
    /// <param name="patterns">Patterns of reasoning to look for.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="FileNotFoundException">A folder holds no finished run.</exception>
    /// <exception cref="InvalidDataException">A file of a run is damaged.</exception>
    public static async Task<IReadOnlyList<JudgedRun>> AnalyseAsync(
        IReadOnlyList<JudgedSource> runs,
        ReasoningPatterns patterns,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(runs);
        ArgumentNullException.ThrowIfNull(patterns);
        List<JudgedRun> analysed = [];
        Dictionary<string, (JudgedSource Run, IReadOnlyList<ItemCredit> Credits)> firsts = [];
        foreach (JudgedSource run in runs)
        {
            (JudgedRun judged, IReadOnlyList<ItemCredit> credits) = await AnalyseAsync(run, patterns, cancellationToken)
                .ConfigureAwait(false);
            RunAnalysis analysis = judged.Analysis;
            bool isFirst = firsts.TryAdd(analysis.Report.Benchmark, (run, credits));
            (JudgedSource first, IReadOnlyList<ItemCredit> before) = firsts[analysis.Report.Benchmark];
            analysed.Add(
                isFirst
                    ? judged
                    : judged with
                    {
                        Analysis = analysis with
                        {
                            Comparison = Compare(analysis.Report.Benchmark, (run.Name, credits), (first.Name, before)),
                            Flips = await FlippedItems.ReadAsync((run, credits), (first, before), cancellationToken).ConfigureAwait(false),
                        },
                    }
            );
        }

        return analysed;
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

    private static async Task<(JudgedRun Run, IReadOnlyList<ItemCredit> Credits)> AnalyseAsync(
        JudgedSource run,
        ReasoningPatterns patterns,
        CancellationToken cancellationToken
    )
    {
        BenchmarkReport? report = await run.ReadReportAsync(cancellationToken).ConfigureAwait(false);
        BenchmarkDefinition? definition = run.Benchmark as BenchmarkDefinition;
        List<ItemCredit> credits = [];
        List<JudgedItem> items = [];
        List<BestOfScore> scores = [];
        List<ReportCase> cases = [];
        string? judge = null;
        VoteReplay votes = new();
        ChoiceReplay choices = new();
        ConfidenceCounter confidences = new();
        RiskCounter risks = new();
        BiasCounter bias = new();
        JuryCounter jury = new();
        PatternCounter reasoning = new(patterns);
        ExamplePicker examples = new();
        MissingVerdicts missing = new();
        await foreach (RecordedJudgment judgment in run.ReadJudgmentsAsync(cancellationToken).ConfigureAwait(false))
        {
            Add(AnalysedComparison.Of(judgment));
            judge ??= judgment.Model;
            JudgedItem item = judgment.ToItem();
            if (definition is not null)
            {
                credits.Add(ItemCredit.Of(definition, item));
                cases.Add(ReportCase.Of(item, credits[^1].Credit));
            }

            // The texts are not needed again, and they are most of what an item holds.
            items.Add(item with { Item = item.Item with { Comparison = new Comparison("", "", "") } });
        }

        await foreach (RecordedRanking ranking in run.ReadRankingsAsync(cancellationToken).ConfigureAwait(false))
        {
            choices.Add(ranking);
            scores.Add(BestOfScore.Of(ranking));
            credits.Add(scores[^1].ToCredit());
            cases.Add(ReportCase.Of(ranking));
            if (ranking is { Missing: { } reason, Matches.Count: 0 })
            {
                missing.AddItem(ranking.Item.Id, reason);
            }

            foreach (AnalysedComparison comparison in AnalysedComparison.Of(ranking))
            {
                Add(comparison);
            }
        }

        if (report is null && items.Count == 0)
        {
            throw new RunException($"'{run.Name}' holds no judged pair; rrm report reads folders of rrm bench and files of rrm score.");
        }

        Bootstrap bootstrap = new(BootstrapRounds);
        RunAnalysis analysis = new()
        {
            Name = run.Name,
            Report =
                report
                ?? BenchmarkReport.Of(definition ?? ScoredFileSource.Definition, judge ?? "no judgment", items, new Bootstrap()) with
                {
                    Judging = run.Settings?.Judging,
                },
            Main = run.Benchmark switch
            {
                BenchmarkDefinition pairs => MainFigure.Of(pairs, items),
                BestOfBenchmark bestOf when scores.Count > 0 => MainFigure.Of(bestOf, scores),
                _ => null,
            },
            Missing = missing.Analyse(),
            CutVotes = missing.CutVotes,
            Unlabelled = items.Count(item => item.Item.Gold == MatchOutcome.Missing),
            ByVotes = votes.ByVotes(bootstrap),
            VotesDiffer = votes.VotesDiffer,
            ByReasoningTokens = votes.ByTokens(bootstrap),
            MeanReasoningTokens = votes.MeanTokens,
            Choices = choices.Analyse(bootstrap),
            Calibration = confidences.Analyse(),
            Risk = risks.Analyse(run.Settings?.Abstain),
            Bias = bias.Analyse(),
            Jury = jury.Figures(),
            Patterns = reasoning.Analyse(),
            Examples = examples.Pick(),
        };
        JudgedRun judgedRun = new()
        {
            Name = run.Name,
            Facts = RunFacts.Of(run.Settings, analysis.Report.Judge, analysis.Report.Judging),
            Analysis = analysis,
            Items = cases,
        };
        return (judgedRun, credits);

        void Add(AnalysedComparison comparison)
        {
            votes.Add(comparison);
            confidences.Add(comparison);
            risks.Add(comparison);
            bias.Add(comparison);
            jury.Add(
                comparison.Texts is null || ComparisonHash.FirstIsSmaller(comparison.Texts),
                comparison.Members,
                VerdictOf(comparison.Preferred),
                VerdictOf(comparison.Gold) ?? Verdict.Unparsable
            );
            reasoning.Add(comparison);
            examples.Add(comparison);
            missing.Add(comparison);
        }
    }

    private static Verdict? VerdictOf(MatchOutcome outcome) =>
        outcome switch
        {
            MatchOutcome.First => Verdict.First,
            MatchOutcome.Second => Verdict.Second,
            _ => null,
        };
}
