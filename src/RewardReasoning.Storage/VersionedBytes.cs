using System.Text;

namespace RewardReasoning.Storage;

/// <summary>
/// What all encodings share: a first byte with the version, and an error where bytes are not what they should be.
/// </summary>
internal static class VersionedBytes
{
    public static T Read<T>(ReadOnlyMemory<byte> bytes, byte version, Func<BinaryReader, T> read)
    {
        using BinaryReader reader = new(new MemoryStream(bytes.ToArray(), writable: false), Encoding.UTF8);
        try
        {
            return reader.ReadByte() is var found && found == version
                ? read(reader)
                : throw new InvalidDataException(
                    $"A stored entry has version {found}; this program knows version {version}. A newer one may be able to read it."
                );
        }
        catch (Exception error) when (error is EndOfStreamException or FormatException or OverflowException)
        {
            throw new InvalidDataException("Stored bytes are damaged: they end too early or hold no valid length.", error);
        }
    }
}
