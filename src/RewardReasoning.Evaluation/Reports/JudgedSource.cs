using System.Runtime.CompilerServices;
using RewardReasoning.Data.Recognition;
using RewardReasoning.Data.Rows;
using RewardReasoning.Evaluation.Benchmarks;
using RewardReasoning.Evaluation.BestOf;
using RewardReasoning.Evaluation.Running;
using RewardReasoning.Ratings;

namespace RewardReasoning.Evaluation.Reports;

/// <summary>Where the judgments of a run are read from: a folder of <c>rrm bench</c>, or a file of <c>rrm score</c>.</summary>
internal abstract record JudgedSource(string Name)
{
    /// <summary>The benchmark that says how answers count; null where it is not known here.</summary>
    public abstract Benchmark? Benchmark { get; }

    /// <summary>What the run recorded of its settings; null where it recorded nothing.</summary>
    public abstract RunSettings? Settings { get; }

    /// <summary>The run's own report; null where it has none, so that it is made of the judgments.</summary>
    public abstract Task<BenchmarkReport?> ReadReportAsync(CancellationToken cancellationToken);

    /// <summary>The judgments, one at a time.</summary>
    public abstract IAsyncEnumerable<RecordedJudgment> ReadJudgmentsAsync(CancellationToken cancellationToken);

    /// <summary>The rankings of a best-of-n run, one at a time.</summary>
    public abstract IAsyncEnumerable<RecordedRanking> ReadRankingsAsync(CancellationToken cancellationToken);
}

/// <summary>The folder of a benchmark run.</summary>
internal sealed record FolderSource(string Name, string Path, string BenchmarkName) : JudgedSource(Name)
{
    private readonly BenchmarkRunFolder _folder = new(Path);

    public override Benchmark? Benchmark => BenchmarkCatalog.All.FirstOrDefault(benchmark => benchmark.Name == BenchmarkName);

    public override RunSettings? Settings => RunFolderSettings.Read(Path);

    public override async Task<BenchmarkReport?> ReadReportAsync(CancellationToken cancellationToken) =>
        await _folder.ReadReportAsync(cancellationToken).ConfigureAwait(false);

    public override IAsyncEnumerable<RecordedJudgment> ReadJudgmentsAsync(CancellationToken cancellationToken) =>
        _folder.ReadJudgmentsAsync(cancellationToken);

    public override IAsyncEnumerable<RecordedRanking> ReadRankingsAsync(CancellationToken cancellationToken) =>
        RankingsFile.ReadAsync(_folder, cancellationToken);
}

/// <summary>The pairs in a file of <c>rrm score</c>: each row with its judgment, and its label where it has one.</summary>
internal sealed record ScoredFileSource(string Name, string Path) : JudgedSource(Name)
{
    /// <summary>How scored pairs count, as in the summary of <c>rrm score</c>: over the judged rows that have a label.</summary>
    public static BenchmarkDefinition Definition { get; } =
        new()
        {
            Name = "score",
            Title = "The pairs of a scored file",
            Source = "rrm score",
            Data = "what rrm score wrote",
            Counting =
                "One section. A row without a label, or without a judgment, does not count. Two runs are compared over the labelled rows, "
                + "where a missing judgment is not right.",
            Orders = AskedOrders.One,
            ReadAsync = (path, _) => throw new RunException($"'{path}': scored files are read by rrm report alone."),
            Credit = RightOrNot,
            Measures = [BenchmarkMeasure.Mean("accuracy", "share of judged rows whose better response is preferred", Right)],
        };

    public override Benchmark Benchmark => Definition;

    public override RunSettings? Settings => RunSettings.Read(Path + RunRecord.Ending);

    public override Task<BenchmarkReport?> ReadReportAsync(CancellationToken cancellationToken) => Task.FromResult<BenchmarkReport?>(null);

    public override async IAsyncEnumerable<RecordedJudgment> ReadJudgmentsAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        await foreach (DataRow row in RowReader.ReadAsync(Path, cancellationToken).ConfigureAwait(false))
        {
            PairContent? pair = RowRecognizer.Recognize(row) as PairContent;
            Judgment? judgment = ScoredRow.JudgmentOf(row) is { } json ? JudgmentJson.Read(json) : null;
            string id = row.Field("id") ?? row.Field("pair_id") ?? row.Place;
            JudgedItem item = JudgedItem.Missing(
                new BenchmarkItem
                {
                    Id = id,
                    Row = id,
                    Section = "all",
                    Comparison = pair?.Comparison ?? new Comparison("", "", ""),
                    Gold = Outcomes.Of(pair?.Label),
                },
                row.Field("error") ?? row.Error ?? judgment?.MissingReason
            );
            yield return RecordedJudgment.Of(
                judgment is null
                    ? item
                    : JudgedItem.Of(item.Item, judgment) with
                    {
                        MissingReason = judgment.Outcome == MatchOutcome.Missing ? item.MissingReason : null,
                    },
                judgment
            ) with
            {
                Comparison = pair?.Comparison,
                Model = judgment?.Model,
            };
        }
    }

    public override IAsyncEnumerable<RecordedRanking> ReadRankingsAsync(CancellationToken cancellationToken) =>
        AsyncEnumerable.Empty<RecordedRanking>();

    private static double? RightOrNot(JudgedItem judged) => judged.Item.Gold == MatchOutcome.Missing ? null : Right(judged) ?? 0;

    private static double? Right(JudgedItem judged) =>
        judged.Item.Gold == MatchOutcome.Missing || !judged.Preferred.IsAnswer() ? null
        : judged.Preferred == judged.Item.Gold ? 1
        : 0;
}
