using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using RewardReasoning.Server.Http;
using RewardReasoning.Server.Scoring;
using RewardReasoning.Storage.Judgments;

namespace RewardReasoning.Server.Judgments;

/// <summary>
/// <c>/v1/judgments</c>: what the judge of this server decided, searched, looked at and labelled by people, whose agreement with it is
/// counted.
/// </summary>
internal sealed class JudgmentRoutes(IJudgmentLog log)
{
    private const int MostListed = 500;
    private const int Listed = 50;
    private const int FlushBytes = 1 << 16;

    /// <summary>Adds the routes.</summary>
    public static void Map(IEndpointRouteBuilder routes, IJudgmentLog log)
    {
        JudgmentRoutes judgments = new(log);
        routes.MapGet("/v1/judgments", judgments.ListAsync);
        routes.MapGet("/v1/judgments/agreement", judgments.AgreementAsync);
        routes.MapGet("/v1/judgments/labelled", judgments.ExportAsync);
        routes.MapGet("/v1/judgments/{id:long}", judgments.ShowAsync);
        routes.MapPut("/v1/judgments/{id:long}/label", judgments.LabelAsync);
    }

    /// <summary>The labelled pairs, as rows that training and calibration read.</summary>
    public static void WriteLabelled(Utf8JsonWriter json, RecordedJudgment judgment)
    {
        json.WriteStartObject();
        json.WriteString("query", judgment.Query);
        json.WriteString("chosen", judgment.Label == 1 ? judgment.Response1 : judgment.Response2);
        json.WriteString("rejected", judgment.Label == 1 ? judgment.Response2 : judgment.Response1);
        json.WriteEndObject();
    }

    private async Task ListAsync(HttpContext http)
    {
        HttpRequest request = http.Request;
        JudgmentFilter filter = new()
        {
            Text = Query.Text(request, "q"),
            Preferred = Query.Text(request, "preferred") switch
            {
                null => null,
                "1" => 1,
                "2" => 2,
                "none" => 0,
                _ => throw ApiException.BadField("preferred", "preferred is 1, 2 or none; leave it out for all."),
            },
            Labelled = Query.Text(request, "labelled") is null ? null : Query.Flag(request, "labelled"),
            UnsureFirst = Query.Text(request, "order") switch
            {
                null or "newest" => false,
                "unsure" => true,
                _ => throw ApiException.BadField("order", "order is newest or unsure."),
            },
            Skip = Query.Number(request, "skip", 0, long.MaxValue) ?? 0,
            Most = (int)(Query.Number(request, "limit", 1, MostListed) ?? Listed),
        };
        IReadOnlyList<RecordedJudgment> found = await log.ListAsync(filter);
        await JsonAnswer.WriteAsync(
            http,
            json =>
            {
                json.WriteStartObject();
                json.WriteBoolean("durable", log.IsDurable);
                json.WriteStartArray("judgments");
                foreach (RecordedJudgment judgment in found)
                {
                    json.WriteStartObject();
                    WriteSummary(json, judgment);
                    json.WriteEndObject();
                }

                json.WriteEndArray();
                json.WriteOptional("next_skip", found.Count < filter.Most ? null : filter.Skip + found.Count);
                json.WriteEndObject();
            }
        );
    }

    private async Task ShowAsync(HttpContext http)
    {
        RecordedJudgment judgment = await log.FindAsync(IdOf(http)) ?? throw Unknown();
        await JsonAnswer.WriteAsync(
            http,
            json =>
            {
                json.WriteStartObject();
                WriteSummary(json, judgment);
                json.WritePropertyName("judgment");
                json.WriteRawValue(judgment.Judgment.Value);
                json.WriteEndObject();
            }
        );
    }

    private async Task LabelAsync(HttpContext http)
    {
        JsonElement body = await JsonBody.ReadAsync(http);
        int? label =
            body.ValueKind == JsonValueKind.Object && body.TryGetProperty("label", out JsonElement value)
                ? value.ValueKind switch
                {
                    JsonValueKind.Null => null,
                    JsonValueKind.Number when value.TryGetInt32(out int number) && number is >= 0 and <= 2 => number,
                    _ => throw BadLabel(),
                }
                : throw BadLabel();
        if (!await log.LabelAsync(IdOf(http), label))
        {
            throw Unknown();
        }

        await AgreementAsync(http);

        static ApiException BadLabel() =>
            ApiException.BadField("label", "label is 1 or 2, the better response; 0 for neither; null takes the label back.");
    }

    private async Task AgreementAsync(HttpContext http)
    {
        Agreement agreement = Agreement.Of(await log.CountLabelsAsync());
        await JsonAnswer.WriteAsync(
            http,
            json =>
            {
                json.WriteStartObject();
                json.WriteNumber("labels", agreement.Labels);
                json.WriteNumber("agreed", agreement.Agreed);
                json.WriteNumber("undecided", agreement.Undecided);
                json.WriteOptional("kappa", agreement.Kappa);
                json.WriteOptional("low", agreement.Low);
                json.WriteOptional("high", agreement.High);
                json.WriteEndObject();
            }
        );
    }

    private async Task ExportAsync(HttpContext http)
    {
        http.Response.ContentType = RowBody.Lines;
        PipeWriter body = http.Response.BodyWriter;
        JudgmentFilter filter = new() { Labelled = true, Most = MostListed };
        IReadOnlyList<RecordedJudgment> found;
        do
        {
            found = await log.ListAsync(filter);
            foreach (RecordedJudgment judgment in found.Where(judgment => judgment.Label is 1 or 2))
            {
                JsonAnswer.Write(body, json => WriteLabelled(json, judgment));
                body.Write("\n"u8);
                if (body.UnflushedBytes > FlushBytes)
                {
                    await body.FlushAsync(http.RequestAborted);
                }
            }

            filter = filter with { Skip = filter.Skip + found.Count };
        } while (found.Count == MostListed);

        await body.FlushAsync(http.RequestAborted);
    }

    private static void WriteSummary(Utf8JsonWriter json, RecordedJudgment judgment)
    {
        json.WriteNumber("id", judgment.Id);
        json.WriteString("at", judgment.At);
        json.WriteString("query", judgment.Query);
        json.WriteString("response_1", judgment.Response1);
        json.WriteString("response_2", judgment.Response2);
        json.WriteOptional(
            "preferred",
            judgment.Preferred switch
            {
                Verdict.First => 1,
                Verdict.Second => 2,
                _ => (int?)null,
            }
        );
        json.WriteNumber("uncertainty", Math.Round(judgment.Uncertainty, 4));
        json.WriteOptional("label", judgment.Label);
    }

    private static long IdOf(HttpContext http) =>
        long.Parse(http.Request.RouteValues["id"] as string ?? "0", NumberStyles.None, CultureInfo.InvariantCulture);

    private static ApiException Unknown() =>
        new(StatusCodes.Status404NotFound, "There is no judgment of this id; old ones without a label are removed.", "unknown_judgment");
}
