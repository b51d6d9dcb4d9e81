using Parquet.Schema;

namespace RewardReasoning.Data.Columns;

/// <summary>The columns of a Parquet file to be written: names and types, every value optional.</summary>
public sealed class RowColumns
{
    private const string ListElement = "element";
    private readonly IReadOnlyList<Field> _fields;

    private RowColumns(IReadOnlyList<Field> fields)
    {
        _fields = fields;
        Names = [.. fields.Select(column => column.Name)];
    }

    /// <summary>No columns.</summary>
    public static RowColumns None { get; } = new([]);

    /// <summary>Their names, in order.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>The columns of a file that was read, of the same types.</summary>
    internal static RowColumns Of(ParquetSchema schema) => new([.. schema.Fields.Select(Optional)]);

    /// <summary>Columns of the types that were found in rows.</summary>
    internal static RowColumns Of(JsonType.Members members) => new([.. members.Select(member => member.Value.ToField(member.Key))]);

    /// <summary>These columns without the named ones.</summary>
    public RowColumns Without(params IEnumerable<string> names) => new([.. _fields.Where(field => !names.Contains(field.Name))]);

    /// <summary>These and a column of texts; what is no text is written as JSON.</summary>
    public RowColumns WithText(string name) => With(new DataField<string>(name, true));

    /// <summary>These and a column of 64-bit integers.</summary>
    public RowColumns WithInteger(string name) => With(new DataField<long>(name, true));

    /// <summary>These and a column of 64-bit floating point numbers.</summary>
    public RowColumns WithNumber(string name) => With(new DataField<double>(name, true));

    /// <summary>These and a column of 32-bit integers.</summary>
    public RowColumns WithShortInteger(string name) => With(new DataField<int>(name, true));

    /// <summary>These and a column of truth values.</summary>
    public RowColumns WithTruth(string name) => With(new DataField<bool>(name, true));

    /// <summary>These and a column of objects with these fields.</summary>
    public RowColumns WithGroup(string name, RowColumns fields) => With(new StructField(name, [.. fields._fields]));

    /// <summary>These and a column of lists of numbers.</summary>
    public RowColumns WithNumbers(string name) => With(new ListField(name, new DataField<double>(ListElement, true)));

    /// <summary>These and a column of lists of messages: <c>role</c> and <c>content</c>.</summary>
    public RowColumns WithMessages(string name) =>
        With(
            new ListField(name, new StructField(ListElement, new DataField<string>("role", true), new DataField<string>("content", true)))
        );

    /// <summary>A schema of these columns; a schema owns its fields, so each is a new one.</summary>
    internal ParquetSchema ToSchema() => new(_fields.Select(Optional));

    private RowColumns With(Field field) => new([.. _fields.Where(other => other.Name != field.Name), field]);

    private static Field Optional(Field field) =>
        field switch
        {
            ListField list => new ListField(list.Name, Optional(list.Item)),
            StructField of => new StructField(of.Name, [.. of.Fields.Select(Optional)]),
            MapField map => new ListField(map.Name, new StructField(ListElement, Optional(map.Key), Optional(map.Value))),
            DateTimeDataField time => new DateTimeDataField(
                time.Name,
                time.DateTimeFormat,
                time.IsAdjustedToUTC,
                time.Unit,
                true,
                null,
                null
            ),
            TimeDataField time => new TimeDataField(time.Name, time.Precision, true, null, null),
            DecimalDataField number => new DecimalDataField(
                number.Name,
                number.Precision,
                number.Scale,
                number.ForceByteArrayEncoding,
                true,
                null,
                null
            ),
            DataField { IsArray: true } repeated => new ListField(
                repeated.Name,
                new DataField(ListElement, TypeOf(repeated), true, null, null)
            ),
            DataField data => new DataField(data.Name, TypeOf(data), true, null, null),
            _ => throw new NotSupportedException($"The column '{field.Path}' is a {field.SchemaType}, which is not written."),
        };

    private static Type TypeOf(DataField field) =>
        field.ClrType == typeof(ReadOnlyMemory<char>) ? typeof(string)
        : field.ClrType == typeof(ReadOnlyMemory<byte>) ? typeof(byte[])
        : field.ClrType;
}
