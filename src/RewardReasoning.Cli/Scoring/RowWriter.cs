using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace RewardReasoning.Cli.Scoring;

/// <summary>Writes rows as JSON lines and hands them to the system at least every second, so that a killed run leaves what it had done.</summary>
internal sealed class RowWriter(Stream stream, bool leaveOpen, TimeProvider time) : IAsyncDisposable
{
    private static readonly TimeSpan FlushInterval = TimeSpan.FromSeconds(1);
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly ArrayBufferWriter<byte> _line = new(1 << 12);
    private long _flushed = time.GetTimestamp();

    public async Task WriteAsync(Action<Utf8JsonWriter> write, CancellationToken cancellationToken)
    {
        _line.ResetWrittenCount();
        using (Utf8JsonWriter writer = new(_line, Options))
        {
            write(writer);
        }

        _line.Write("\n"u8);
        await stream.WriteAsync(_line.WrittenMemory, cancellationToken);
        if (time.GetElapsedTime(_flushed) >= FlushInterval)
        {
            await stream.FlushAsync(cancellationToken);
            _flushed = time.GetTimestamp();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await stream.FlushAsync();
        if (!leaveOpen)
        {
            await stream.DisposeAsync();
        }
    }
}
