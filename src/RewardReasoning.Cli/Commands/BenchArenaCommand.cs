using System.CommandLine;
using System.Text.Json;
using RewardReasoning.Cli.Benchmarks;
using RewardReasoning.Cli.Hub;
using RewardReasoning.Cli.Judging;
using RewardReasoning.Data.Rows;
using RewardReasoning.Evaluation.Arena;
using RewardReasoning.Evaluation.Benchmarks;
using RewardReasoning.Evaluation.Metrics;
using RewardReasoning.Evaluation.Plots;
using RewardReasoning.Judging;

namespace RewardReasoning.Cli.Commands;

/// <summary><c>rrm bench arena</c>: a leaderboard of models by their answers to the same prompts, as Arena-Hard makes one.</summary>
internal sealed class BenchArenaCommand
{
    private readonly Terminal _terminal;
    private readonly TimeProvider _time;
    private readonly ModelArguments _model = new();
    private readonly JudgingArguments _judging = new();
    private readonly Option<string[]> _answers = new("--answers")
    {
        Description = "Answers of models: rows of model, prompt and answer.",
        HelpName = "FILE...",
        AllowMultipleArgumentsPerToken = true,
    };
    private readonly Option<string[]> _baselines = new("--baseline")
    {
        Description =
            "Whom the others meet: the name of a model of --answers, or a file of its answers. One gives win rates, several give ratings.",
        HelpName = "NAME|FILE...",
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly Option<string?> _replay = new("--replay")
    {
        Description = "Recorded battles in place of a judge: battles.jsonl of a run, or any file of matches.",
        HelpName = "FILE",
    };
    private readonly Option<string?> _out = new("--out")
    {
        Description = "Folder for every judgment, the battles and the report.",
        HelpName = "FOLDER",
    };
    private readonly LimitOption _limit = new("Judge only the first N prompts.");
    private readonly Option<string?> _plot = new("--plot") { Description = "Draw the leaderboard.", HelpName = "FILE.svg|FILE.png" };
    private readonly Option<bool> _json = BenchOptions.Json();

    private BenchArenaCommand(Terminal terminal, TimeProvider time)
    {
        _terminal = terminal;
        _time = time;
    }

    public static Command Create(Terminal terminal, TimeProvider time)
    {
        BenchArenaCommand arena = new(terminal, time);
        Command command = Verb.Create(
            terminal,
            "arena",
            "Compare models by their answers to the same prompts: win rates or ratings, with and without control for length and style.",
            """
            rrm bench arena --answers mine.jsonl --baseline gpt-4.jsonl --endpoint http://localhost:8000/v1 --model Reward-Reasoning/RRM-32B
            rrm bench arena --answers answers.jsonl --baseline model-a model-b --out runs/arena --plot arena.svg
            rrm bench arena --replay runs/arena/battles.jsonl --baseline model-a
            """
        );
        foreach (
            Option option in new Option[]
            {
                arena._answers,
                arena._baselines,
                arena._replay,
                arena._out,
                arena._limit,
                arena._plot,
                arena._json,
            }
        )
        {
            command.Options.Add(option);
        }

        arena._judging.AddTo(command, withCalibration: false, withOrder: false);
        arena._model.AddTo(command);
        command.SetAction(arena.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        _limit.Check(parsed);
        if (parsed.GetValue(_plot) is { } plot)
        {
            Figure.RequireSupported(plot);
        }

        ArenaReport? made = parsed.GetValue(_replay) is { } replay
            ? await ReplayAsync(parsed, await HubArgument.LocalAsync(replay, _terminal, cancellationToken), cancellationToken)
            : await JudgeAsync(parsed, cancellationToken);
        if (made is not { } report)
        {
            _terminal.WriteStatus("rrm: no battle has a result; there is nothing to make a leaderboard of.");
            return ExitCodes.SomeMissing;
        }

        if (parsed.GetValue(_plot) is { } file)
        {
            ArenaReportText.Plot(report).Save(file);
        }

        if (parsed.GetValue(_json))
        {
            _terminal.Out.WriteLine(JsonSerializer.Serialize(report, BenchmarkJson.Indented.ArenaReport));
        }
        else
        {
            foreach (string line in ArenaReportText.Lines(report))
            {
                _terminal.Out.WriteLine(line);
            }
        }

        return report.Missing > 0 && parsed.GetValue(_replay) is null ? ExitCodes.SomeMissing : ExitCodes.Done;
    }

    private async Task<ArenaReport?> ReplayAsync(ParseResult parsed, string replay, CancellationToken cancellationToken)
    {
        if (parsed.GetValue(_out) is not null || parsed.GetResult(_answers) is not null)
        {
            throw new UsageException("--replay asks nobody and reads no answers: leave out --answers and --out.");
        }

        (IReadOnlyList<Battle> battles, int missing) = await ArenaFiles.ReadBattlesAsync(replay, cancellationToken);
        string[] baselines = parsed.GetValue(_baselines) ?? [];
        if (
            baselines.FirstOrDefault(baseline => !battles.Any(battle => battle.Model1 == baseline || battle.Model2 == baseline)) is
            { } unknown
        )
        {
            IEnumerable<string> players = battles
                .SelectMany(battle => new[] { battle.Model1, battle.Model2 })
                .Distinct()
                .Order(StringComparer.Ordinal);
            throw new UsageException($"'{replay}' has no battle of the baseline '{unknown}'; there are of {string.Join(", ", players)}.");
        }

        // A win rate is against the baseline: battles among the others say nothing of it.
        return baselines is [var only] && battles.Any(battle => battle.Model1 != only && battle.Model2 != only)
            ? throw new UsageException($"'{replay}' has battles that '{only}' had no part in; leave --baseline out for ratings of all.")
            : Report(Path.GetFileName(replay), battles, missing, baselines);
    }

    private async Task<ArenaReport?> JudgeAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        (ArenaAnswers answers, IReadOnlyList<string> baselines) = await ReadAnswersAsync(parsed, cancellationToken);
        IReadOnlyList<BenchmarkItem> items = answers.Battles(baselines, _limit.Most(parsed));
        if (items.Count == 0)
        {
            throw new UsageException(
                "No prompt was answered by a model and by its baseline; answers meet where their prompts are the same text."
            );
        }

        if (_judging.NamesOrder(parsed))
        {
            throw new UsageException("bench arena asks for every vote in both orders; leave out --order.");
        }

        ModelSource source = await _model.ReadAsync(parsed, _terminal, cancellationToken);
        JudgeOptions options = _judging.Read(parsed, source) with { Order = VoteOrder.Both, FurtherVotesOnDraw = 0 };
        using OpenedJudge opened = await _judging.OpenJudgeAsync(parsed, source, options, _terminal, cancellationToken);
        ComparisonRun run = new(opened.Judge, opened.Concurrency, _terminal, _time);
        IReadOnlyList<JudgedItem> judged = await run.RunAsync(
            items,
            parsed.GetValue(_out),
            one => Battle.Of(one) is null ? one.MissingReason ?? "one of the two orders has no answer." : null,
            cancellationToken
        );
        Battle[] battles = [.. judged.Select(Battle.Of).OfType<Battle>()];
        ArenaReport? result = Report(run.Model, battles, judged.Count - battles.Length, baselines)?.WithJudgments(judged);
        if (result is not null && parsed.GetValue(_out) is { } folder)
        {
            await ArenaFiles.WriteBattlesAsync(folder, judged, cancellationToken);
            await File.WriteAllTextAsync(
                Path.Combine(folder, "report.json"),
                JsonSerializer.Serialize(result, BenchmarkJson.Indented.ArenaReport) + "\n",
                cancellationToken
            );
        }

        return result;
    }

    private async Task<(ArenaAnswers Answers, IReadOnlyList<string> Baselines)> ReadAnswersAsync(
        ParseResult parsed,
        CancellationToken cancellationToken
    )
    {
        if (parsed.GetValue(_answers) is not { Length: > 0 } named || parsed.GetValue(_baselines) is not { Length: > 0 } baselines)
        {
            throw new UsageException("--answers FILE and --baseline NAME|FILE are needed, or --replay FILE.");
        }

        IReadOnlyList<string> namesOrFiles = await HubArgument.AllLocalAsync(baselines, _terminal, cancellationToken);
        string[] files = [.. namesOrFiles.Where(File.Exists)];
        string[] ofBaselines = [.. (await ArenaFiles.ReadAnswersAsync(files, cancellationToken)).Models];
        IReadOnlyList<string> others = await HubArgument.AllLocalAsync(named, _terminal, cancellationToken);
        ArenaAnswers answers = await ArenaFiles.ReadAnswersAsync([.. others.SelectMany(RowFiles.Find), .. files], cancellationToken);
        return (answers, [.. namesOrFiles.Except(files), .. ofBaselines]);
    }

    private static ArenaReport? Report(string judge, IReadOnlyList<Battle> battles, int missing, IReadOnlyList<string> baselines) =>
        battles.Count == 0 ? null : ArenaReport.Of(judge, battles, missing, baselines, new Bootstrap());
}
