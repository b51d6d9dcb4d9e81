namespace RewardReasoning.Data.Rows;

/// <summary>How rows stand in a file.</summary>
internal enum RowFormat
{
    /// <summary>One JSON object a line.</summary>
    JsonLines,

    /// <summary>One JSON list of objects.</summary>
    JsonList,

    /// <summary>Parquet, nested columns included.</summary>
    Parquet,

    /// <summary>One JSON object over several lines, or several: a row each, or lists of rows under names.</summary>
    JsonObjects,

    /// <summary>A table of text with a header, its cells separated by commas.</summary>
    CommaSeparated,

    /// <summary>The same separated by tabs.</summary>
    TabSeparated,
}
