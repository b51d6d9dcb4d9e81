using RewardReasoning.IO;

namespace RewardReasoning.Cli.Terminals;

/// <summary>
/// Standard input whose reading can be cancelled: .NET's own stream for it waits for the sender whatever the token says, so that a run that
/// was interrupted, or has failed, would wait too. What a cancelled read brings after all is kept for the next one.
/// </summary>
internal sealed class InputStream(Stream inner) : ForwardStream
{
    private const int BufferBytes = 1 << 16;

    private readonly byte[] _buffer = new byte[BufferBytes];
    private Task<int>? _reading;
    private int _start;
    private int _end;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        await FillAsync(cancellationToken);
        return Take(buffer.Span);
    }

    public override int Read(Span<byte> buffer)
    {
        FillAsync(CancellationToken.None).GetAwaiter().GetResult();
        return Take(buffer);
    }

    private async Task FillAsync(CancellationToken cancellationToken)
    {
        if (_start == _end)
        {
            _reading ??= Task.Run(() => inner.Read(_buffer), CancellationToken.None);
            _end = await _reading.WaitAsync(cancellationToken);
            _start = 0;
            _reading = null;
        }
    }

    private int Take(Span<byte> buffer)
    {
        int count = Math.Min(buffer.Length, _end - _start);
        _buffer.AsSpan(_start, count).CopyTo(buffer);
        _start += count;
        return count;
    }
}
