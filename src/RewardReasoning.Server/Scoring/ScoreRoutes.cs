using System.Buffers;
using System.IO.Pipelines;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using RewardReasoning.Data.Rows;
using RewardReasoning.Evaluation.Running;
using RewardReasoning.Evaluation.Scoring;
using RewardReasoning.Rankings;
using RewardReasoning.Server.Http;

namespace RewardReasoning.Server.Scoring;

/// <summary>
/// <c>POST /v1/score</c>: rows in, the same rows with their judgments or rankings out, as <c>rrm score</c> writes them, in the same order
/// and while they come, in memory that does not grow with their number. A run that ends early never looks complete: its last line is the
/// problem, and the connection is broken off.
/// </summary>
internal sealed class ScoreRoutes(JudgingContext context)
{
    private const int FlushBytes = 1 << 16;
    private static readonly JsonWriterOptions Writing = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Adds the route.</summary>
    public static void Map(IEndpointRouteBuilder routes, JudgingContext context) =>
        routes.MapPost("/v1/score", new ScoreRoutes(context).ScoreAsync);

    /// <summary>A judge of the rows of one run.</summary>
    public static RowJudge JudgeOf(JudgingContext context) =>
        new(context.Decides, new Ranker(context.Decides, context.Ranking, context.Time));

    /// <summary>Writes a judged row as <c>rrm score</c> does.</summary>
    public static void Write(IBufferWriter<byte> body, JudgedRow judged, bool withReasoning)
    {
        using Utf8JsonWriter json = new(body, Writing);
        ScoredRowWriter.Write(json, judged, withReasoning, columns: null);
    }

    private async Task ScoreAsync(HttpContext http)
    {
        using IDisposable place = context.Enter(http);
        RowBody rows = RowBody.Of(http);
        bool withReasoning = Query.Flag(http.Request, "reasoning");
        RowJudge judge = JudgeOf(context);
        PipeWriter body = http.Response.BodyWriter;
        long written = 0;
        try
        {
            await foreach (
                (int at, JudgedRow judged) in OrderedWindow.SelectAsync(
                    rows.ReadAsync(http.RequestAborted).Index(),
                    context.Judge.Concurrency,
                    JudgeAsync,
                    FlushAsync,
                    http.RequestAborted
                )
            )
            {
                if (at == written) // what ended behind a row that failed is not the next row
                {
                    await WriteAsync(judged);
                }
            }

            Begin();
            body.Write(rows.IsList ? "]\n"u8 : ""u8);
            await body.FlushAsync(http.RequestAborted);
        }
        catch (Exception error) when (written > 0 && !http.RequestAborted.IsCancellationRequested)
        {
            if (!rows.IsList)
            {
                WriteProblem(error);
                await body.FlushAsync(CancellationToken.None);
            }

            throw new BrokenAnswerException(error);
        }

        void Begin()
        {
            if (written == 0)
            {
                http.Response.ContentType = rows.IsList ? "application/json" : RowBody.Lines;
                body.Write(rows.IsList ? "["u8 : ""u8);
            }
        }

        async Task<(int, JudgedRow)> JudgeAsync((int At, DataRow Row) one, CancellationToken stop) =>
            (one.At, await judge.JudgeAsync(one.Row, stop));

        async Task FlushAsync() => await body.FlushAsync(http.RequestAborted);

        async Task WriteAsync(JudgedRow judged)
        {
            Begin();
            body.Write(rows.IsList && written > 0 ? ","u8 : ""u8);
            written++;
            Write(body, judged, withReasoning);
            body.Write("\n"u8);
            if (body.UnflushedBytes > FlushBytes)
            {
                await FlushAsync();
            }
        }

        void WriteProblem(Exception error)
        {
            using Utf8JsonWriter json = new(body);
            json.WriteStartObject();
            json.WritePropertyName("problem");
            JsonAnswer.WriteProblem(json, ApiException.Of(error), http.Request.Path);
            json.WriteEndObject();
            json.Flush();
            body.Write("\n"u8);
        }
    }
}
