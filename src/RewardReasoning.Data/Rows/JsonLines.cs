using System.Runtime.CompilerServices;

namespace RewardReasoning.Data.Rows;

/// <summary>One line of a file, or what is wrong there.</summary>
/// <param name="Number">From 1.</param>
/// <param name="Bytes">The line without its end; good until the next line is asked for.</param>
/// <param name="Error">Why the line cannot be had; null when it can.</param>
internal readonly record struct Line(long Number, ReadOnlyMemory<byte> Bytes, string? Error = null);

/// <summary>Streams of lines: memory holds one line, however many there are.</summary>
internal static class JsonLines
{
    /// <summary>The longest line that is read, in bytes; a longer one is named and passed over.</summary>
    public const int MaxLineBytes = 32 << 20;

    private const int BufferBytes = 1 << 18;

    /// <summary>Opens a file, unpacked if its first bytes say that it is packed.</summary>
    public static async Task<Stream> OpenAsync(string path, CancellationToken cancellationToken)
    {
        FileStream file = RowFile.OpenFile(path);
        PeekedStream peeked = await RowCompressions.PeekAsync(file, cancellationToken).ConfigureAwait(false);
        return RowCompressions.Unpack(peeked, RowCompressions.OfBytes(peeked.Beginning.Span));
    }

    /// <summary>
    /// The lines of a stream without their ends, numbered from 1; a byte order mark is skipped. Lines end at <c>\n</c> or <c>\r\n</c>.
    /// Damaged packing (a truncated or corrupt file) ends the lines with one that has an error; nothing before it is lost.
    /// </summary>
    public static async IAsyncEnumerable<Line> ReadAsync(Stream stream, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(stream);
        byte[] buffer = new byte[BufferBytes];
        int start = 0;
        int end = 0;
        long number = 0;
        bool tooLong = false;
        while (true)
        {
            int searched = start;
            int lineEnd;
            while ((lineEnd = buffer.AsSpan(searched, end - searched).IndexOf((byte)'\n')) < 0)
            {
                searched = end;
                if (start > 0)
                {
                    buffer.AsSpan(start, end - start).CopyTo(buffer);
                    (searched, end, start) = (searched - start, end - start, 0);
                }

                if (end == buffer.Length)
                {
                    if (end < MaxLineBytes)
                    {
                        Array.Resize(ref buffer, end * 2);
                    }
                    else
                    {
                        // The rest of the line is read into the same place and forgotten.
                        (tooLong, searched, end) = (true, 0, 0);
                    }
                }

                (int read, string? damage) = await RowCompressions
                    .ReadAsync(stream, buffer.AsMemory(end), cancellationToken)
                    .ConfigureAwait(false);
                end += read;
                if (read > 0)
                {
                    continue;
                }

                if (tooLong)
                {
                    yield return TooLong(++number);
                }
                else if (end > start && damage is null)
                {
                    yield return new Line(number + 1, Trim(buffer.AsMemory(start, end - start), number));
                }

                if (damage is not null)
                {
                    yield return new Line(number + 1, default, damage);
                }

                yield break;
            }

            int next = searched + lineEnd + 1;
            yield return tooLong ? TooLong(number + 1) : new Line(number + 1, Trim(buffer.AsMemory(start, next - 1 - start), number));
            number++;
            start = next;
            tooLong = false;
        }
    }

    private static Line TooLong(long number) =>
        new(number, default, $"The line is longer than {MaxLineBytes >> 20} MiB; a row is one JSON object a line.");

    private static ReadOnlyMemory<byte> Trim(ReadOnlyMemory<byte> line, long linesBefore)
    {
        if (linesBefore == 0 && line.Span.StartsWith("\uFEFF"u8))
        {
            line = line[3..];
        }

        return line.Span.EndsWith("\r"u8) ? line[..^1] : line;
    }
}
