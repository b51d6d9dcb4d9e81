using System.Globalization;
using System.Text.Json;
using Parquet.Data;
using Parquet.Schema;

namespace RewardReasoning.Data.Columns;

/// <summary>
/// One column of a row group, read from its beginning: entries with the levels of Dremel's encoding (the repetition level says which list
/// goes on, the definition level how much of the path is there).
/// </summary>
internal abstract class ColumnValues(DataField field, RawColumnData levels) : IDisposable
{
    private readonly bool _hasDefinitions = field.MaxDefinitionLevel > 0;
    private readonly bool _hasRepetitions = field.MaxRepetitionLevel > 0;
    private int _entry;
    private int _value;

    /// <summary>Whether every entry was taken.</summary>
    public bool AtEnd => _entry >= Count;

    /// <summary>Definition level of the next entry.</summary>
    public int Definition => _hasDefinitions ? levels.DefinitionLevels[_entry] : 0;

    /// <summary>Repetition level of the next entry.</summary>
    public int Repetition => _hasRepetitions ? levels.RepetitionLevels[_entry] : 0;

    protected abstract int ValueCount { get; }

    private int Count => _hasDefinitions ? levels.DefinitionLevels.Length : ValueCount;

    public static ColumnValues Of(DataField field, RawColumnData data) =>
        data switch
        {
            RawColumnData<ReadOnlyMemory<char>> text => new Values<ReadOnlyMemory<char>>(
                field,
                text,
                (json, value) => json.WriteStringValue(value.Span)
            ),
            RawColumnData<ReadOnlyMemory<byte>> bytes => new Values<ReadOnlyMemory<byte>>(
                field,
                bytes,
                (json, value) => json.WriteBase64StringValue(value.Span)
            ),
            RawColumnData<bool> flags => new Values<bool>(field, flags, (json, value) => json.WriteBooleanValue(value)),
            RawColumnData<sbyte> numbers => new Values<sbyte>(field, numbers, (json, value) => json.WriteNumberValue(value)),
            RawColumnData<byte> numbers => new Values<byte>(field, numbers, (json, value) => json.WriteNumberValue(value)),
            RawColumnData<short> numbers => new Values<short>(field, numbers, (json, value) => json.WriteNumberValue(value)),
            RawColumnData<ushort> numbers => new Values<ushort>(field, numbers, (json, value) => json.WriteNumberValue(value)),
            RawColumnData<int> numbers => new Values<int>(field, numbers, (json, value) => json.WriteNumberValue(value)),
            RawColumnData<uint> numbers => new Values<uint>(field, numbers, (json, value) => json.WriteNumberValue(value)),
            RawColumnData<long> numbers => new Values<long>(field, numbers, (json, value) => json.WriteNumberValue(value)),
            RawColumnData<ulong> numbers => new Values<ulong>(field, numbers, (json, value) => json.WriteNumberValue(value)),
            RawColumnData<float> numbers => new Values<float>(field, numbers, WriteFloat),
            RawColumnData<double> numbers => new Values<double>(field, numbers, WriteDouble),
            RawColumnData<decimal> numbers => new Values<decimal>(field, numbers, (json, value) => json.WriteNumberValue(value)),
            RawColumnData<DateTime> times => new Values<DateTime>(field, times, (json, value) => json.WriteStringValue(value)),
            RawColumnData<DateOnly> days => new Values<DateOnly>(
                field,
                days,
                (json, value) => json.WriteStringValue(value.ToString("O", CultureInfo.InvariantCulture))
            ),
            RawColumnData<TimeOnly> times => new Values<TimeOnly>(
                field,
                times,
                (json, value) => json.WriteStringValue(value.ToString("O", CultureInfo.InvariantCulture))
            ),
            RawColumnData<TimeSpan> spans => new Values<TimeSpan>(
                field,
                spans,
                (json, value) => json.WriteStringValue(value.ToString("c", CultureInfo.InvariantCulture))
            ),
            RawColumnData<Guid> ids => new Values<Guid>(field, ids, (json, value) => json.WriteStringValue(value)),
            _ => throw new NotSupportedException($"The column '{field.Path}' holds {field.ClrType.Name}, which is not read."),
        };

    /// <summary>Writes the value of the next entry, which has one, and takes it.</summary>
    public void Write(Utf8JsonWriter json)
    {
        Write(json, _value++);
        _entry++;
    }

    /// <summary>Takes the next entry, which has no value.</summary>
    public void Skip() => _entry++;

    public abstract void Dispose();

    protected abstract void Write(Utf8JsonWriter json, int index);

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
            json.WriteStringValue(value.ToString(CultureInfo.InvariantCulture));
        }
    }

    private sealed class Values<T>(DataField field, RawColumnData<T> data, Action<Utf8JsonWriter, T> write) : ColumnValues(field, data)
        where T : struct
    {
        protected override int ValueCount => data.Values.Length;

        public override void Dispose() => data.Dispose();

        protected override void Write(Utf8JsonWriter json, int index) => write(json, data.Values[index]);
    }
}
