using RewardReasoning.Data.Rows;
using RewardReasoning.Evaluation.Benchmarks;
using RewardReasoning.Evaluation.Running;
using RewardReasoning.IO;
using RewardReasoning.Judging;

namespace RewardReasoning.Evaluation.Probes;

/// <summary>What <see cref="ProbeRunner"/> asks and keeps.</summary>
public sealed record ProbeOptions
{
    /// <summary>Names of the probes (<see cref="ProbeRunner.Names"/>).</summary>
    /// <value>Empty (all of them).</value>
    public IReadOnlyList<string> Probes { get; init; } = [];

    /// <summary>Only the first pairs; all if null.</summary>
    public int? Limit { get; init; }

    /// <summary>Folder for every judgment and the report; nowhere if null.</summary>
    public string? Folder { get; init; }

    /// <summary>Progress, concurrency and clock.</summary>
    public RunOptions Run { get; init; } = new();
}

/// <summary>
/// Asks a judge about every labelled pair as it is, and about those that it has right once more under each probe: none should flip the
/// verdict.
/// </summary>
/// <param name="judge">The judge, opened with <see cref="ApplyTo"/>; it stays the caller's.</param>
/// <param name="options">What to ask and keep; the defaults if null.</param>
public sealed class ProbeRunner(OpenedJudge judge, ProbeOptions? options = null)
{
    private readonly ProbeOptions _options = options ?? new();
    private readonly RowJudge _judge = new(judge.Judge);
    private readonly RowJudge _again = new(judge.Judge is IRepeatableJudge repeatable ? new RepeatingJudge(repeatable) : judge.Judge);

    /// <summary>The names of all probes.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. ProbeCatalog.All.Select(probe => probe.Name)];

    /// <summary>Refuses names that no probe has.</summary>
    /// <exception cref="RewardReasoningException">There is no such probe.</exception>
    public static void RequireKnown(IEnumerable<string> names)
    {
        foreach (string name in names)
        {
            _ = ProbeCatalog.Find(name);
        }
    }

    /// <summary>
    /// The options that a judge is opened with to be probed: the order of the responses is the probe's to choose, and confidence is not
    /// asked for.
    /// </summary>
    public static JudgeOptions ApplyTo(JudgeOptions judging) => judging with { Order = VoteOrder.Given, Calibration = null };

    /// <summary>Probes the judge with the labelled pairs of a benchmark.</summary>
    /// <param name="benchmark">A benchmark of pairs.</param>
    /// <param name="data">Its data.</param>
    /// <param name="cancellationToken">Ends the run; what was judged is kept.</param>
    /// <exception cref="RewardReasoningException">The data has no labelled pair, or there is no such probe.</exception>
    public async Task<ProbeReport> RunAsync(Benchmark benchmark, string data, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(benchmark);
        ProbeDefinition[] probes =
            _options.Probes.Count > 0 ? [.. _options.Probes.Distinct().Select(ProbeCatalog.Find)] : [.. ProbeCatalog.All];
        BenchmarkDefinition definition =
            benchmark as BenchmarkDefinition
            ?? throw new RunException($"The benchmark {benchmark.Name} has no labelled pairs to probe; choose one of pairs.");
        ProbePair[] pairs =
        [
            .. ProbePair.Of(await definition.ReadAsync(data, cancellationToken).ConfigureAwait(false)).Take(_options.Limit ?? int.MaxValue),
        ];
        RunFolderSettings? settings = _options.Folder is not { } folder
            ? null
            : await RunFolderSettings
                .BeginAsync(
                    folder,
                    [data],
                    judge,
                    _options.Run,
                    _options.Limit,
                    new Dictionary<string, string> { ["benchmark"] = benchmark.Name },
                    cancellationToken
                )
                .ConfigureAwait(false);
        return pairs.Length == 0
            ? throw new RunException($"'{data}' holds no pair of {benchmark.Name} with a label; --data is {benchmark.Data}.")
            : await RunAsync(pairs, probes, settings, cancellationToken).ConfigureAwait(false);
    }

    private async Task<ProbeReport> RunAsync(
        ProbePair[] pairs,
        ProbeDefinition[] probes,
        RunFolderSettings? settings,
        CancellationToken cancellationToken
    )
    {
        ProbeTally tally = new(pairs.Length * (1L + probes.Length), _options.Run);
        LineFile lines = LineFile.Create(_options.Folder, "judgments.jsonl");
        await using (lines.ConfigureAwait(false))
        {
            await AskAsync(pairs.SelectMany(pair => QuestionOf(pair, ProbeCatalog.Unchanged))).ConfigureAwait(false);
            HashSet<string> right = [.. tally.Right];
            await AskAsync(
                    pairs.Where(pair => right.Contains(pair.Id)).SelectMany(pair => probes.SelectMany(probe => QuestionOf(pair, probe)))
                )
                .ConfigureAwait(false);
        }

        ProbeReport result = ProbeReport.Of(tally.Model ?? "no judgment", probes, tally.Judgments) with { Judging = judge.Voting };
        if (_options.Folder is { } folder && settings is not null)
        {
            await settings.WriteAsync(folder, tally.Judgments.Count, cancellationToken).ConfigureAwait(false);
            await AtomicFile
                .WriteAllTextAsync(Path.Combine(folder, LineFile.ReportFile), result.ToJson() + "\n", cancellationToken)
                .ConfigureAwait(false);
        }

        return result;

        async Task AskAsync(IEnumerable<Question> questions)
        {
            await foreach (
                (ProbedJudgment judgment, string? model) in OrderedWindow
                    .SelectAsync(
                        questions.ToAsyncEnumerable(),
                        JudgedRows.ConcurrencyOf(judge, _options.Run),
                        JudgeAsync,
                        cancellationToken: cancellationToken
                    )
                    .ConfigureAwait(false)
            )
            {
                await lines.WriteAsync(judgment, ProbeJson.Lines.ProbedJudgment).ConfigureAwait(false);

                tally.Add(judgment, model);
            }
        }
    }

    private async Task<(ProbedJudgment Judgment, string? Model)> JudgeAsync(Question question, CancellationToken cancellationToken)
    {
        ProbedJudgment asked = new()
        {
            Id = question.Id,
            Probe = question.Probe.Name,
            Shown = question.Shown,
            Better = question.Better,
            Answer = ProbeAnswer.Refused,
        };
        if (judge.Domain?.Check(question.Shown) is { } refusal)
        {
            return (asked with { Reason = refusal }, null);
        }

        (Judgment? judgment, string? error) = await (question.Probe.Again ? _again : _judge)
            .JudgeAsync(question.Shown, cancellationToken)
            .ConfigureAwait(false);
        return (
            asked with
            {
                Answer =
                    judgment?.Preferred is not { } preferred ? ProbeAnswer.Missing
                    : preferred == question.Better ? ProbeAnswer.Better
                    : ProbeAnswer.Worse,
                Reason = error,
                Usage = judgment?.Usage ?? Usage.None,
                Votes = judgment?.Votes ?? [],
            },
            judgment?.Model
        );
    }

    private static IEnumerable<Question> QuestionOf(ProbePair pair, ProbeDefinition probe) =>
        probe.Apply(pair.Pair, pair.BetterFirst) is { } shown
            ? [new(pair.Id, probe, shown, pair.BetterFirst != probe.Swapped ? Verdict.First : Verdict.Second)]
            : [];

    private readonly record struct Question(string Id, ProbeDefinition Probe, Comparison Shown, Verdict Better);

    /// <summary>The same question once more, with fresh chance.</summary>
    private sealed class RepeatingJudge(IRepeatableJudge judge) : IJudge
    {
        public Task<Judgment> JudgeAsync(Comparison comparison, CancellationToken cancellationToken = default) =>
            judge.JudgeAsync(comparison, 1, cancellationToken);
    }

    /// <summary>What was judged so far.</summary>
    private sealed class ProbeTally(long total, RunOptions run)
    {
        private readonly List<ProbedJudgment> _judgments = [];
        private long _missing;
        private Usage _usage = Usage.None;

        public List<ProbedJudgment> Judgments => _judgments;

        public string? Model { get; private set; }

        /// <summary>Pairs that the judge has right.</summary>
        public IEnumerable<string> Right =>
            _judgments.Where(judgment => judgment.Answer == ProbeAnswer.Better).Select(judgment => judgment.Id);

        public void Add(ProbedJudgment judgment, string? model)
        {
            Model = model ?? Model;
            _judgments.Add(judgment with { Votes = [] });
            _usage += judgment.Usage;
            if (judgment.Answer == ProbeAnswer.Missing)
            {
                _missing++;
                run.OnMissing?.Invoke(new MissingItem($"{judgment.Id}, {judgment.Probe}", judgment.Reason ?? "no verdict"));
            }

            run.Progress?.Report(new RunProgress(_judgments.Count, _missing, total, _usage));
        }
    }
}
