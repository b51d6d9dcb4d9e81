using System.IO.Pipelines;
using RewardReasoning.Cli.Terminals;

namespace RewardReasoning.Cli.Tests;

public sealed class InputStreamTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ReadAsync_CancelledWhileNothingComes_ThrowsAndLosesNothing()
    {
        Pipe pipe = new();
        await using InputStream input = new(pipe.Reader.AsStream());
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        byte[] cancelled = new byte[8];
        ValueTask<int> waiting = input.ReadAsync(cancelled, stop.Token);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await waiting);
        await pipe.Writer.WriteAsync("abc"u8.ToArray(), Cancel);
        byte[] read = new byte[2];
        Assert.Equal(2, await input.ReadAsync(read, Cancel));
        Assert.Equal("ab"u8.ToArray(), read);
        Assert.Equal(1, await input.ReadAsync(read, Cancel));
        Assert.Equal((byte)'c', read[0]);
        await pipe.Writer.CompleteAsync();
        Assert.Equal(0, await input.ReadAsync(read, Cancel));
        Assert.Equal(new byte[8], cancelled);
    }
}
