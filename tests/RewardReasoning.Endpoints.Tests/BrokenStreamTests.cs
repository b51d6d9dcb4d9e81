using RewardReasoning.Judging;
using RewardReasoning.Testing;
using Xunit;

namespace RewardReasoning.Endpoints.Tests;

/// <summary>A judgment that is watched while its stream breaks off.</summary>
public sealed class BrokenStreamTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task JudgeStreamingAsync_StreamBreaksOff_BeginsTheDrawAnew()
    {
        TaskCompletionSource read = new();
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(
            FakeReply.Completion(@"\boxed{Assistant 2} is what") with
            {
                Resets = true,
                ResetsAfter = read.Task,
            },
            FakeReply.Completion(@"\boxed{Assistant 1}")
        );
        using EndpointChatClient client = new(new() { Url = server.Url, Model = "m" });
        ReasoningJudge judge = new(client, new() { Order = VoteOrder.Given });
        List<JudgmentEvent> events = [];
        await foreach (JudgmentEvent happened in judge.JudgeStreamingAsync(new("q", "a", "b"), Cancel))
        {
            events.Add(happened);
            if (happened.Kind == JudgmentEventKind.Answer)
            {
                read.TrySetResult();
            }
        }

        Assert.Equal(2, events.Count(happened => happened.Kind == JudgmentEventKind.DrawStarted));
        Judgment? judgment = events[^1].Judgment;
        Assert.Equal((Verdict.First, @"\boxed{Assistant 1}"), (judgment?.Preferred, judgment?.Votes[0].Answer));
        Assert.Equal(2, server.Requests.Count);
    }
}
