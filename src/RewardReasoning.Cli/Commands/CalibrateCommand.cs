using System.CommandLine;
using System.Text.Json;
using RewardReasoning.Calibration;
using RewardReasoning.Cli.Calibrating;
using RewardReasoning.Cli.Hub;
using RewardReasoning.Cli.Judging;
using RewardReasoning.Cli.Output;
using RewardReasoning.Cli.Scoring;
using RewardReasoning.Data.Rows;
using RewardReasoning.Evaluation.Calibration;
using RewardReasoning.Evaluation.Metrics;
using RewardReasoning.Evaluation.Plots;
using RewardReasoning.Judging;

namespace RewardReasoning.Cli.Commands;

/// <summary><c>rrm calibrate</c>: fits confidence to labelled pairs.</summary>
internal sealed class CalibrateCommand
{
    private const int DefaultFolds = 10;

    private readonly Terminal _terminal;
    private readonly TimeProvider _time;
    private readonly ModelArguments _model = new();
    private readonly JudgingArguments _judging = new();
    private readonly Argument<string> _pairs = new("PAIRS")
    {
        Description = "Labelled pairs: JSON lines, JSON lists or Parquet (.gz and .zst too), folders or patterns of them.",
    };
    private readonly Option<bool> _judged = new("--judged")
    {
        Description = "PAIRS is what rrm score wrote with the same model and options: its judgments are taken, and none is made.",
    };

    private readonly Option<string> _method = new("--method")
    {
        Description = "What is fitted: one temperature of the log-odds, or any map that never falls.",
        HelpName = "temperature|isotonic",
        DefaultValueFactory = _ => NameOf(CalibrationMethod.Temperature),
    };

    private readonly Option<int> _folds = new("--folds")
    {
        Description = "Folds of the cross-validation that the errors afterwards come from; judgments of one query are in one fold.",
        HelpName = "N",
        DefaultValueFactory = _ => DefaultFolds,
    };

    private readonly Option<string?> _out = new("--out")
    {
        Description = $"Where the fit is kept, beside those for other settings (default: {CalibrationFile.Name} in the model folder).",
        HelpName = "FILE",
    };
    private readonly Option<string?> _plot = new("--plot")
    {
        Description = "Draw the reliability before and after (.svg or .png).",
        HelpName = "FILE",
    };
    private readonly LimitOption _limit = new("Use only the first N rows.");
    private readonly Option<bool> _json = new("--json") { Description = "Print the result as one JSON object." };

    private CalibrateCommand(Terminal terminal, TimeProvider time)
    {
        _terminal = terminal;
        _time = time;
    }

    public static Command Create(Terminal terminal, TimeProvider time)
    {
        CalibrateCommand calibrate = new(terminal, time);
        Command command = Verb.Create(
            terminal,
            "calibrate",
            "Fit confidence to labelled pairs, so that it is right as often as it says.",
            """
            rrm calibrate labelled.jsonl --votes 9 --plot reliability.svg
            rrm calibrate judged.jsonl --judged --votes 9 --method isotonic
            rrm calibrate labelled.jsonl --endpoint http://localhost:8000/v1 --model Reward-Reasoning/RRM-7B --votes 5 --out rrm-7b.json
            rrm judge --endpoint http://localhost:8000/v1 --model Reward-Reasoning/RRM-7B --votes 5 --calibration rrm-7b.json \
                --query "Why is the sky blue?" --response @a.md --response @b.md
            """
        );
        command.Arguments.Add(calibrate._pairs);
        foreach (
            Option option in new Option[]
            {
                calibrate._judged,
                calibrate._method,
                calibrate._folds,
                calibrate._out,
                calibrate._plot,
                calibrate._limit,
                calibrate._json,
            }
        )
        {
            command.Options.Add(option);
        }

        calibrate._judging.AddTo(command, withCalibration: false);
        calibrate._model.AddTo(command);
        command.SetAction(calibrate.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        ModelSource source = await _model.ReadAsync(parsed, _terminal, cancellationToken);
        JudgeOptions options = _judging.Read(parsed, source) with { Calibration = null };
        CalibrationMethod method = MethodOf(parsed.GetRequiredValue(_method));
        string output =
            parsed.GetValue(_out)
            ?? (
                source is FolderSource { Folder: var folder }
                    ? Path.Combine(folder, CalibrationFile.Name)
                    : throw new UsageException(
                        "A model at --endpoint has no folder to keep the fit in; name a file with --out FILE, and read it with --calibration FILE."
                    )
            );
        CalibrationFile file = File.Exists(output) ? CalibrationFile.Load(output) : new CalibrationFile();
        CheckArguments(parsed);
        IReadOnlyList<string> pairs = RowFiles.Find(
            await HubArgument.LocalAsync(parsed.GetRequiredValue(_pairs), _terminal, cancellationToken)
        );

        using OpenedJudge judge = await _judging.OpenJudgeAsync(parsed, source, options, _terminal, cancellationToken);
        LabelledJudgments labelled = new();
        if (parsed.GetValue(_judged))
        {
            await ReadJudgedAsync(parsed, pairs, judge, labelled, cancellationToken);
        }
        else
        {
            await JudgeAsync(parsed, pairs, judge, judge.Concurrency, labelled, cancellationToken);
        }

        if (labelled.Judgments.Count == 0)
        {
            throw new UsageException(
                $"None of the {labelled.Rows} rows has both a label and a judgment; a label is 'label' (1 or 2), or 'chosen' and 'rejected'."
            );
        }

        ConfidenceFit fit = ConfidenceFit.Of(labelled.Judgments, method, parsed.GetValue(_folds));
        string model = judge.Identity;
        file.With(
                new CalibrationFit
                {
                    Map = fit.Map,
                    Model = model,
                    Voting = judge.Voting,
                    Rows = fit.Judgments.Count,
                    Accuracy = fit.Accuracy,
                    Before = fit.Before,
                    After = fit.After,
                }
            )
            .Save(output);
        if (parsed.GetValue(_plot) is { } plot)
        {
            Draw(fit).Save(plot);
        }

        Report(parsed, CalibrationReportJson.Of(labelled, fit, model, output), fit);
        return labelled.Missing > 0 ? ExitCodes.SomeMissing : ExitCodes.Done;
    }

    private void CheckArguments(ParseResult parsed)
    {
        _limit.Check(parsed);
        if (parsed.GetValue(_folds) is < 2 and var folds)
        {
            throw new UsageException($"--folds is {folds}; it is at least 2, one to fit to and one to check on.");
        }

        if (parsed.GetValue(_plot) is { } plot)
        {
            Figure.RequireSupported(plot);
        }
    }

    private IAsyncEnumerable<DataRow> ReadRows(ParseResult parsed, IReadOnlyList<string> pairs, CancellationToken cancellationToken) =>
        RowReader.ReadAsync(pairs, cancellationToken).Take(_limit.Most(parsed));

    private async Task ReadJudgedAsync(
        ParseResult parsed,
        IReadOnlyList<string> pairs,
        OpenedJudge judge,
        LabelledJudgments labelled,
        CancellationToken cancellationToken
    )
    {
        await foreach (DataRow row in ReadRows(parsed, pairs, cancellationToken))
        {
            try
            {
                labelled.AddJudged(row, judge.Name, judge.MaxVotes);
            }
            catch (FormatException exception)
            {
                throw new UsageException($"{row.Place}: {exception.Message}", exception);
            }
        }
    }

    private async Task JudgeAsync(
        ParseResult parsed,
        IReadOnlyList<string> pairs,
        OpenedJudge opened,
        int concurrency,
        LabelledJudgments labelled,
        CancellationToken cancellationToken
    )
    {
        RowJudge judge = new(opened.Judge);
        long? total = _terminal.ErrorIsTerminal ? await ReadRows(parsed, pairs, cancellationToken).LongCountAsync(cancellationToken) : null;
        Usage usage = Usage.None;
        await ScoreProgress.RunAsync(
            _terminal,
            _time,
            total,
            async report =>
            {
                await foreach (
                    ScoredRow scored in OrderedWindow.SelectAsync(
                        ReadRows(parsed, pairs, cancellationToken),
                        concurrency,
                        judge.ScoreAsync,
                        cancellationToken
                    )
                )
                {
                    labelled.Add(scored.Content, scored.Judgment);
                    if (scored.Error is not null)
                    {
                        _terminal.WriteStatus($"rrm: {scored.Row.Place}: {scored.Error}");
                    }

                    usage += scored.Judgment?.Usage ?? Usage.None;
                    report(labelled.Rows, labelled.Missing, usage);
                }
            }
        );
    }

    private static ReliabilityDiagram Draw(ConfidenceFit fit) =>
        new()
        {
            Title = FormattableString.Invariant($"{fit.Judgments.Count} labelled judgments"),
            Curves =
            [
                new(
                    FormattableString.Invariant($"by the votes alone (ECE {fit.Before.Ece:0.000})"),
                    CalibrationMetrics.Bins(fit.Confidences, fit.Right)
                ),
                new(
                    FormattableString.Invariant($"{NameOf(fit.Method)}, cross-validated (ECE {fit.After.Ece:0.000})"),
                    CalibrationMetrics.Bins(fit.CrossValidated, fit.Right)
                ),
            ],
        };

    private void Report(ParseResult parsed, CalibrationReportJson report, ConfidenceFit fit)
    {
        if (parsed.GetValue(_json))
        {
            _terminal.Out.WriteLine(JsonSerializer.Serialize(report, OutputJson.Indented.CalibrationReportJson));
            return;
        }

        foreach (string line in CalibrationReportText.Lines(report, fit.Map))
        {
            _terminal.Out.WriteLine(line);
        }

        _terminal.Error.WriteLine($"rrm: the fit is in {report.Out}");
    }

    private static CalibrationMethod MethodOf(string name) =>
        Enum.GetValues<CalibrationMethod>().Cast<CalibrationMethod?>().FirstOrDefault(method => method is { } some && NameOf(some) == name)
        ?? throw new UsageException(
            $"--method is '{name}'; it is {string.Join(" or ", Enum.GetValues<CalibrationMethod>().Select(NameOf))}."
        );

    private static string NameOf(CalibrationMethod method) => method.ToString().ToLowerInvariant();
}
