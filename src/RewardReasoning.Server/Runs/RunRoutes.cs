using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using RewardReasoning.Evaluation.Reports;
using RewardReasoning.Evaluation.Running;
using RewardReasoning.Server.Http;

namespace RewardReasoning.Server.Runs;

/// <summary>
/// <c>GET /v1/runs</c>, <c>GET /v1/runs/view</c> and <c>GET /v1/runs/report</c>: what the runs below one folder of this machine show. A
/// request names runs of the list and no paths.
/// </summary>
internal sealed class RunRoutes : IDisposable
{
    private const int MostRuns = 2;

    // The report is a whole page that loads nothing; the sandbox keeps it apart from this server's own page.
    private const string ReportPolicy = "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'";

    private readonly RunCatalog? _catalog;

    /// <summary>Reading a large run takes seconds of the processor that judges: one at a time.</summary>
    private readonly SemaphoreSlim _reading = new(1);

    private (string Key, RunReport Report)? _last;

    /// <param name="folder">Where runs are looked for; null for nowhere.</param>
    public RunRoutes(string? folder) => _catalog = folder is null ? null : new(Path.GetFullPath(folder));

    /// <summary>Adds the routes.</summary>
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/runs", ListAsync);
        routes.MapGet("/v1/runs/view", ViewAsync);
        routes.MapGet("/v1/runs/report", ReportAsync);
    }

    /// <inheritdoc/>
    public void Dispose() => _reading.Dispose();

    private Task ListAsync(HttpContext http)
    {
        RunList list = new(
            _catalog is not null,
            [.. (_catalog?.List() ?? []).Select(run => new ListedRun(run.Name, run.Kind, run.State, run.Updated))]
        );
        return JsonAnswer.WriteAsync(http, json => JsonSerializer.Serialize(json, list, RunWireJson.Default.RunList));
    }

    private async Task ViewAsync(HttpContext http)
    {
        RunEntry[] runs = RunsOf(http.Request);
        RunView view = await ReadingAsync(
            async () =>
                runs[0].IsTraining
                    ? await TrainingRuns.ReadAsync(runs, http.RequestAborted)
                    : ViewOf(await ReportOfAsync(runs, http.RequestAborted)),
            http.RequestAborted
        );
        await JsonAnswer.WriteAsync(http, json => JsonSerializer.Serialize(json, view, RunWireJson.Default.RunView));
    }

    private async Task ReportAsync(HttpContext http)
    {
        RunEntry[] runs = RunsOf(http.Request);
        if (runs[0].IsTraining)
        {
            throw ApiException.BadField("run", $"{runs[0].Name} is a training run; reports are made of runs of rrm bench, score and rate.");
        }

        string page = await ReadingAsync(async () => (await ReportOfAsync(runs, http.RequestAborted)).ToHtml(), http.RequestAborted);
        http.Response.ContentType = "text/html; charset=utf-8";
        http.Response.Headers.ContentSecurityPolicy = ReportPolicy;
        await http.Response.WriteAsync(page, http.RequestAborted);
    }

    private static RunView ViewOf(RunReport report) =>
        new(
            report.Names,
            report.Result,
            [.. report.Tables.Select(table => new RunTable(table.Title, table.Rows))],
            [
                .. report.Figures.Select(figure => new RunFigure(
                    figure.Name,
                    figure.Caption,
                    figure.Figure.Description,
                    figure.Figure.ToSvg()
                )),
            ]
        );

    /// <summary>The runs that a request names.</summary>
    /// <exception cref="ApiException">There is none of a name, or they cannot be shown together.</exception>
    private RunEntry[] RunsOf(HttpRequest request)
    {
        string?[] names = [.. request.Query["run"]];
        if (names.Length is < 1 or > MostRuns)
        {
            throw ApiException.BadField("run", $"run is given {names.Length} times; name one run or {MostRuns}, as in ?run=NAME&run=NAME.");
        }

        IReadOnlyList<RunEntry> known = _catalog?.List() ?? [];
        RunEntry[] runs =
        [
            .. names.Select(name =>
                known.FirstOrDefault(run => run.Name == name)
                ?? throw new ApiException(
                    StatusCodes.Status404NotFound,
                    "There is no run of this name; GET /v1/runs lists them.",
                    "unknown_run",
                    "run"
                )
            ),
        ];
        return runs.Select(run => run.IsTraining).Distinct().Count() == 1
            ? runs
            : throw ApiException.BadField(
                "run",
                $"{runs[0].Name} is of another kind than {runs[1].Name}; training runs stand beside each other only."
            );
    }

    private async Task<T> ReadingAsync<T>(Func<Task<T>> read, CancellationToken cancellationToken)
    {
        await _reading.WaitAsync(cancellationToken);
        try
        {
            return await read();
        }
        catch (Exception fault) when (fault is IOException or InvalidDataException or JsonException or RunException)
        {
            throw new ApiException(StatusCodes.Status422UnprocessableEntity, fault.Message, "unreadable_run", cause: fault);
        }
        finally
        {
            _reading.Release();
        }
    }

    /// <summary>The report of runs; the last one is kept while its runs do not change.</summary>
    private async Task<RunReport> ReportOfAsync(RunEntry[] runs, CancellationToken cancellationToken)
    {
        string key = string.Join('\n', runs.Select(run => FormattableString.Invariant($"{run.Name} {run.Updated.UtcTicks}")));
        if (_last is not { } last || last.Key != key)
        {
            last = (key, await RunReport.ReadAsync([.. runs.Select(run => run.Path)], null, cancellationToken));
            _last = last;
        }

        return last.Report;
    }
}
