using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Text.Json;
using ParquetSharp;

namespace RewardReasoning.Data.Rows;

/// <summary>
/// One column of values of a row group that is being written: its values and their levels (see <see cref="FileColumn"/>).
/// </summary>
internal abstract class ColumnBuffer(string path, ColumnType type, int definition)
{
    private readonly List<short> _definitions = [];
    private readonly List<short> _repetitions = [];
    private int _entriesBefore;

    /// <param name="path">The column's place, for messages.</param>
    /// <param name="type">Its type.</param>
    /// <param name="definition">The level at which it has a value.</param>
    public static ColumnBuffer Of(string path, ColumnType type, int definition) =>
        type.Physical switch
        {
            PhysicalType.Boolean => new Values<bool>(path, type, definition, value => value.GetBoolean()),
            PhysicalType.Int32 => new Values<int>(path, type, definition, Int32(type)),
            PhysicalType.Int64 => new Values<long>(path, type, definition, Int64(type)),
            PhysicalType.Float => new Values<float>(path, type, definition, Single),
            PhysicalType.Double => new Values<double>(path, type, definition, Double),
            PhysicalType.ByteArray => new Bytes<ByteArray>(path, type, definition, (pointer, length) => new ByteArray(pointer, length)),
            PhysicalType.FixedLenByteArray => new Bytes<FixedLenByteArray>(
                path,
                type,
                definition,
                (pointer, _) => new FixedLenByteArray(pointer)
            ),
            _ => throw new NotSupportedException($"The column '{path}' is stored as {type.Physical}, which is not written."),
        };

    /// <summary>Adds a value.</summary>
    /// <exception cref="InvalidDataException">It is not of the column's type.</exception>
    public void Add(JsonElement value, int repetition)
    {
        try
        {
            AddValue(value);
        }
        catch (Exception exception) when (exception is FormatException or InvalidOperationException or OverflowException)
        {
            string shown = value.GetRawText() is { Length: > 40 } raw ? $"{raw[..40]}…" : value.GetRawText();
            throw new InvalidDataException($"The column '{path}' holds {Describe(type)}, and here is {shown}.", exception);
        }

        AddAbsent(definition, repetition);
    }

    /// <summary>Adds an entry without a value.</summary>
    public void AddAbsent(int definition, int repetition)
    {
        _definitions.Add((short)definition);
        _repetitions.Add((short)repetition);
    }

    /// <summary>Marks the beginning of a row, to which <see cref="TakeBack"/> returns.</summary>
    public virtual void BeginRow() => _entriesBefore = _definitions.Count;

    /// <summary>Forgets what was added since the beginning of the row.</summary>
    public virtual void TakeBack()
    {
        _definitions.RemoveRange(_entriesBefore, _definitions.Count - _entriesBefore);
        _repetitions.RemoveRange(_entriesBefore, _repetitions.Count - _entriesBefore);
    }

    /// <summary>Writes what was added as a column of the group, and forgets it.</summary>
    public void WriteTo(ColumnWriter column)
    {
        WriteTo(column, CollectionsMarshal.AsSpan(_definitions), CollectionsMarshal.AsSpan(_repetitions));
        _definitions.Clear();
        _repetitions.Clear();
    }

    protected abstract void AddValue(JsonElement value);

    protected abstract void WriteTo(ColumnWriter column, ReadOnlySpan<short> definitions, ReadOnlySpan<short> repetitions);

    private static string Describe(ColumnType type) =>
        type.Meaning switch
        {
            Meaning.Boolean => "truth values",
            Meaning.Integer => FormattableString.Invariant($"integers of {type.Bits} bits"),
            Meaning.Float or Meaning.Decimal => "numbers",
            Meaning.Date => "dates",
            Meaning.Time => "times of day",
            Meaning.Timestamp => "timestamps",
            Meaning.Uuid => "UUIDs",
            Meaning.Bytes => "bytes (base64)",
            _ => "texts",
        };

    private static Func<JsonElement, int> Int32(ColumnType type) =>
        type.Meaning switch
        {
            Meaning.Date => value => IsoTime.ParseDate(Text(value)),
            Meaning.Time => value => checked((int)IsoTime.ParseTime(Text(value), type.Unit)),
            Meaning.Decimal => value => (int)DecimalText.Parse(value.GetRawText(), type.Scale),
            _ when type.IsSigned => value => value.GetInt32(),
            _ => value => unchecked((int)value.GetUInt32()),
        };

    private static Func<JsonElement, long> Int64(ColumnType type) =>
        type.Meaning switch
        {
            Meaning.Time => value => IsoTime.ParseTime(Text(value), type.Unit),
            Meaning.Timestamp => value => IsoTime.ParseTimestamp(Text(value), type.Unit),
            Meaning.Decimal => value => (long)DecimalText.Parse(value.GetRawText(), type.Scale),
            _ when type.IsSigned => value => value.GetInt64(),
            _ => value => unchecked((long)value.GetUInt64()),
        };

    private static float Single(JsonElement value) => value.ValueKind == JsonValueKind.String ? (float)Named(value) : value.GetSingle();

    private static double Double(JsonElement value) => value.ValueKind == JsonValueKind.String ? Named(value) : value.GetDouble();

    private static double Named(JsonElement value) => double.Parse(value.GetString() ?? "", CultureInfo.InvariantCulture);

    private static string Text(JsonElement value) =>
        value.ValueKind == JsonValueKind.String ? JsonRow.TextOrEscapes(value) : value.GetRawText();

    private static byte[] BytesOf(ColumnType type, JsonElement value)
    {
        switch (type.Meaning)
        {
            case Meaning.Json:
                return System.Text.Encoding.UTF8.GetBytes(value.GetRawText());
            case Meaning.Text:
                return System.Text.Encoding.UTF8.GetBytes(Text(value));
            case Meaning.Uuid when type.Length == 16:
                return value.GetGuid().ToByteArray(bigEndian: true);
            case Meaning.Decimal:
                return DecimalBytes(DecimalText.Parse(value.GetRawText(), type.Scale), type.Length);
            case Meaning.Float when type.Length == 2:
                byte[] half = new byte[2];
                BinaryPrimitives.WriteHalfLittleEndian(half, (Half)Single(value));
                return half;
            default:
                byte[] bytes = value.GetBytesFromBase64();
                return type.Length < 0 || bytes.Length == type.Length
                    ? bytes
                    : throw new FormatException($"Here are {bytes.Length} bytes in place of {type.Length}.");
        }
    }

    /// <summary>Two's complement, the highest byte first, of a fixed length if there is one.</summary>
    private static byte[] DecimalBytes(BigInteger unscaled, int length)
    {
        byte[] shortest = unscaled.ToByteArray(isBigEndian: true);
        if (length < 0 || shortest.Length == length)
        {
            return shortest;
        }

        if (shortest.Length > length)
        {
            throw new OverflowException("The number has more digits than the column.");
        }

        byte[] bytes = new byte[length];
        bytes.AsSpan(0, length - shortest.Length).Fill(unscaled.Sign < 0 ? (byte)0xFF : (byte)0);
        shortest.CopyTo(bytes, length - shortest.Length);
        return bytes;
    }

    private static void Write<T>(
        ColumnWriter column,
        ReadOnlySpan<short> definitions,
        ReadOnlySpan<short> repetitions,
        ReadOnlySpan<T> values
    )
        where T : unmanaged => ((ColumnWriter<T>)column).WriteBatch(definitions.Length, definitions, repetitions, values);

    /// <summary>Values of a fixed size.</summary>
    private sealed class Values<T>(string path, ColumnType type, int definition, Func<JsonElement, T> convert)
        : ColumnBuffer(path, type, definition)
        where T : unmanaged
    {
        private readonly List<T> _values = [];
        private int _valuesBefore;

        public override void BeginRow()
        {
            base.BeginRow();
            _valuesBefore = _values.Count;
        }

        public override void TakeBack()
        {
            base.TakeBack();
            _values.RemoveRange(_valuesBefore, _values.Count - _valuesBefore);
        }

        protected override void AddValue(JsonElement value) => _values.Add(convert(value));

        protected override void WriteTo(ColumnWriter column, ReadOnlySpan<short> definitions, ReadOnlySpan<short> repetitions)
        {
            Write<T>(column, definitions, repetitions, CollectionsMarshal.AsSpan(_values));
            _values.Clear();
        }
    }

    /// <summary>Values of any number of bytes, which are one after another in one array.</summary>
    private sealed class Bytes<T>(string path, ColumnType type, int definition, Func<IntPtr, int, T> locate)
        : ColumnBuffer(path, type, definition)
        where T : unmanaged
    {
        private readonly ColumnType _type = type;
        private readonly List<int> _lengths = [];
        private byte[] _bytes = GC.AllocateUninitializedArray<byte>(1 << 12, pinned: true);
        private int _used;
        private int _valuesBefore;
        private int _usedBefore;

        public override void BeginRow()
        {
            base.BeginRow();
            (_valuesBefore, _usedBefore) = (_lengths.Count, _used);
        }

        public override void TakeBack()
        {
            base.TakeBack();
            _lengths.RemoveRange(_valuesBefore, _lengths.Count - _valuesBefore);
            _used = _usedBefore;
        }

        protected override void AddValue(JsonElement value)
        {
            byte[] bytes = BytesOf(_type, value);
            if (_bytes.Length - _used < bytes.Length)
            {
                byte[] larger = GC.AllocateUninitializedArray<byte>(Math.Max(_used + bytes.Length, 2 * _bytes.Length), pinned: true);
                _bytes.AsSpan(0, _used).CopyTo(larger);
                _bytes = larger;
            }

            bytes.CopyTo(_bytes, _used);
            _used += bytes.Length;
            _lengths.Add(bytes.Length);
        }

        protected override void WriteTo(ColumnWriter column, ReadOnlySpan<short> definitions, ReadOnlySpan<short> repetitions)
        {
            T[] values = new T[_lengths.Count];
            int at = 0;
            for (int i = 0; i < values.Length; i++)
            {
                values[i] = locate(Marshal.UnsafeAddrOfPinnedArrayElement(_bytes, at), _lengths[i]);
                at += _lengths[i];
            }

            Write<T>(column, definitions, repetitions, values);
            GC.KeepAlive(_bytes);
            _lengths.Clear();
            _used = 0;
        }
    }
}
