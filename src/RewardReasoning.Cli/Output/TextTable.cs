namespace RewardReasoning.Cli.Output;

/// <summary>Tables for people: the first column to the left, numbers to the right.</summary>
internal static class TextTable
{
    /// <summary>The rows, the heading first, as lines of one width a column.</summary>
    public static IEnumerable<string> Lines(IReadOnlyList<IReadOnlyList<string>> rows)
    {
        int[] widths = [.. Enumerable.Range(0, rows[0].Count).Select(column => rows.Max(row => row[column].Length))];
        return rows.Select(row =>
            string.Join("  ", row.Select((cell, column) => column == 0 ? cell.PadRight(widths[0]) : cell.PadLeft(widths[column]))).TrimEnd()
        );
    }
}
