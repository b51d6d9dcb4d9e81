using System.CommandLine;
using System.Text.Json;
using RewardReasoning.Cli.Benchmarks;
using RewardReasoning.Cli.Hub;
using RewardReasoning.Cli.Judging;
using RewardReasoning.Evaluation.Benchmarks;
using RewardReasoning.Evaluation.BestOf;
using RewardReasoning.Evaluation.Metrics;
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
        Description = "Score recorded outputs of judges in place of a model.",
        HelpName = "PATH",
    };
    private readonly Option<string?> _judge = new("--judge") { Description = "Of several recorded judges, this one.", HelpName = "NAME" };
    private readonly Option<string?> _out = new("--out") { Description = "Folder for every judgment and the report.", HelpName = "FOLDER" };
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
            rrm bench judgebench --data judgebench/data --out runs/rrm-7b --votes 5 --endpoint http://localhost:8000/v1 --model Reward-Reasoning/RRM-7B
            rrm bench best-of-n --data candidates.jsonl --out runs/best --votes 5
            rrm bench pandalm --data testset-v1.json --replay gpt-3.5-turbo-testset-v1.json
            rrm bench compare runs/mini runs/rrm-7b
            """
        );
        command.Subcommands.Add(BenchListCommand.Create(terminal));
        command.Subcommands.Add(BenchCompareCommand.Create(terminal));
        command.Subcommands.Add(BenchArenaCommand.Create(terminal, time));
        command.Subcommands.Add(BenchProbesCommand.Create(terminal, time));
        command.Arguments.Add(bench._name);
        foreach (
            Option option in new Option[] { bench._data, bench._replay, bench._judge, bench._out, bench._limit, bench._mode, bench._json }
        )
        {
            command.Options.Add(option);
        }

        bench._judging.AddTo(command);
        bench._model.AddTo(command);
        command.SetAction(bench.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        Benchmark named = BenchOptions.Find(parsed.GetRequiredValue(_name));
        _limit.Check(parsed);
        if (named is BestOfBenchmark bestOf)
        {
            return await ChooseAsync(parsed, bestOf, cancellationToken);
        }

        BenchmarkDefinition benchmark = (BenchmarkDefinition)named;
        if (parsed.GetResult(_mode) is { Implicit: false })
        {
            throw new UsageException($"--mode says how candidates meet; {benchmark.Name} has pairs.");
        }

        string? replay = await LocalAsync(parsed.GetValue(_replay), cancellationToken);
        if (await LocalAsync(parsed.GetValue(_data), cancellationToken) is not { } data)
        {
            return replay is { } published && benchmark.PublishedAsync is { } readPublished
                ? Print(parsed, [.. (await readPublished(published, cancellationToken)).Where(report => IsWanted(parsed, report.Judge))])
                : throw new UsageException($"--data PATH is missing: {benchmark.Data}.");
        }

        IReadOnlyList<BenchmarkItem> items = await benchmark.ReadAsync(data, cancellationToken);
        if (items.Count == 0)
        {
            throw new UsageException($"'{data}' holds nothing of {benchmark.Name}; --data is {benchmark.Data}.");
        }

        items = [.. items.Take(_limit.Most(parsed))];
        return replay is not null
            ? await ReplayAsync(parsed, benchmark, items, replay, cancellationToken)
            : await JudgeAsync(parsed, benchmark, items, cancellationToken);
    }

    private async Task<string?> LocalAsync(string? path, CancellationToken cancellationToken) =>
        path is null ? null : await HubArgument.LocalAsync(path, _terminal, cancellationToken);

    private async Task<int> ReplayAsync(
        ParseResult parsed,
        BenchmarkDefinition benchmark,
        IReadOnlyList<BenchmarkItem> items,
        string replay,
        CancellationToken cancellationToken
    )
    {
        List<RecordedJudge> judges =
        [
            .. (await benchmark.ReplayAsync(replay, items, cancellationToken)).Where(judge => IsWanted(parsed, judge.Name)),
        ];
        List<BenchmarkReport> reports =
        [
            .. judges.Select(judge => BenchmarkReport.Of(benchmark, judge.Name, judge.Items, new Bootstrap())),
        ];
        if (parsed.GetValue(_out) is { } folder)
        {
            if (judges.Count != 1)
            {
                throw new UsageException(
                    $"--out keeps one judge, and '{replay}' has {judges.Count}: {string.Join(", ", judges.Select(judge => $"'{judge.Name}'"))}. Choose with --judge."
                );
            }

            BenchmarkRunFolder run = new(folder);
            await run.WriteJudgmentsAsync(
                judges[0].Items.Select(judged => RecordedJudgment.Of(judged, null)).ToAsyncEnumerable(),
                cancellationToken
            );
            await run.WriteReportAsync(reports[0], cancellationToken);
        }

        return Print(parsed, reports);
    }

    private async Task<int> JudgeAsync(
        ParseResult parsed,
        BenchmarkDefinition benchmark,
        IReadOnlyList<BenchmarkItem> items,
        CancellationToken cancellationToken
    )
    {
        ModelSource source = await _model.ReadAsync(parsed, _terminal, cancellationToken);
        JudgeOptions options = OptionsFor(benchmark, _judging.Read(parsed, source), _judging.NamesOrder(parsed));
        using OpenedJudge opened = await _judging.OpenJudgeAsync(parsed, source, options, _terminal, cancellationToken);
        ComparisonRun run = new(opened.Judge, opened.Concurrency, _terminal, _time);
        IReadOnlyList<JudgedItem> judged = await run.RunAsync(items, parsed.GetValue(_out), one => one.MissingReason, cancellationToken);
        BenchmarkReport result = BenchmarkReport.Of(benchmark, run.Model, judged, new Bootstrap()) with { Judging = opened.Voting };
        if (parsed.GetValue(_out) is { } folder)
        {
            await new BenchmarkRunFolder(folder).WriteReportAsync(result, cancellationToken);
        }

        return Print(parsed, [result]);
    }

    private async Task<int> ChooseAsync(ParseResult parsed, BestOfBenchmark benchmark, CancellationToken cancellationToken)
    {
        RankingMode mode = parsed.GetValue(_mode) switch
        {
            Knockout => new RankingMode.Knockout(),
            "round-robin" => new RankingMode.RoundRobin(),
            var other => throw new UsageException($"--mode is '{other}'; it is knockout or round-robin."),
        };
        if (parsed.GetValue(_replay) is not null)
        {
            throw new UsageException(
                $"--replay scores recorded comparisons; {benchmark.Name} has rankings. Completions that were kept are not asked for again (--store)."
            );
        }

        string data =
            await LocalAsync(parsed.GetValue(_data), cancellationToken)
            ?? throw new UsageException($"--data PATH is missing: {benchmark.Data}.");
        IReadOnlyList<BestOfItem> items = [.. (await benchmark.ReadAsync(data, cancellationToken)).Take(_limit.Most(parsed))];
        if (items.Count == 0)
        {
            throw new UsageException($"'{data}' holds nothing of {benchmark.Name}; --data is {benchmark.Data}.");
        }

        ModelSource source = await _model.ReadAsync(parsed, _terminal, cancellationToken);
        JudgeOptions options = OptionsFor(benchmark, _judging.Read(parsed, source), _judging.NamesOrder(parsed));
        using OpenedJudge opened = await _judging.OpenJudgeAsync(parsed, source, options, _terminal, cancellationToken);
        BestOfRun run = new(
            opened,
            new RankingOptions
            {
                Mode = mode,
                Seed = options.Seed,
                Concurrency = opened.Concurrency,
            },
            _terminal,
            _time
        );
        BenchmarkReport report = await run.RunAsync(benchmark, items, parsed.GetValue(_out), opened.Concurrency, cancellationToken);
        return Print(parsed, [report]);
    }

    /// <summary>
    /// A benchmark that asks in both orders gets every vote in both, and no further votes where the orders disagree: that is what it
    /// counts.
    /// </summary>
    private JudgeOptions OptionsFor(Benchmark benchmark, JudgeOptions options, bool orderIsNamed)
    {
        if (benchmark.Orders == AskedOrders.Both && !orderIsNamed)
        {
            return options with { Order = VoteOrder.Both, FurtherVotesOnDraw = 0 };
        }

        if (benchmark.Orders == AskedOrders.Both && options.Order != VoteOrder.Both)
        {
            _terminal.WriteStatus(
                $"rrm: warning: {benchmark.Name} asks for both orders, --order {options.Order.ToString().ToLowerInvariant()} shows one; the figures are no longer the benchmark's."
            );
        }
        else if (options.Order == VoteOrder.Given)
        {
            _terminal.WriteStatus(
                "rrm: warning: with --order given, data that has the better response first shows it first always; the default order has no such habit."
            );
        }

        return options;
    }

    private bool IsWanted(ParseResult parsed, string judge) => parsed.GetValue(_judge) is not { } wanted || wanted == judge;

    private int Print(ParseResult parsed, List<BenchmarkReport> reports)
    {
        if (reports.Count == 0)
        {
            throw new UsageException(
                parsed.GetValue(_judge) is { } judge
                    ? $"There is no recorded judge '{judge}'."
                    : $"'{parsed.GetValue(_replay)}' holds no recorded judge."
            );
        }

        if (parsed.GetValue(_json))
        {
            _terminal.Out.WriteLine(
                reports.Count == 1
                    ? BenchmarkJson.Text(reports[0])
                    : JsonSerializer.Serialize(reports, BenchmarkJson.Indented.IReadOnlyListBenchmarkReport)
            );
        }
        else
        {
            foreach (string line in reports.Count == 1 ? BenchmarkReportText.Lines(reports[0]) : BenchmarkReportText.Lines(reports))
            {
                _terminal.Out.WriteLine(line);
            }
        }

        return parsed.GetValue(_replay) is null && reports[0].Overall.Missing > 0 ? ExitCodes.SomeMissing : ExitCodes.Done;
    }
}
