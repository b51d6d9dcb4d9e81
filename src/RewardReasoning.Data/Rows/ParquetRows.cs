using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using ParquetSharp;

namespace RewardReasoning.Data.Rows;

/// <summary>
/// The rows of a Parquet file, one after another. Nested columns become JSON as they nest; times and dates become ISO 8601 strings, bytes
/// base64, columns of JSON the values that they hold, and numbers that JSON does not have (NaN and infinities) strings.
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
        using ParquetFile parquet = ParquetFile.Open(file);
        long before = 0;
        ArrayBufferWriter<byte> json = new(1 << 12);
        for (int group = 0; group < parquet.Groups; group++)
        {
            // The native library reads without waiting for anybody; a large file still leaves the thread to others now and then.
            await Task.Yield();
            DataRow place = new()
            {
                File = file.Name,
                Number = before + 1,
                IsLine = false,
            };
            if (TryOpen(parquet, group) is not { } reader)
            {
                yield return place with
                {
                    Error = $"Row group {group + 1} of {parquet.Groups} is damaged; it is left out.",
                };
                continue;
            }

            using (reader)
            using (RowGroupRows rows = new(parquet.Columns, reader))
            {
                for (long i = 0; i < rows.Count; i++)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    place = place with { Number = before + i + 1 };
                    json.ResetWrittenCount();
                    (string? fault, bool isOfGroup) = TryWrite(rows, json);
                    if (isOfGroup)
                    {
                        yield return place with
                        {
                            Error =
                                $"Row group {group + 1} of {parquet.Groups} cannot be read from here on (rows {place.Number} to "
                                + $"{before + rows.Count}): {fault}",
                        };
                        break;
                    }

                    yield return fault is null ? JsonRow.Parse(json.WrittenMemory, place) : place with { Error = fault };
                }

                before += rows.Count;
            }
        }
    }

    private static RowGroupReader? TryOpen(ParquetFile file, int group)
    {
        try
        {
            return file.OpenGroup(group);
        }
        catch (ParquetException)
        {
            return null;
        }
    }

    private static (string? Fault, bool IsOfGroup) TryWrite(RowGroupRows rows, ArrayBufferWriter<byte> json)
    {
        try
        {
            using Utf8JsonWriter writer = new(json, Written);
            return (rows.WriteNext(writer), false);
        }
        catch (Exception exception)
            when (exception
                    is ParquetException
                        or InvalidDataException
                        or IOException
                        or ArgumentException
                        or InvalidOperationException
                        or OverflowException
                        or IndexOutOfRangeException
                        or NotSupportedException
            )
        {
            // A damaged file leads the native library into faults of many kinds.
            return (ParquetFile.Describe(exception), true);
        }
    }
}
