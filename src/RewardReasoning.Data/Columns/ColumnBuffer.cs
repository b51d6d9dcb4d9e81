using System.Globalization;
using System.Text.Json;
using Parquet;
using Parquet.Schema;

namespace RewardReasoning.Data.Columns;

/// <summary>One column of a row group that is being written: its values and their levels (see <see cref="ColumnValues"/>).</summary>
internal abstract class ColumnBuffer(DataField column)
{
    private readonly List<int> _definitions = [];
    private readonly List<int> _repetitions = [];
    private int _entriesBefore;

    protected DataField Column => column;

    public static ColumnBuffer Of(DataField field) =>
        Type.GetTypeCode(field.ClrType) switch
        {
            TypeCode.Boolean => new Buffer<bool>(field, value => value.GetBoolean()),
            TypeCode.SByte => new Buffer<sbyte>(field, value => value.GetSByte()),
            TypeCode.Byte => new Buffer<byte>(field, value => value.GetByte()),
            TypeCode.Int16 => new Buffer<short>(field, value => value.GetInt16()),
            TypeCode.UInt16 => new Buffer<ushort>(field, value => value.GetUInt16()),
            TypeCode.Int32 => new Buffer<int>(field, value => value.GetInt32()),
            TypeCode.UInt32 => new Buffer<uint>(field, value => value.GetUInt32()),
            TypeCode.Int64 => new Buffer<long>(field, value => value.GetInt64()),
            TypeCode.UInt64 => new Buffer<ulong>(field, value => value.GetUInt64()),
            TypeCode.Single => new Buffer<float>(
                field,
                value => value.ValueKind == JsonValueKind.String ? (float)Named(value) : value.GetSingle()
            ),
            TypeCode.Double => new Buffer<double>(
                field,
                value => value.ValueKind == JsonValueKind.String ? Named(value) : value.GetDouble()
            ),
            TypeCode.Decimal => new Buffer<decimal>(field, value => value.GetDecimal()),
            TypeCode.DateTime => new Buffer<DateTime>(field, value => value.GetDateTime()),
            _ when field.ClrType == typeof(ReadOnlyMemory<char>) => new Buffer<ReadOnlyMemory<char>>(
                field,
                value => Text(value).AsMemory()
            ),
            _ when field.ClrType == typeof(ReadOnlyMemory<byte>) => new Buffer<ReadOnlyMemory<byte>>(
                field,
                value => value.GetBytesFromBase64()
            ),
            _ when field.ClrType == typeof(DateOnly) => new Buffer<DateOnly>(
                field,
                value => DateOnly.Parse(Text(value), CultureInfo.InvariantCulture)
            ),
            _ when field.ClrType == typeof(TimeOnly) => new Buffer<TimeOnly>(
                field,
                value => TimeOnly.Parse(Text(value), CultureInfo.InvariantCulture)
            ),
            _ when field.ClrType == typeof(TimeSpan) => new Buffer<TimeSpan>(
                field,
                value => TimeSpan.Parse(Text(value), CultureInfo.InvariantCulture)
            ),
            _ when field.ClrType == typeof(Guid) => new Buffer<Guid>(field, value => value.GetGuid()),
            _ => throw new NotSupportedException($"The column '{field.Path}' holds {field.ClrType.Name}, which is not written."),
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
            throw new InvalidDataException($"The column '{column.Path}' holds {column.ClrType.Name}, and here is {shown}.", exception);
        }

        AddAbsent(column.MaxDefinitionLevel, repetition);
    }

    /// <summary>Adds an entry without a value.</summary>
    public void AddAbsent(int definition, int repetition)
    {
        _definitions.Add(definition);
        _repetitions.Add(repetition);
    }

    /// <summary>Marks the beginning of a row, to which <see cref="TakeBack"/> returns.</summary>
    public virtual void BeginRow() => _entriesBefore = _definitions.Count;

    /// <summary>Forgets what was added since the beginning of the row.</summary>
    public virtual void TakeBack()
    {
        _definitions.RemoveRange(_entriesBefore, _definitions.Count - _entriesBefore);
        _repetitions.RemoveRange(_entriesBefore, _repetitions.Count - _entriesBefore);
    }

    /// <summary>Writes what was added as the next column of the group, and forgets it.</summary>
    public async Task WriteToAsync(ParquetRowGroupWriter group)
    {
        await WriteToAsync(
                group,
                column.MaxDefinitionLevel > 0 ? _definitions.ToArray() : null,
                column.MaxRepetitionLevel > 0 ? _repetitions.ToArray() : null
            )
            .ConfigureAwait(false);
        _definitions.Clear();
        _repetitions.Clear();
    }

    protected abstract void AddValue(JsonElement value);

    protected abstract Task WriteToAsync(ParquetRowGroupWriter group, int[]? definitions, int[]? repetitions);

    private static double Named(JsonElement value) => double.Parse(value.GetString() ?? "", CultureInfo.InvariantCulture);

    private static string Text(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.String)
        {
            return value.GetRawText();
        }

        try
        {
            return value.GetString() ?? "";
        }
        catch (InvalidOperationException)
        {
            // Half a surrogate pair is no text; its escape is.
            return value.GetRawText()[1..^1];
        }
    }

    private sealed class Buffer<T>(DataField column, Func<JsonElement, T> convert) : ColumnBuffer(column)
        where T : struct
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

        protected override async Task WriteToAsync(ParquetRowGroupWriter group, int[]? definitions, int[]? repetitions)
        {
            await group
                .WriteAllPartsAsync<T>(
                    Column,
                    _values.ToArray(),
                    definitions is null ? null : (ReadOnlyMemory<int>?)definitions,
                    repetitions is null ? null : (ReadOnlyMemory<int>?)repetitions,
                    CancellationToken.None
                )
                .ConfigureAwait(false);
            _values.Clear();
        }
    }
}
