using System.Buffers.Binary;
using System.Security.Cryptography;

namespace RewardReasoning.Judging;

/// <summary>
/// Seeds of votes: the first four bytes, little-endian, less the top bit, of SHA-256 over base seed (8 bytes), the hash of the
/// comparison without its numbering (32 bytes: query, smaller response, larger response, each UTF-8 after its 8-byte length), vote
/// index (4) and redraw (4), all little-endian. The same on every machine and in every version of this library.
/// </summary>
internal static class VoteSeeds
{
    /// <summary>The seed of one draw of one vote, 0 to 2^31 - 1.</summary>
    /// <param name="baseSeed">The caller's seed.</param>
    /// <param name="comparison">What is judged; its numbering does not matter.</param>
    /// <param name="vote">Index of the vote, from 0.</param>
    /// <param name="redraw">0 for the first draw, counted up for each further one.</param>
    public static int Of(long baseSeed, Comparison comparison, int vote, int redraw = 0)
    {
        ArgumentNullException.ThrowIfNull(comparison);
        ArgumentOutOfRangeException.ThrowIfNegative(vote);
        ArgumentOutOfRangeException.ThrowIfNegative(redraw);
        return Of(baseSeed, ComparisonHash.OfUnorderedPair(comparison), vote, redraw);
    }

    internal static int Of(long baseSeed, ReadOnlySpan<byte> comparisonHash, int vote, int redraw)
    {
        Span<byte> message = stackalloc byte[8 + 32 + 4 + 4];
        BinaryPrimitives.WriteInt64LittleEndian(message, baseSeed);
        comparisonHash.CopyTo(message[8..]);
        BinaryPrimitives.WriteInt32LittleEndian(message[40..], vote);
        BinaryPrimitives.WriteInt32LittleEndian(message[44..], redraw);
        Span<byte> digest = stackalloc byte[32];
        SHA256.HashData(message, digest);
        return BinaryPrimitives.ReadInt32LittleEndian(digest) & int.MaxValue;
    }
}
