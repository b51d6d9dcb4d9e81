using ParquetSharp;
using ParquetSharp.Schema;

namespace RewardReasoning.Data.Rows;

/// <summary>
/// A column of a Parquet file as it nests, with the levels of Dremel's encoding: the definition level says how much of the path to a value
/// is there, the repetition level which list goes on. Lists are recognised in every form of the format's rules for older writers
/// (https://github.com/apache/parquet-format/blob/master/LogicalTypes.md#nested-types).
/// </summary>
/// <param name="Name">Its name in its group.</param>
/// <param name="Definition">The definition level from which on it is there.</param>
internal abstract record FileColumn(string Name, int Definition)
{
    /// <summary>The columns of a schema.</summary>
    public static IReadOnlyList<FileColumn> AllOf(SchemaDescriptor schema)
    {
        int leaves = 0;
        return [.. schema.GroupNode.Fields.Select(field => Of(field, 0, 0, ref leaves))];
    }

    /// <summary>The same column to be written, with every value optional.</summary>
    public abstract RowColumn ToRowColumn(string name);

    private static FileColumn Of(Node node, int definition, int repetition, ref int leaves)
    {
        if (node.Repetition == Repetition.Repeated)
        {
            // A repeated field outside a list is a list of its own, which can be empty and not absent.
            return new FileList(
                node.Name,
                definition,
                definition + 1,
                repetition + 1,
                Present(node, definition + 1, repetition + 1, ref leaves)
            );
        }

        return Present(node, definition + (node.Repetition == Repetition.Optional ? 1 : 0), repetition, ref leaves);
    }

    /// <summary>A node whose own repetition is in the levels already.</summary>
    private static FileColumn Present(Node node, int definition, int repetition, ref int leaves)
    {
        if (node is PrimitiveNode value)
        {
            return new FileValue(node.Name, definition, leaves++, ColumnType.Of(value));
        }

        GroupNode group = (GroupNode)node;
        Node[] fields = group.Fields;
        if (IsAnnotated(node) && fields is [{ Repetition: Repetition.Repeated } repeated])
        {
            (int element, int level) = (definition + 1, repetition + 1);
            return new FileList(
                node.Name,
                definition,
                element,
                level,
                repeated is GroupNode { Fields: [var item] } && IsElement(node, repeated, item)
                    ? Of(item, element, level, ref leaves)
                    : Present(repeated, element, level, ref leaves)
            );
        }

        List<FileColumn> children = [];
        foreach (Node field in fields)
        {
            children.Add(Of(field, definition, repetition, ref leaves));
        }

        return new FileGroup(node.Name, definition, children);
    }

    /// <summary>Whether the one field of the repeated group is the element, or the group itself, as older writers have it.</summary>
    private static bool IsElement(Node list, Node repeated, Node item) =>
        IsMap(list) ? false : repeated.Name != "array" && repeated.Name != list.Name + "_tuple" && item.Repetition != Repetition.Repeated;

    private static bool IsAnnotated(Node node) => node.ConvertedType is ConvertedType.List || IsMap(node);

    private static bool IsMap(Node node) => node.ConvertedType is ConvertedType.Map or ConvertedType.MapKeyValue;
}

/// <summary>A column of values.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Definition">The level at which it has a value.</param>
/// <param name="Index">Its number among the file's columns of values.</param>
/// <param name="Type">Their type.</param>
internal sealed record FileValue(string Name, int Definition, int Index, ColumnType Type) : FileColumn(Name, Definition)
{
    public override RowColumn ToRowColumn(string name) => new RowValue(name, Type.ToWritten());
}

/// <summary>A column of objects.</summary>
internal sealed record FileGroup(string Name, int Definition, IReadOnlyList<FileColumn> Fields) : FileColumn(Name, Definition)
{
    public override RowColumn ToRowColumn(string name) => new RowGroup(name, [.. Fields.Select(field => field.ToRowColumn(field.Name))]);
}

/// <summary>A column of lists; a map is a list of its keys and values, which need not be strings.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Definition">The level at which there is a list, perhaps an empty one.</param>
/// <param name="ElementDefinition">The level at which it has an element.</param>
/// <param name="ElementRepetition">The level of a further element.</param>
/// <param name="Item">Its elements.</param>
internal sealed record FileList(string Name, int Definition, int ElementDefinition, int ElementRepetition, FileColumn Item)
    : FileColumn(Name, Definition)
{
    public override RowColumn ToRowColumn(string name) => new RowList(name, Item.ToRowColumn(RowList.Element));
}
