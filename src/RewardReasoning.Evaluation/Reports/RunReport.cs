using System.Text.Json;
using RewardReasoning.Evaluation.Running;

namespace RewardReasoning.Evaluation.Reports;

/// <summary>
/// What runs show, in words, tables, plots, JSON, Markdown, JUnit XML and one HTML page: benchmarks, best of n, arenas, probes, scored
/// files and ratings. Nothing is asked of a model.
/// </summary>
public sealed class RunReport
{
    private readonly IReadOnlyList<ReportedRun> _runs;
    private readonly ReportOptions _options;

    private RunReport(IReadOnlyList<ReportedRun> runs, ReportOptions options)
    {
        _runs = runs;
        _options = options;
        Checks = ReportChecks.Of(runs, options);
    }

    /// <summary>The names of the runs: their folders' or files' own names, or their paths as they were given where two are alike.</summary>
    public IReadOnlyList<string> Names => [.. _runs.Select(run => run.Name)];

    /// <summary>What was checked; empty where nothing was asked for.</summary>
    public IReadOnlyList<ReportCheck> Checks { get; }

    /// <summary>The result of each run in plain sentences, and its warnings; with the name of the run where there are several.</summary>
    public IReadOnlyList<string> Result =>
        [
            .. _runs.SelectMany(run =>
                run.Warnings.Select(warning => $"Warning: {warning}")
                    .Prepend(string.Join(' ', run.Result))
                    .Select(line => _runs.Count > 1 ? $"{run.Name}: {line}" : line)
            ),
        ];

    /// <summary>The tables, each with its title; the heading is the first row.</summary>
    public IReadOnlyList<(string Title, IReadOnlyList<IReadOnlyList<string>> Rows)> Tables
    {
        get
        {
            RunAnalysis[] analyses = [.. _runs.OfType<JudgedRun>().Select(run => run.Analysis)];
            ReportTable?[] tables =
            [
                .. analyses.Length > 0
                    ?
                    [
                        ReportTables.Overview(analyses),
                        .. analyses.Select(ReportTables.Sections),
                        ReportTables.SimpleRules(analyses),
                        .. analyses.Select(run => ReportTables.Missing(run.Name, run.Missing)),
                        .. analyses.Select(ReportTables.Jury),
                        ReportTables.Comparisons(analyses),
                        .. analyses.Select(ReportTables.Flips),
                        ReportTables.Votes(analyses),
                        .. analyses.Select(ReportTables.Choices),
                        ReportTables.Calibration(analyses),
                        ReportTables.Risk(analyses),
                        ReportTables.Bias(analyses),
                        ReportTables.Patterns(analyses),
                    ]
                    : Array.Empty<ReportTable?>(),
                .. _runs.Where(run => run is not JudgedRun).SelectMany(run => run.Details.Prepend(run.MainTable)),
            ];
            return [.. tables.OfType<ReportTable>().Select(table => (table.Title, table.Rows))];
        }
    }

    /// <summary>The plots, in the order of the page.</summary>
    internal IReadOnlyList<ReportFigure> Figures => ReportPage.FiguresOf(_runs);

    /// <summary>Reads runs; those of one benchmark are compared with the first of them.</summary>
    /// <param name="runs">
    /// Folders of benchmark, arena or probe runs, files that <c>rrm score</c> wrote, or files that <c>rrm rate --json</c> printed.
    /// </param>
    /// <param name="options">What is checked; nothing if null.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="FileNotFoundException">There is no such file or folder, or a folder holds no finished run.</exception>
    /// <exception cref="InvalidDataException">A file of a run is damaged.</exception>
    /// <exception cref="RunException">A file does not belong to a run, or a run has nothing that could be checked.</exception>
    public static async Task<RunReport> ReadAsync(
        IReadOnlyList<string> runs,
        ReportOptions? options = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(runs);
        options ??= new();
        string[] paths = [.. options.Baseline is { } baseline ? runs.Prepend(baseline) : runs];
        return new RunReport(
            await RunReader
                .ReadAsync(
                    [.. NamesOf(paths).Zip(paths)],
                    options.Patterns is null ? ReasoningPatterns.BuiltIn : ReasoningPatterns.Load(options.Patterns),
                    cancellationToken
                )
                .ConfigureAwait(false),
            options
        );
    }

    /// <summary>One HTML page, which needs nothing beside it.</summary>
    /// <param name="title">Its title; the names of the runs if null.</param>
    public string ToHtml(string? title = null) => ReportPage.Of(title ?? DefaultTitle, _runs, Checks);

    /// <summary>The result in words, one table, and the flips against another run, as Markdown for a comment on a change.</summary>
    /// <param name="title">Its title; the names of the runs if null.</param>
    public string ToMarkdown(string? title = null) => ReportMarkdown.Of(title ?? DefaultTitle, _runs, Checks);

    /// <summary>JUnit XML with a test case for each item, and one for each check.</summary>
    public string ToJUnit() => JUnitFile.OfItems(Reported, Checks);

    /// <summary>
    /// JUnit XML with a test case for each section of each run, and one for each check: a section passes if its main figure reaches
    /// <see cref="ReportOptions.FailBelow"/>.
    /// </summary>
    /// <exception cref="InvalidOperationException"><see cref="ReportOptions.FailBelow"/> is null.</exception>
    /// <exception cref="RunException">A run has no share of right verdicts.</exception>
    public string ToJUnitBySection() =>
        JUnitFile.OfSections(
            Reported,
            Checks,
            _options.FailBelow ?? throw new InvalidOperationException("Sections pass or fail by FailBelow, and it is null."),
            _options.ByLowerEnd
        );

    /// <summary>Everything as JSON: an object with runs and checks, names in snake case.</summary>
    public string ToJson() =>
        JsonSerializer.Serialize(new ReportContent([.. _runs.Select(ReportedRunContent.Of)], Checks), ReportJson.Indented.ReportContent);

    /// <summary>Writes every plot as an SVG file into a folder.</summary>
    public void SavePlots(string folder)
    {
        Directory.CreateDirectory(folder);
        foreach (ReportFigure figure in Figures)
        {
            figure.Figure.Save(Path.Combine(folder, $"{string.Concat(figure.Name.Split(Path.GetInvalidFileNameChars()))}.svg"));
        }
    }

    private string DefaultTitle => string.Join(", ", Names);

    /// <summary>The runs that were named, without the baseline that they are checked against.</summary>
    private IReadOnlyList<ReportedRun> Reported => _options.Baseline is null ? _runs : [.. _runs.Skip(1)];

    private static IReadOnlyList<string> NamesOf(IReadOnlyList<string> paths)
    {
        string[] names = [.. paths.Select(path => Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path))))];
        return names.Distinct().Count() == names.Length ? names : paths;
    }
}
