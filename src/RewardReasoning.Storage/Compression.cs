using System.Buffers;
using System.Buffers.Binary;
using System.IO.Compression;

namespace RewardReasoning.Storage;

/// <summary>
/// Bytes as a store holds them: one byte for the encoding, then the bytes themselves (0), or their length in four bytes and the bytes
/// compressed by Brotli (1).
/// </summary>
internal static class Compression
{
    private const byte Plain = 0;
    private const byte Brotli = 1;
    private const int Head = 5;

    // Below this the saving is not worth the time; the quality is the one from which on more time saves little.
    private const int Smallest = 256;
    private const int Quality = 3;
    private const int Window = 18;

    public static byte[] Pack(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length >= Smallest)
        {
            byte[] room = ArrayPool<byte>.Shared.Rent(bytes.Length);
            try
            {
                if (BrotliEncoder.TryCompress(bytes, room.AsSpan(0, bytes.Length - Head), out int length, Quality, Window))
                {
                    byte[] packed = new byte[Head + length];
                    packed[0] = Brotli;
                    BinaryPrimitives.WriteInt32LittleEndian(packed.AsSpan(1), bytes.Length);
                    room.AsSpan(0, length).CopyTo(packed.AsSpan(Head));
                    return packed;
                }
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(room);
            }
        }

        return [Plain, .. bytes];
    }

    /// <exception cref="InvalidDataException">The bytes are not what <see cref="Pack"/> makes.</exception>
    public static byte[] Unpack(byte[] packed)
    {
        switch (packed)
        {
            case [Plain, ..]:
                return packed[1..];
            case [Brotli, _, _, _, _, ..]:
                byte[] bytes = new byte[BinaryPrimitives.ReadInt32LittleEndian(packed.AsSpan(1))];
                return BrotliDecoder.TryDecompress(packed.AsSpan(Head), bytes, out int length) && length == bytes.Length
                    ? bytes
                    : throw Damaged();
            default:
                throw Damaged();
        }
    }

    private static InvalidDataException Damaged() =>
        new("Stored bytes are damaged or of a later version; a newer program may be able to read them.");
}
