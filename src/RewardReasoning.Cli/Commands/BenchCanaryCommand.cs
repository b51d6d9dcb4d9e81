using System.CommandLine;
using RewardReasoning.Cli.Judging;
using RewardReasoning.Cli.Parsing;
using RewardReasoning.Cli.Runs;
using RewardReasoning.Cli.Terminals;
using RewardReasoning.Evaluation.Canaries;
using RewardReasoning.Judging;

namespace RewardReasoning.Cli.Commands;

/// <summary><c>rrm bench canary</c>: whether the judge behind a name is still the one it was.</summary>
internal sealed class BenchCanaryCommand
{
    private const int Votes = 8;
    private static readonly CanaryOptions Defaults = new();

    private readonly Terminal _terminal;
    private readonly TimeProvider _time;
    private readonly ModelArguments _model = new();
    private readonly JudgingArguments _judging = new();
    private readonly Argument<string> _baseline = new("JUDGED")
    {
        Description = "Pairs that rrm score judged when the judge was as it should be, with several votes (--votes 16) and all of them.",
    };
    private readonly Option<double> _alarm = new("--alarm")
    {
        Description = "The probability that an unchanged judge is called changed.",
        HelpName = "P",
        DefaultValueFactory = _ => Defaults.Alarm,
    };
    private readonly Option<bool> _json = BenchOptions.Json();

    private BenchCanaryCommand(Terminal terminal, TimeProvider time)
    {
        _terminal = terminal;
        _time = time;
    }

    public static Command Create(Terminal terminal, TimeProvider time)
    {
        BenchCanaryCommand canary = new(terminal, time);
        Command command = Verb.Create(
            terminal,
            "canary",
            "Judge a fixed set of pairs again, and say whether the judge behind a name has changed, and in which direction. Exit code 4 "
                + "where it has.",
            """
            rrm score canary.jsonl --out canary-judged.jsonl --votes 16 --endpoint http://localhost:8000/v1 --model judge
            rrm bench canary canary-judged.jsonl --endpoint http://localhost:8000/v1 --model judge
            """
        );
        command.Arguments.Add(canary._baseline);
        command.Options.Add(canary._alarm);
        command.Options.Add(canary._json);
        canary._judging.AddTo(command, withCalibration: false, withStore: false, votes: Votes);
        canary._model.AddTo(command);
        command.SetAction(canary.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        string baseline = parsed.GetRequiredValue(_baseline);
        CanaryOptions options = new() { Alarm = parsed.GetValue(_alarm) };
        ModelSource source = await _model.ReadAsync(parsed, _terminal, cancellationToken);
        JudgeOptions judging = CanaryRunner.ApplyTo(_judging.Read(parsed, source));
        using OpenedJudge judge = await _judging.OpenJudgeAsync(parsed, source, judging, _terminal, cancellationToken);
        CanaryReport report = await new RunView(_terminal, _time).RunAsync(run =>
            new CanaryRunner(judge, options with { Run = run }).RunAsync(baseline, cancellationToken)
        );
        foreach (string line in parsed.GetValue(_json) ? [report.ToJson()] : CanaryReportText.Lines(report))
        {
            _terminal.Out.WriteLine(line);
        }

        return report.Changed ? ExitCodes.CheckFailed
            : report.Missing > 0 ? ExitCodes.SomeMissing
            : ExitCodes.Done;
    }
}
