using System.Buffers;
using System.Text.Json;
using ParquetSharp;
using ParquetSharp.Schema;

namespace RewardReasoning.Data.Rows;

/// <summary>Writes rows as Parquet, one row group in memory at a time, compressed by Zstandard.</summary>
internal sealed class ParquetRowWriter : RowWriter
{
    private const int MaxGroupRows = 50_000;
    private const long MaxGroupBytes = 32 << 20;
    private const int ZstandardLevel = 1;

    private readonly ArrayBufferWriter<byte> _json = new(1 << 12);
    private readonly Stream _stream;
    private readonly ParquetFileWriter _writer;
    private readonly RowGroupBuffer _group;
    private long _groupBytes;

    /// <summary>Begins a file on a stream, which is closed with this.</summary>
    public ParquetRowWriter(Stream stream, RowColumns columns)
    {
        _stream = stream;
        _group = new RowGroupBuffer(columns);
        using WriterPropertiesBuilder builder = new();
        using WriterProperties properties = builder.Compression(Compression.Zstd).CompressionLevel(ZstandardLevel).Build();
        using GroupNode schema = columns.ToSchema();
        _writer = new ParquetFileWriter(stream, schema, properties, leaveOpen: true);
    }

    /// <exception cref="InvalidDataException">The row does not fit the columns; it is not written.</exception>
    public override Task WriteAsync(Action<Utf8JsonWriter> write, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(write);
        _json.ResetWrittenCount();
        using (Utf8JsonWriter writer = new(_json, Written))
        {
            write(writer);
        }

        using (JsonDocument row = JsonDocument.Parse(_json.WrittenMemory))
        {
            _group.Add(row.RootElement);
        }

        _groupBytes += _json.WrittenCount;
        if (_group.Rows >= MaxGroupRows || _groupBytes >= MaxGroupBytes)
        {
            WriteGroup();
        }

        return Task.CompletedTask;
    }

    /// <summary>Does nothing: rows are written in groups.</summary>
    public override Task FlushAsync() => Task.CompletedTask;

    public override async ValueTask DisposeAsync()
    {
        if (_group.Rows > 0)
        {
            WriteGroup();
        }

        _writer.Close();
        _writer.Dispose();
        await _stream.DisposeAsync().ConfigureAwait(false);
    }

    private void WriteGroup()
    {
        _group.WriteTo(_writer);
        _groupBytes = 0;
    }
}
