using System.Buffers;
using System.Text.Json;

namespace RewardReasoning.Data.Rows;

/// <summary>
/// Writes rows as JSON lines and hands them to the system at least every second, so that a killed run leaves what it had done.
/// </summary>
/// <param name="stream">Where the lines go.</param>
/// <param name="leaveOpen">Whether the stream stays open.</param>
/// <param name="packs">Whether the stream compresses, which each flush makes worse: then a second passes between two.</param>
/// <param name="time">The clock.</param>
internal sealed class JsonLinesWriter(Stream stream, bool leaveOpen, bool packs, TimeProvider time) : RowWriter
{
    private static readonly TimeSpan FlushInterval = TimeSpan.FromSeconds(1);

    private readonly ArrayBufferWriter<byte> _line = new(1 << 12);
    private long _flushed = time.GetTimestamp();

    public override async Task WriteAsync(Action<Utf8JsonWriter> write, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(write);
        _line.ResetWrittenCount();
        using (Utf8JsonWriter writer = new(_line, Written))
        {
            write(writer);
        }

        _line.Write("\n"u8);

        // A line is written whole or not at all: a cancelled write would leave half of it.
        await stream.WriteAsync(_line.WrittenMemory, CancellationToken.None).ConfigureAwait(false);
        await FlushAsync(FlushInterval).ConfigureAwait(false);
    }

    public override Task FlushAsync() => FlushAsync(packs ? FlushInterval : TimeSpan.Zero);

    public override async ValueTask DisposeAsync()
    {
        await stream.FlushAsync().ConfigureAwait(false);
        if (!leaveOpen)
        {
            await stream.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async Task FlushAsync(TimeSpan interval)
    {
        if (time.GetElapsedTime(_flushed) >= interval)
        {
            await stream.FlushAsync(CancellationToken.None).ConfigureAwait(false);
            _flushed = time.GetTimestamp();
        }
    }
}
