using System.CommandLine;
using RewardReasoning.Cli.Output;
using RewardReasoning.Cli.Parsing;
using RewardReasoning.Cli.Terminals;
using RewardReasoning.Evaluation.Reports;

namespace RewardReasoning.Cli.Commands;

/// <summary><c>rrm report</c>: what benchmark runs show, as tables, plots and a page.</summary>
internal sealed class ReportCommand
{
    private readonly Terminal _terminal;
    private readonly Argument<string[]> _runs = new("RUN")
    {
        Description = "Folders of benchmark runs (--out of rrm bench).",
        Arity = ArgumentArity.OneOrMore,
    };
    private readonly Option<string?> _out = new("--out")
    {
        Description = "Write one HTML page, which needs nothing beside it.",
        HelpName = "FILE",
    };
    private readonly Option<string?> _plots = new("--plots") { Description = "Write every plot as an SVG file.", HelpName = "FOLDER" };
    private readonly Option<string?> _title = new("--title")
    {
        Description = "Title of the page (default: the names of the runs).",
        HelpName = "TEXT",
    };
    private readonly Option<string?> _patterns = new("--patterns")
    {
        Description = "Keywords of reasoning patterns, in place of the built-in ones: a JSON object of lists.",
        HelpName = "FILE",
    };
    private readonly Option<bool> _json = new("--json") { Description = "Print everything as JSON." };

    private ReportCommand(Terminal terminal) => _terminal = terminal;

    public static Command Create(Terminal terminal)
    {
        ReportCommand report = new(terminal);
        Command command = Verb.Create(
            terminal,
            "report",
            "Show what benchmark runs hold: accuracy against votes, thinking and comparisons, confidence, biases, patterns of "
                + "reasoning. Nothing is asked of a model.",
            """
            rrm report runs/mini --out report.html
            rrm report runs/budget-256 runs/budget-1024 runs/budget-4096 --out thinking.html --plots plots
            rrm report runs/best --json
            """
        );
        command.Arguments.Add(report._runs);
        foreach (Option option in new Option[] { report._out, report._plots, report._title, report._patterns, report._json })
        {
            command.Options.Add(option);
        }

        command.SetAction(report.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        RunReport report = await RunReport.ReadAsync(parsed.GetRequiredValue(_runs), parsed.GetValue(_patterns), cancellationToken);
        if (parsed.GetValue(_plots) is { } plots)
        {
            report.SavePlots(plots);
        }

        if (parsed.GetValue(_out) is { } page)
        {
            await File.WriteAllTextAsync(page, report.ToHtml(parsed.GetValue(_title)), cancellationToken);
        }

        foreach (string line in parsed.GetValue(_json) ? [report.ToJson()] : Lines(report))
        {
            _terminal.Out.WriteLine(line);
        }

        return ExitCodes.Done;
    }

    private static IEnumerable<string> Lines(RunReport report)
    {
        foreach ((string title, IReadOnlyList<IReadOnlyList<string>> rows) in report.Tables)
        {
            if (title.Length > 0)
            {
                yield return "";
                yield return title;
            }

            foreach (string line in TextTable.Lines(rows))
            {
                yield return line;
            }
        }
    }
}
