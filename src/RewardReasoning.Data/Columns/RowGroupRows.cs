using System.Text.Json;
using Parquet;
using Parquet.Data;
using Parquet.Schema;

namespace RewardReasoning.Data.Columns;

/// <summary>The rows of one row group put together from its columns, one after another, as JSON objects.</summary>
internal sealed class RowGroupRows : IDisposable
{
    private readonly Node[] _fields;
    private readonly List<ColumnValues> _columns = [];

    private RowGroupRows(ParquetSchema schema, Dictionary<DataField, ColumnValues> columns)
    {
        _columns.AddRange(columns.Values);
        _fields = [.. schema.Fields.Select(field => Node.Of(field, columns))];
    }

    public static async Task<RowGroupRows> ReadAsync(ParquetSchema schema, ParquetRowGroupReader group, CancellationToken cancellationToken)
    {
        Dictionary<DataField, ColumnValues> columns = [];
        try
        {
            foreach (DataField field in schema.DataFields)
            {
                RawColumnData data = await group.ReadRawColumnDataBaseAsync(field, cancellationToken).ConfigureAwait(false);
                columns[field] = ColumnValues.Of(field, data);
            }

            return new RowGroupRows(schema, columns);
        }
        catch
        {
            foreach (ColumnValues column in columns.Values)
            {
                column.Dispose();
            }

            throw;
        }
    }

    /// <summary>Writes the next row.</summary>
    public void WriteNext(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        foreach (Node field in _fields)
        {
            json.WritePropertyName(field.Name);
            field.Write(json);
        }

        json.WriteEndObject();
    }

    public void Dispose()
    {
        foreach (ColumnValues column in _columns)
        {
            column.Dispose();
        }
    }

    /// <summary>A field of the schema over the columns of its leaves.</summary>
    private abstract class Node(Field schema, ColumnValues[] leaves)
    {
        public string Name => schema.Name;

        protected ColumnValues First => leaves[0];

        protected int Definition => schema.MaxDefinitionLevel;

        protected int Repetition => schema.MaxRepetitionLevel;

        public static Node Of(Field field, Dictionary<DataField, ColumnValues> columns) =>
            field switch
            {
                ListField list => new ListNode(list, Of(list.Item, columns)),
                StructField of => new StructNode(of, [.. of.Fields.Select(child => Of(child, columns))]),
                MapField map => new MapNode(map, Of(map.Key, columns), Of(map.Value, columns)),
                DataField { IsArray: true } data => new RepeatedNode(data, columns[data]),
                DataField data => new ValueNode(data, columns[data]),
                _ => throw new NotSupportedException($"The column '{field.Path}' is a {field.SchemaType}, which is not read."),
            };

        public abstract void Write(Utf8JsonWriter json);

        protected ColumnValues[] Leaves => leaves;

        protected void WriteAbsent(Utf8JsonWriter json, bool isEmptyList)
        {
            foreach (ColumnValues leaf in leaves)
            {
                leaf.Skip();
            }

            if (isEmptyList)
            {
                json.WriteStartArray();
                json.WriteEndArray();
            }
            else
            {
                json.WriteNullValue();
            }
        }

        protected bool GoesOn => !First.AtEnd && First.Repetition >= Repetition;

        protected static ColumnValues[] LeavesOf(params Node[] nodes) => [.. nodes.SelectMany(node => node.Leaves)];
    }

    private sealed class ValueNode(DataField field, ColumnValues column) : Node(field, [column])
    {
        public override void Write(Utf8JsonWriter json)
        {
            if (First.Definition < Definition)
            {
                WriteAbsent(json, isEmptyList: false);
            }
            else
            {
                First.Write(json);
            }
        }
    }

    /// <summary>A repeated value without the group that marks a list: it can be empty, not absent.</summary>
    private sealed class RepeatedNode(DataField field, ColumnValues column) : Node(field, [column])
    {
        public override void Write(Utf8JsonWriter json)
        {
            if (First.Definition < Definition)
            {
                WriteAbsent(json, isEmptyList: true);
                return;
            }

            json.WriteStartArray();
            do
            {
                First.Write(json);
            } while (GoesOn);
            json.WriteEndArray();
        }
    }

    private sealed class StructNode(StructField field, Node[] children) : Node(field, LeavesOf(children))
    {
        public override void Write(Utf8JsonWriter json)
        {
            if (First.Definition < Definition)
            {
                WriteAbsent(json, isEmptyList: false);
                return;
            }

            json.WriteStartObject();
            foreach (Node child in children)
            {
                json.WritePropertyName(child.Name);
                child.Write(json);
            }

            json.WriteEndObject();
        }
    }

    /// <summary>The level of a list is the one at which it has an element; one below it is empty, two below it is absent.</summary>
    private sealed class ListNode(ListField field, Node item) : Node(field, LeavesOf(item))
    {
        public override void Write(Utf8JsonWriter json)
        {
            if (First.Definition < Definition)
            {
                WriteAbsent(json, isEmptyList: First.Definition == Definition - 1);
                return;
            }

            json.WriteStartArray();
            do
            {
                item.Write(json);
            } while (GoesOn);
            json.WriteEndArray();
        }
    }

    /// <summary>A map is a list of key and value: a list of such objects here too, for its keys need not be strings.</summary>
    private sealed class MapNode(MapField field, Node key, Node value) : Node(field, LeavesOf(key, value))
    {
        public override void Write(Utf8JsonWriter json)
        {
            if (First.Definition < Definition)
            {
                WriteAbsent(json, isEmptyList: First.Definition == Definition - 1);
                return;
            }

            json.WriteStartArray();
            do
            {
                json.WriteStartObject();
                json.WritePropertyName("key");
                key.Write(json);
                json.WritePropertyName("value");
                value.Write(json);
                json.WriteEndObject();
            } while (GoesOn);
            json.WriteEndArray();
        }
    }
}
