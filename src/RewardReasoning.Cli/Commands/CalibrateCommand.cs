using System.CommandLine;
using System.Text.Json;
using RewardReasoning.Calibration;
using RewardReasoning.Cli.Hub;
using RewardReasoning.Cli.Judging;
using RewardReasoning.Cli.Output;
using RewardReasoning.Cli.Parsing;
using RewardReasoning.Cli.Runs;
using RewardReasoning.Cli.Terminals;
using RewardReasoning.Evaluation.Calibration;
using RewardReasoning.Evaluation.Plots;
using RewardReasoning.Evaluation.Running;
using RewardReasoning.Judging;
using RewardReasoning.Models.Checkpoints;

namespace RewardReasoning.Cli.Commands;

/// <summary><c>rrm calibrate</c>: fits confidence to labelled pairs.</summary>
internal sealed class CalibrateCommand
{
    private static readonly CalibrationOptions Defaults = new();

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
        Description = "PAIRS is the output of rrm score with the same model and options: its judgments are used, and nothing is judged.",
    };

    private readonly Option<string> _method = new("--method")
    {
        Description = "What is fitted: one temperature of the log-odds, or any non-decreasing map.",
        HelpName = "temperature|isotonic",
        DefaultValueFactory = _ => NameOf(Defaults.Method),
    };

    private readonly Option<int> _folds = new("--folds")
    {
        Description = "Folds of the cross-validation that gives the errors after calibration; judgments of one query are in one fold.",
        HelpName = "N",
        DefaultValueFactory = _ => Defaults.Folds,
    };

    private readonly Option<string?> _out = new("--out")
    {
        Description =
            $"File for the fit, which also holds the fits for other settings (default: {CalibrationFile.Name} in the model " + "folder).",
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
            "Calibrate confidence on labelled pairs, so that 90 % confidence means right 90 % of the time.",
            """
            rrm calibrate labelled.jsonl --votes 9 --plot reliability.svg
            rrm calibrate labelled.jsonl --votes 9 --quick --out calibration.json
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
        calibrate._judging.AddFirstStageTo(command);
        calibrate._model.AddTo(command, withJury: true);
        command.SetAction(calibrate.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        ModelSource source = await _model.ReadAsync(parsed, _terminal, cancellationToken);
        JudgeOptions options = _judging.Read(parsed, source) with { Calibration = null };
        string output = OutputOf(parsed, source);
        if (File.Exists(output))
        {
            _ = CalibrationFile.Load(output); // a file that cannot be added to is reported before anything is judged
        }

        CalibrationOptions calibrating = ReadOptions(parsed);
        if (_judging.FirstStageIn(parsed) is { } stage && parsed.GetValue(_judged))
        {
            throw new UsageException($"{stage} asks about each pair; the judgments of {_judged.Name} do not hold what a first stage says.");
        }

        RowSource pairs = RowSource.OfFiles(
            await HubArgument.LocalAsync(parsed.GetRequiredValue(_pairs), _terminal, cancellationToken)
        ) with
        {
            Limit = parsed.GetValue(_limit),
        };
        using OpenedJudge judge = await _judging.OpenJudgeAsync(parsed, source, options, _terminal, cancellationToken);
        using FirstStage? first = await _judging.OpenFirstStageAsync(parsed, source, judge, _terminal, cancellationToken);
        CalibrationReport report = await new RunView(_terminal, _time).RunAsync(run =>
        {
            Calibrator calibrator = new(judge, calibrating with { Run = run, First = first });
            return parsed.GetValue(_judged)
                ? calibrator.FitToJudgedAsync(pairs, cancellationToken)
                : calibrator.CalibrateAsync(pairs, cancellationToken);
        });
        report = report.SaveTo(output);
        if (parsed.GetValue(_plot) is { } plot)
        {
            report.Draw(plot);
        }

        Write(parsed, report);
        return report.Missing > 0 ? ExitCodes.SomeMissing : ExitCodes.Done;
    }

    private string OutputOf(ParseResult parsed, ModelSource source) =>
        parsed.GetValue(_out)
        ?? (
            source is FolderSource { Folder: var folder }
                ? Path.Combine(AdaptedFolder.OwnOf(folder), CalibrationFile.Name)
                : throw new UsageException(
                    "A jury, and a model at --endpoint or in a GGUF file, has no folder for the fit; name a file with --out FILE, and read "
                        + "it with --calibration FILE."
                )
        );

    private CalibrationOptions ReadOptions(ParseResult parsed)
    {
        _limit.Check(parsed);
        if (parsed.GetValue(_plot) is { } plot)
        {
            Figure.RequireSupported(plot);
        }

        int folds = parsed.GetValue(_folds);
        return new CalibrationOptions
        {
            Method = MethodOf(parsed.GetRequiredValue(_method)),
            Folds =
                folds >= 2 ? folds : throw new UsageException($"--folds is {folds}; it is at least 2, one to fit to and one to check on."),
        };
    }

    private void Write(ParseResult parsed, CalibrationReport report)
    {
        if (parsed.GetValue(_json))
        {
            _terminal.Out.WriteLine(JsonSerializer.Serialize(report, OutputJson.Indented.CalibrationReport));
            return;
        }

        foreach (string line in CalibrationReportText.Lines(report))
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
