using Microsoft.Win32.SafeHandles;

namespace RewardReasoning.Cli.Terminals;

/// <summary>Standard output cannot take what is written to it: its reader has gone, or the disk is full.</summary>
internal sealed class OutputException(Exception inner, bool isClosed)
    : IOException($"standard output cannot be written: {inner.Message}", inner)
{
    /// <summary>Whether its reader has gone, as <c>head</c> does when it has read enough: nothing to tell anybody.</summary>
    public bool IsClosed => isClosed;
}

/// <summary>
/// Standard output that reports its failures: .NET's own stream for it drops what a closed pipe does not take, so that a run would go
/// on and pay for rows that nobody reads.
/// </summary>
internal sealed class OutputStream(Stream inner) : Stream
{
    private const int BrokenPipe = 32;
    private const int StandardOutput = 1;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Standard output of this process.</summary>
    public static OutputStream OfProcess()
    {
        if (OperatingSystem.IsWindows())
        {
            return new OutputStream(Console.OpenStandardOutput());
        }

        try
        {
            return new OutputStream(
                new FileStream(new SafeFileHandle(StandardOutput, ownsHandle: false), FileAccess.Write, bufferSize: 0, isAsync: false)
            );
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return new OutputStream(Stream.Null); // it was closed before the process began
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        try
        {
            inner.Write(buffer);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Of(error);
        }
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            await inner.WriteAsync(buffer, cancellationToken);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Of(error);
        }
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush()
    {
        try
        {
            inner.Flush();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Of(error);
        }
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    private static OutputException Of(Exception error) =>
        new(error, (error.HResult & 0xFFFF) == BrokenPipe || error.Message.Contains("Broken pipe", StringComparison.OrdinalIgnoreCase));
}
