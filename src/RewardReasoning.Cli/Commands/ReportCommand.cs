using System.CommandLine;
using System.Globalization;
using RewardReasoning.Cli.Output;
using RewardReasoning.Cli.Parsing;
using RewardReasoning.Cli.Terminals;
using RewardReasoning.Evaluation.Reports;
using RewardReasoning.IO;

namespace RewardReasoning.Cli.Commands;

/// <summary><c>rrm report</c>: what runs show, in words, tables, plots and a page, and checks of them for CI.</summary>
internal sealed class ReportCommand
{
    private const string Items = "item";
    private const string Sections = "section";

    private readonly Terminal _terminal;
    private readonly Argument<string[]> _runs = new("RUN")
    {
        Description =
            "Runs: folders of rrm bench, bench arena or bench probes (--out), files of rrm score, .json files of rrm rate --json.",
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
        Description = "Keywords of reasoning patterns, instead of the built-in ones: a JSON object of lists.",
        HelpName = "FILE",
    };
    private readonly Option<bool> _json = new("--json") { Description = "Print everything as JSON." };
    private readonly Option<bool> _markdown = new("--markdown")
    {
        Description = "Print the result in words, one table and the flipped items as Markdown, for a pull request.",
    };
    private readonly Option<string?> _junit = new("--junit") { Description = "Write JUnit XML for CI.", HelpName = "FILE" };
    private readonly Option<string> _junitBy = new("--junit-by")
    {
        Description = "What a test case is: each item, or each section, which passes if it reaches --fail-below.",
        HelpName = $"{Items}|{Sections}",
        DefaultValueFactory = _ => Items,
    };
    private readonly Option<string?> _failBelow = new("--fail-below")
    {
        Description = "Exit with 4 if the main figure of a run is below ACC percent; missing verdicts count as wrong.",
        HelpName = "ACC",
    };
    private readonly Option<bool> _lowerEnd = new("--lower-end")
    {
        Description = "With --fail-below: compare the lower end of the 95 % interval instead of the figure itself.",
    };
    private readonly Option<string?> _worseThan = new("--fail-if-worse-than")
    {
        Description = "Exit with 4 if a run is worse than this one on the same items by a paired permutation test (p below 0.05).",
        HelpName = "RUN",
    };

    private ReportCommand(Terminal terminal) => _terminal = terminal;

    public static Command Create(Terminal terminal)
    {
        ReportCommand report = new(terminal);
        Command command = Verb.Create(
            terminal,
            "report",
            "Show what runs hold: the result in words, figures with intervals, how they were made, and judgments to read. Nothing is asked "
                + "of a model.",
            """
            rrm report runs/mini --out report.html
            rrm report runs/before runs/after --out compared.html
            rrm report runs/budget-256 runs/budget-1024 runs/budget-4096 --out thinking.html --plots plots
            rrm report judged.jsonl --json
            rrm report runs/after --fail-if-worse-than runs/before --fail-below 80 --junit report.xml --markdown >comment.md
            """
        );
        command.Arguments.Add(report._runs);
        foreach (
            Option option in new Option[]
            {
                report._out,
                report._plots,
                report._title,
                report._patterns,
                report._json,
                report._markdown,
                report._junit,
                report._junitBy,
                report._failBelow,
                report._lowerEnd,
                report._worseThan,
            }
        )
        {
            command.Options.Add(option);
        }

        command.SetAction(report.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        ReportOptions options = ReadOptions(parsed);
        string? title = parsed.GetValue(_title);
        RunReport report = await RunReport.ReadAsync(parsed.GetRequiredValue(_runs), options, cancellationToken);
        if (parsed.GetValue(_plots) is { } plots)
        {
            report.SavePlots(plots);
        }

        if (parsed.GetValue(_out) is { } page)
        {
            await AtomicFile.WriteAllTextAsync(page, report.ToHtml(title), cancellationToken);
        }

        if (parsed.GetValue(_junit) is { } junit)
        {
            string xml = parsed.GetValue(_junitBy) == Sections ? report.ToJUnitBySection() : report.ToJUnit();
            await AtomicFile.WriteAllTextAsync(junit, xml, cancellationToken);
        }

        foreach (
            string line in parsed.GetValue(_json) ? [report.ToJson()]
            : parsed.GetValue(_markdown) ? [report.ToMarkdown(title).TrimEnd('\n')]
            : Lines(report)
        )
        {
            _terminal.Out.WriteLine(line);
        }

        foreach (ReportCheck check in report.Checks)
        {
            _terminal.WriteStatus($"rrm: {check.Says}");
        }

        return report.Checks.All(check => check.Passed) ? ExitCodes.Done : ExitCodes.CheckFailed;
    }

    private ReportOptions ReadOptions(ParseResult parsed)
    {
        if (parsed.GetValue(_json) && parsed.GetValue(_markdown))
        {
            throw new UsageException("--json and --markdown both print to standard output; give one of them.");
        }

        if (parsed.GetValue(_lowerEnd) && parsed.GetValue(_failBelow) is null)
        {
            throw new UsageException("--lower-end goes with --fail-below ACC.");
        }

        switch (parsed.GetValue(_junitBy))
        {
            case Items:
                break;
            case Sections when parsed.GetValue(_junit) is null || parsed.GetValue(_failBelow) is null:
                throw new UsageException("--junit-by section goes with --junit FILE and --fail-below ACC, by which a section passes.");
            case Sections:
                break;
            case var other:
                throw new UsageException($"--junit-by is '{other}'; it is {Items} or {Sections}.");
        }

        return new ReportOptions
        {
            Patterns = parsed.GetValue(_patterns),
            FailBelow = parsed.GetValue(_failBelow) is { } percent ? ReadPercent(percent) : null,
            ByLowerEnd = parsed.GetValue(_lowerEnd),
            Baseline = parsed.GetValue(_worseThan),
        };
    }

    /// <summary>A threshold in percent. One up to 1 is refused: it is a share, which would pass everything.</summary>
    private static double ReadPercent(string text) =>
        double.TryParse(text.TrimEnd('%', ' '), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double percent)
        && percent is > 1 and <= 100
            ? percent / 100
            : throw new UsageException($"--fail-below is '{text}'; it is a number of percent above 1 and up to 100, such as 80.");

    private static IEnumerable<string> Lines(RunReport report)
    {
        foreach (string line in report.Result)
        {
            yield return line;
        }

        foreach ((string title, IReadOnlyList<IReadOnlyList<string>> rows) in report.Tables)
        {
            yield return "";
            yield return title;
            foreach (string line in TextTable.Lines(rows))
            {
                yield return line;
            }
        }
    }
}
