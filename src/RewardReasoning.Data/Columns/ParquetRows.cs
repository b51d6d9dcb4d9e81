using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using Parquet;
using RewardReasoning.Data.Rows;

namespace RewardReasoning.Data.Columns;

/// <summary>
/// The rows of a Parquet file, one row group in memory at a time. Nested columns become JSON as they nest; times and dates become ISO 8601
/// strings, bytes base64, and numbers that JSON has not (NaN and infinities) strings.
/// </summary>
internal static class ParquetRows
{
    private static readonly JsonWriterOptions Written = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
    };

    public static async IAsyncEnumerable<DataRow> ReadAsync(RowFile file, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ParquetReader reader = await OpenAsync(file, cancellationToken).ConfigureAwait(false);
        await using (reader.ConfigureAwait(false))
        {
            long before = 0;
            ArrayBufferWriter<byte> json = new(1 << 12);
            for (int group = 0; group < reader.RowGroupCount; group++)
            {
                using ParquetRowGroupReader groupReader = reader.OpenRowGroupReader(group);
                (RowGroupRows? rows, string? fault) = await LoadAsync(reader, groupReader, cancellationToken).ConfigureAwait(false);
                using (rows)
                {
                    for (long i = 0; i < groupReader.RowCount && fault is null; i++)
                    {
                        cancellationToken.ThrowIfCancellationRequested();
                        DataRow place = new()
                        {
                            File = file.Name,
                            Number = before + i + 1,
                            IsLine = false,
                        };
                        json.ResetWrittenCount();
                        fault = rows is null ? null : TryWrite(rows, json);
                        if (fault is null)
                        {
                            yield return JsonRow.Parse(json.WrittenMemory, place);
                        }
                        else
                        {
                            yield return place with
                            {
                                Error = $"The rest of row group {group + 1} is damaged: {fault}",
                            };
                        }
                    }
                }

                if (rows is null && groupReader.RowCount > 0)
                {
                    yield return new DataRow
                    {
                        File = file.Name,
                        Number = before + 1,
                        IsLine = false,
                        Error =
                            $"Row group {group + 1} of {reader.RowGroupCount} (rows {before + 1} to {before + groupReader.RowCount}) cannot be read: {fault}",
                    };
                }

                before += groupReader.RowCount;
            }
        }
    }

    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    public static async Task<ParquetReader> OpenAsync(RowFile file, CancellationToken cancellationToken)
    {
        try
        {
            return await ParquetReader
                .CreateAsync(file.Content, new ParquetOptions(), leaveStreamOpen: true, cancellationToken)
                .ConfigureAwait(false);
        }
        catch (Exception exception) when (IsDamage(exception, cancellationToken))
        {
            throw new InvalidDataException($"'{file.Name}' begins as Parquet and is damaged or cut short: {exception.Message}", exception);
        }
    }

    private static async Task<(RowGroupRows? Rows, string? Fault)> LoadAsync(
        ParquetReader reader,
        ParquetRowGroupReader group,
        CancellationToken cancellationToken
    )
    {
        try
        {
            return (await RowGroupRows.ReadAsync(reader.Schema, group, cancellationToken).ConfigureAwait(false), null);
        }
        catch (Exception exception) when (IsDamage(exception, cancellationToken))
        {
            return (null, exception.Message);
        }
    }

    private static string? TryWrite(RowGroupRows rows, ArrayBufferWriter<byte> json)
    {
        try
        {
            using Utf8JsonWriter writer = new(json, Written);
            rows.WriteNext(writer);
            return null;
        }
        catch (Exception exception) when (exception is IndexOutOfRangeException or ArgumentException or InvalidOperationException)
        {
            return exception.Message;
        }
    }

    /// <summary>A damaged file leads the library into faults of every kind; all but a cancelled read are the file's.</summary>
    private static bool IsDamage(Exception exception, CancellationToken cancellationToken) =>
        exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested;
}
