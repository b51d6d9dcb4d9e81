using Microsoft.Extensions.AI;
using RewardReasoning.Judging;
using RewardReasoning.Testing;
using Xunit;

namespace RewardReasoning.Models.Tests;

public sealed class LocalJudgeTests
{
    private static string Folder => Path.Combine(SharedFolder.RepositoryRoot, "models", "rrm-mini");

    [Fact]
    public async Task Open_ShippedModel_JudgesWithItsFoldersPromptDomainAndCalibration()
    {
        using OpenedJudge judge = LocalJudge.Open(Folder, new JudgeOptions { Votes = 3 });

        Judgment judgment = await judge.JudgeAsync(new Comparison("12*4+7", "55", "54"), TestContext.Current.CancellationToken);
        Assert.Equal(Verdict.First, judgment.Preferred);
        Assert.Equal("rrm-mini", judge.Name);
        Assert.NotNull(judge.Domain);
        Assert.Equal(JudgeFiles.Read(Folder).ApplyTo(new JudgeOptions()).Voting.Prompt, judge.Voting.Prompt);
        await Assert.ThrowsAsync<OutOfDomainException>(() =>
            judge.JudgeAsync(new Comparison("Who wrote Faust?", "Goethe", "Schiller"), TestContext.Current.CancellationToken)
        );
    }

    [Fact]
    public async Task Open_WithAWrapper_AsksThroughItAndKeepsTheModelsConcurrency()
    {
        int asked = 0;
        using OpenedJudge judge = LocalJudge.Open(
            Folder,
            options: new LocalJudgeOptions { Wrap = client => new Counting(client, () => Interlocked.Increment(ref asked)) }
        );
        await judge.JudgeAsync(new Comparison("12*4+7", "55", "54"), TestContext.Current.CancellationToken);
        Assert.Equal(1, asked);
        Assert.Equal(512, judge.Concurrency);
    }

    private sealed class Counting(IChatClient inner, Action count) : DelegatingChatClient(inner)
    {
        public override Task<ChatResponse> GetResponseAsync(
            IEnumerable<ChatMessage> messages,
            ChatOptions? options = null,
            CancellationToken cancellationToken = default
        )
        {
            count();
            return base.GetResponseAsync(messages, options, cancellationToken);
        }
    }
}
