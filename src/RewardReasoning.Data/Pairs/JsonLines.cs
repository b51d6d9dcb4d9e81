using System.IO.Compression;
using System.Runtime.CompilerServices;

namespace RewardReasoning.Data.Pairs;

/// <summary>Files of one JSON value a line, read as a stream: memory holds one line, however long the file is.</summary>
public static class JsonLines
{
    /// <summary>The longest line that is read, in bytes; what is longer is not a file of lines.</summary>
    public const int MaxLineBytes = 256 << 20;

    private static readonly string[] NotReadYet = [".parquet", ".zst", ".arrow", ".sqlite", ".db", ".csv", ".xlsx"];

    /// <summary>Refuses what is not JSON lines by the ending of its name.</summary>
    /// <exception cref="NotSupportedException">The ending is that of another format.</exception>
    public static void RequireSupported(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (Array.Find(NotReadYet, ending => path.EndsWith(ending, StringComparison.OrdinalIgnoreCase)) is { } ending)
        {
            throw new NotSupportedException($"'{path}': {ending} files are not supported; convert it to JSON lines (.jsonl, or .jsonl.gz).");
        }
    }

    /// <summary>Opens a file for reading; <c>.gz</c> is unpacked on the way.</summary>
    /// <exception cref="NotSupportedException">The ending is that of another format.</exception>
    public static Stream OpenRead(string path)
    {
        RequireSupported(path);
        FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 1, FileOptions.SequentialScan | FileOptions.Asynchronous);
        return IsGzip(path) ? new GZipStream(file, CompressionMode.Decompress) : file;
    }

    /// <summary>Creates a file for writing, over an existing one; <c>.gz</c> is packed on the way.</summary>
    /// <exception cref="NotSupportedException">The ending is that of another format.</exception>
    public static Stream Create(string path)
    {
        RequireSupported(path);
        FileStream file = new(path, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 1 << 16, FileOptions.Asynchronous);
        return IsGzip(path) ? new GZipStream(file, CompressionLevel.Fastest) : file;
    }

    /// <summary>
    /// The lines of a stream without their line ends, numbered from 1; a byte order mark is skipped. The memory of a line is good until
    /// the next one is asked for.
    /// </summary>
    /// <exception cref="InvalidDataException">A line is longer than <see cref="MaxLineBytes"/>, or the compressed data is damaged.</exception>
    public static async IAsyncEnumerable<(long Number, ReadOnlyMemory<byte> Bytes)> ReadAsync(
        Stream stream, string name, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(stream);
        byte[] buffer = new byte[1 << 16];
        int start = 0;
        int end = 0;
        long number = 0;
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
                    Array.Resize(ref buffer, end < MaxLineBytes ? end * 2 : throw new InvalidDataException($"{name}:{number + 1}: the line is longer than {MaxLineBytes} bytes; a pair file has one JSON object a line."));
                }

                int read = await ReadSomeAsync(stream, buffer.AsMemory(end), name, number + 1, cancellationToken).ConfigureAwait(false);
                if (read == 0)
                {
                    if (end > start)
                    {
                        yield return (number + 1, Trim(buffer.AsMemory(start, end - start), number));
                    }

                    yield break;
                }

                end += read;
            }

            int next = searched + lineEnd + 1;
            yield return (number + 1, Trim(buffer.AsMemory(start, next - 1 - start), number));
            number++;
            start = next;
        }
    }

    private static bool IsGzip(string path) => path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase);

    private static async ValueTask<int> ReadSomeAsync(Stream stream, Memory<byte> into, string name, long line, CancellationToken cancellationToken)
    {
        try
        {
            return await stream.ReadAsync(into, cancellationToken).ConfigureAwait(false);
        }
        catch (InvalidDataException exception)
        {
            throw new InvalidDataException($"{name}: the compressed data is damaged after line {line - 1}: {exception.Message}", exception);
        }
    }

    private static ReadOnlyMemory<byte> Trim(ReadOnlyMemory<byte> line, long linesBefore)
    {
        if (linesBefore == 0 && line.Span.StartsWith("\uFEFF"u8))
        {
            line = line[3..];
        }

        return line.Span.EndsWith("\r"u8) ? line[..^1] : line;
    }
}
