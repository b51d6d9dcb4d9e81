using System.IO.Compression;
using ZstdSharp;

namespace RewardReasoning.Data.Rows;

/// <summary>How the bytes of a file are packed.</summary>
internal enum RowCompression
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>gzip (<c>.gz</c>), several members one after another included.</summary>
    Gzip,

    /// <summary>Zstandard (<c>.zst</c>).</summary>
    Zstandard,
}

/// <summary>Packing and unpacking on the way. Reading goes by the first bytes, writing by the ending of the name.</summary>
internal static class RowCompressions
{
    /// <summary>How many bytes of a file tell how it is packed, or that it is Parquet.</summary>
    private const int MarkBytes = 4;

    /// <summary>Zstandard at a level that costs little beside making the rows.</summary>
    private const int ZstandardLevel = 3;

    /// <summary>
    /// Without this switch the runtime takes a gzip file that is cut short for a whole one. It is read when the first stream of its kind is
    /// made; a host that makes one earlier sets it itself, as the command does.
    /// </summary>
    static RowCompressions() => AppContext.SetSwitch("System.IO.Compression.UseStrictValidation", true);

    /// <summary>Looks at as many bytes as tell how a stream is packed: one, where it begins as no packed file does.</summary>
    public static Task<PeekedStream> PeekAsync(Stream stream, CancellationToken cancellationToken) =>
        PeekedStream.OfAsync(stream, MarkBytes, start => start[0] is not (0x1f or 0x28 or (>= 0x50 and <= 0x5f)), cancellationToken);

    public static RowCompression OfBytes(ReadOnlySpan<byte> start) =>
        start.StartsWith((ReadOnlySpan<byte>)[0x1f, 0x8b]) ? RowCompression.Gzip
        : start.StartsWith((ReadOnlySpan<byte>)[0x28, 0xb5, 0x2f, 0xfd]) || IsSkippable(start) ? RowCompression.Zstandard
        : RowCompression.None;

    /// <summary>A frame that readers skip, which pzstd writes first (RFC 8878, section 3.1.2).</summary>
    private static bool IsSkippable(ReadOnlySpan<byte> start) => start is [>= 0x50 and <= 0x5f, 0x2a, 0x4d, 0x18, ..];

    public static RowCompression OfName(string name) =>
        name.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? RowCompression.Gzip
        : name.EndsWith(".zst", StringComparison.OrdinalIgnoreCase) ? RowCompression.Zstandard
        : RowCompression.None;

    /// <summary>The name without the ending of its compression.</summary>
    public static string WithoutEnding(string name) => OfName(name) == RowCompression.None ? name : Path.ChangeExtension(name, null);

    public static Stream Unpack(Stream stream, RowCompression compression) =>
        compression switch
        {
            RowCompression.Gzip => new GZipStream(stream, CompressionMode.Decompress),
            RowCompression.Zstandard => new DecompressionStream(stream, leaveOpen: false),
            _ => stream,
        };

    /// <summary>The bytes that came, none at the end; and what is wrong with the packing, where something is.</summary>
    public static async ValueTask<(int Read, string? Damage)> ReadAsync(
        Stream stream,
        Memory<byte> into,
        CancellationToken cancellationToken
    )
    {
        try
        {
            return (await stream.ReadAsync(into, cancellationToken).ConfigureAwait(false), null);
        }
        catch (Exception exception) when (IsDamage(exception))
        {
            return (0, $"The compressed data is damaged here or cut short; what follows cannot be read. ({exception.Message})");
        }
    }

    /// <summary>Whether an exception says that packed data is damaged.</summary>
    public static bool IsDamage(Exception exception) => exception is InvalidDataException or ZstdException or EndOfStreamException;

    public static Stream Pack(Stream stream, RowCompression compression) =>
        compression switch
        {
            RowCompression.Gzip => new GZipStream(stream, CompressionLevel.Fastest),
            RowCompression.Zstandard => new CompressionStream(stream, ZstandardLevel, leaveOpen: false),
            _ => stream,
        };
}
