using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using RewardReasoning.Data.Rows;
using RewardReasoning.Server.Http;
using RewardReasoning.Server.Scoring;
using RewardReasoning.Storage.Jobs;

namespace RewardReasoning.Server.Jobs;

/// <summary>
/// <c>/v1/jobs</c>: rows are taken whole, judged in the background and kept with their results, so that neither client nor server needs to
/// stay for the time that it takes.
/// </summary>
internal sealed class JobRoutes(IJobStore jobs, JobRunner runner, JudgingContext context)
{
    private const int MostOpen = 1_000;
    private const long MostRows = 1_000_000;
    private const int MostListed = 1_000;
    private const int RowsPerWrite = 256;
    private const int BytesPerWrite = 4 << 20;
    private const int FlushBytes = 1 << 16;
    private static readonly TimeSpan EventsApart = TimeSpan.FromMilliseconds(250);

    /// <summary>Adds the routes.</summary>
    public static void Map(IEndpointRouteBuilder routes, IJobStore jobs, JobRunner runner, JudgingContext context)
    {
        JobRoutes all = new(jobs, runner, context);
        routes.MapPost("/v1/jobs", all.SubmitAsync);
        routes.MapGet("/v1/jobs", all.ListAsync);
        routes.MapGet("/v1/jobs/{id}", async http => await JobJson.WriteAsync(http, await all.RequiredAsync(http)));
        routes.MapGet("/v1/jobs/{id}/events", all.WatchAsync);
        routes.MapGet("/v1/jobs/{id}/results", all.DownloadAsync);
        routes.MapPost("/v1/jobs/{id}/cancel", http => all.ChangeAsync(http, runner.CancelAsync, "cancel", "queued or running"));
        routes.MapPost("/v1/jobs/{id}/resume", http => all.ChangeAsync(http, runner.ResumeAsync, "resume", "cancelled or failed"));
        routes.MapDelete("/v1/jobs/{id}", all.RemoveAsync);
    }

    private async Task SubmitAsync(HttpContext http)
    {
        using IDisposable place = context.Enter(http);
        if (await jobs.CountOpenAsync() >= MostOpen)
        {
            throw new ApiException(
                StatusCodes.Status429TooManyRequests,
                $"{MostOpen} jobs wait or run, the most that this server takes. Try again later.",
                "queue_full"
            )
            {
                RetryAfter = TimeSpan.FromMinutes(1),
            };
        }

        RowBody body = RowBody.Of(http);
        string id = "job-" + Guid.CreateVersion7(context.Time.GetUtcNow()).ToString("N", CultureInfo.InvariantCulture);
        await jobs.AddAsync(id, Query.Flag(http.Request, "reasoning"), context.Time.GetUtcNow());
        try
        {
            await jobs.QueueAsync(id, await KeepAsync(id, body, http.RequestAborted));
        }
        catch
        {
            await jobs.RemoveAsync(id);
            throw;
        }

        runner.Wake();
        http.Response.Headers.Location = "/v1/jobs/" + id;
        await JobJson.WriteAsync(http, await FindAsync(id), StatusCodes.Status201Created);
    }

    /// <summary>Keeps the rows while they come.</summary>
    /// <returns>How many there are.</returns>
    private async Task<long> KeepAsync(string id, RowBody body, CancellationToken cancellationToken)
    {
        List<StoredJobRow> rows = [];
        long number = 0,
            bytes = 0;
        await foreach (DataRow row in body.ReadAsync(cancellationToken))
        {
            if (++number > MostRows)
            {
                throw new ApiException(
                    StatusCodes.Status413PayloadTooLarge,
                    $"A job has at most {MostRows} rows; send the others as another one.",
                    "request_too_large"
                );
            }

            byte[]? text = row.Fields is { } fields ? JsonMarshal.GetRawUtf8Value(fields).ToArray() : null;
            rows.Add(new(number, row.Number, row.IsLine, text, row.Error));
            bytes += text?.Length ?? 0;
            if (rows.Count >= RowsPerWrite || bytes >= BytesPerWrite)
            {
                await jobs.AddRowsAsync(id, rows);
                (rows, bytes) = ([], 0);
            }
        }

        if (number == 0)
        {
            throw new ApiException(StatusCodes.Status400BadRequest, "The body has no rows; send at least one.", "invalid_row");
        }

        await jobs.AddRowsAsync(id, rows);
        return number;
    }

    private async Task ListAsync(HttpContext http)
    {
        int most = (int)(Query.Number(http.Request, "limit", 1, MostListed) ?? MostListed);
        IReadOnlyList<StoredJob> listed = await jobs.ListAsync(most);
        await JsonAnswer.WriteAsync(
            http,
            json =>
            {
                json.WriteStartObject();
                json.WriteBoolean("durable", jobs.IsDurable);
                json.WriteStartArray("jobs");
                foreach (StoredJob job in listed)
                {
                    JobJson.Write(json, job);
                }

                json.WriteEndArray();
                json.WriteEndObject();
            }
        );
    }

    /// <summary>An event at each change, but not more often than somebody can read, and one at the end.</summary>
    private async Task WatchAsync(HttpContext http)
    {
        string id = (await RequiredAsync(http)).Id;
        await new EventStream(http).RunAsync(async events =>
        {
            while (true)
            {
                Task change = runner.NextChange;
                StoredJob job = await FindAsync(id);
                events.Write(job.HasEnded ? "end" : "progress", json => JobJson.Write(json, job));
                await events.FlushAsync(http.RequestAborted);
                if (job.HasEnded)
                {
                    return;
                }

                using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(
                    http.RequestAborted,
                    context.Drain.Begun
                );
                await change
                    .WaitAsync(jobs.LookEvery ?? Timeout.InfiniteTimeSpan, context.Time, stop.Token)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                await Task.Delay(EventsApart, context.Time, stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (stop.IsCancellationRequested)
                {
                    return; // the job goes on, here or in the next server; who watches asks again
                }
            }
        });
    }

    /// <summary>The results. Those of a job that is not done are given only to who asks for a part, so that none looks complete.</summary>
    private async Task DownloadAsync(HttpContext http)
    {
        StoredJob job = await RequiredAsync(http);
        if (job.State != JobState.Done && !Query.Flag(http.Request, "partial"))
        {
            throw new ApiException(
                StatusCodes.Status409Conflict,
                $"The job is {JobJson.NameOf(job.State)}, and {job.Judged} of its {job.Rows} rows have results; ?partial=true gives those.",
                "not_done"
            );
        }

        http.Response.ContentType = RowBody.Lines;
        PipeWriter body = http.Response.BodyWriter;
        await foreach (byte[] result in jobs.ResultsAsync(job.Id))
        {
            body.Write(result);
            body.Write("\n"u8);
            if (body.UnflushedBytes > FlushBytes)
            {
                await body.FlushAsync(http.RequestAborted);
            }
        }

        await body.FlushAsync(http.RequestAborted);
    }

    private async Task ChangeAsync(HttpContext http, Func<string, Task<bool>> change, string verb, string states)
    {
        StoredJob job = await RequiredAsync(http);
        if (!await change(job.Id))
        {
            throw new ApiException(
                StatusCodes.Status409Conflict,
                $"The job is {JobJson.NameOf((await FindAsync(job.Id)).State)}; one can only {verb} what is {states}.",
                "wrong_state"
            );
        }

        await JobJson.WriteAsync(http, await FindAsync(job.Id));
    }

    private async Task RemoveAsync(HttpContext http)
    {
        StoredJob job = await RequiredAsync(http);
        if (!job.HasEnded)
        {
            throw new ApiException(
                StatusCodes.Status409Conflict,
                $"The job is {JobJson.NameOf(job.State)}; cancel it before removing it.",
                "wrong_state"
            );
        }

        await jobs.RemoveAsync(job.Id);
        http.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private Task<StoredJob> RequiredAsync(HttpContext http) => FindAsync(http.Request.RouteValues["id"] as string ?? "");

    private async Task<StoredJob> FindAsync(string id) =>
        await jobs.FindAsync(id) is { State: not JobState.Receiving } job
            ? job
            : throw new ApiException(
                StatusCodes.Status404NotFound,
                "There is no job of this id; jobs are removed a week after their end.",
                "unknown_job"
            );
}
