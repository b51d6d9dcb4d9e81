using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Unicode;
using ParquetSharp;

namespace RewardReasoning.Data.Rows;

/// <summary>One column of values of a row group, read from its beginning: entries with their levels, some of which have a value.</summary>
internal abstract class ColumnCursor : IDisposable
{
    private const int BatchEntries = 1024;

    private readonly string _path;
    private readonly short[] _definitions = new short[BatchEntries];
    private readonly short[] _repetitions = new short[BatchEntries];
    private readonly bool _hasDefinitions;
    private readonly bool _hasRepetitions;
    private int _entry;
    private int _value;
    private int _entries;

    private ColumnCursor(string path, ColumnReader reader)
    {
        _path = path;
        ColumnDescriptor column = reader.ColumnDescriptor;
        (_hasDefinitions, _hasRepetitions) = (column.MaxDefinitionLevel > 0, column.MaxRepetitionLevel > 0);
    }

    /// <summary>Whether every entry was taken.</summary>
    public bool AtEnd => _entry >= _entries && !Fill();

    /// <summary>Definition level of the next entry.</summary>
    public int Definition =>
        AtEnd ? throw Ended()
        : _hasDefinitions ? _definitions[_entry]
        : 0;

    /// <summary>Repetition level of the next entry.</summary>
    public int Repetition =>
        AtEnd ? throw Ended()
        : _hasRepetitions ? _repetitions[_entry]
        : 0;

    public static ColumnCursor Of(FileValue column, string path, RowGroupReader group)
    {
        ColumnReader reader = group.Column(column.Index);
        ColumnType type = column.Type;
        return reader switch
        {
            ColumnReader<bool> flags => new Cursor<bool>(path, flags, Plain<bool>((json, value) => json.WriteBooleanValue(value))),
            ColumnReader<int> numbers => new Cursor<int>(path, numbers, Integers<int>(type, value => value, value => (uint)value)),
            ColumnReader<long> numbers => new Cursor<long>(path, numbers, Integers<long>(type, value => value, value => (ulong)value)),
            ColumnReader<Int96> times => new Cursor<Int96>(
                path,
                times,
                Plain<Int96>((json, value) => json.WriteStringValue(IsoTime.OfInt96(value.A, value.B, value.C)))
            ),
            ColumnReader<float> numbers => new Cursor<float>(path, numbers, Plain<float>(WriteFloat)),
            ColumnReader<double> numbers => new Cursor<double>(path, numbers, Plain<double>(WriteDouble)),
            ColumnReader<ByteArray> bytes => new Cursor<ByteArray>(
                path,
                bytes,
                Bytes<ByteArray>(type, value => (value.Pointer, value.Length))
            ),
            ColumnReader<FixedLenByteArray> bytes => new Cursor<FixedLenByteArray>(
                path,
                bytes,
                Bytes<FixedLenByteArray>(type, value => (value.Pointer, type.Length))
            ),
            _ => throw new NotSupportedException($"The column '{path}' is stored as {reader.Type}, which is not read."),
        };
    }

    /// <summary>Writes the value of the next entry, which has one, and takes it; what is wrong with the value, or null.</summary>
    public string? Write(Utf8JsonWriter json)
    {
        string? fault = Write(json, _value++);
        _entry++;
        if (fault is not null)
        {
            json.WriteNullValue();
        }

        return fault is null ? null : $"The column '{_path}' {fault}";
    }

    /// <summary>Takes the next entry, which has no value.</summary>
    public void Skip()
    {
        if (AtEnd)
        {
            throw Ended();
        }

        _entry++;
    }

    public abstract void Dispose();

    protected abstract string? Write(Utf8JsonWriter json, int index);

    protected abstract long Read(int entries, short[] definitions, short[] repetitions);

    private bool Fill()
    {
        (_entry, _value) = (0, 0);
        _entries = (int)Read(BatchEntries, _definitions, _repetitions);
        return _entries > 0;
    }

    private InvalidDataException Ended() => new($"The column '{_path}' has fewer values than the row group has rows.");

    private static Func<Utf8JsonWriter, T, string?> Plain<T>(Action<Utf8JsonWriter, T> write) =>
        (json, value) =>
        {
            write(json, value);
            return null;
        };

    private static Func<Utf8JsonWriter, T, string?> Integers<T>(ColumnType type, Func<T, long> signed, Func<T, ulong> unsigned) =>
        type.Meaning switch
        {
            Meaning.Date => Plain<T>((json, value) => json.WriteStringValue(IsoTime.OfDate(signed(value)))),
            Meaning.Time => Plain<T>((json, value) => json.WriteStringValue(IsoTime.OfTime(signed(value), type.Unit))),
            Meaning.Timestamp => Plain<T>(
                (json, value) => json.WriteStringValue(IsoTime.OfTimestamp(signed(value), type.Unit, type.IsUtc))
            ),
            Meaning.Decimal => Plain<T>((json, value) => WriteDecimal(json, signed(value), type.Scale)),
            _ when type.IsSigned => Plain<T>((json, value) => json.WriteNumberValue(signed(value))),
            _ => Plain<T>((json, value) => json.WriteNumberValue(unsigned(value))),
        };

    private static Func<Utf8JsonWriter, T, string?> Bytes<T>(ColumnType type, Func<T, (IntPtr Pointer, int Length)> locate)
    {
        Func<Utf8JsonWriter, byte[], int, string?> write = BytesWriter(type);
        byte[] buffer = [];
        return (json, value) =>
        {
            (IntPtr pointer, int length) = locate(value);
            if (buffer.Length < length)
            {
                buffer = new byte[Math.Max(length, 2 * buffer.Length)];
            }

            if (length > 0)
            {
                Marshal.Copy(pointer, buffer, 0, length);
            }

            return write(json, buffer, length);
        };
    }

    private static Func<Utf8JsonWriter, byte[], int, string?> BytesWriter(ColumnType type) =>
        type.Meaning switch
        {
            Meaning.Text => (json, bytes, length) => WriteText(json, bytes.AsSpan(0, length)),
            Meaning.Json => (json, bytes, length) => WriteJson(json, bytes.AsSpan(0, length)),
            Meaning.Decimal => (json, bytes, length) =>
            {
                WriteDecimal(json, new BigInteger(bytes.AsSpan(0, length), isBigEndian: true), type.Scale);
                return null;
            },
            Meaning.Uuid when type.Length == 16 => (json, bytes, _) =>
            {
                json.WriteStringValue(new Guid(bytes.AsSpan(0, 16), bigEndian: true));
                return null;
            },
            Meaning.Float when type.Length == 2 => (json, bytes, _) =>
            {
                WriteFloat(json, (float)BinaryPrimitives.ReadHalfLittleEndian(bytes));
                return null;
            },
            Meaning.Interval when type.Length == 12 => (json, bytes, _) =>
            {
                json.WriteStringValue(IsoTime.OfInterval(bytes.AsSpan(0, 12)));
                return null;
            },
            _ => (json, bytes, length) =>
            {
                json.WriteBase64StringValue(bytes.AsSpan(0, length));
                return null;
            },
        };

    private static string? WriteText(Utf8JsonWriter json, ReadOnlySpan<byte> text)
    {
        if (!Utf8.IsValid(text))
        {
            return "holds text that is not UTF-8; convert it first.";
        }

        json.WriteStringValue(text);
        return null;
    }

    /// <summary>
    /// A column of JSON holds values; what is not valid JSON, or nests too deep to be a value of a row, stays the text it is.
    /// </summary>
    private static string? WriteJson(Utf8JsonWriter json, ReadOnlySpan<byte> text)
    {
        const int MaxDepth = 48;
        if (!Utf8.IsValid(text))
        {
            return WriteText(json, text);
        }

        Utf8JsonReader reader = new(text, new JsonReaderOptions { MaxDepth = MaxDepth });
        try
        {
            while (reader.Read()) { }
        }
        catch (JsonException)
        {
            return WriteText(json, text);
        }

        json.WriteRawValue(text, skipInputValidation: true);
        return null;
    }

    private static void WriteDecimal(Utf8JsonWriter json, BigInteger unscaled, int scale) =>
        json.WriteRawValue(DecimalText.Of(unscaled, scale), skipInputValidation: true);

    private static void WriteFloat(Utf8JsonWriter json, float value)
    {
        if (float.IsFinite(value))
        {
            json.WriteNumberValue(value);
        }
        else
        {
            WriteDouble(json, value);
        }
    }

    private static void WriteDouble(Utf8JsonWriter json, double value)
    {
        if (double.IsFinite(value))
        {
            json.WriteNumberValue(value);
        }
        else
        {
            json.WriteStringValue(value.ToString(System.Globalization.CultureInfo.InvariantCulture));
        }
    }

    private sealed class Cursor<T>(string path, ColumnReader<T> reader, Func<Utf8JsonWriter, T, string?> write) : ColumnCursor(path, reader)
        where T : unmanaged
    {
        private readonly T[] _values = new T[BatchEntries];

        public override void Dispose() => reader.Dispose();

        protected override string? Write(Utf8JsonWriter json, int index) => write(json, _values[index]);

        protected override long Read(int entries, short[] definitions, short[] repetitions)
        {
            while (reader.HasNext)
            {
                long read = reader.ReadBatch(entries, definitions, repetitions, _values, out _);
                if (read > 0)
                {
                    return read;
                }
            }

            return 0;
        }
    }
}
