using System.Diagnostics;
using RewardReasoning.IO;
using Xunit;

namespace RewardReasoning.Tests.IO;

public sealed class AtomicFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("rr-atomic-").FullName;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Target => Path.Combine(_folder, "file.txt");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Write_ReplacesWhatWasThere_AndLeavesNothingBeside()
    {
        File.WriteAllText(Target, "a longer text than the new one");

        AtomicFile.WriteAllText(Target, "über\n");
        Assert.Equal("über\n"u8.ToArray(), File.ReadAllBytes(Target));
        await AtomicFile.WriteAllTextAsync(Target, "two", Cancellation);
        Assert.Equal("two", File.ReadAllText(Target));
        AtomicFile.WriteText(Target, writer => writer.WriteLine("a line"));
        Assert.Equal("a line\n", File.ReadAllText(Target));

        Assert.Equal([Target], Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public async Task Write_FailedHalfway_LeavesTheOldFileAndNothingBeside()
    {
        File.WriteAllText(Target, "old");
        Action<Stream> half = stream =>
        {
            stream.Write(new byte[200_000]);
            throw new InvalidDataException("half");
        };

        Assert.Throws<InvalidDataException>(() => AtomicFile.Write(Target, half));
        await Assert.ThrowsAsync<InvalidDataException>(() =>
            AtomicFile.WriteAsync(
                Target,
                (stream, _) =>
                {
                    half(stream);
                    return Task.CompletedTask;
                },
                Cancellation
            )
        );

        Assert.Equal("old", File.ReadAllText(Target));
        Assert.Equal([Target], Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public void Write_ThroughALink_ReplacesTheFileItPointsTo()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("Links need rights on Windows.");
            return;
        }

        File.WriteAllText(Target, "old");
        File.SetUnixFileMode(Target, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        string link = Path.Combine(_folder, "link");
        File.CreateSymbolicLink(link, "file.txt");

        AtomicFile.WriteAllText(link, "new");

        Assert.Equal("file.txt", new FileInfo(link).LinkTarget);
        Assert.Equal("new", File.ReadAllText(Target));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Target));
    }

    [Fact]
    public async Task Write_ToANamedPipe_IsReadAtItsOtherEnd()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Pipes have no paths on Windows.");
        using (Process made = Process.Start("mkfifo", [Target]))
        {
            await made.WaitForExitAsync(Cancellation);
            Assert.Equal(0, made.ExitCode);
        }

        Task<string> read = Task.Run(() => File.ReadAllTextAsync(Target, Cancellation), Cancellation);
        await Task.Run(() => AtomicFile.WriteAllText(Target, "through the pipe"), Cancellation);

        Assert.Equal("through the pipe", await read);
        Assert.Equal([Target], Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public void Write_ToANullDevice_LeavesItADevice()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There is no /dev on Windows.");

        AtomicFile.WriteAllText("/dev/null", "nothing");

        using FileStream device = File.OpenRead("/dev/null");
        Assert.Equal(-1, device.ReadByte());
    }

    [Fact]
    public async Task Write_ByManyAtOnce_LeavesOneOfTheirTextsWhole()
    {
        string[] texts = [.. Enumerable.Range(0, 8).Select(writer => new string((char)('a' + writer), 100_000))];

        await Task.WhenAll(texts.Select(text => Task.Run(() => AtomicFile.WriteAllText(Target, text), Cancellation)));

        Assert.Contains(File.ReadAllText(Target), texts);
        Assert.Equal([Target], Directory.GetFileSystemEntries(_folder));
    }
}
