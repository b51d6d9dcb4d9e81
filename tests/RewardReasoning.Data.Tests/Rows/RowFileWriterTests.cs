using System.Diagnostics;
using RewardReasoning.Data.Rows;
using RewardReasoning.IO;
using Xunit;

namespace RewardReasoning.Data.Tests.Rows;

public sealed class RowFileWriterTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("rrm-out-").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Out => Path.Combine(_folder, "out.jsonl");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task CreateAsync_WhileAnotherWrites_IsRefused_AndNoLineIsLost()
    {
        for (int attempt = 0; attempt < 20; attempt++)
        {
            await using (RowFileWriter first = await RowFileWriter.CreateAsync(Out, null, TimeProvider.System, Token))
            {
                await WriteAsync(first, attempt);
                FileInUseException error = await Assert.ThrowsAsync<FileInUseException>(() =>
                    RowFileWriter.CreateAsync(Out, null, TimeProvider.System, Token)
                );
                Assert.Contains($"process {Environment.ProcessId}", error.Message, StringComparison.Ordinal);
                await WriteAsync(first, attempt);
                first.Complete();
            }

            Assert.Equal([$$"""{"run":{{attempt}}}""", $$"""{"run":{{attempt}}}"""], await File.ReadAllLinesAsync(Out, Token));
        }

        Assert.Equal([Out], Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public async Task CreateAsync_ThroughALinkToAFileInUse_IsRefused()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Links need rights on Windows.");
        File.WriteAllText(Out, "");
        string link = Path.Combine(_folder, "link.jsonl");
        File.CreateSymbolicLink(link, "out.jsonl");
        await using RowFileWriter first = await RowFileWriter.CreateAsync(Out, null, TimeProvider.System, Token);

        await Assert.ThrowsAsync<FileInUseException>(() => RowFileWriter.CreateAsync(link, null, TimeProvider.System, Token));
    }

    [Fact]
    public async Task CreateAsync_OfANamedPipe_WritesIntoIt()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Pipes have no paths on Windows.");
        using (Process made = Process.Start("mkfifo", [Out]))
        {
            await made.WaitForExitAsync(Token);
        }

        Task<string> read = Task.Run(() => File.ReadAllTextAsync(Out, Token), Token);
        await using (RowFileWriter writer = await RowFileWriter.CreateAsync(Out, null, TimeProvider.System, Token))
        {
            await WriteAsync(writer, 7);
            writer.Complete();
        }

        Assert.Equal("{\"run\":7}\n", await read);
        Assert.Equal([Out], Directory.GetFileSystemEntries(_folder));
    }

    private static Task WriteAsync(RowFileWriter writer, int run) =>
        writer.WriteAsync(
            json =>
            {
                json.WriteStartObject();
                json.WriteNumber("run", run);
                json.WriteEndObject();
            },
            Token
        );
}
