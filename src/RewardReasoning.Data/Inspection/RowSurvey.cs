using RewardReasoning.Data.Recognition;
using RewardReasoning.Data.Rows;

namespace RewardReasoning.Data.Inspection;

/// <summary>
/// What files hold, found in one pass before they are read: for progress, and for the columns of a Parquet file made of them.
/// </summary>
/// <param name="Rows">Rows, unreadable ones included.</param>
/// <param name="Kinds">What they are; of Parquet files the first row of each speaks for all, which have the same columns.</param>
/// <param name="Columns">Their fields as columns: of Parquet files of one schema the very types, else what the values show.</param>
internal sealed record RowSurvey(long Rows, IReadOnlySet<RowKind> Kinds, RowColumns Columns)
{
    /// <summary>Surveys files, at most <paramref name="limit"/> rows of them.</summary>
    /// <exception cref="NotSupportedException">A file holds something else than rows.</exception>
    /// <exception cref="InvalidDataException">A file is damaged from its start.</exception>
    public static async Task<RowSurvey> OfAsync(
        IReadOnlyList<string> paths,
        long? limit = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(paths);
        return await OfParquetAsync(paths, limit, cancellationToken).ConfigureAwait(false)
            ?? await OfRowsAsync(RowReader.ReadAsync(paths, cancellationToken).Take((int)Math.Min(limit ?? int.MaxValue, int.MaxValue)))
                .ConfigureAwait(false);
    }

    /// <summary>How many rows files have: of JSON lines only the line ends are looked for, of Parquet only the end of the file.</summary>
    public static async Task<long> CountAsync(IReadOnlyList<string> paths, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(paths);
        long rows = 0;
        foreach (string path in paths)
        {
            RowFile file = await RowFile.OpenAsync(path, cancellationToken).ConfigureAwait(false);
            await using (file.ConfigureAwait(false))
            {
                rows += file.Format switch
                {
                    RowFormat.Parquet => CountParquet(file),
                    RowFormat.JsonLines => await RowReader.CountLinesAsync(file, cancellationToken).ConfigureAwait(false),
                    _ => await RowReader.ReadAsync(file, cancellationToken).LongCountAsync(cancellationToken).ConfigureAwait(false),
                };
            }
        }

        return rows;
    }

    private static async Task<RowSurvey?> OfParquetAsync(IReadOnlyList<string> paths, long? limit, CancellationToken cancellationToken)
    {
        long rows = 0;
        HashSet<RowKind> kinds = [];
        string? shape = null;
        RowColumns columns = RowColumns.None;
        foreach (string path in paths)
        {
            RowFile file = await RowFile.OpenAsync(path, cancellationToken).ConfigureAwait(false);
            await using (file.ConfigureAwait(false))
            {
                if (file.Format != RowFormat.Parquet)
                {
                    return null;
                }

                using ParquetFile parquet = ParquetFile.Open(file);
                columns = RowColumns.Of(parquet.Columns);
                if (shape is not null && shape != columns.Shape)
                {
                    return null;
                }

                shape = columns.Shape;
                rows += parquet.Rows;
            }

            DataRow? first = await RowReader
                .ReadAsync(path, cancellationToken)
                .FirstOrDefaultAsync(cancellationToken)
                .ConfigureAwait(false);
            kinds.Add(first is null ? RowKind.Unknown : RowRecognizer.Recognize(first).Kind);
        }

        return new RowSurvey(Math.Min(rows, limit ?? long.MaxValue), kinds, columns);
    }

    private static async Task<RowSurvey> OfRowsAsync(IAsyncEnumerable<DataRow> rows)
    {
        long count = 0;
        bool anyUnreadable = false;
        HashSet<RowKind> kinds = [];
        JsonType.Members members = [];
        string numbers = "line";
        await foreach (DataRow row in rows.ConfigureAwait(false))
        {
            count++;
            if (row.Fields is { } fields)
            {
                kinds.Add(RowRecognizer.Recognize(row).Kind);
                members.Add(fields);
            }
            else
            {
                anyUnreadable = true;
                numbers = row.IsLine ? "line" : "row";
            }
        }

        RowColumns columns = RowColumns.Of(members);
        return new RowSurvey(count, kinds, anyUnreadable && !columns.Names.Contains(numbers) ? columns.WithInteger(numbers) : columns);
    }

    private static long CountParquet(RowFile file)
    {
        using ParquetFile parquet = ParquetFile.Open(file);
        return parquet.Rows;
    }
}
