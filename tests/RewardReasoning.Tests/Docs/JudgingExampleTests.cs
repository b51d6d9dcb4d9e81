using RewardReasoning.Testing;
using RewardReasoning.Tests.Rankings;
using Xunit;

namespace RewardReasoning.Tests.Docs;

public sealed class JudgingExampleTests
{
    [Theory]
    [InlineData("docs/judging.md", "JudgingExample.cs")]
    [InlineData("docs/ranking.md", "RankingExample.cs")]
    public void Document_HoldsTheExampleThatIsCompiledHere(string name, string file)
    {
        string source = File.ReadAllText(Path.Combine(SharedFolder.RepositoryRoot, "tests", "RewardReasoning.Tests", "Docs", file));
        string[] lines = source.Split('\n');
        string[] example = lines[
            (Array.FindIndex(lines, line => line.Trim() == "// begin") + 1)..Array.FindIndex(lines, line => line.Trim() == "// end")
        ];
        string document = File.ReadAllText(Path.Combine(SharedFolder.RepositoryRoot, name));
        Assert.Contains(string.Join('\n', example.Select(line => line.Length > 8 ? line[8..] : line)), document, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RunAsync_AgainstAServer_Judges()
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(request =>
            FakeReply.Completion(
                request.LastContent("user")!.Contains("### Assistant 1\n~~~~\n10\n", StringComparison.Ordinal)
                    ? @"\boxed{Assistant 1}"
                    : @"\boxed{Assistant 2}",
                "80 / 8 = 10"
            )
        );
        Judgment judgment = await JudgingExample.RunAsync(server.Url);
        Assert.Equal((Verdict.First, 5), (judgment.Preferred, judgment.Votes.Count));
    }

    [Fact]
    public async Task RunAsync_Responses_NamesTheBest() =>
        Assert.Equal("best: 7", await RankingExample.RunAsync(new StrengthJudge(), "q", ["4", "7", "5"]));
}
