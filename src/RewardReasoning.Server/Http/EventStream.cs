using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace RewardReasoning.Server.Http;

/// <summary>
/// An answer of server-sent events, each one JSON object under the name of what happened. The first one decides the status.
/// </summary>
internal sealed class EventStream(HttpContext context)
{
    private readonly PipeWriter _body = context.Response.BodyWriter;

    /// <summary>Writes one event; flushing is the caller's.</summary>
    public void Write(string name, Action<Utf8JsonWriter> write)
    {
        if (!context.Response.HasStarted)
        {
            context.Response.ContentType = "text/event-stream";
            context.Response.Headers["X-Accel-Buffering"] = "no"; // proxies pass events on as they come
        }

        _body.Write(Encoding.UTF8.GetBytes($"event: {name}\ndata: "));
        JsonAnswer.Write(_body, write); // has no line breaks
        _body.Write("\n\n"u8);
    }

    /// <summary>Sends what was written.</summary>
    public async Task FlushAsync(CancellationToken cancellationToken) => await _body.FlushAsync(cancellationToken);

    /// <summary>
    /// Runs what writes the events. A failure before the first one is an error's status, a later one an event <c>error</c>.
    /// </summary>
    public async Task RunAsync(Func<EventStream, Task> write)
    {
        try
        {
            await write(this);
        }
        catch (Exception error) when (context.Response.HasStarted && !context.RequestAborted.IsCancellationRequested)
        {
            Write("error", json => JsonAnswer.WriteProblem(json, ApiException.Of(error), context.Request.Path));
            await FlushAsync(CancellationToken.None);
            throw;
        }
    }
}
