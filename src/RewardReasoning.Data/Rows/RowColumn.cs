using ParquetSharp;
using ParquetSharp.Schema;

namespace RewardReasoning.Data.Rows;

/// <summary>A column to be written, as it nests; every value may be absent.</summary>
internal abstract record RowColumn(string Name)
{
    /// <summary>The node of a schema.</summary>
    public abstract Node ToNode();
}

/// <summary>A column of values.</summary>
internal sealed record RowValue(string Name, ColumnType Type) : RowColumn(Name)
{
    public override Node ToNode() => Type.ToNode(Name);
}

/// <summary>A column of objects.</summary>
internal sealed record RowGroup(string Name, IReadOnlyList<RowColumn> Fields) : RowColumn(Name)
{
    public override Node ToNode() => new GroupNode(Name, Repetition.Optional, [.. Fields.Select(field => field.ToNode())]);
}

/// <summary>A column of lists.</summary>
internal sealed record RowList(string Name, RowColumn Item) : RowColumn(Name)
{
    /// <summary>The format's name of a list's elements.</summary>
    public const string Element = "element";

    public override Node ToNode()
    {
        using LogicalType list = LogicalType.List();
        return new GroupNode(Name, Repetition.Optional, [new GroupNode("list", Repetition.Repeated, [Item.ToNode()])], list);
    }
}
