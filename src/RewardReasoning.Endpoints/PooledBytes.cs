using System.Buffers;

namespace RewardReasoning.Endpoints;

/// <summary>A body of an answer, read whole into a borrowed array, up to a limit.</summary>
internal sealed class PooledBytes : IDisposable
{
    private const int FirstRead = 4 << 10;
    private const int MostAtOnce = 1 << 20;

    private byte[] _bytes;
    private int _length;

    private PooledBytes(byte[] bytes) => _bytes = bytes;

    public ReadOnlySpan<byte> Span => _bytes.AsSpan(0, _length);

    /// <summary>Whether the body goes on where the limit was.</summary>
    public bool IsCut { get; private set; }

    public static async Task<PooledBytes> ReadAsync(HttpContent content, long limit, CancellationToken cancellationToken)
    {
        Stream stream = await content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
        {
            // One byte more than announced, so that its end is seen without another array.
            long expected = content.Headers.ContentLength + 1 ?? FirstRead;
            PooledBytes body = new(ArrayPool<byte>.Shared.Rent((int)Math.Min(expected, MostAtOnce)));
            while (true)
            {
                int read = await stream.ReadAsync(body._bytes.AsMemory(body._length), cancellationToken).ConfigureAwait(false);
                body._length += read;
                if (read == 0 || body._length > limit)
                {
                    body.IsCut = body._length > limit;
                    body._length = (int)Math.Min(body._length, limit);
                    return body;
                }

                if (body._length == body._bytes.Length)
                {
                    body.Grow();
                }
            }
        }
    }

    public void Dispose()
    {
        byte[] bytes = _bytes;
        (_bytes, _length) = ([], 0);
        ArrayPool<byte>.Shared.Return(bytes);
    }

    private void Grow()
    {
        byte[] larger = ArrayPool<byte>.Shared.Rent(2 * _bytes.Length);
        _bytes.AsSpan(0, _length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = larger;
    }
}
