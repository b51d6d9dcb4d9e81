using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace RewardReasoning.Server.Http;

/// <summary>
/// Answers in JSON. Characters with a meaning in HTML are escaped, so that a response that holds a script stays a text wherever it is
/// shown.
/// </summary>
internal static class JsonAnswer
{
    /// <summary>The media type of errors (RFC 9457).</summary>
    public const string ProblemType = "application/problem+json";

    private const string CodePrefix = "urn:reward-reasoning:problem:";

    /// <summary>Writes a whole answer.</summary>
    public static async Task WriteAsync(
        HttpContext context,
        Action<Utf8JsonWriter> write,
        int status = StatusCodes.Status200OK,
        string mediaType = "application/json"
    )
    {
        Scratch scratch = Scratch.Take();
        try
        {
            write(scratch.Json);
            scratch.Json.Flush();
            context.Response.StatusCode = status;
            context.Response.ContentType = mediaType;
            context.Response.ContentLength = scratch.Written.Length;
            context.Response.BodyWriter.Write(scratch.Written);
        }
        finally
        {
            scratch.GiveBack();
        }

        await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
    }

    /// <summary>Writes an error as problem details.</summary>
    public static Task WriteProblemAsync(HttpContext context, ApiException error) =>
        WriteAsync(context, json => WriteProblem(json, error, context.Request.Path), error.Status, ProblemType);

    /// <summary>An error as the object of RFC 9457: its <c>type</c> ends with the word in <c>code</c>.</summary>
    public static void WriteProblem(Utf8JsonWriter json, ApiException error, string? instance)
    {
        json.WriteStartObject();
        json.WriteString("type", error.Code is null ? "about:blank" : CodePrefix + error.Code);
        json.WriteString("title", error.Title);
        json.WriteNumber("status", error.Status);
        json.WriteString("detail", error.Message);
        if (instance is not null)
        {
            json.WriteString("instance", instance);
        }

        json.WriteString("code", error.Code);
        if (error.Parameter is not null)
        {
            json.WriteString("field", error.Parameter);
        }

        if (error.RetryAfter is { } wait)
        {
            json.WriteNumber("retry_after_s", wait.TotalSeconds);
        }

        json.WriteEndObject();
    }

    /// <summary>Sets the headers that go with an error.</summary>
    public static void SetHeaders(HttpResponse response, ApiException error)
    {
        if (error.RetryAfter is { } wait)
        {
            response.Headers.RetryAfter = Math.Ceiling(wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        }

        if (error.Status == StatusCodes.Status401Unauthorized)
        {
            response.Headers.WWWAuthenticate = "Bearer";
        }
    }

    /// <summary>Writes JSON without flushing it.</summary>
    public static void Write(PipeWriter body, Action<Utf8JsonWriter> write)
    {
        using Utf8JsonWriter json = new(body);
        write(json);
    }

    /// <summary>A buffer and its writer, which stay with their thread from answer to answer.</summary>
    private sealed class Scratch
    {
        private const int MostKeptBytes = 256 << 10;

        [ThreadStatic]
        private static Scratch? _ofThread;

        private readonly ArrayBufferWriter<byte> _buffer = new();

        private Scratch() => Json = new(_buffer);

        public Utf8JsonWriter Json { get; }

        public ReadOnlySpan<byte> Written => _buffer.WrittenSpan;

        public static Scratch Take()
        {
            Scratch taken = _ofThread ?? new();
            _ofThread = null; // what writes the answer may write another one
            return taken;
        }

        public void GiveBack()
        {
            if (_buffer.Capacity <= MostKeptBytes)
            {
                _buffer.ResetWrittenCount();
                Json.Reset();
                _ofThread = this;
            }
        }
    }
}
