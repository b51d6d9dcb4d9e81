using System.Buffers;
using System.IO.Compression;
using System.Text.Json;
using Parquet;
using Parquet.Schema;
using RewardReasoning.Data.Rows;

namespace RewardReasoning.Data.Columns;

/// <summary>Writes rows as Parquet, one row group in memory at a time, packed by Zstandard.</summary>
internal sealed class ParquetRowWriter : RowWriter
{
    private const int MaxGroupRows = 50_000;
    private const long MaxGroupBytes = 32 << 20;

    // The library's own default level takes a hundred times as long for the same size.
    private static readonly ParquetOptions Options = new()
    {
        CompressionMethod = CompressionMethod.Zstd,
        CompressionLevel = CompressionLevel.Fastest,
    };

    private readonly ArrayBufferWriter<byte> _json = new(1 << 12);
    private readonly Stream _stream;
    private readonly ParquetWriter _writer;
    private readonly RowGroupBuffer _group;
    private long _groupBytes;

    private ParquetRowWriter(Stream stream, ParquetWriter writer, RowGroupBuffer group)
    {
        _stream = stream;
        _writer = writer;
        _group = group;
    }

    public static async Task<ParquetRowWriter> CreateAsync(Stream stream, RowColumns columns, CancellationToken cancellationToken)
    {
        ParquetSchema schema = columns.ToSchema();
        ParquetWriter writer = await ParquetWriter
            .CreateAsync(schema, stream, Options, cancellationToken: cancellationToken)
            .ConfigureAwait(false);
        return new ParquetRowWriter(stream, writer, new RowGroupBuffer(schema));
    }

    /// <exception cref="InvalidDataException">The row does not fit the columns; it is not written.</exception>
    public override async Task WriteAsync(Action<Utf8JsonWriter> write, CancellationToken cancellationToken)
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
            await WriteGroupAsync().ConfigureAwait(false);
        }
    }

    public override async ValueTask DisposeAsync()
    {
        if (_group.Rows > 0)
        {
            await WriteGroupAsync().ConfigureAwait(false);
        }

        await _writer.DisposeAsync().ConfigureAwait(false);
        await _stream.DisposeAsync().ConfigureAwait(false);
    }

    private async Task WriteGroupAsync()
    {
        await _group.WriteToAsync(_writer).ConfigureAwait(false);
        _groupBytes = 0;
    }
}
