using RewardReasoning.Data.Rows;

namespace RewardReasoning.Data.Export.Trl;

/// <summary>Labelled pairs as a file that TRL reads; its ending says whether as JSON lines or Parquet.</summary>
/// <param name="format">The shape of the rows.</param>
/// <param name="time">Clock for writing files.</param>
internal sealed class TrlExport(TrlRows format, TimeProvider time)
{
    /// <summary>Writes the file.</summary>
    /// <param name="rows">Labelled or judged pairs.</param>
    /// <param name="path">Where; a file of that name is replaced once all is well.</param>
    /// <param name="leftOut">Told of each row that cannot be used, and why.</param>
    /// <param name="cancellationToken">Ends the export.</param>
    /// <exception cref="NotSupportedException">The ending is that of a format that is not written.</exception>
    public async Task<ExportReport> WriteAsync(
        IAsyncEnumerable<DataRow> rows,
        string path,
        Action<DataRow, string> leftOut,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentNullException.ThrowIfNull(leftOut);
        long read = 0,
            written = 0;
        RowFileWriter writer = await RowFileWriter.CreateAsync(path, format.Columns(), time, cancellationToken).ConfigureAwait(false);
        await using (writer.ConfigureAwait(false))
        {
            await foreach (DataRow row in rows.WithCancellation(cancellationToken).ConfigureAwait(false))
            {
                read++;
                (ExportPair? labelled, string? fault) = ExportPair.Of(row);
                TrlPair? pair = labelled is null ? null : new(labelled.Query, labelled.Chosen, labelled.Rejected, labelled.Margin);
                if (pair is null || (fault = format.FaultOf(pair)) is not null)
                {
                    leftOut(row, fault ?? "");
                    continue;
                }

                await writer.WriteAsync(json => format.Write(json, pair), cancellationToken).ConfigureAwait(false);
                written++;
            }

            writer.Complete();
        }

        return new(read, written, 0, read - written);
    }
}
