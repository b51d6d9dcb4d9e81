using System.CommandLine;
using RewardReasoning.Cli.Hub;
using RewardReasoning.Cli.Judging;
using RewardReasoning.Cli.Parsing;
using RewardReasoning.Cli.Runs;
using RewardReasoning.Cli.Terminals;
using RewardReasoning.Evaluation;
using RewardReasoning.Evaluation.Benchmarks;
using RewardReasoning.Evaluation.Probes;
using RewardReasoning.Judging;

namespace RewardReasoning.Cli.Commands;

/// <summary><c>rrm bench probes</c>: how often texts that should not matter flip a judge's verdict.</summary>
internal sealed class BenchProbesCommand
{
    private readonly Terminal _terminal;
    private readonly TimeProvider _time;
    private readonly ModelArguments _model = new();
    private readonly JudgingArguments _judging = new();
    private readonly Option<string> _data = new("--data")
    {
        Description = "Labelled pairs, a file or folder.",
        HelpName = "PATH",
        Required = true,
    };
    private readonly Option<string> _benchmark = new("--benchmark")
    {
        Description = "The benchmark that the data belongs to.",
        HelpName = "NAME",
        DefaultValueFactory = _ => "pairs",
    };
    private readonly Option<string[]> _probes = new("--probe")
    {
        Description = $"Only this probe; may be repeated: {string.Join(", ", ProbeRunner.Names)}.",
        HelpName = "NAME",
    };

    private readonly Option<string?> _out = new("--out") { Description = "Folder for every judgment and the report.", HelpName = "FOLDER" };
    private readonly Option<bool> _force = BenchOptions.Force();
    private readonly LimitOption _limit = new("Probe only the first N pairs.");
    private readonly Option<bool> _json = BenchOptions.Json();

    private BenchProbesCommand(Terminal terminal, TimeProvider time)
    {
        _terminal = terminal;
        _time = time;
    }

    public static Command Create(Terminal terminal, TimeProvider time)
    {
        BenchProbesCommand probes = new(terminal, time);
        Command command = Verb.Create(
            terminal,
            "probes",
            "See how often an empty answer, an injected verdict, padding, self-praise, a swap or a change of style flips a "
                + "judge's verdict.",
            """
            rrm bench probes --data labelled.jsonl --limit 100
            rrm bench probes --data judgebench/data --benchmark judgebench --out runs/probes \
              --endpoint http://localhost:8000/v1 --model Reward-Reasoning/RRM-7B
            rrm bench probes --data labelled.jsonl --probe verdict --probe instruction --votes 5
            """
        );
        foreach (
            Option option in new Option[]
            {
                probes._data,
                probes._benchmark,
                probes._probes,
                probes._out,
                probes._force,
                probes._limit,
                probes._json,
            }
        )
        {
            command.Options.Add(option);
        }

        probes._judging.AddTo(command, withCalibration: false, withOrder: false);
        probes._model.AddTo(command);
        command.SetAction(probes.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        _limit.Check(parsed);
        if (_judging.NamesOrder(parsed))
        {
            throw new UsageException(
                "--order does not go with probes: the better response is shown first in every other pair, and swap asks for the "
                    + "other order."
            );
        }

        ProbeOptions probing = new()
        {
            Probes = parsed.GetValue(_probes) ?? [],
            Limit = parsed.GetValue(_limit),
            Folder = parsed.GetValue(_out),
        };
        ProbeRunner.RequireKnown(probing.Probes);
        Benchmark benchmark = BenchmarkCatalog.Find(parsed.GetRequiredValue(_benchmark));
        string data = await HubArgument.LocalAsync(parsed.GetRequiredValue(_data), _terminal, cancellationToken);
        ModelSource source = await _model.ReadAsync(parsed, _terminal, cancellationToken);
        JudgeOptions options = ProbeRunner.ApplyTo(_judging.Read(parsed, source));
        using OpenedJudge judge = await _judging.OpenJudgeAsync(parsed, source, options, _terminal, cancellationToken);
        ProbeReport report = await new RunView(_terminal, _time).RunAsync(run =>
            new ProbeRunner(judge, probing with { Run = BenchOptions.Recorded(run, parsed, _force) }).RunAsync(
                benchmark,
                data,
                cancellationToken
            )
        );
        if (report.Refused == report.Pairs)
        {
            throw new UsageException(
                $"The judge refuses every pair of '{data}' unchanged, so that nothing can be probed. {options.Domain?.Says}"
            );
        }

        foreach (string line in parsed.GetValue(_json) ? [report.ToJson()] : ProbeReportText.Lines(report))
        {
            _terminal.Out.WriteLine(line);
        }

        return report.IsComplete ? ExitCodes.Done : ExitCodes.SomeMissing;
    }
}
