using System.Text.Json;
using Parquet;
using Parquet.Schema;
using RewardReasoning.Data.Rows;

namespace RewardReasoning.Data.Columns;

/// <summary>Rows taken apart into the columns of the next row group.</summary>
internal sealed class RowGroupBuffer
{
    private readonly Dictionary<string, Node> _fields;
    private readonly ColumnBuffer[] _columns;

    public RowGroupBuffer(ParquetSchema schema)
    {
        Dictionary<DataField, ColumnBuffer> columns = schema.DataFields.ToDictionary(field => field, ColumnBuffer.Of);
        _columns = [.. schema.DataFields.Select(field => columns[field])];
        _fields = schema.Fields.ToDictionary(field => field.Name, field => Node.Of(field, columns), StringComparer.Ordinal);
    }

    /// <summary>Rows so far.</summary>
    public int Rows { get; private set; }

    /// <summary>Adds a row, wholly or, where it does not fit the columns, not at all.</summary>
    /// <exception cref="InvalidDataException">It has a field that is no column, or a value of another type.</exception>
    public void Add(JsonElement row)
    {
        foreach (ColumnBuffer column in _columns)
        {
            column.BeginRow();
        }

        try
        {
            Dictionary<string, JsonElement> values = new(StringComparer.Ordinal);
            foreach (JsonProperty field in row.EnumerateObject())
            {
                values[field.Name] = _fields.ContainsKey(field.Name)
                    ? field.Value
                    : throw new InvalidDataException(
                        $"The row has a field '{field.Name}', which is no column of the file; a Parquet file has the same columns throughout."
                    );
            }

            foreach ((string name, Node node) in _fields)
            {
                node.Add(values.TryGetValue(name, out JsonElement value) ? value : default, 0, 0);
            }

            Rows++;
        }
        catch
        {
            foreach (ColumnBuffer column in _columns)
            {
                column.TakeBack();
            }

            throw;
        }
    }

    /// <summary>Writes the rows as one group and begins the next.</summary>
    public async Task WriteToAsync(ParquetWriter writer)
    {
        using ParquetRowGroupWriter group = writer.CreateRowGroup();
        foreach (ColumnBuffer column in _columns)
        {
            await column.WriteToAsync(group).ConfigureAwait(false);
        }

        group.CompleteValidate();
        Rows = 0;
    }

    /// <summary>A field of the schema over the columns of its leaves; values come with the level that is defined around them.</summary>
    private abstract class Node(Field schema, ColumnBuffer[] leaves)
    {
        public string Name => schema.Name;

        protected ColumnBuffer[] Leaves => leaves;

        protected int Definition => schema.MaxDefinitionLevel;

        protected int Repetition => schema.MaxRepetitionLevel;

        public static Node Of(Field field, Dictionary<DataField, ColumnBuffer> columns) =>
            field switch
            {
                ListField list => new ListNode(list, Of(list.Item, columns)),
                StructField of => new StructNode(of, [.. of.Fields.Select(child => Of(child, columns))]),
                DataField data => new ValueNode(data, columns[data]),
                _ => throw new NotSupportedException($"The column '{field.Path}' is a {field.SchemaType}, which is not written."),
            };

        public abstract void Add(JsonElement value, int definition, int repetition);

        protected void AddAbsent(int definition, int repetition)
        {
            foreach (ColumnBuffer leaf in leaves)
            {
                leaf.AddAbsent(definition, repetition);
            }
        }

        protected void Require(JsonElement value, JsonValueKind kind)
        {
            if (value.ValueKind != kind)
            {
                throw new InvalidDataException(
                    $"The column '{schema.Path}' holds {(kind == JsonValueKind.Array ? "lists" : "objects")}, and here is {JsonRow.Describe(value)}."
                );
            }
        }

        protected static ColumnBuffer[] LeavesOf(params Node[] nodes) => [.. nodes.SelectMany(node => node.Leaves)];

        protected static bool IsAbsent(JsonElement value) => value.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null;
    }

    private sealed class ValueNode(DataField schema, ColumnBuffer column) : Node(schema, [column])
    {
        public override void Add(JsonElement value, int definition, int repetition)
        {
            if (IsAbsent(value))
            {
                AddAbsent(definition, repetition);
            }
            else
            {
                Leaves[0].Add(value, repetition);
            }
        }
    }

    private sealed class StructNode(StructField schema, Node[] children) : Node(schema, LeavesOf(children))
    {
        public override void Add(JsonElement value, int definition, int repetition)
        {
            if (IsAbsent(value))
            {
                AddAbsent(definition, repetition);
                return;
            }

            Require(value, JsonValueKind.Object);
            foreach (Node child in children)
            {
                child.Add(value.TryGetProperty(child.Name, out JsonElement member) ? member : default, Definition, repetition);
            }
        }
    }

    private sealed class ListNode(ListField schema, Node item) : Node(schema, LeavesOf(item))
    {
        public override void Add(JsonElement value, int definition, int repetition)
        {
            if (IsAbsent(value))
            {
                AddAbsent(definition, repetition);
                return;
            }

            Require(value, JsonValueKind.Array);
            if (value.GetArrayLength() == 0)
            {
                AddAbsent(Definition - 1, repetition);
                return;
            }

            int level = repetition;
            foreach (JsonElement element in value.EnumerateArray())
            {
                item.Add(element, Definition, level);
                level = Repetition;
            }
        }
    }
}
