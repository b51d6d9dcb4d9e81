using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace RewardReasoning;

/// <summary>SHA-256 over texts.</summary>
internal static class TextHash
{
    /// <summary>The hash of texts, each as UTF-8 with its length (8 bytes, little-endian) before it. 32 bytes.</summary>
    public static byte[] Of(params ReadOnlySpan<string> texts)
    {
        int length = 0;
        foreach (string text in texts)
        {
            length = checked(length + sizeof(long) + Encoding.UTF8.GetByteCount(text));
        }

        byte[] all = ArrayPool<byte>.Shared.Rent(length);
        int at = 0;
        foreach (string text in texts)
        {
            int bytes = Encoding.UTF8.GetBytes(text, all.AsSpan(at + sizeof(long)));
            BinaryPrimitives.WriteInt64LittleEndian(all.AsSpan(at), bytes);
            at += sizeof(long) + bytes;
        }

        byte[] hash = SHA256.HashData(all.AsSpan(0, length));
        ArrayPool<byte>.Shared.Return(all);
        return hash;
    }
}
