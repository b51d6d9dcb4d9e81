using System.Diagnostics;
using RewardReasoning.IO;
using Xunit;

namespace RewardReasoning.Tests.IO;

public sealed class FileLockTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("rr-lock-").FullName;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Target => Path.Combine(_folder, "out.jsonl");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Take_WhileAnotherHasIt_SaysWho_AndLeavesNothingAfterwards()
    {
        using (FileLock first = FileLock.Take(Target))
        {
            FileInUseException error = Assert.Throws<FileInUseException>(() => FileLock.Take(Target));
            Assert.Contains($"process {Environment.ProcessId} (", error.Message, StringComparison.Ordinal);
            Assert.Contains($"on {Environment.MachineName}, since 20", error.Message, StringComparison.Ordinal);
            using FileLock other = FileLock.Take(Path.Combine(_folder, "other.jsonl"));
        }

        Assert.Empty(Directory.GetFileSystemEntries(_folder));
        FileLock.Take(Target).Dispose();
    }

    [Fact]
    public void Take_OfAFolder_GuardsTheFolder()
    {
        using FileLock held = FileLock.Take(_folder);
        Assert.Throws<FileInUseException>(() => FileLock.Take(_folder));
        Assert.Contains(".lock", Directory.GetFileSystemEntries(_folder).Select(Path.GetFileName));
    }

    [Fact]
    public void Take_WithFilesThatAKilledProcessLeft_Succeeds()
    {
        File.WriteAllText(Target + ".lock", "");
        File.WriteAllText(Target + ".lock.holder", "process 1 (rrm) on elsewhere, since 2020-01-01 00:00:00 UTC\n");

        FileLock.Take(Target).Dispose();

        Assert.Empty(Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public async Task Take_ByManyAtOnce_HasOneHolderAtATime()
    {
        int inside = 0,
            most = 0,
            entered = 0;
        async Task EnterAsync()
        {
            for (int tries = 0; tries < 20; )
            {
                try
                {
                    using FileLock held = FileLock.Take(Target);
                    int now = Interlocked.Increment(ref inside);
                    InterlockedMax(ref most, now);
                    await Task.Delay(1, Cancellation);
                    Interlocked.Increment(ref entered);
                    Interlocked.Decrement(ref inside);
                    tries++;
                }
                catch (FileInUseException)
                {
                    await Task.Yield();
                }
            }
        }

        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(EnterAsync, Cancellation)));

        Assert.Equal((1, 80), (most, entered));
        Assert.Empty(Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public async Task Take_AfterTheHolderWasKilled_Succeeds()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows() || !File.Exists("/usr/bin/flock"), "There is no flock command here.");
        using Process holder =
            Process.Start("/usr/bin/flock", ["--exclusive", "--no-fork", Target + ".lock", "sleep", "600"])
            ?? throw new InvalidOperationException("flock did not start.");
        while (!IsHeld(Target + ".lock"))
        {
            await Task.Delay(5, Cancellation);
        }

        Assert.Throws<FileInUseException>(() => FileLock.Take(Target));
        holder.Kill();
        await holder.WaitForExitAsync(Cancellation);

        FileLock.Take(Target).Dispose();
    }

    private static bool IsHeld(string path)
    {
        try
        {
            new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None).Dispose();
            return false;
        }
        catch (FileNotFoundException)
        {
            return false;
        }
        catch (IOException error) when (FileLock.IsHeld(error))
        {
            return true;
        }
    }

    private static void InterlockedMax(ref int most, int value)
    {
        int seen;
        do
        {
            seen = most;
        } while (value > seen && Interlocked.CompareExchange(ref most, value, seen) != seen);
    }
}
