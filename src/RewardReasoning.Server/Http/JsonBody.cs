using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;
using System.Text.Unicode;
using Microsoft.AspNetCore.Http;

namespace RewardReasoning.Server.Http;

/// <summary>The body of a request that is one JSON value.</summary>
internal static class JsonBody
{
    private static readonly JsonDocumentOptions Reading = new() { AllowDuplicateProperties = false };

    /// <summary>Reads it whole; the server's limit on bodies bounds the memory.</summary>
    /// <exception cref="ApiException">It is not declared as JSON, or is not JSON.</exception>
    /// <exception cref="JsonException">It is not JSON, or deeper than 64 levels.</exception>
    public static async Task<JsonElement> ReadAsync(HttpContext context)
    {
        RequireJson(context);
        PipeReader body = context.Request.BodyReader;
        while (true)
        {
            ReadResult read = await body.ReadAsync(context.RequestAborted);
            if (read.IsCompleted)
            {
                try
                {
                    return Parse(read.Buffer);
                }
                finally
                {
                    body.AdvanceTo(read.Buffer.End);
                }
            }

            body.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    /// <exception cref="ApiException">The body is not declared as JSON, which pages of other sites cannot do unasked.</exception>
    public static void RequireJson(HttpContext context)
    {
        if (!context.Request.HasJsonContentType())
        {
            throw new ApiException(
                StatusCodes.Status415UnsupportedMediaType,
                "The body is JSON; say so with the header \"Content-Type: application/json\"."
            );
        }
    }

    private static JsonElement Parse(ReadOnlySequence<byte> body)
    {
        ReadOnlySpan<byte> bytes = body.IsSingleSegment ? body.FirstSpan : body.ToArray();
        return Utf8.IsValid(bytes)
            ? JsonElement.Parse(bytes, Reading)
            : throw new ApiException(StatusCodes.Status400BadRequest, "The body is not UTF-8 text.", "invalid_json");
    }
}
