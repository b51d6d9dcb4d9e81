using System.Text.Json;
using ParquetSharp;

namespace RewardReasoning.Data.Rows;

/// <summary>The rows of one row group put together from its columns, one after another, as JSON objects.</summary>
internal sealed class RowGroupRows : IDisposable
{
    private readonly Node[] _fields;
    private readonly List<ColumnCursor> _cursors = [];

    public RowGroupRows(IReadOnlyList<FileColumn> columns, RowGroupReader group)
    {
        Count = group.MetaData.NumRows;
        _fields = [.. columns.Select(column => NodeOf(column, column.Name, group))];
    }

    /// <summary>How many rows there are.</summary>
    public long Count { get; }

    /// <summary>Writes the next row; what is wrong with this row alone, or null.</summary>
    /// <exception cref="InvalidDataException">The row group is damaged: no further row can be read.</exception>
    public string? WriteNext(Utf8JsonWriter json)
    {
        string? fault = null;
        json.WriteStartObject();
        foreach (Node field in _fields)
        {
            json.WritePropertyName(field.Name);
            field.Write(json, ref fault);
        }

        json.WriteEndObject();
        return fault;
    }

    public void Dispose() => _cursors.ForEach(cursor => cursor.Dispose());

    private Node NodeOf(FileColumn column, string path, RowGroupReader group)
    {
        switch (column)
        {
            case FileList list:
                return new ListNode(list, NodeOf(list.Item, path, group));
            case FileGroup of:
                return new GroupNode(of, [.. of.Fields.Select(field => NodeOf(field, $"{path}.{field.Name}", group))]);
            case FileValue value:
                ColumnCursor cursor = ColumnCursor.Of(value, path, group);
                _cursors.Add(cursor);
                return new ValueNode(value, cursor);
            default:
                throw new NotSupportedException($"The column '{path}' has no form that is known here.");
        }
    }

    /// <summary>A column over the cursors of its leaves.</summary>
    private abstract class Node(FileColumn column, ColumnCursor[] leaves)
    {
        public string Name => column.Name;

        protected ColumnCursor First => leaves[0];

        protected ColumnCursor[] Leaves => leaves;

        public abstract void Write(Utf8JsonWriter json, ref string? fault);

        protected bool IsAbsent => leaves.Length == 0 || First.Definition < column.Definition;

        protected void Skip()
        {
            foreach (ColumnCursor leaf in leaves)
            {
                leaf.Skip();
            }
        }

        protected static ColumnCursor[] LeavesOf(params IEnumerable<Node> nodes) => [.. nodes.SelectMany(node => node.Leaves)];
    }

    private sealed class ValueNode(FileValue column, ColumnCursor cursor) : Node(column, [cursor])
    {
        public override void Write(Utf8JsonWriter json, ref string? fault)
        {
            if (IsAbsent)
            {
                Skip();
                json.WriteNullValue();
            }
            else
            {
                fault ??= First.Write(json);
            }
        }
    }

    private sealed class GroupNode(FileGroup column, Node[] children) : Node(column, LeavesOf(children))
    {
        public override void Write(Utf8JsonWriter json, ref string? fault)
        {
            if (IsAbsent)
            {
                Skip();
                json.WriteNullValue();
                return;
            }

            json.WriteStartObject();
            foreach (Node child in children)
            {
                json.WritePropertyName(child.Name);
                child.Write(json, ref fault);
            }

            json.WriteEndObject();
        }
    }

    private sealed class ListNode(FileList column, Node item) : Node(column, LeavesOf(item))
    {
        public override void Write(Utf8JsonWriter json, ref string? fault)
        {
            if (IsAbsent)
            {
                Skip();
                json.WriteNullValue();
                return;
            }

            json.WriteStartArray();
            if (First.Definition < column.ElementDefinition)
            {
                Skip();
            }
            else
            {
                do
                {
                    item.Write(json, ref fault);
                } while (!First.AtEnd && First.Repetition >= column.ElementRepetition);
            }

            json.WriteEndArray();
        }
    }
}
