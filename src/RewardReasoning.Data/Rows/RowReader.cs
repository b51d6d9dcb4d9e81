using System.Buffers;
using System.Runtime.CompilerServices;

namespace RewardReasoning.Data.Rows;

/// <summary>
/// The rows of files as streams: JSON lines, JSON lists, Parquet, and tables of text, compressed by gzip or Zstandard or not. Memory holds
/// one row (of Parquet one row group), however long a file is. A fault of a row is reported by the row; the rows beside it are read.
/// </summary>
public static class RowReader
{
    private static readonly SearchValues<byte> Blanks = SearchValues.Create(" \t\r\n"u8);

    /// <summary>The rows of files, one file after another.</summary>
    /// <exception cref="NotSupportedException">A file holds something else than rows.</exception>
    /// <exception cref="InvalidDataException">A file is damaged from its start.</exception>
    public static async IAsyncEnumerable<DataRow> ReadAsync(
        IEnumerable<string> paths,
        [EnumeratorCancellation] CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(paths);
        foreach (string path in paths)
        {
            await foreach (DataRow row in ReadAsync(path, cancellationToken).ConfigureAwait(false))
            {
                yield return row;
            }
        }
    }

    /// <summary>The rows of a file.</summary>
    /// <exception cref="NotSupportedException">It holds something else than rows.</exception>
    /// <exception cref="InvalidDataException">It is damaged from its start.</exception>
    public static async IAsyncEnumerable<DataRow> ReadAsync(
        string path,
        [EnumeratorCancellation] CancellationToken cancellationToken = default
    )
    {
        FieldMap? map = FieldMap.Beside(path);
        RowFile file = await RowFile.OpenAsync(path, cancellationToken).ConfigureAwait(false);
        await using (file.ConfigureAwait(false))
        {
            await foreach (DataRow row in ReadAsync(file, cancellationToken).ConfigureAwait(false))
            {
                yield return map is null ? row : row with { Map = map };
            }
        }
    }

    /// <summary>The rows of a stream, which is closed at their end; <paramref name="name"/> names it in errors.</summary>
    /// <exception cref="NotSupportedException">It holds something else than rows.</exception>
    public static async IAsyncEnumerable<DataRow> ReadAsync(
        Stream stream,
        string name,
        [EnumeratorCancellation] CancellationToken cancellationToken = default
    )
    {
        RowFile file = await RowFile.OpenAsync(stream, name, cancellationToken).ConfigureAwait(false);
        await using (file.ConfigureAwait(false))
        {
            await foreach (DataRow row in ReadAsync(file, cancellationToken).ConfigureAwait(false))
            {
                yield return row;
            }
        }
    }

    /// <summary>The rows of a file that was opened; it is read once.</summary>
    internal static IAsyncEnumerable<DataRow> ReadAsync(RowFile file, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(file);
        return file.Format switch
        {
            RowFormat.Parquet => ParquetRows.ReadAsync(file, cancellationToken),
            RowFormat.JsonList => ReadListAsync(file, cancellationToken),
            RowFormat.JsonObjects => JsonObjects.ReadAsync(file, cancellationToken),
            RowFormat.CommaSeparated or RowFormat.TabSeparated => CsvRows.ReadAsync(file, cancellationToken),
            _ => ReadLinesAsync(file, cancellationToken),
        };
    }

    /// <summary>How many rows a file of JSON lines has: lines that are not blank.</summary>
    internal static async Task<long> CountLinesAsync(RowFile file, CancellationToken cancellationToken)
    {
        long rows = 0;
        await foreach (Line line in JsonLines.ReadAsync(file.Content, cancellationToken).ConfigureAwait(false))
        {
            rows += line.Error is not null || line.Bytes.Span.ContainsAnyExcept(Blanks) ? 1 : 0;
        }

        return rows;
    }

    private static async IAsyncEnumerable<DataRow> ReadLinesAsync(
        RowFile file,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        await foreach (Line line in JsonLines.ReadAsync(file.Content, cancellationToken).ConfigureAwait(false))
        {
            DataRow place = new()
            {
                File = file.Name,
                Number = line.Number,
                Error = line.Error,
            };
            if (line.Error is not null)
            {
                yield return place;
            }
            else if (line.Bytes.Span.ContainsAnyExcept(Blanks))
            {
                yield return JsonRow.Parse(line.Bytes, place);
            }
        }
    }

    private static async IAsyncEnumerable<DataRow> ReadListAsync(RowFile file, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (ListItem item in JsonList.ReadAsync(file.Content, cancellationToken).ConfigureAwait(false))
        {
            DataRow place = new()
            {
                File = file.Name,
                Number = item.Number,
                IsLine = false,
                Error = item.Error,
            };
            yield return item.Error is null ? JsonRow.Parse(item.Bytes, place) : place;
        }
    }
}
