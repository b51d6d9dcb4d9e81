using RewardReasoning.IO;

namespace RewardReasoning.Endpoints;

/// <summary>A stream whose beginning was read already.</summary>
internal sealed class PrefixedStream(PooledBytes head, Stream rest) : ForwardStream
{
    private int _at;

    public override int Read(Span<byte> buffer) => FromHead(buffer) is > 0 and var read ? read : rest.Read(buffer);

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        FromHead(buffer.Span) is > 0 and var read ? read : await rest.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);

    private int FromHead(Span<byte> buffer)
    {
        int read = Math.Min(buffer.Length, head.Span.Length - _at);
        head.Span.Slice(_at, read).CopyTo(buffer);
        _at += read;
        return read;
    }
}
