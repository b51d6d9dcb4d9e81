using System.CommandLine;
using RewardReasoning.Cli.Hub;
using RewardReasoning.Cli.Judging;
using RewardReasoning.Cli.Parsing;
using RewardReasoning.Cli.Runs;
using RewardReasoning.Cli.Terminals;
using RewardReasoning.Evaluation;
using RewardReasoning.Evaluation.Benchmarks;
using RewardReasoning.Judging;
using RewardReasoning.Rankings;

namespace RewardReasoning.Cli.Commands;

/// <summary><c>rrm bench</c>: runs a reward benchmark, or scores recorded outputs of judges on it.</summary>
internal sealed class BenchCommand
{
    private const string Knockout = "knockout";

    private readonly Terminal _terminal;
    private readonly TimeProvider _time;
    private readonly ModelArguments _model = new();
    private readonly JudgingArguments _judging = new();
    private readonly Argument<string> _name = new("NAME") { Description = "The benchmark; rrm bench list shows them." };
    private readonly Option<string?> _data = new("--data") { Description = "The benchmark's data, a file or folder.", HelpName = "PATH" };
    private readonly Option<string?> _replay = new("--replay")
    {
        Description = "Score recorded outputs of judges instead of a model.",
        HelpName = "PATH",
    };
    private readonly Option<string?> _judge = new("--judge") { Description = "Of several recorded judges, this one.", HelpName = "NAME" };
    private readonly Option<string?> _out = new("--out") { Description = "Folder for every judgment and the report.", HelpName = "FOLDER" };
    private readonly Option<bool> _force = BenchOptions.Force();
    private readonly LimitOption _limit = new("Take only the first N comparisons (of a best-of-n benchmark: queries).");
    private readonly Option<string> _mode = new("--mode")
    {
        Description = "How the candidates of a best-of-n benchmark meet.",
        HelpName = "knockout|round-robin",
        DefaultValueFactory = _ => Knockout,
    };
    private readonly Option<bool> _json = BenchOptions.Json();

    private BenchCommand(Terminal terminal, TimeProvider time)
    {
        _terminal = terminal;
        _time = time;
    }

    public static Command Create(Terminal terminal, TimeProvider time)
    {
        BenchCommand bench = new(terminal, time);
        Command command = Verb.Create(
            terminal,
            "bench",
            "Run a reward benchmark: figures by section with intervals, position bias, missing answers.",
            """
            rrm bench list
            rrm bench pairs --data labelled.jsonl --out runs/mini
            rrm bench judgebench --data judgebench/data --out runs/rrm-7b --votes 5 \
              --endpoint http://localhost:8000/v1 --model Reward-Reasoning/RRM-7B
            rrm bench best-of-n --data candidates.jsonl --out runs/best --votes 5
            rrm bench pandalm --data testset-v1.json --replay gpt-3.5-turbo-testset-v1.json
            rrm bench compare runs/mini runs/rrm-7b
            """
        );
        command.Subcommands.Add(BenchListCommand.Create(terminal));
        command.Subcommands.Add(BenchCompareCommand.Create(terminal));
        command.Subcommands.Add(BenchArenaCommand.Create(terminal, time));
        command.Subcommands.Add(BenchProbesCommand.Create(terminal, time));
        command.Subcommands.Add(BenchCanaryCommand.Create(terminal, time));
        command.Subcommands.Add(BenchJuryCommand.Create(terminal, time));
        command.Arguments.Add(bench._name);
        foreach (
            Option option in new Option[]
            {
                bench._data,
                bench._replay,
                bench._judge,
                bench._out,
                bench._force,
                bench._limit,
                bench._mode,
                bench._json,
            }
        )
        {
            command.Options.Add(option);
        }

        bench._judging.AddTo(command, withAbstention: true, withFirstStage: true);
        bench._model.AddTo(command, withJury: true);
        command.SetAction(bench.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        Benchmark benchmark = BenchmarkCatalog.Find(parsed.GetRequiredValue(_name));
        BenchmarkRunOptions bench = ReadOptions(parsed, benchmark);
        string? data = await LocalAsync(parsed.GetValue(_data), cancellationToken);
        if (await LocalAsync(parsed.GetValue(_replay), cancellationToken) is { } replay)
        {
            return Print(
                parsed,
                await BenchmarkRunner.ReplayAsync(
                    benchmark,
                    data,
                    replay,
                    bench with
                    {
                        Run = BenchOptions.Recorded(bench.Run, parsed, _force),
                    },
                    parsed.GetValue(_judge),
                    cancellationToken
                )
            );
        }

        if (data is null)
        {
            throw new UsageException($"--data PATH is missing: {benchmark.Data}.");
        }

        ModelSource source = await _model.ReadAsync(parsed, _terminal, cancellationToken);
        JudgeOptions options = OptionsFor(benchmark, _judging.Read(parsed, source), _judging.NamesOrder(parsed));
        if (options.Abstain is not null && benchmark.HasCandidates)
        {
            throw new UsageException($"--abstain is for benchmarks of comparisons; {benchmark.Name} has rankings.");
        }

        using OpenedJudge judge = await _judging.OpenJudgeAsync(parsed, source, options, _terminal, cancellationToken);
        BenchmarkReport report = await new RunView(_terminal, _time).RunAsync(run =>
            new BenchmarkRunner(judge, bench with { Run = BenchOptions.Recorded(run, parsed, _force) }).RunAsync(
                benchmark,
                data,
                cancellationToken
            )
        );
        return Print(parsed, [report]);
    }

    private BenchmarkRunOptions ReadOptions(ParseResult parsed, Benchmark benchmark)
    {
        _limit.Check(parsed);
        if (!benchmark.HasCandidates && parsed.GetResult(_mode) is { Implicit: false })
        {
            throw new UsageException($"--mode says how candidates meet; {benchmark.Name} has pairs.");
        }

        return new BenchmarkRunOptions
        {
            Limit = parsed.GetValue(_limit),
            Folder = parsed.GetValue(_out),
            Mode = parsed.GetValue(_mode) switch
            {
                Knockout => new RankingMode.Knockout(),
                "round-robin" => new RankingMode.RoundRobin(),
                var other => throw new UsageException($"--mode is '{other}'; it is knockout or round-robin."),
            },
        };
    }

    private async Task<string?> LocalAsync(string? path, CancellationToken cancellationToken) =>
        path is null ? null : await HubArgument.LocalAsync(path, _terminal, cancellationToken);

    /// <summary>The benchmark's own options, unless the command line names an order.</summary>
    private JudgeOptions OptionsFor(Benchmark benchmark, JudgeOptions options, bool orderIsNamed)
    {
        if (benchmark.Orders == AskedOrders.Both && !orderIsNamed)
        {
            return benchmark.ApplyTo(options);
        }

        if (benchmark.Orders == AskedOrders.Both && options.Order != VoteOrder.Both)
        {
            _terminal.WriteStatus(
                $"rrm: warning: {benchmark.Name} asks for both orders, --order {options.Order.ToString().ToLowerInvariant()} shows "
                    + $"one; the figures are no longer the benchmark's."
            );
        }
        else if (options.Order == VoteOrder.Given)
        {
            _terminal.WriteStatus(
                "rrm: warning: with --order given, data that has the better response first always shows it first; the default order "
                    + "does not."
            );
        }

        return options;
    }

    private int Print(ParseResult parsed, IReadOnlyList<BenchmarkReport> reports)
    {
        if (parsed.GetValue(_json))
        {
            _terminal.Out.WriteLine(reports.Count == 1 ? reports[0].ToJson() : BenchmarkCatalog.ToJson(reports));
        }
        else
        {
            foreach (string line in reports.Count == 1 ? BenchmarkReportText.Lines(reports[0]) : BenchmarkReportText.Lines(reports))
            {
                _terminal.Out.WriteLine(line);
            }
        }

        return parsed.GetValue(_replay) is not null
            ? ExitCodes.Done
            : ExitCodes.Of(reports[0].Overall.Missing == 0, reports[0].Overall.Abstained > 0);
    }
}
