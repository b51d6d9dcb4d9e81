using System.Text.Json;
using ParquetSharp;

namespace RewardReasoning.Data.Rows;

/// <summary>Rows taken apart into the columns of the next row group.</summary>
internal sealed class RowGroupBuffer
{
    private readonly Dictionary<string, Node> _fields;
    private readonly List<ColumnBuffer> _columns = [];

    public RowGroupBuffer(RowColumns columns) =>
        _fields = columns.Fields.ToDictionary(field => field.Name, field => NodeOf(field, field.Name, 0, 0), StringComparer.Ordinal);

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
                        $"The row has a field '{field.Name}', which is not a column of the file; a Parquet file has the same columns "
                            + "throughout."
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
    public void WriteTo(ParquetFileWriter writer)
    {
        using RowGroupWriter group = writer.AppendRowGroup();
        foreach (ColumnBuffer buffer in _columns)
        {
            using ColumnWriter column = group.NextColumn();
            buffer.WriteTo(column);
        }

        group.Close();
        Rows = 0;
    }

    /// <param name="column">What is written.</param>
    /// <param name="path">Its place, for messages.</param>
    /// <param name="definition">The definition level of what is around it.</param>
    /// <param name="repetition">The repetition level of what is around it.</param>
    private Node NodeOf(RowColumn column, string path, int definition, int repetition)
    {
        switch (column)
        {
            case RowList list:
                // One level for the list itself, one for having elements.
                return new ListNode(path, definition + 2, repetition + 1, NodeOf(list.Item, path, definition + 2, repetition + 1));
            case RowGroup group:
                return new GroupNode(
                    path,
                    definition + 1,
                    [
                        .. group.Fields.Select(field =>
                            KeyValuePair.Create(field.Name, NodeOf(field, $"{path}.{field.Name}", definition + 1, repetition))
                        ),
                    ]
                );
            case RowValue value:
                ColumnBuffer buffer = ColumnBuffer.Of(path, value.Type, definition + 1);
                _columns.Add(buffer);
                return new ValueNode(path, buffer);
            default:
                throw new NotSupportedException($"The column '{path}' has no form that is written.");
        }
    }

    /// <summary>A column over the buffers of its leaves; values come with the level that is defined around them.</summary>
    private abstract class Node(string path, ColumnBuffer[] leaves)
    {
        protected ColumnBuffer[] Leaves => leaves;

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
                    $"The column '{path}' holds {(kind == JsonValueKind.Array ? "lists" : "objects")}, and here is "
                        + $"{JsonRow.Describe(value)}."
                );
            }
        }

        protected static ColumnBuffer[] LeavesOf(IEnumerable<Node> nodes) => [.. nodes.SelectMany(node => node.Leaves)];

        protected static bool IsAbsent(JsonElement value) => value.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null;
    }

    private sealed class ValueNode(string path, ColumnBuffer column) : Node(path, [column])
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

    private sealed class GroupNode(string path, int level, KeyValuePair<string, Node>[] children)
        : Node(path, LeavesOf(children.Select(child => child.Value)))
    {
        public override void Add(JsonElement value, int definition, int repetition)
        {
            if (IsAbsent(value))
            {
                AddAbsent(definition, repetition);
                return;
            }

            Require(value, JsonValueKind.Object);
            foreach ((string name, Node child) in children)
            {
                child.Add(value.TryGetProperty(name, out JsonElement member) ? member : default, level, repetition);
            }
        }
    }

    /// <param name="path">Its place.</param>
    /// <param name="level">The definition level at which it has elements.</param>
    /// <param name="further">The repetition level of every element but the first.</param>
    /// <param name="item">Its elements.</param>
    private sealed class ListNode(string path, int level, int further, Node item) : Node(path, LeavesOf([item]))
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
                AddAbsent(level - 1, repetition);
                return;
            }

            int at = repetition;
            foreach (JsonElement element in value.EnumerateArray())
            {
                item.Add(element, level, at);
                at = further;
            }
        }
    }
}
