using RewardReasoning.Data.Rows;

namespace RewardReasoning.Data.Export.Verl;

/// <summary>One of the Parquet files, its rows numbered from 0.</summary>
internal sealed class VerlFile : IAsyncDisposable
{
    private readonly RowFileWriter _writer;
    private readonly VerlRows _format;
    private readonly string _split;

    private VerlFile(RowFileWriter writer, VerlRows format, string split)
    {
        _writer = writer;
        _format = format;
        _split = split;
    }

    public long Rows { get; private set; }

    public static async Task<VerlFile> CreateAsync(
        string folder,
        string split,
        VerlRows format,
        TimeProvider time,
        CancellationToken cancellationToken
    ) =>
        new(
            await RowFileWriter
                .CreateAsync(Path.Combine(folder, $"{split}.parquet"), VerlRows.Columns, time, cancellationToken)
                .ConfigureAwait(false),
            format,
            split
        );

    public async Task WriteAsync(VerlPair pair, ShownOrder order, CancellationToken cancellationToken)
    {
        await _writer.WriteAsync(json => _format.Write(json, pair, order, _split, Rows), cancellationToken).ConfigureAwait(false);
        Rows++;
    }

    public void Complete() => _writer.Complete();

    public ValueTask DisposeAsync() => _writer.DisposeAsync();
}
