using System.Globalization;
using RewardReasoning.Data.Rows;

namespace RewardReasoning.Cli.Scoring;

/// <summary>
/// One of n equal parts of the rows: rows i, i + n, i + 2n and so on, counted from 1 over all files. Neighbours, which are often alike, go
/// to
/// different parts, and no part needs to know how many rows there are.
/// </summary>
internal sealed record Shard(int Index, int Count)
{
    /// <exception cref="UsageException">The text is not i/n with i from 1 to n.</exception>
    public static Shard Parse(string text)
    {
        string[] parts = text.Split('/');
        return
            parts.Length == 2
            && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out int index)
            && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int count)
            && index >= 1
            && index <= count
            ? new Shard(index, count)
            : throw new UsageException($"--shard is '{text}'; it is i/n with i from 1 to n, such as 2/8.");
    }

    public async IAsyncEnumerable<DataRow> Of(IAsyncEnumerable<DataRow> rows)
    {
        long number = 0;
        await foreach (DataRow row in rows)
        {
            if (number++ % Count == Index - 1)
            {
                yield return row;
            }
        }
    }

    /// <summary>How many of so many rows it has.</summary>
    public long Of(long rows) => (rows + Count - Index) / Count;

    public override string ToString() => $"{Index}/{Count}";
}
