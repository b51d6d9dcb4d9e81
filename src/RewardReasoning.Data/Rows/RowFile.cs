using System.Buffers;
using System.Text;
using System.Text.Json;

namespace RewardReasoning.Data.Rows;

/// <summary>A file that was opened and looked at: what it holds rows as, and a stream at its beginning.</summary>
internal sealed class RowFile : IAsyncDisposable
{
    private const int PeekBytes = 1 << 16;
    private static readonly SearchValues<byte> Blanks = SearchValues.Create(" \t\r\n"u8);
    private static readonly byte[] LittleEndianMark = [0xFF, 0xFE];
    private static readonly byte[] BigEndianMark = [0xFE, 0xFF];
    private static readonly string[] LineEndings = [".jsonl", ".ndjson"];
    private static readonly string[] OtherEndings =
    [
        ".arrow",
        ".feather",
        ".sqlite",
        ".db",
        ".xlsx",
        ".zip",
        ".tar",
        ".tgz",
        ".bz2",
        ".xz",
        ".pickle",
        ".pkl",
    ];

    private RowFile(string name, Stream content, RowFormat format, RowCompression compression)
    {
        Name = name;
        Content = content;
        Format = format;
        Compression = compression;
    }

    /// <summary>The file's name, for people.</summary>
    public string Name { get; }

    /// <summary>How rows stand in it.</summary>
    public RowFormat Format { get; }

    /// <summary>How its bytes are packed.</summary>
    public RowCompression Compression { get; }

    /// <summary>The unpacked content from its beginning; seekable for Parquet.</summary>
    internal Stream Content { get; }

    /// <summary>Opens a file and finds out what it is: by its first bytes, and by its name where they leave it open.</summary>
    /// <exception cref="NotSupportedException">It holds something else than rows; the message says what to do.</exception>
    /// <exception cref="IOException">It cannot be opened.</exception>
    public static async Task<RowFile> OpenAsync(string path, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(path);
        FileStream file = OpenFile(path);
        try
        {
            return await OpenAsync(file, path, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            await file.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>The same for a stream, which is closed with this; <paramref name="name"/> is its file name or stands for one.</summary>
    /// <exception cref="NotSupportedException">It holds something else than rows.</exception>
    public static async Task<RowFile> OpenAsync(Stream stream, string name, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(stream);
        PeekedStream raw = await RowCompressions.PeekAsync(stream, cancellationToken).ConfigureAwait(false);
        if (raw.Beginning.Span.SequenceEqual("PAR1"u8))
        {
            return stream.CanSeek
                ? new RowFile(name, stream, RowFormat.Parquet, RowCompression.None)
                : throw new NotSupportedException($"'{name}' is Parquet, which is read from its end; give it as a file.");
        }

        RowCompression compression = RowCompressions.OfBytes(raw.Beginning.Span);
        PeekedStream content = await PeekAsync(RowCompressions.Unpack(raw, compression), name, cancellationToken).ConfigureAwait(false);
        if (Utf16Of(content.Beginning.Span) is { } utf16)
        {
            content = await PeekAsync(Encoding.CreateTranscodingStream(content, utf16, Encoding.UTF8), name, cancellationToken)
                .ConfigureAwait(false);
        }

        return new RowFile(name, content, FormatOf(name, content.Beginning.Span, compression), compression);
    }

    internal static FileStream OpenFile(string path) =>
        new(
            path,
            FileMode.Open,
            FileAccess.Read,
            FileShare.ReadWrite | FileShare.Delete,
            bufferSize: 1 << 16,
            FileOptions.SequentialScan | FileOptions.Asynchronous
        );

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Content.DisposeAsync();

    private static async Task<PeekedStream> PeekAsync(Stream unpacked, string name, CancellationToken cancellationToken)
    {
        try
        {
            return await PeekedStream.OfAsync(unpacked, PeekBytes, IsEnough, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (RowCompressions.IsDamage(exception))
        {
            throw new InvalidDataException($"'{name}' is damaged or cut short from the start: {exception.Message}", exception);
        }
    }

    /// <summary>UTF-16 by its mark, as Windows' shells write redirected output; null for other text.</summary>
    private static UnicodeEncoding? Utf16Of(ReadOnlySpan<byte> beginning) =>
        beginning.StartsWith(LittleEndianMark) ? new UnicodeEncoding(bigEndian: false, byteOrderMark: true)
        : beginning.StartsWith(BigEndianMark) ? new UnicodeEncoding(bigEndian: true, byteOrderMark: true)
        : null;

    /// <summary>Whether a beginning tells how rows stand: of JSON lines and objects it takes the whole first line.</summary>
    private static bool IsEnough(ReadOnlySpan<byte> beginning)
    {
        ReadOnlySpan<byte> text = beginning.StartsWith("\uFEFF"u8) ? beginning[3..] : beginning;
        int first = text.IndexOfAnyExcept(Blanks);
        return Utf16Of(beginning) is not null || (first >= 0 && (text[first] == '[' || text[first..].Contains((byte)'\n')));
    }

    private static RowFormat FormatOf(string name, ReadOnlySpan<byte> content, RowCompression compression)
    {
        string plain = RowCompressions.WithoutEnding(name);
        if (content.StartsWith("PAR1"u8))
        {
            throw new NotSupportedException(
                $"'{name}' is packed Parquet, which is read from its end; unpack it first (Parquet compresses its own columns)."
            );
        }

        if (Array.Find(OtherEndings, ending => plain.EndsWith(ending, StringComparison.OrdinalIgnoreCase)) is { } other)
        {
            throw new NotSupportedException(
                $"'{name}': {other} files are not read; convert it to JSON lines (.jsonl, compressed as .gz or .zst or not), Parquet or "
                    + ".csv."
            );
        }

        if (plain.EndsWith(".csv", StringComparison.OrdinalIgnoreCase))
        {
            return RowFormat.CommaSeparated;
        }

        if (plain.EndsWith(".tsv", StringComparison.OrdinalIgnoreCase))
        {
            return RowFormat.TabSeparated;
        }

        ReadOnlySpan<byte> text = content.StartsWith("\uFEFF"u8) ? content[3..] : content;
        int first = text.IndexOfAnyExcept(Blanks);
        if (first < 0 || Array.Exists(LineEndings, ending => plain.EndsWith(ending, StringComparison.OrdinalIgnoreCase)))
        {
            return RowFormat.JsonLines;
        }

        return text[first] switch
        {
            (byte)'[' => RowFormat.JsonList,
            (byte)'{' when IsOneObjectOverLines(text[first..]) => RowFormat.JsonObjects,
            (byte)'{' => RowFormat.JsonLines,
            _ => throw new NotSupportedException(
                $"'{name}' holds no rows: {(compression == RowCompression.None ? "it" : "unpacked, it")} begins with neither {{ nor [. "
                    + "Rows are JSON lines, a JSON list, Parquet, .csv or .tsv."
            ),
        };
    }

    private static bool IsOneObjectOverLines(ReadOnlySpan<byte> text)
    {
        int lineEnd = text.IndexOf((byte)'\n');
        if (lineEnd < 0)
        {
            return false;
        }

        Utf8JsonReader line = new(text[..lineEnd], isFinalBlock: false, default);
        try
        {
            return !line.Read() || !line.TrySkip();
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
