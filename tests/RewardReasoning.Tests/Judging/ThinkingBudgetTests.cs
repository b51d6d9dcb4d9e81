using Microsoft.Extensions.AI;
using RewardReasoning.Judging;
using RewardReasoning.Testing;
using Xunit;

namespace RewardReasoning.Tests.Judging;

public sealed class ThinkingBudgetTests
{
    private static readonly Comparison Sum = new("2+2?", "four", "five");
    private static readonly JudgeOptions Capped = new()
    {
        ThinkingBudget = 100,
        Order = VoteOrder.Given,
        UnparsableRedraws = 0,
    };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task JudgeAsync_ClientKeepsTheBudget_IsOneRequestMarkedForced()
    {
        using ScriptedChatClient client = new(
            _ => new ScriptedReply
            {
                Reasoning = "thinking and",
                Text = "\n\n\\boxed{Assistant 2",
                Properties = new() { [ChatResponseKeys.ReasoningClosed] = true, [ChatResponseKeys.ThinkingForced] = true },
            },
            ChatOptionKeys.ThinkingBudget,
            ChatOptionKeys.Prefill
        );
        Vote vote = (await new ReasoningJudge(client, Capped).JudgeAsync(Sum, Cancel)).Votes[0];

        Assert.Equal((Verdict.Second, true), (vote.Verdict, vote.Forced));
        ScriptedRequest request = Assert.Single(client.Requests);
        Assert.Equal(100, request.Property(ChatOptionKeys.ThinkingBudget));
        Assert.Equal("\n</think>\n\n\\boxed{Assistant ", request.Property(ChatOptionKeys.ThinkingStub));
        Assert.Equal(["1", "2"], Assert.IsType<string[]>(request.Property(ChatOptionKeys.ThinkingStubChoices)));
        Assert.Equal(8192, request.Options.MaxOutputTokens);
    }

    [Fact]
    public async Task JudgeAsync_ClientThinksAloud_HasItsThoughtApart()
    {
        using ScriptedChatClient client = new(
            _ => new ScriptedReply
            {
                Text = "aloud \\boxed{Assistant 1}\n\n\\boxed{Assistant 2",
                Properties = new() { [ChatResponseKeys.ReasoningClosed] = true, [ChatResponseKeys.ThinkingForced] = true },
            },
            ChatOptionKeys.ThinkingBudget
        );
        Vote vote = (await new ReasoningJudge(client, Capped).JudgeAsync(Sum, Cancel)).Votes[0];
        Assert.Equal(
            (Verdict.Second, true, "aloud \\boxed{Assistant 1}", "\n\n\\boxed{Assistant 2"),
            (vote.Verdict, vote.Forced, vote.Reasoning, vote.Answer)
        );
    }

    [Fact]
    public async Task JudgeAsync_BudgetNotReached_IsOneRequestNotForced()
    {
        using ScriptedChatClient client = new(_ => @"<think>short</think>\boxed{Assistant 1}", ChatOptionKeys.Prefill);
        Vote vote = (await new ReasoningJudge(client, Capped).JudgeAsync(Sum, Cancel)).Votes[0];
        Assert.Equal((Verdict.First, false), (vote.Verdict, vote.Forced));
        Assert.Equal(100, Assert.Single(client.Requests).Options.MaxOutputTokens);
    }

    [Fact]
    public async Task JudgeAsync_ReachedWithPrefill_ContinuesFromThoughtAndStub()
    {
        using ScriptedChatClient client = new(
            request =>
                request.Index == 0
                    ? new ScriptedReply { Reasoning = "\nlong thought", FinishReason = ChatFinishReason.Length }
                    : new ScriptedReply { Text = "2", FinishReason = ChatFinishReason.Length },
            ChatOptionKeys.Prefill,
            ChatOptionKeys.AllowedNextTokens
        );
        Judgment judgment = await new ReasoningJudge(client, Capped).JudgeAsync(Sum, Cancel);
        Vote vote = judgment.Votes[0];

        Assert.Equal((Verdict.Second, true, "\nlong thought"), (vote.Verdict, vote.Forced, vote.Reasoning));
        Assert.Equal("<think>\nlong thought\n</think>\n\n\\boxed{Assistant ", client.Requests[1].Prefill);
        Assert.Equal(["1", "2"], Assert.IsType<string[]>(client.Requests[1].Property(ChatOptionKeys.AllowedNextTokens)));
        Assert.Equal(client.Requests[0].UserText, client.Requests[1].UserText);
        Assert.Equal((20, 10, 10), (judgment.Usage.PromptTokens, judgment.Usage.OutputTokens, vote.GeneratedTokens));
    }

    [Fact]
    public async Task JudgeAsync_ServerTakesTheVerdictForThought_StillReadsIt()
    {
        using ScriptedChatClient client = new(
            request =>
                request.Index == 0
                    ? new ScriptedReply { Reasoning = "long thought", FinishReason = ChatFinishReason.Length }
                    : new ScriptedReply { Reasoning = "1}" },
            ChatOptionKeys.Prefill
        );
        Assert.Equal(Verdict.First, (await new ReasoningJudge(client, Capped).JudgeAsync(Sum, Cancel)).Preferred);
    }

    [Fact]
    public async Task JudgeAsync_ThoughtClosedButAnswerCut_GoesOnUnforced()
    {
        using ScriptedChatClient client = new(
            request =>
                request.Index == 0
                    ? new ScriptedReply
                    {
                        Reasoning = "thought",
                        Text = "The verdict is ",
                        FinishReason = ChatFinishReason.Length,
                    }
                    : new ScriptedReply { Text = @"\boxed{Assistant 1}" },
            ChatOptionKeys.Prefill
        );
        Vote vote = (await new ReasoningJudge(client, Capped).JudgeAsync(Sum, Cancel)).Votes[0];

        Assert.Equal((Verdict.First, false, @"The verdict is \boxed{Assistant 1}"), (vote.Verdict, vote.Forced, vote.Answer));
        Assert.Equal("<think>thought</think>The verdict is ", client.Requests[1].Prefill);
        Assert.Equal(8092, client.Requests[1].Options.MaxOutputTokens);
    }

    [Fact]
    public async Task JudgeAsync_ReachedWithoutPrefill_AsksForTheVerdictAlone()
    {
        using ScriptedChatClient client = new(request =>
            request.Index == 0
                ? new ScriptedReply { Reasoning = "long thought", FinishReason = ChatFinishReason.Length }
                : @"\boxed{Assistant 2}"
        );
        Vote vote = (await new ReasoningJudge(client, Capped).JudgeAsync(Sum, Cancel)).Votes[0];

        Assert.Equal((Verdict.Second, true, "long thought"), (vote.Verdict, vote.Forced, vote.Reasoning));
        IReadOnlyList<ChatMessage> asked = client.Requests[1].Messages;
        Assert.Equal([ChatRole.System, ChatRole.User, ChatRole.Assistant, ChatRole.User], asked.Select(message => message.Role));
        Assert.Equal("long thought", asked[2].Text);
        Assert.Equal(ReasoningEffort.None, client.Requests[1].Options.Reasoning?.Effort);
    }

    [Fact]
    public async Task JudgeAsync_ShortRequestGivesNoVerdict_IsMissing()
    {
        using ScriptedChatClient client = new(request =>
            request.Index == 0
                ? new ScriptedReply { Reasoning = @"maybe \boxed{Assistant 1", FinishReason = ChatFinishReason.Length }
                : @"<think>\boxed{Assistant 2"
        );
        Assert.Null((await new ReasoningJudge(client, Capped).JudgeAsync(Sum, Cancel)).Preferred);
    }

    [Fact]
    public async Task JudgeAsync_BudgetZero_NeverThinks()
    {
        using ScriptedChatClient client = new(_ => "1", ChatOptionKeys.Prefill);
        Vote vote = (await new ReasoningJudge(client, Capped with { ThinkingBudget = 0 }).JudgeAsync(Sum, Cancel)).Votes[0];
        Assert.Equal((Verdict.First, true, ""), (vote.Verdict, vote.Forced, vote.Reasoning));
        Assert.Equal("<think>\n</think>\n\n\\boxed{Assistant ", Assert.Single(client.Requests).Prefill);
    }
}
