using System.Buffers;
using System.Runtime.CompilerServices;

namespace RewardReasoning.Data.Pairs;

/// <summary>Pair files: JSON lines, one comparison a line.</summary>
public static class PairFile
{
    private static readonly SearchValues<byte> Blanks = SearchValues.Create(" \t\r\n"u8);

    /// <summary>The rows of a file, as a stream. Blank lines are no rows; a line that cannot be judged is a row with an error.</summary>
    /// <exception cref="NotSupportedException">The ending is that of another format.</exception>
    /// <exception cref="InvalidDataException">A line is too long, or the compressed data is damaged.</exception>
    public static async IAsyncEnumerable<PairRow> ReadAsync(string path, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        Stream stream = JsonLines.OpenRead(path);
        await using (stream.ConfigureAwait(false))
        {
            await foreach (PairRow row in ReadAsync(stream, path, cancellationToken).ConfigureAwait(false))
            {
                yield return row;
            }
        }
    }

    /// <summary>The rows of a stream; <paramref name="name"/> names it in errors.</summary>
    public static async IAsyncEnumerable<PairRow> ReadAsync(Stream stream, string name, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach ((long number, ReadOnlyMemory<byte> line) in JsonLines.ReadAsync(stream, name, cancellationToken).ConfigureAwait(false))
        {
            if (line.Span.ContainsAnyExcept(Blanks))
            {
                yield return PairRowParser.Parse(line, number);
            }
        }
    }
}
