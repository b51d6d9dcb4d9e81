using System.Text.Encodings.Web;
using System.Text.Json;

namespace RewardReasoning.Data.Rows;

/// <summary>Writes rows to a file, one after another; disposing it ends the file.</summary>
internal abstract class RowWriter : IAsyncDisposable
{
    /// <summary>How JSON is written: as few escapes as JSON allows, for rows are data and no web page.</summary>
    private protected static readonly JsonWriterOptions Written = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private protected RowWriter() { }

    /// <summary>Writes JSON lines to a stream that stays open.</summary>
    public static RowWriter ToStream(Stream stream, TimeProvider time) => new JsonLinesWriter(stream, leaveOpen: true, packs: false, time);

    /// <summary>Writes one row: <paramref name="write"/> writes it as a JSON object.</summary>
    public abstract Task WriteAsync(Action<Utf8JsonWriter> write, CancellationToken cancellationToken);

    /// <summary>Hands on what was written, where that costs little: a reader may wait for it.</summary>
    public abstract Task FlushAsync();

    /// <inheritdoc/>
    public abstract ValueTask DisposeAsync();
}
