using System.Buffers.Binary;
using System.Security.Cryptography;

namespace RewardReasoning.Storage;

/// <summary>SHA-256 of a request: the name under which its completion is kept (see <see cref="CompletionRequest"/>).</summary>
public readonly record struct CompletionKey
{
    /// <summary>Bytes of a key.</summary>
    public const int Length = 32;

    private readonly UInt128 _high;
    private readonly UInt128 _low;

    /// <summary>A key from its 32 bytes.</summary>
    public CompletionKey(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Length)
        {
            throw new ArgumentException($"A key has {Length} bytes; these are {bytes.Length}.");
        }

        (_high, _low) = (BinaryPrimitives.ReadUInt128BigEndian(bytes), BinaryPrimitives.ReadUInt128BigEndian(bytes[16..]));
    }

    /// <summary>The hash of these bytes.</summary>
    public static CompletionKey Of(ReadOnlySpan<byte> message)
    {
        Span<byte> hash = stackalloc byte[Length];
        SHA256.HashData(message, hash);
        return new CompletionKey(hash);
    }

    /// <summary>The 32 bytes.</summary>
    public byte[] ToArray()
    {
        byte[] bytes = new byte[Length];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, _high);
        BinaryPrimitives.WriteUInt128BigEndian(bytes.AsSpan(16), _low);
        return bytes;
    }

    /// <summary>64 hexadecimal digits.</summary>
    public override string ToString() => Convert.ToHexStringLower(ToArray());
}
