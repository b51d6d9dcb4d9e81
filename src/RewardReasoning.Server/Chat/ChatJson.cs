using System.Buffers;
using System.IO.Pipelines;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;

namespace RewardReasoning.Server.Chat;

/// <summary>How answers are written as JSON.</summary>
internal static class ChatJson
{
    private static readonly JsonWriterOptions Writing = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The fields that are read and written; text is escaped no more than JSON needs.</summary>
    public static ChatWireJson Wire { get; } =
        new(new JsonSerializerOptions(ChatWireJson.Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    public static async Task WriteAsync<T>(HttpResponse response, int status, T value, JsonTypeInfo<T> type)
    {
        response.StatusCode = status;
        response.ContentType = "application/json";
        Write(response.BodyWriter, value, type);
        await response.BodyWriter.FlushAsync(response.HttpContext.RequestAborted);
    }

    /// <summary>Writes a server-sent event; flushing is the caller's.</summary>
    public static void WriteEvent<T>(PipeWriter body, T value, JsonTypeInfo<T> type)
    {
        body.Write("data: "u8);
        Write(body, value, type);
        body.Write("\n\n"u8);
    }

    private static void Write<T>(PipeWriter body, T value, JsonTypeInfo<T> type)
    {
        using Utf8JsonWriter writer = new(body, Writing);
        JsonSerializer.Serialize(writer, value, type);
    }
}
