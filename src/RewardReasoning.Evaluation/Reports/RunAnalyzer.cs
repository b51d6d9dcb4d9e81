using RewardReasoning.Evaluation.Benchmarks;
using RewardReasoning.Evaluation.BestOf;
using RewardReasoning.Evaluation.Metrics;

namespace RewardReasoning.Evaluation.Reports;

/// <summary>Analyses a run in one pass over its judgments; nothing is asked of a model.</summary>
public static class RunAnalyzer
{
    private const int BootstrapRounds = 1000;

    /// <summary>Analyses the run in a folder.</summary>
    /// <param name="name">What to call it.</param>
    /// <param name="run">The folder.</param>
    /// <param name="patterns">Patterns of reasoning to look for.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="FileNotFoundException">The folder holds no finished run.</exception>
    /// <exception cref="InvalidDataException">A file of the run is damaged.</exception>
    public static async Task<RunAnalysis> AnalyseAsync(string name, BenchmarkRunFolder run, ReasoningPatterns patterns, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(patterns);
        BenchmarkReport report = await run.ReadReportAsync(cancellationToken).ConfigureAwait(false);
        VoteReplay votes = new();
        ChoiceReplay choices = new();
        ConfidenceCounter confidences = new();
        BiasCounter bias = new();
        PatternCounter reasoning = new(patterns);
        ExamplePicker examples = new();
        await foreach (RecordedJudgment judgment in run.ReadJudgmentsAsync(cancellationToken).ConfigureAwait(false))
        {
            Add(AnalysedComparison.Of(judgment));
        }

        await foreach (RecordedRanking ranking in run.ReadRankingsAsync(cancellationToken).ConfigureAwait(false))
        {
            choices.Add(ranking);
            foreach (AnalysedComparison comparison in AnalysedComparison.Of(ranking))
            {
                Add(comparison);
            }
        }

        Bootstrap bootstrap = new(BootstrapRounds);
        return new RunAnalysis
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
