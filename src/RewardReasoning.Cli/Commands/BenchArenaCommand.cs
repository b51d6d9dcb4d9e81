using System.CommandLine;
using RewardReasoning.Cli.Hub;
using RewardReasoning.Cli.Judging;
using RewardReasoning.Cli.Parsing;
using RewardReasoning.Cli.Runs;
using RewardReasoning.Cli.Terminals;
using RewardReasoning.Evaluation.Arena;
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
            "Whom the others are compared with: the name of a model in --answers, or a file of its answers. One gives win rates, several "
            + "give ratings.",
        HelpName = "NAME|FILE...",
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly Option<string?> _replay = new("--replay")
    {
        Description = "Recorded battles instead of a judge: battles.jsonl of a run, or any file of matches.",
        HelpName = "FILE",
    };
    private readonly Option<string?> _out = new("--out")
    {
        Description = "Folder for every judgment, the battles and the report.",
        HelpName = "FOLDER",
    };
    private readonly Option<bool> _force = BenchOptions.Force();
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
                arena._force,
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

        bool isReplay = parsed.GetValue(_replay) is not null;
        if ((isReplay ? await ReplayAsync(parsed, cancellationToken) : await JudgeAsync(parsed, cancellationToken)) is not { } report)
        {
            _terminal.WriteStatus("rrm: no battle has a result; there is nothing to make a leaderboard of.");
            return ExitCodes.SomeMissing;
        }

        if (parsed.GetValue(_plot) is { } file)
        {
            report.Draw(file);
        }

        foreach (string line in parsed.GetValue(_json) ? [report.ToJson()] : ArenaReportText.Lines(report))
        {
            _terminal.Out.WriteLine(line);
        }

        return report.Missing > 0 && !isReplay ? ExitCodes.SomeMissing : ExitCodes.Done;
    }

    private async Task<ArenaReport?> ReplayAsync(ParseResult parsed, CancellationToken cancellationToken) =>
        parsed.GetValue(_out) is null && parsed.GetResult(_answers) is null
            ? await ArenaRunner.ReplayAsync(
                await HubArgument.LocalAsync(parsed.GetRequiredValue(_replay) ?? "", _terminal, cancellationToken),
                parsed.GetValue(_baselines) ?? [],
                cancellationToken
            )
            : throw new UsageException("--replay asks nobody and reads no answers: leave out --answers and --out.");

    private async Task<ArenaReport?> JudgeAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        if (parsed.GetValue(_answers) is not { Length: > 0 } named || parsed.GetValue(_baselines) is not { Length: > 0 } baselines)
        {
            throw new UsageException("--answers FILE and --baseline NAME|FILE are needed, or --replay FILE.");
        }

        if (_judging.NamesOrder(parsed))
        {
            throw new UsageException("bench arena asks for every vote in both orders; leave out --order.");
        }

        IReadOnlyList<string> answers = await HubArgument.AllLocalAsync(named, _terminal, cancellationToken);
        IReadOnlyList<string> namesOrFiles = await HubArgument.AllLocalAsync(baselines, _terminal, cancellationToken);
        ModelSource source = await _model.ReadAsync(parsed, _terminal, cancellationToken);
        JudgeOptions options = ArenaRunner.ApplyTo(_judging.Read(parsed, source));
        using OpenedJudge judge = await _judging.OpenJudgeAsync(parsed, source, options, _terminal, cancellationToken);
        ArenaOptions arena = new() { Limit = parsed.GetValue(_limit), Folder = parsed.GetValue(_out) };
        return await new RunView(_terminal, _time).RunAsync(run =>
            new ArenaRunner(judge, arena with { Run = BenchOptions.Recorded(run, parsed, _force) }).RunAsync(
                answers,
                namesOrFiles,
                cancellationToken
            )
        );
    }
}
