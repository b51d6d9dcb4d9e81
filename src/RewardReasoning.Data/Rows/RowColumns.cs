using ParquetSharp;
using ParquetSharp.Schema;

namespace RewardReasoning.Data.Rows;

/// <summary>The columns of a Parquet file to be written: names and types, every value optional.</summary>
internal sealed class RowColumns
{
    private RowColumns(IReadOnlyList<RowColumn> fields)
    {
        Fields = fields;
        Names = [.. fields.Select(column => column.Name)];
    }

    /// <summary>No columns.</summary>
    public static RowColumns None { get; } = new([]);

    /// <summary>Their names, in order.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>The columns as they nest.</summary>
    internal IReadOnlyList<RowColumn> Fields { get; }

    /// <summary>Names and types of all that nests here, as text: equal for files of the same columns.</summary>
    internal string Shape => string.Join(';', Fields.Select(ShapeOf));

    /// <summary>These columns without the named ones.</summary>
    public RowColumns Without(params IEnumerable<string> names) => new([.. Fields.Where(field => !names.Contains(field.Name))]);

    /// <summary>These and a column of texts; other values are written as JSON.</summary>
    public RowColumns WithText(string name) => With(new RowValue(name, ColumnType.Text));

    /// <summary>These and a column of 64-bit integers.</summary>
    public RowColumns WithInteger(string name) => With(new RowValue(name, ColumnType.Int64));

    /// <summary>These and a column of 64-bit floating point numbers.</summary>
    public RowColumns WithNumber(string name) => With(new RowValue(name, ColumnType.Double));

    /// <summary>These and a column of 32-bit integers.</summary>
    public RowColumns WithShortInteger(string name) => With(new RowValue(name, ColumnType.Int32));

    /// <summary>These and a column of truth values.</summary>
    public RowColumns WithTruth(string name) => With(new RowValue(name, ColumnType.Boolean));

    /// <summary>These and a column of objects with these fields.</summary>
    public RowColumns WithGroup(string name, RowColumns fields)
    {
        ArgumentNullException.ThrowIfNull(fields);
        return With(new RowGroup(name, fields.Fields));
    }

    /// <summary>These and a column of lists of numbers.</summary>
    public RowColumns WithNumbers(string name) => With(new RowList(name, new RowValue(RowList.Element, ColumnType.Double)));

    /// <summary>These and a column of lists of messages: <c>role</c> and <c>content</c>.</summary>
    public RowColumns WithMessages(string name) =>
        With(
            new RowList(
                name,
                new RowGroup(RowList.Element, [new RowValue("role", ColumnType.Text), new RowValue("content", ColumnType.Text)])
            )
        );

    /// <summary>The columns of a file that was read, of the same types.</summary>
    internal static RowColumns Of(IEnumerable<FileColumn> columns) => new([.. columns.Select(column => column.ToRowColumn(column.Name))]);

    /// <summary>Columns of the types that were found in rows.</summary>
    internal static RowColumns Of(JsonType.Members members) => new([.. members.Select(member => member.Value.ToColumn(member.Key))]);

    /// <summary>A schema of these columns.</summary>
    internal GroupNode ToSchema() => new("schema", Repetition.Required, [.. Fields.Select(field => field.ToNode())]);

    private static string ShapeOf(RowColumn column) =>
        column switch
        {
            RowGroup group => $"{group.Name}:({string.Join(';', group.Fields.Select(ShapeOf))})",
            RowList list => $"{list.Name}:[{ShapeOf(list.Item)}]",
            _ => column.ToString(),
        };

    private RowColumns With(RowColumn field) => new([.. Fields.Where(other => other.Name != field.Name), field]);
}
