using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using RewardReasoning.Cli.Exporting;
using RewardReasoning.Cli.Judging;
using RewardReasoning.Cli.Labelling;
using RewardReasoning.Cli.Output;
using RewardReasoning.Cli.Ranking;
using RewardReasoning.Cli.Scoring;
using RewardReasoning.Data.Columns;
using RewardReasoning.Data.Export.Trl;
using RewardReasoning.Data.Rows;
using RewardReasoning.Judging;
using RewardReasoning.Rankings;

namespace RewardReasoning.Cli.Commands;

/// <summary><c>rrm label</c>: preference pairs for DPO from pairs or candidates.</summary>
internal sealed class LabelCommand
{
    private const string BestWorstName = "best-worst";
    private const string AllName = "all";

    private readonly Terminal _terminal;
    private readonly TimeProvider _time;
    private readonly ModelArguments _model = new();
    private readonly JudgingArguments _judging = new();
    private readonly RankingArguments _ranking = new();
    private readonly RowSelection _rows = new();
    private readonly Option<string> _out = new("--out")
    {
        Description = "Where the pairs go: .jsonl (.gz, .zst) or .parquet; - for standard output.",
        HelpName = "OUT",
        Required = true,
    };
    private readonly TrlShapeArgument _shape = new();
    private readonly Option<string> _pairs = new("--pairs")
    {
        Description = "Of candidates: one pair of the best and the worst, or one of every two that met.",
        HelpName = $"{BestWorstName}|{AllName}",
        DefaultValueFactory = _ => BestWorstName,
    };

    private readonly Option<double> _minMargin = new("--min-margin")
    {
        Description = "Drop pairs of a smaller margin (share of the votes for, less that against, 0 to 1); draws are always dropped.",
        HelpName = "M",
        DefaultValueFactory = _ => 0,
    };

    private readonly Option<bool> _strict = new("--strict") { Description = "Stop at the first row that cannot be judged." };
    private readonly SummaryArguments _summary = new();

    private LabelCommand(Terminal terminal, TimeProvider time)
    {
        _terminal = terminal;
        _time = time;
    }

    public static Command Create(Terminal terminal, TimeProvider time)
    {
        LabelCommand label = new(terminal, time);
        Command command = Verb.Create(
            terminal,
            "label",
            "Judge pairs or candidates and write preference pairs with margins, as TRL's DPO and reward trainers read them.",
            """
            rrm label candidates.jsonl --out preferences.jsonl --votes 5
            rrm label candidates.jsonl --out preferences.parquet --votes 9 --min-margin 0.5 --pairs all
            rrm label pairs.jsonl --out rewards.jsonl --votes 5 --shape implicit-messages
            """
        );
        label._rows.AddTo(command);
        command.Options.Add(label._out);
        label._shape.AddTo(command);
        foreach (Option option in new Option[] { label._pairs, label._minMargin, label._strict })
        {
            command.Options.Add(option);
        }

        label._summary.AddTo(command);
        label._ranking.AddTo(command);
        label._judging.AddTo(command);
        label._model.AddTo(command);
        command.SetAction(label.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        string output = parsed.GetRequiredValue(_out);
        SelectedRows rows = await _rows.ReadAsync(parsed, _terminal, cancellationToken);
        RowOutput.Check(output, rows.Input, _summary.GoesToOutput(parsed), columnsAreKnown: true);
        TrlRows format = new(_shape.Read(parsed), withMargin: true);
        PairChoice choice = parsed.GetRequiredValue(_pairs) switch
        {
            BestWorstName => PairChoice.BestWorst,
            AllName => PairChoice.All,
            var other => throw new UsageException($"--pairs is '{other}'; it is {BestWorstName} or {AllName}."),
        };
        double minMargin = parsed.GetValue(_minMargin);
        if (minMargin is not (>= 0 and <= 1))
        {
            throw new UsageException(FormattableString.Invariant($"--min-margin is {minMargin}; it is from 0 to 1."));
        }

        ModelSource source = await _model.ReadAsync(parsed, _terminal, cancellationToken);
        JudgeOptions options = _judging.Read(parsed, source);
        RankingOptions ranking = _ranking.Read(parsed, options);
        using OpenedJudge judge = await _judging.OpenJudgeAsync(parsed, source, options, _terminal, cancellationToken);
        Dictionary<string, string> settings = new(RankingArguments.Named(ranking))
        {
            ["shape"] = _shape.Name(parsed),
            ["pairs"] = parsed.GetRequiredValue(_pairs),
            ["min-margin"] = minMargin.ToString(CultureInfo.InvariantCulture),
        };
        RunRecord? record = await RunRecord.OpenAsync(output, parsed, rows, judge, options.Seed, settings, _time, cancellationToken);
        RowColumns? columns = RowFileWriter.NeedsColumns(output) ? format.Columns() : null;
        long? total = _terminal.ErrorIsTerminal ? await rows.CountAsync(cancellationToken) : null;
        LabelSummary summary = new(format, minMargin);
        long start = _time.GetTimestamp();
        await ScoreProgress.RunAsync(
            _terminal,
            _time,
            total,
            async report =>
            {
                RowLabeller labeller = new(
                    new RowJudge(judge.Judge, new Ranker(judge.Judge, ranking with { Concurrency = judge.Concurrency }, _time)),
                    choice
                );
                await using RowOutput writer = await RowOutput.OpenAsync(output, columns, record, _terminal, _time, cancellationToken);
                await foreach (
                    LabelledRow labelled in OrderedWindow.SelectAsync(
                        rows.ReadAsync(cancellationToken),
                        judge.Concurrency,
                        labeller.LabelAsync,
                        cancellationToken
                    )
                )
                {
                    IReadOnlyList<TrlPair> pairs = summary.Add(labelled);
                    if (labelled.Scored.Error is not null)
                    {
                        labelled.Scored.Complain(_terminal, parsed.GetValue(_strict));
                    }

                    foreach (TrlPair pair in pairs)
                    {
                        await writer.WriteAsync(json => format.Write(json, pair));
                    }

                    report(summary.Rows, summary.Missing, summary.Usage);
                }

                writer.Complete();
            }
        );
        return await FinishAsync(parsed, summary, _time.GetElapsedTime(start), cancellationToken);
    }

    private async Task<int> FinishAsync(ParseResult parsed, LabelSummary summary, TimeSpan elapsed, CancellationToken cancellationToken)
    {
        _terminal.Error.WriteLine(
            FormattableString.Invariant(
                $"{summary.Rows} rows: {summary.Pairs} pairs written, {summary.Draws} draws, {summary.LowMargins} of too small a margin and {summary.Unusable} unusable ones dropped, {summary.Missing} rows missing, in {elapsed.TotalSeconds:0.0} s"
            )
        );
        if (summary.MeanMargin is { } margin)
        {
            _terminal.Error.WriteLine(FormattableString.Invariant($"mean margin {margin:0.000}"));
        }

        string json = JsonSerializer.Serialize(LabelReportJson.Of(summary, elapsed), OutputJson.Indented.LabelReportJson);
        await _summary.WriteAsync(parsed, json, _terminal, cancellationToken);
        return summary.Missing > 0 ? ExitCodes.SomeMissing : ExitCodes.Done;
    }
}
