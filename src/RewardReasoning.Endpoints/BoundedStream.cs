using RewardReasoning.IO;

namespace RewardReasoning.Endpoints;

/// <summary>A stream to read from that reports each sign of life and throws beyond a number of bytes.</summary>
internal sealed class BoundedStream(Stream inner, long limit, Func<long, Exception> tooLong, TryWatch watch) : ForwardStream
{
    private long _read;

    public override int Read(Span<byte> buffer) => Counted(inner.Read(buffer));

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        Counted(await inner.ReadAsync(buffer, cancellationToken).ConfigureAwait(false));

    public override async ValueTask DisposeAsync()
    {
        await inner.DisposeAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }

    private int Counted(int read)
    {
        _read += read;
        watch.Sign();
        return _read <= limit ? read : throw tooLong(limit);
    }
}
