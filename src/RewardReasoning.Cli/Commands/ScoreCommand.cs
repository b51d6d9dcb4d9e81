using System.CommandLine;
using System.Text.Json;
using RewardReasoning.Cli.Judging;
using RewardReasoning.Cli.Output;
using RewardReasoning.Cli.Ranking;
using RewardReasoning.Cli.Scoring;
using RewardReasoning.Data.Columns;
using RewardReasoning.Data.Pairs;
using RewardReasoning.Data.Recognition;
using RewardReasoning.Data.Rows;
using RewardReasoning.Judging;
using RewardReasoning.Rankings;

namespace RewardReasoning.Cli.Commands;

/// <summary><c>rrm score</c>: judges every row of a file of pairs or candidates.</summary>
internal sealed class ScoreCommand
{
    private readonly Terminal _terminal;
    private readonly TimeProvider _time;
    private readonly ModelArguments _model = new();
    private readonly JudgingArguments _judging = new();
    private readonly RankingArguments _ranking = new();
    private readonly RowSelection _rows = new();
    private readonly Option<string> _out = new("--out")
    {
        Description = "Where the judged rows go, in the order of IN: .jsonl (.gz, .zst) or .parquet; - for standard output.",
        HelpName = "OUT",
        Required = true,
    };

    private readonly Option<bool> _strict = new("--strict") { Description = "Stop at the first row that cannot be judged." };
    private readonly Option<bool> _keepReasoning = new("--keep-reasoning") { Description = "Keep the reasoning of every vote in OUT." };
    private readonly Option<string[]> _by = new("--by")
    {
        Description = "Break the summary down by a field of the rows (a dotted path); may be repeated.",
        HelpName = "FIELD",
    };
    private readonly SummaryArguments _summary = new();

    private ScoreCommand(Terminal terminal, TimeProvider time)
    {
        _terminal = terminal;
        _time = time;
    }

    public static Command Create(Terminal terminal, TimeProvider time)
    {
        ScoreCommand score = new(terminal, time);
        Command command = Verb.Create(
            terminal,
            "score",
            "Judge every pair of a file, and rank every list of candidates: one row out for each row in, in the same order.",
            """
            rrm score pairs.jsonl --out judged.jsonl
            rrm score pairs.jsonl.gz --out judged.jsonl.gz --votes 9 --order both --keep-reasoning
            rrm score labelled.jsonl --out judged.jsonl --by operands --summary summary.json
            rrm score candidates.jsonl --out rewards.jsonl --mode random --opponents 4 --method elo
            rrm score pairs.parquet --out part-2.parquet --shard 2/8 --store postgres://judge@db/rewards
            rrm score - --out - --endpoint http://localhost:8000/v1 --model Reward-Reasoning/RRM-7B <pairs.jsonl >judged.jsonl
            """
        );
        score._rows.AddTo(command);
        foreach (Option option in new Option[] { score._out, score._strict, score._keepReasoning, score._by })
        {
            command.Options.Add(option);
        }

        score._summary.AddTo(command);
        score._ranking.AddTo(command);
        score._judging.AddTo(command);
        score._model.AddTo(command);
        command.SetAction(score.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        string output = parsed.GetRequiredValue(_out);
        SelectedRows rows = await _rows.ReadAsync(parsed, _terminal, cancellationToken);
        RowOutput.Check(output, rows.Input, _summary.GoesToOutput(parsed));
        ModelSource source = await _model.ReadAsync(parsed, _terminal, cancellationToken);
        JudgeOptions options = _judging.Read(parsed, source);
        RankingOptions ranking = _ranking.Read(parsed, options);
        ScoreSummary summary = new(parsed.GetValue(_by) ?? []);
        using OpenedJudge judge = await _judging.OpenJudgeAsync(parsed, source, options, _terminal, cancellationToken);
        bool keepReasoning = parsed.GetValue(_keepReasoning);
        RunRecord? record = await RunRecord.OpenAsync(
            output,
            parsed,
            rows,
            judge,
            options.Seed,
            new Dictionary<string, string>(RankingArguments.Named(ranking)) { ["keep-reasoning"] = keepReasoning ? "yes" : "no" },
            _time,
            cancellationToken
        );
        RowColumns? columns = RowFileWriter.NeedsColumns(output) ? ScoredRow.Columns(await rows.SurveyAsync(cancellationToken)) : null;
        long? total = _terminal.ErrorIsTerminal ? await rows.CountAsync(cancellationToken) : null;
        long start = _time.GetTimestamp();
        await ScoreProgress.RunAsync(
            _terminal,
            _time,
            total,
            async report =>
            {
                RowJudge rowJudge = new(judge.Judge, new Ranker(judge.Judge, ranking with { Concurrency = judge.Concurrency }, _time));
                await using RowOutput writer = await RowOutput.OpenAsync(output, columns, record, _terminal, _time, cancellationToken);
                bool warned = options.Order != VoteOrder.Given;
                await foreach (
                    ScoredRow scored in OrderedWindow.SelectAsync(
                        rows.ReadAsync(cancellationToken),
                        judge.Concurrency,
                        rowJudge.ScoreAsync,
                        cancellationToken
                    )
                )
                {
                    if (scored.Error is not null)
                    {
                        scored.Complain(_terminal, parsed.GetValue(_strict));
                    }

                    if (!warned && scored.Content is PairContent { IsNamedByLabel: true })
                    {
                        _terminal.WriteStatus(
                            "rrm: warning: with --order given, the chosen response of every row is shown first; the default order has no such habit."
                        );
                        warned = true;
                    }

                    if (scored.Content is CandidatesContent)
                    {
                        summary.AddRanking(scored.Row, scored.Ranking);
                    }
                    else
                    {
                        summary.Add(scored.Row, scored.Content, scored.Judgment);
                    }

                    await writer.WriteAsync(json => scored.WriteTo(json, keepReasoning, columns));
                    report(summary.Rows, summary.Rows - summary.Judged, summary.Usage);
                }

                writer.Complete();
            }
        );
        return await FinishAsync(parsed, summary.Report(_time.GetElapsedTime(start)), cancellationToken);
    }

    private async Task<int> FinishAsync(ParseResult parsed, ScoreReport report, CancellationToken cancellationToken)
    {
        foreach (string line in ScoreReportText.Lines(report))
        {
            _terminal.Error.WriteLine(line);
        }

        string json = JsonSerializer.Serialize(report, OutputJson.Indented.ScoreReport);
        await _summary.WriteAsync(parsed, json, _terminal, cancellationToken);
        return report.Total.Missing > 0 ? ExitCodes.SomeMissing : ExitCodes.Done;
    }
}
