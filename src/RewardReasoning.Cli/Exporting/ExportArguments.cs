using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using RewardReasoning.Cli.Output;
using RewardReasoning.Cli.Parsing;
using RewardReasoning.Cli.Runs;
using RewardReasoning.Cli.Terminals;
using RewardReasoning.Data.Export;
using RewardReasoning.Data.Rows;
using RewardReasoning.Evaluation.Running;

namespace RewardReasoning.Cli.Exporting;

/// <summary>What all exports share: the pairs that are read, and what is said at the end.</summary>
internal sealed class ExportArguments
{
    private readonly Argument<string[]> _in = new("IN")
    {
        Description =
            "Pairs with a label, or judged by rrm score: files, folders or patterns of JSON lines, JSON lists or Parquet, or - for "
            + "standard input.",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly LimitOption _limit = new("Read only the first N rows.");
    private readonly Option<bool> _json = new("--json") { Description = "Print what was written as one JSON object." };

    public void AddTo(Command command)
    {
        command.Arguments.Add(_in);
        command.Options.Add(_limit);
        command.Options.Add(_json);
    }

    /// <exception cref="UsageException">The options cannot be used.</exception>
    public async Task<RowSource> InputAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellationToken)
    {
        _limit.Check(parsed);
        return await RowSelection.OfAsync(parsed.GetRequiredValue(_in), terminal, cancellationToken) with
        {
            Limit = parsed.GetValue(_limit),
        };
    }

    /// <summary>Tells of a row that is not written.</summary>
    public static void Complain(Terminal terminal, DataRow row, string fault) => terminal.WriteStatus($"rrm: {row.Place}: {fault}");

    /// <summary>Says what was written, and gives the exit code.</summary>
    public int Finish(ParseResult parsed, Terminal terminal, ExportReport report, string output)
    {
        if (parsed.GetValue(_json))
        {
            terminal.Out.WriteLine(JsonSerializer.Serialize(report, OutputJson.Indented.ExportReport));
        }
        else
        {
            string test = report.Test > 0 ? FormattableString.Invariant($", {report.Test} of them for testing") : "";
            terminal.WriteStatus(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{output}: {report.Written} rows of {report.Rows} read{test}; {report.LeftOut} left out"
                )
            );
        }

        return report.LeftOut > 0 ? ExitCodes.SomeMissing : ExitCodes.Done;
    }
}
