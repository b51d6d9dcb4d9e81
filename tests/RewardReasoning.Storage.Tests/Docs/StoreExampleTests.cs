using RewardReasoning.Testing;
using Xunit;

namespace RewardReasoning.Storage.Tests.Docs;

public sealed class StoreExampleTests
{
    [Fact]
    public void Document_HoldsTheExampleThatIsCompiledHere()
    {
        string[] lines = File.ReadAllLines(
            Path.Combine(SharedFolder.RepositoryRoot, "tests", "RewardReasoning.Storage.Tests", "Docs", "StoreExample.cs")
        );
        string[] example = lines[
            (Array.FindIndex(lines, line => line.Trim() == "// begin") + 1)..Array.FindIndex(lines, line => line.Trim() == "// end")
        ];
        string document = File.ReadAllText(Path.Combine(SharedFolder.RepositoryRoot, "docs", "store.md"));
        Assert.Contains(string.Join('\n', example.Select(line => line.Length > 8 ? line[8..] : line)), document, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RunAsync_Twice_AsksTheServerOnce()
    {
        string path = Path.Combine(Directory.CreateTempSubdirectory("rrm-example-").FullName, "judged.db");
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(
            FakeReply.Completion(@"\boxed{Assistant 1}", "80 / 8 = 10")
        );
        Judgment first = await StoreExample.RunAsync(server.Url, path);
        Judgment second = await StoreExample.RunAsync(server.Url, path);
        Assert.Single(server.Requests);
        Assert.Equal((first.Preferred, 5, 5), (second.Preferred, (int)second.Usage.OutputTokens, (int)second.Usage.KeptOutputTokens));
        Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);
    }
}
