using System.Diagnostics;
using RewardReasoning.Cli.Terminals;

namespace RewardReasoning.Cli.Tests;

public sealed class InterruptSignalsTests : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly ManualTime _time = new();
    private readonly List<int> _ends = [];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _source.Dispose();

    [Fact]
    public void Receive_FirstSignal_CancelsAndEndsNothing()
    {
        new InterruptSignals(_source, _time, _ends.Add).Receive();
        Assert.True(_source.IsCancellationRequested);
        Assert.Empty(_ends);
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(499, false)]
    [InlineData(500, true)]
    public void Receive_FurtherSignal_EndsTheProcessUnlessItIsAnEcho(int milliseconds, bool ends)
    {
        InterruptSignals signals = new(_source, _time, _ends.Add);
        signals.Receive();
        _time.Now += TimeSpan.FromMilliseconds(milliseconds);
        signals.Receive();
        Assert.Equal(ends ? [ExitCodes.Cancelled] : [], _ends);
    }

    [Fact]
    public async Task Process_SignalledTwiceWhileItGenerates_EndsAsCancelled()
    {
        // timeout(1) sends its signal to the process and then to its group; the second one came while the tensor library computed.
        using Process process = Rrm.Start(
            "judge",
            "--query",
            "12*4+7",
            "--response",
            "55",
            "--response",
            "54",
            "--votes",
            "200",
            "--temperature",
            "3",
            "--store",
            "none",
            "--json"
        );
        try
        {
            await UntilItGeneratesAsync(process);
            using (Process kill = Process.Start("sh", ["-c", "kill -TERM $0; sleep 0.02; kill -TERM $0", $"{process.Id}"]))
            {
                await kill.WaitForExitAsync(Cancellation);
            }

            string error = await process.StandardError.ReadToEndAsync(Cancellation);
            await process.WaitForExitAsync(Cancellation);
            Assert.Equal((ExitCodes.Cancelled, "rrm: cancelled.\n"), (process.ExitCode, error));
        }
        finally
        {
            process.Kill();
        }
    }

    private static async Task UntilItGeneratesAsync(Process process)
    {
        string threads = $"/proc/{process.Id}/task";
        if (!Directory.Exists(threads))
        {
            Assert.Skip("There is no /proc here to see by that the process generates.");
        }

        while (!Directory.EnumerateDirectories(threads).Any(Generates))
        {
            Assert.False(process.HasExited, "The process ended before it was signalled.");
            await Task.Delay(20, Cancellation);
        }

        static bool Generates(string thread)
        {
            const int UserTime = 11; // fields after the name's closing bracket
            const int Ticks = 5; // 50 ms of computing
            try
            {
                string status = File.ReadAllText($"{thread}/stat");
                return status.Contains("(generation", StringComparison.Ordinal)
                    && int.Parse(status[(status.LastIndexOf(')') + 2)..].Split(' ')[UserTime]) >= Ticks;
            }
            catch (IOException)
            {
                return false; // the thread has ended meanwhile
            }
        }
    }

    private sealed class ManualTime : TimeProvider
    {
        public TimeSpan Now { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Now.Ticks;
    }
}
