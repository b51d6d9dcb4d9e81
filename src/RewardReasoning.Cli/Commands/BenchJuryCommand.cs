using System.CommandLine;
using RewardReasoning.Cli.Parsing;
using RewardReasoning.Cli.Runs;
using RewardReasoning.Cli.Terminals;
using RewardReasoning.Evaluation.Juries;
using RewardReasoning.IO;

namespace RewardReasoning.Cli.Commands;

/// <summary><c>rrm bench jury</c>: several judges as one, with weights that are fitted to labelled pairs.</summary>
internal sealed class BenchJuryCommand
{
    private readonly Terminal _terminal;
    private readonly TimeProvider _time;
    private readonly Argument<string[]> _judged = new("JUDGED")
    {
        Description =
            "The same pairs, judged by each member with rrm score, a file each, whose name is the member's; or judged by a whole jury "
            + "(rrm score --jury).",
        Arity = ArgumentArity.OneOrMore,
    };
    private readonly Option<int> _folds = new("--folds")
    {
        Description = "Folds of the cross-validation; pairs of one query are in one fold.",
        HelpName = "N",
        DefaultValueFactory = _ => 5,
    };
    private readonly Option<string?> _save = new("--save")
    {
        Description = "Write the report with the weights, as JSON.",
        HelpName = "FILE",
    };
    private readonly Option<string?> _weights = new("--weights")
    {
        Description = "Fit nothing: join the members by the weights that --save wrote.",
        HelpName = "FILE",
    };
    private readonly Option<string?> _out = new("--out")
    {
        Description = "With --weights: where the joined pairs go, each with the jury's preference and confidence (.jsonl, .gz, .zst).",
        HelpName = "OUT",
    };
    private readonly Option<bool> _json = BenchOptions.Json();

    private BenchJuryCommand(Terminal terminal, TimeProvider time)
    {
        _terminal = terminal;
        _time = time;
    }

    public static Command Create(Terminal terminal, TimeProvider time)
    {
        BenchJuryCommand jury = new(terminal, time);
        Command command = Verb.Create(
            terminal,
            "jury",
            "Join several judges into a jury: weights and calibration fitted together to labelled pairs, agreement, and the worth, "
                + "bias and cost of each member.",
            """
            rrm score labelled.jsonl --out small.jsonl --model models/qwen3 --order both
            rrm score labelled.jsonl --out large.jsonl --endpoint http://localhost:8000/v1 --model large --order both
            rrm bench jury small.jsonl large.jsonl --save jury.json
            rrm bench jury new/small.jsonl new/large.jsonl --weights jury.json --out joined.jsonl
            rrm score labelled.jsonl --out judged.jsonl --jury jury.toml
            rrm bench jury judged.jsonl --save weights.json
            """
        );
        command.Arguments.Add(jury._judged);
        foreach (Option option in new Option[] { jury._folds, jury._save, jury._weights, jury._out, jury._json })
        {
            command.Options.Add(option);
        }

        command.SetAction(jury.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        int folds = parsed.GetValue(_folds);
        string? weights = parsed.GetValue(_weights),
            output = parsed.GetValue(_out);
        if (folds < 2)
        {
            throw new UsageException($"--folds is {folds}; it is at least 2, one to fit to and one to check on.");
        }

        if ((weights is null) != (output is null))
        {
            throw new UsageException("--weights and --out go together: the weights of a jury, and where the joined pairs go.");
        }

        JuryReader read = await JuryReader.ReadAsync(parsed.GetRequiredValue(_judged), cancellationToken);
        if (weights is not null && output is not null)
        {
            int missing = await read.WriteAsync(JuryReport.Read(weights).Weights, output, _time, cancellationToken);
            _terminal.Error.WriteLine(FormattableString.Invariant($"{read.Pairs.Count} pairs: {missing} without a verdict of any member"));
            return missing > 0 ? ExitCodes.SomeMissing : ExitCodes.Done;
        }

        JuryReport report = read.Complete(JuryReport.Of(read.Names, read.Pairs, folds));
        if (parsed.GetValue(_save) is { } file)
        {
            AtomicFile.WriteAllText(file, report.ToJson() + "\n");
        }

        foreach (string line in parsed.GetValue(_json) ? [report.ToJson()] : JuryReportText.Lines(report))
        {
            _terminal.Out.WriteLine(line);
        }

        return ExitCodes.Done;
    }
}
