using RewardReasoning.IO;

namespace RewardReasoning.Data.Rows;

/// <summary>A stream whose beginning was looked at and is read again from memory.</summary>
/// <param name="beginning">What was looked at.</param>
/// <param name="rest">What follows.</param>
/// <param name="damage">What went wrong right behind the beginning, thrown again when it is reached; null where nothing did.</param>
internal sealed class PeekedStream(ReadOnlyMemory<byte> beginning, Stream rest, Exception? damage = null) : ForwardStream
{
    private ReadOnlyMemory<byte> _beginning = beginning;

    /// <summary>What the stream begins with.</summary>
    public ReadOnlyMemory<byte> Beginning { get; } = beginning;

    /// <summary>Looks at a stream's beginning, no further than is needed: what follows may not have been sent yet.</summary>
    /// <param name="stream">What is read.</param>
    /// <param name="bytes">The most that is looked at.</param>
    /// <param name="isEnough">Whether the bytes so far tell what is to be known.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public static async Task<PeekedStream> OfAsync(
        Stream stream,
        int bytes,
        Func<ReadOnlySpan<byte>, bool> isEnough,
        CancellationToken cancellationToken
    )
    {
        byte[] beginning = new byte[bytes];
        int length = 0;
        try
        {
            int read;
            do
            {
                read = await stream.ReadAsync(beginning.AsMemory(length), cancellationToken).ConfigureAwait(false);
                length += read;
            } while (read > 0 && length < bytes && !isEnough(beginning.AsSpan(0, length)));
            return new PeekedStream(beginning.AsMemory(0, length), stream);
        }
        catch (Exception error) when (length > 0 && RowCompressions.IsDamage(error))
        {
            return new PeekedStream(beginning.AsMemory(0, length), stream, error);
        }
    }

    public override int Read(Span<byte> buffer)
    {
        if (!_beginning.IsEmpty)
        {
            return ReadBeginning(buffer);
        }

        return damage is null ? rest.Read(buffer) : throw Again(damage);
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        !_beginning.IsEmpty ? ValueTask.FromResult(ReadBeginning(buffer.Span))
        : damage is null ? rest.ReadAsync(buffer, cancellationToken)
        : ValueTask.FromException<int>(Again(damage));

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            rest.Dispose();
        }

        base.Dispose(disposing);
    }

    private static InvalidDataException Again(Exception damage) => new(damage.Message, damage);

    private int ReadBeginning(Span<byte> buffer)
    {
        int count = Math.Min(buffer.Length, _beginning.Length);
        _beginning.Span[..count].CopyTo(buffer);
        _beginning = _beginning[count..];
        return count;
    }
}
