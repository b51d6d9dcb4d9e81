using System.Globalization;
using System.Runtime.CompilerServices;
using RewardReasoning.Data.Rows;

namespace RewardReasoning.Evaluation.Running;

/// <summary>
/// One of n equal parts of the rows: rows i, i + n, i + 2n and so on, counted from 1 over all files. Neighbouring rows, which are often
/// alike, go to different parts, and no part needs to know how many rows there are.
/// </summary>
/// <param name="Index">Which part, from 1.</param>
/// <param name="Count">How many parts.</param>
public sealed record Shard(int Index, int Count)
{
    /// <summary>Reads <c>i/n</c>, such as 2/8.</summary>
    /// <exception cref="RewardReasoningException">The text is not i/n with i from 1 to n.</exception>
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
            : throw new RunException($"--shard is '{text}'; it is i/n with i from 1 to n, such as 2/8.");
    }

    /// <summary>Its rows.</summary>
    internal async IAsyncEnumerable<DataRow> Of(
        IAsyncEnumerable<DataRow> rows,
        [EnumeratorCancellation] CancellationToken cancellationToken = default
    )
    {
        long number = 0;
        ArgumentNullException.ThrowIfNull(rows);
        await foreach (DataRow row in rows.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            if (number++ % Count == Index - 1)
            {
                yield return row;
            }
        }
    }

    /// <summary>How many rows it has of this many.</summary>
    public long Of(long rows) => (rows + Count - Index) / Count;

    /// <inheritdoc/>
    public override string ToString() => $"{Index}/{Count}";
}
