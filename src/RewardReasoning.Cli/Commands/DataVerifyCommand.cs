using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using RewardReasoning.Cli.Output;
using RewardReasoning.Cli.Parsing;
using RewardReasoning.Cli.Runs;
using RewardReasoning.Cli.Terminals;
using RewardReasoning.Data.AnswerRows;
using RewardReasoning.Evaluation.Running;
using RewardReasoning.Evaluation.Scoring;
using RewardReasoning.Verification;

namespace RewardReasoning.Cli.Commands;

/// <summary><c>rrm data verify</c>: does each prediction give the gold answer?</summary>
internal sealed class DataVerifyCommand
{
    private readonly Terminal _terminal;
    private readonly TimeProvider _time;
    private readonly Argument<string[]> _in = new("IN")
    {
        Description =
            "Rows of gold and prediction: JSON lines, JSON lists or Parquet (.gz and .zst too), folders or patterns of them, or - "
            + "for standard input (docs/data.md).",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly OutOption _out = new("Where the rows go with their verdict, in the order of IN; - for standard output.");
    private readonly Option<int> _decimals = new("--decimals")
    {
        Description = "Decimal places to which a number written as a decimal is compared.",
        HelpName = "N",
        DefaultValueFactory = _ => new VerifierOptions().Decimals,
    };
    private readonly Option<bool> _choices = new("--choices")
    {
        Description = "Answers are choice letters; without it only if gold is a single capital letter.",
    };
    private readonly Option<string?> _by = new("--by")
    {
        Description = "Also count the rows by the values of a field (a dotted path).",
        HelpName = "FIELD",
    };
    private readonly Option<bool> _json = new("--json") { Description = "Print the summary to standard output as JSON." };

    private DataVerifyCommand(Terminal terminal, TimeProvider time)
    {
        _terminal = terminal;
        _time = time;
    }

    public static Command Create(Terminal terminal, TimeProvider time)
    {
        DataVerifyCommand verify = new(terminal, time);
        Command command = Verb.Create(
            terminal,
            "verify",
            "Decide for each row whether its prediction gives its gold answer: equal, different or unknown, by rules (docs/verifier.md).",
            """
            rrm data verify answers.jsonl --out verified.jsonl
            rrm data verify answers.jsonl.gz --out verified.jsonl.gz --json
            rrm data verify mmlu.jsonl --out - --choices >verified.jsonl
            """
        );
        command.Arguments.Add(verify._in);
        verify._out.AddTo(command);
        foreach (Option option in new Option[] { verify._decimals, verify._choices, verify._by, verify._json })
        {
            command.Options.Add(option);
        }

        command.SetAction(verify.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        RowSource rows = await RowSelection.OfAsync(parsed.GetRequiredValue(_in), _terminal, cancellationToken);
        VerifierOptions defaults = new() { Decimals = parsed.GetValue(_decimals), Choices = parsed.GetValue(_choices) ? true : null };
        _ = new AnswerVerifier(defaults);
        RowTarget target = _out.Read(parsed, _terminal, parsed.GetValue(_json));
        long start = _time.GetTimestamp();
        VerificationSummary summary = await new RunView(_terminal, _time).RunAsync(run =>
            new FileVerifier(defaults, run).VerifyAsync(rows, target, parsed.GetValue(_by), cancellationToken)
        );
        return Finish(parsed, summary, _time.GetElapsedTime(start));
    }

    private int Finish(ParseResult parsed, VerificationSummary summary, TimeSpan elapsed)
    {
        _terminal.Error.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{summary.Rows} rows: {summary.Equal} equal, {summary.Different} different, {summary.Unknown} unknown, "
                    + $"{summary.Errors} without answers, in {elapsed.TotalSeconds:0.0} s"
            )
        );
        if (summary.Agreement is { } agreement)
        {
            _terminal.Error.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{summary.Agreeing} of {summary.Expected} rows agree with their own verdict ({agreement:0.0%}); "
                        + $"{summary.WronglyEqual} are equal against it"
                )
            );
        }

        if (summary.Groups.Count > 0)
        {
            foreach (string line in Table(summary))
            {
                _terminal.Error.WriteLine(line);
            }
        }

        if (parsed.GetValue(_json))
        {
            _terminal.Out.WriteLine(JsonSerializer.Serialize(summary, OutputJson.Indented.VerificationSummary));
        }

        return summary.Errors > 0 ? ExitCodes.SomeMissing : ExitCodes.Done;
    }

    private static IEnumerable<string> Table(VerificationSummary summary) =>
        TextTable.Lines([
            [summary.By ?? "", "rows", "equal", "different", "unknown", "agree", "wrongly equal"],
            .. summary.Groups.Select(group =>
                new[] { group.Key }
                    .Concat(
                        new[] { group.Value.Rows, group.Value.Equal, group.Value.Different, group.Value.Unknown }.Select(count =>
                            FormattableString.Invariant($"{count}")
                        )
                    )
                    .Append(
                        group.Value.Expected == 0 ? "-" : FormattableString.Invariant($"{group.Value.Agreeing} of {group.Value.Expected}")
                    )
                    .Append(FormattableString.Invariant($"{group.Value.WronglyEqual}"))
                    .ToArray()
            ),
        ]);
}
