namespace RewardReasoning.Data.Rows;

/// <summary>How rows stand in a file.</summary>
public enum RowFormat
{
    /// <summary>One JSON object a line.</summary>
    JsonLines,

    /// <summary>One JSON list of objects.</summary>
    JsonList,

    /// <summary>Parquet, nested columns included.</summary>
    Parquet,
}
