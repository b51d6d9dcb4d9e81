using ParquetSharp;

namespace RewardReasoning.Data.Rows;

/// <summary>A Parquet file that was opened: its columns and how many rows it has.</summary>
internal sealed class ParquetFile : IDisposable
{
    private readonly ParquetFileReader _reader;

    private ParquetFile(ParquetFileReader reader)
    {
        _reader = reader;
        using FileMetaData file = reader.FileMetaData;
        (Columns, Rows, Groups) = (FileColumn.AllOf(file.Schema), file.NumRows, file.NumRowGroups);
    }

    /// <summary>Its columns as they nest.</summary>
    public IReadOnlyList<FileColumn> Columns { get; }

    /// <summary>Rows in all.</summary>
    public long Rows { get; }

    /// <summary>Row groups.</summary>
    public int Groups { get; }

    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    public static ParquetFile Open(RowFile file)
    {
        try
        {
            // Columns are read piece by piece in place of whole row groups, so that memory does not grow with the file.
            ReaderProperties properties = ReaderProperties.GetDefaultReaderProperties();
            properties.EnableBufferedStream();
            return new ParquetFile(new ParquetFileReader(file.Content, properties, leaveOpen: true));
        }
        catch (Exception exception) when (exception is ParquetException or IOException or ArgumentException or NotSupportedException)
        {
            throw new InvalidDataException(
                $"'{file.Name}' begins as Parquet and is damaged or cut short: {Describe(exception)}",
                exception
            );
        }
    }

    /// <summary>What the native library says, without the name of its class.</summary>
    public static string Describe(Exception exception)
    {
        const string Start = "(message: '";
        int start = exception.Message.IndexOf(Start, StringComparison.Ordinal);
        return exception is ParquetException && start >= 0
            ? exception.Message[(start + Start.Length)..].TrimEnd(')', '\'')
            : exception.Message;
    }

    public RowGroupReader OpenGroup(int index) => _reader.RowGroup(index);

    public void Dispose() => _reader.Dispose();
}
