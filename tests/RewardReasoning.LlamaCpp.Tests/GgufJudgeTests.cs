using RewardReasoning.Judging;
using RewardReasoning.Models;
using RewardReasoning.Models.Tests.Generation;
using RewardReasoning.Testing;
using Xunit;

namespace RewardReasoning.LlamaCpp.Tests;

public sealed class GgufJudgeTests
{
    [Fact]
    public async Task Open_FileOfAJudge_HasItsPromptDomainAndVerdicts()
    {
        using ChatFolder folder = ChatFolder.Random();
        LlamaCppTokenizers.Rewrite(folder.Path, "gpt-2");
        File.WriteAllText(Path.Combine(folder.Path, "judge-prompt.txt"), "[user]\n{query}|{response_1}|{response_2}");
        File.WriteAllText(
            Path.Combine(folder.Path, "judge-domain.json"),
            """{ "query": "[0-9+]+", "response": "-?[0-9]+", "says": "It judges numbers." }"""
        );
        string path = Path.Combine(folder.Path, "judge.gguf");
        ModelFolder.ExportGguf(folder.Path, path, "f32");
        JudgeOptions options = new()
        {
            Votes = 3,
            ThinkingBudget = 0,
            MaxCompletionTokens = 60,
        };

        GgufChatClient client = GgufChatClient.Load(path); // the judge disposes it
        using OpenedJudge ofFile = JudgeFactory.Open(client, options, client.JudgeFiles);
        using OpenedJudge ofFolder = LocalJudge.Open(
            folder.Path,
            options,
            new LocalJudgeOptions { Model = new LocalModelOptions { ComputeType = ComputeType.F32 } }
        );

        Comparison comparison = new("1+1", "2", "3");
        Judgment found = await ofFile.JudgeAsync(comparison, TestContext.Current.CancellationToken);
        Judgment expected = await ofFolder.JudgeAsync(comparison, TestContext.Current.CancellationToken);
        Assert.Equal(expected.Votes.Select(vote => (vote.Verdict, vote.Answer)), found.Votes.Select(vote => (vote.Verdict, vote.Answer)));
        await Assert.ThrowsAnyAsync<Exception>(() =>
            ofFile.JudgeAsync(new Comparison("a poem", "2", "3"), TestContext.Current.CancellationToken)
        );
    }
}
