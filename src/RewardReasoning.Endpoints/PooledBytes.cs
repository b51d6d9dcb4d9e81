using System.Buffers;

namespace RewardReasoning.Endpoints;

/// <summary>A body of an answer, read whole into a borrowed array, up to a limit.</summary>
internal sealed class PooledBytes : IDisposable
{
    private const int FirstRead = 4 << 10;
    private const int MostAtOnce = 1 << 20;

    /// <summary>So many bytes show whether a body is a stream of events.</summary>
    private const int Telling = 6;

    private byte[] _bytes;
    private int _length;

    private PooledBytes(byte[] bytes) => _bytes = bytes;

    public ReadOnlySpan<byte> Span => _bytes.AsSpan(0, _length);

    /// <summary>Whether the body goes on where the limit was.</summary>
    public bool IsCut { get; private set; }

    /// <summary>Reads a body to its end or the limit.</summary>
    public static async Task<PooledBytes> ReadAsync(HttpContent content, long limit, CancellationToken cancellationToken)
    {
        Stream stream = await content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
        {
            // One byte more than announced, so that its end is seen without another array.
            long expected = content.Headers.ContentLength + 1 ?? FirstRead;
            PooledBytes body = new(ArrayPool<byte>.Shared.Rent((int)Math.Min(expected, MostAtOnce)));
            while (body._length <= limit && await body.ReadMoreAsync(stream, cancellationToken).ConfigureAwait(false)) { }

            body.IsCut = body._length > limit;
            body._length = (int)Math.Min(body._length, limit);
            return body;
        }
    }

    /// <summary>Reads until something other than blanks has come.</summary>
    public static async Task<PooledBytes> ReadFirstAsync(Stream stream, CancellationToken cancellationToken)
    {
        PooledBytes body = new(ArrayPool<byte>.Shared.Rent(FirstRead));
        while (TrimStart(body.Span).Length < Telling && await body.ReadMoreAsync(stream, cancellationToken).ConfigureAwait(false)) { }

        return body;
    }

    /// <summary>Reads all that is left.</summary>
    public async Task ReadRestAsync(Stream stream, CancellationToken cancellationToken)
    {
        while (await ReadMoreAsync(stream, cancellationToken).ConfigureAwait(false)) { }
    }

    /// <summary>The bytes without blanks and a byte order mark at their beginning.</summary>
    public static ReadOnlySpan<byte> TrimStart(ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<byte> mark = [0xef, 0xbb, 0xbf];
        return (bytes.StartsWith(mark) ? bytes[mark.Length..] : bytes).TrimStart(" \t\r\n"u8);
    }

    public void Dispose()
    {
        byte[] bytes = _bytes;
        (_bytes, _length) = ([], 0);
        ArrayPool<byte>.Shared.Return(bytes);
    }

    private async ValueTask<bool> ReadMoreAsync(Stream stream, CancellationToken cancellationToken)
    {
        if (_length == _bytes.Length)
        {
            Grow();
        }

        int read = await stream.ReadAsync(_bytes.AsMemory(_length), cancellationToken).ConfigureAwait(false);
        _length += read;
        return read > 0;
    }

    private void Grow()
    {
        byte[] larger = ArrayPool<byte>.Shared.Rent(2 * _bytes.Length);
        _bytes.AsSpan(0, _length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = larger;
    }
}
