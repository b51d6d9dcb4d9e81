using System.Text.Json;
using Microsoft.AspNetCore.Http;
using RewardReasoning.Server.Http;
using RewardReasoning.Storage.Jobs;

namespace RewardReasoning.Server.Jobs;

/// <summary>A job as clients see it.</summary>
internal static class JobJson
{
    /// <summary>The state as clients know it, such as <c>running</c>.</summary>
    public static string NameOf(JobState state) => JsonNamingPolicy.SnakeCaseLower.ConvertName(state.ToString());

    /// <summary>Answers with a job.</summary>
    public static Task WriteAsync(HttpContext http, StoredJob job, int status = StatusCodes.Status200OK) =>
        JsonAnswer.WriteAsync(http, json => Write(json, job), status);

    /// <summary>Writes a job as an object.</summary>
    public static void Write(Utf8JsonWriter json, StoredJob job)
    {
        json.WriteStartObject();
        json.WriteString("id", job.Id);
        json.WriteString("state", NameOf(job.State));
        json.WriteNumber("rows", job.Rows);
        json.WriteNumber("judged", job.Judged);
        json.WriteNumber("missing", job.Missing);
        json.WriteBoolean("reasoning", job.WithReasoning);
        json.WriteString("created", job.Created);
        if (job.Ended is { } ended)
        {
            json.WriteString("ended", ended);
        }
        else
        {
            json.WriteNull("ended");
        }

        json.WriteString("problem", job.Problem);
        json.WriteEndObject();
    }
}
