using RewardReasoning.Data.Rows;

namespace RewardReasoning.Data.Export.Verl;

/// <summary>One of the Parquet files, its rows numbered from 0.</summary>
internal sealed class VerlFile : IAsyncDisposable
{
    private readonly string _path;
    private readonly RowFileWriter _writer;
    private readonly VerlRows _format;
    private readonly string _split;
    private bool _complete;

    private VerlFile(string path, RowFileWriter writer, VerlRows format, string split)
    {
        _path = path;
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
    )
    {
        string path = Path.Combine(folder, $"{split}.parquet");
        return new(
            path,
            await RowFileWriter.CreateAsync(path, VerlRows.Columns, time, cancellationToken).ConfigureAwait(false),
            format,
            split
        );
    }

    public async Task WriteAsync(VerlPair pair, ShownOrder order, CancellationToken cancellationToken)
    {
        await _writer.WriteAsync(json => _format.Write(json, pair, order, _split, Rows), cancellationToken).ConfigureAwait(false);
        Rows++;
    }

    /// <summary>All rows have come.</summary>
    public void Complete()
    {
        _writer.Complete();
        _complete = true;
    }

    /// <summary>Gives the file its name. A complete file without rows is removed: verl's readers refuse an empty one.</summary>
    public async ValueTask DisposeAsync()
    {
        await _writer.DisposeAsync().ConfigureAwait(false);
        if (_complete && Rows == 0)
        {
            File.Delete(_path);
        }
    }
}
