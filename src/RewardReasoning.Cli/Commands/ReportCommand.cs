using System.CommandLine;
using System.Text.Json;
using RewardReasoning.Cli.Output;
using RewardReasoning.Evaluation.Benchmarks;
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
            "Show what benchmark runs hold: accuracy against votes, thinking and comparisons, confidence, biases, patterns of reasoning. Nothing is asked of a model.",
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
        string[] folders = parsed.GetRequiredValue(_runs);
        ReasoningPatterns patterns = parsed.GetValue(_patterns) is { } file ? ReasoningPatterns.Load(file) : ReasoningPatterns.BuiltIn;
        IReadOnlyList<RunAnalysis> runs = await RunAnalyzer.AnalyseAsync(
            [.. folders.Zip(NamesOf(folders), (folder, name) => (name, new BenchmarkRunFolder(folder)))],
            patterns,
            cancellationToken
        );

        if (parsed.GetValue(_plots) is { } plots)
        {
            Directory.CreateDirectory(plots);
            foreach (ReportFigure figure in ReportPage.FiguresOf(runs))
            {
                figure.Figure.Save(Path.Combine(plots, $"{string.Concat(figure.Name.Split(Path.GetInvalidFileNameChars()))}.svg"));
            }
        }

        if (parsed.GetValue(_out) is { } page)
        {
            await File.WriteAllTextAsync(
                page,
                ReportPage.Of(parsed.GetValue(_title) ?? string.Join(", ", runs.Select(run => run.Name)), runs),
                cancellationToken
            );
        }

        foreach (
            string line in parsed.GetValue(_json)
                ? [JsonSerializer.Serialize(runs, BenchmarkJson.Indented.IReadOnlyListRunAnalysis)]
                : Lines(runs)
        )
        {
            _terminal.Out.WriteLine(line);
        }

        return ExitCodes.Done;
    }

    /// <summary>The folders' own names; where two are alike, all as they were given.</summary>
    private static IReadOnlyList<string> NamesOf(IReadOnlyList<string> folders)
    {
        string[] names = [.. folders.Select(folder => Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder))))];
        return names.Distinct().Count() == names.Length ? names : folders;
    }

    private static IEnumerable<string> Lines(IReadOnlyList<RunAnalysis> runs)
    {
        IEnumerable<(string Title, IReadOnlyList<IReadOnlyList<string>> Table)> tables =
        [
            ("", ReportTables.Overview(runs)),
            ("runs of one benchmark against each other", ReportTables.Comparisons(runs)),
            ("accuracy against votes", ReportTables.Votes(runs)),
            .. runs.Where(run => run.Choices is not null)
                .Select(run => ($"{run.Name}: choosing among candidates", run.Choices is { } choices ? ReportTables.Choices(choices) : [])),
            ("confidence", runs.Any(run => run.Calibration is not null) ? ReportTables.Calibration(runs) : []),
            ("place and length", ReportTables.Bias(runs)),
            ("patterns of reasoning", runs.Any(run => run.Patterns.Count > 0) ? ReportTables.Patterns(runs) : []),
        ];
        foreach ((string title, IReadOnlyList<IReadOnlyList<string>> table) in tables.Where(table => table.Table.Count > 0))
        {
            if (title.Length > 0)
            {
                yield return "";
                yield return title;
            }

            foreach (string line in TextTable.Lines(table))
            {
                yield return line;
            }
        }
    }
}
