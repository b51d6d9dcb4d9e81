using System.Text.Json;
using RewardReasoning.Evaluation.Benchmarks;

namespace RewardReasoning.Evaluation.Reports;

/// <summary>What benchmark runs show, as tables, plots, JSON and one HTML page. Nothing is asked of a model.</summary>
public sealed class RunReport
{
    private readonly IReadOnlyList<RunAnalysis> _runs;

    private RunReport(IReadOnlyList<RunAnalysis> runs) => _runs = runs;

    /// <summary>The names of the runs: their folders' own names, or the folders as they were given where two are alike.</summary>
    public IReadOnlyList<string> Names => [.. _runs.Select(run => run.Name)];

    /// <summary>The tables, each with its title (empty for the first); the heading is the first row.</summary>
    public IReadOnlyList<(string Title, IReadOnlyList<IReadOnlyList<string>> Rows)> Tables
    {
        get
        {
            List<(string Title, IReadOnlyList<IReadOnlyList<string>> Rows)> tables =
            [
                ("", ReportTables.Overview(_runs)),
                ("runs of one benchmark against each other", ReportTables.Comparisons(_runs)),
                ("accuracy against votes", ReportTables.Votes(_runs)),
            ];
            foreach (RunAnalysis run in _runs)
            {
                if (run.Choices is { } choices)
                {
                    tables.Add(($"{run.Name}: choosing among candidates", ReportTables.Choices(choices)));
                }
            }

            tables.Add(("confidence", _runs.Any(run => run.Calibration is not null) ? ReportTables.Calibration(_runs) : []));
            tables.Add(("place and length", ReportTables.Bias(_runs)));
            tables.Add(("patterns of reasoning", _runs.Any(run => run.Patterns.Count > 0) ? ReportTables.Patterns(_runs) : []));
            return [.. tables.Where(table => table.Rows.Count > 0)];
        }
    }

    /// <summary>Reads runs; those of one benchmark are compared with the first of them.</summary>
    /// <param name="folders">Folders of benchmark runs.</param>
    /// <param name="patterns">A JSON file of keywords of reasoning patterns; the built-in ones if null.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="FileNotFoundException">A folder holds no finished run.</exception>
    /// <exception cref="InvalidDataException">A file of a run is damaged.</exception>
    public static async Task<RunReport> ReadAsync(
        IReadOnlyList<string> folders,
        string? patterns = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(folders);
        return new RunReport(
            await RunAnalyzer
                .AnalyseAsync(
                    [.. folders.Zip(NamesOf(folders), (folder, name) => (name, new BenchmarkRunFolder(folder)))],
                    patterns is null ? ReasoningPatterns.BuiltIn : ReasoningPatterns.Load(patterns),
                    cancellationToken
                )
                .ConfigureAwait(false)
        );
    }

    /// <summary>One HTML page, which needs nothing beside it.</summary>
    /// <param name="title">Its title; the names of the runs if null.</param>
    public string ToHtml(string? title = null) => ReportPage.Of(title ?? string.Join(", ", Names), _runs);

    /// <summary>Everything as JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(_runs, ReportJson.Indented.IReadOnlyListRunAnalysis);

    /// <summary>Writes every plot as an SVG file into a folder.</summary>
    public void SavePlots(string folder)
    {
        Directory.CreateDirectory(folder);
        foreach (ReportFigure figure in ReportPage.FiguresOf(_runs))
        {
            figure.Figure.Save(Path.Combine(folder, $"{string.Concat(figure.Name.Split(Path.GetInvalidFileNameChars()))}.svg"));
        }
    }

    private static IReadOnlyList<string> NamesOf(IReadOnlyList<string> folders)
    {
        string[] names = [.. folders.Select(folder => Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder))))];
        return names.Distinct().Count() == names.Length ? names : folders;
    }
}
