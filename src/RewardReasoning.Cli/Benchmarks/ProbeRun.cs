using RewardReasoning.Cli.Scoring;
using RewardReasoning.Data.Rows;
using RewardReasoning.Evaluation.Probes;
using RewardReasoning.Judging;

namespace RewardReasoning.Cli.Benchmarks;

/// <summary>Asks a judge of every pair as it is, and under each probe of those that it has right.</summary>
internal sealed class ProbeRun(IJudge judge, JudgeOptions options, int concurrency, Terminal terminal, TimeProvider time)
{
    private readonly RowJudge _judge = new(judge);
    private readonly RowJudge _again = new(judge is IRepeatableJudge repeatable ? new RepeatingJudge(repeatable) : judge);
    private readonly List<ProbedJudgment> _judgments = [];
    private string? _model;
    private long _missing;
    private Usage _usage = Usage.None;

    /// <summary>Asks, once; <paramref name="keep"/> is given every judgment as it comes.</summary>
    public async Task<ProbeReport> RunAsync(
        IReadOnlyList<ProbePair> pairs,
        IReadOnlyList<ProbeDefinition> probes,
        Func<ProbedJudgment, Task> keep,
        CancellationToken cancellationToken
    )
    {
        await ScoreProgress.RunAsync(
            terminal,
            time,
            pairs.Count * (1L + probes.Count),
            async report =>
            {
                await AskAsync(pairs.SelectMany(pair => QuestionOf(pair, ProbeCatalog.Unchanged)));
                HashSet<string> right =
                [
                    .. _judgments.Where(judgment => judgment.Answer == ProbeAnswer.Better).Select(judgment => judgment.Id),
                ];
                await AskAsync(
                    pairs.Where(pair => right.Contains(pair.Id)).SelectMany(pair => probes.SelectMany(probe => QuestionOf(pair, probe)))
                );

                async Task AskAsync(IEnumerable<Question> questions)
                {
                    await foreach (
                        ProbedJudgment judgment in OrderedWindow.SelectAsync(
                            questions.ToAsyncEnumerable(),
                            concurrency,
                            JudgeAsync,
                            cancellationToken
                        )
                    )
                    {
                        await keep(judgment);
                        Add(judgment);
                        _usage += judgment.Usage;
                        report(_judgments.Count, _missing, _usage);
                    }
                }
            }
        );
        return ProbeReport.Of(_model ?? "no judgment", probes, _judgments);
    }

    private void Add(ProbedJudgment judgment)
    {
        _judgments.Add(judgment with { Votes = [] });
        if (judgment.Answer == ProbeAnswer.Missing)
        {
            _missing++;
            terminal.WriteStatus($"rrm: {judgment.Id}, {judgment.Probe}: {judgment.Reason}");
        }
    }

    private async Task<ProbedJudgment> JudgeAsync(Question question, CancellationToken cancellationToken)
    {
        ProbedJudgment asked = new()
        {
            Id = question.Id,
            Probe = question.Probe.Name,
            Shown = question.Shown,
            Better = question.Better,
            Answer = ProbeAnswer.Refused,
        };
        if (options.Domain?.Check(question.Shown) is { } refusal)
        {
            return asked with { Reason = refusal };
        }

        (Judgment? judgment, string? error) = await (question.Probe.Again ? _again : _judge).JudgeAsync(question.Shown, cancellationToken);
        _model = judgment?.Model ?? _model;
        return asked with
        {
            Answer =
                judgment?.Preferred is not { } preferred ? ProbeAnswer.Missing
                : preferred == question.Better ? ProbeAnswer.Better
                : ProbeAnswer.Worse,
            Reason = error,
            Usage = judgment?.Usage ?? Usage.None,
            Votes = judgment?.Votes ?? [],
        };
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
}
