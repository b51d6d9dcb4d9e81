using Microsoft.Extensions.AI;
using RewardReasoning.Calibration;
using RewardReasoning.Judging;
using RewardReasoning.Testing;
using Xunit;

namespace RewardReasoning.Tests.Judging;

/// <summary>Completions that end without a readable verdict, and verdicts that were begun for the model.</summary>
public sealed class MissingVerdictTests
{
    private static readonly Comparison Sum = new("2+2?", "4", "5");
    private static readonly JudgeOptions Given = new() { Order = VoteOrder.Given };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(@"It is either \boxed{Assistant 1} or \boxed{Assistant 2}.", Verdict.Unparsable)]
    [InlineData(@"Final verdict: \boxed{Assistant 1} / \boxed{Assistant 2}", Verdict.Unparsable)]
    [InlineData(@"**\boxed{Assistant 1}** vs. **\boxed{Assistant 2}**", Verdict.Unparsable)]
    [InlineData(@"It has to be \boxed{Assistant 2} or \boxed{Assistant 1}.", Verdict.Unparsable)]
    [InlineData(@"\boxed{Assistant 1}, \boxed{Assistant 2}", Verdict.Unparsable)]
    [InlineData(@"\boxed{Assistant 1} 或 \boxed{Assistant 2}", Verdict.Unparsable)]
    [InlineData(@"\boxed{Assistant 1} or \boxed{Assistant 1}", Verdict.First)]
    [InlineData(@"Not \boxed{Assistant 1} but \boxed{Assistant 2}.", Verdict.Second)]
    [InlineData(@"I answer \boxed{Assistant 1} or \boxed{Assistant 2}. Four is right: \boxed{Assistant 1}.", Verdict.First)]
    [InlineData("At first \\boxed{Assistant 2}, but no.\n\n\\boxed{Assistant 1}", Verdict.First)]
    [InlineData("\\boxed{Assistant 1}\n\n\\boxed{Assistant 2}", Verdict.Second)]
    public void ParseAnswer_BoxesOfferedAsAlternatives_AreNoVerdict(string answer, Verdict verdict) =>
        Assert.Equal(verdict, VerdictParser.ParseAnswer(answer));

    [Fact]
    public async Task JudgeAsync_AnswerWithoutABox_IsAskedForTheVerdictBeforeAnotherDraw()
    {
        using ScriptedChatClient client = new(
            request => request.Prefill is null ? "<think>Four.</think>Assistant 1 it is." : "1",
            ChatOptionKeys.Prefill,
            ChatOptionKeys.AllowedNextTokens
        );
        Vote vote = (await new ReasoningJudge(client, Given).JudgeAsync(Sum, Cancel)).Votes[0];

        Assert.Equal((Verdict.First, true, 0), (vote.Verdict, vote.Forced, vote.Redraws));
        Assert.Equal(2, client.Requests.Count);
        Assert.Equal("<think>Four.</think>Assistant 1 it is.\n\n\\boxed{Assistant ", client.Requests[1].Prefill);
        Assert.Equal(8, client.Requests[1].Options.MaxOutputTokens);
        Assert.Equal(["1", "2"], Assert.IsType<string[]>(client.Requests[1].Property(ChatOptionKeys.AllowedNextTokens)));
        Assert.Equal((20L, 10L), (vote.Usage.PromptTokens, vote.Usage.OutputTokens));
    }

    [Fact]
    public async Task JudgeAsync_StrictParsing_DrawsAgainAsThePaperDoes()
    {
        using ScriptedChatClient client = new(_ => "<think>Four.</think>Assistant 1 it is.", ChatOptionKeys.Prefill);
        Judgment judgment = await new ReasoningJudge(client, Given with { StrictParsing = true }).JudgeAsync(Sum, Cancel);
        Assert.Null(judgment.Preferred);
        Assert.Equal(3, client.Requests.Count);
        Assert.All(client.Requests, request => Assert.Null(request.Prefill));
    }

    [Fact]
    public async Task JudgeAsync_EverythingCameAsReasoning_SaysSo()
    {
        using ScriptedChatClient client = ScriptedChatClient.Of(new ScriptedReply { Reasoning = @"Four. \boxed{Assistant 1}" });
        Judgment judgment = await new ReasoningJudge(client, Given with { UnparsableRedraws = 0 }).JudgeAsync(Sum, Cancel);
        Assert.Null(judgment.Preferred);
        Assert.Contains("everything came as reasoning", judgment.MissingReason, StringComparison.Ordinal);
    }

    /// <summary>A server goes on after the number: the first number decides, not the last.</summary>
    [Fact]
    public async Task JudgeAsync_ForcedByPrefill_ReadsTheSoftVerdictAtTheFirstNumber()
    {
        string[] tokens = ["1", "}", "\n", "Assistant", " 2"];
        KeyValuePair<string, float>[][] top = [.. tokens.Select(token => (KeyValuePair<string, float>[])[new(token, 0)])];
        top[0] = [new("1", MathF.Log(0.8f)), new("2", MathF.Log(0.2f))];
        top[4] = [new(" 2", MathF.Log(0.9f)), new(" 1", MathF.Log(0.1f))];
        using ScriptedChatClient client = new(
            request =>
                request.Prefill is null
                    ? new ScriptedReply { Reasoning = "Hm", FinishReason = ChatFinishReason.Length }
                    : new ScriptedReply
                    {
                        Text = string.Concat(tokens),
                        FinishReason = ChatFinishReason.Length,
                        Properties = new() { [ChatResponseKeys.TokenTexts] = tokens, [ChatResponseKeys.TokenTopLogProbs] = top },
                    },
            ChatOptionKeys.Prefill,
            ChatOptionKeys.LogProbs
        );
        Vote vote = (await new ReasoningJudge(client, Given with { ThinkingBudget = 8 }).JudgeAsync(Sum, Cancel)).Votes[0];
        Assert.Equal((Verdict.First, true), (vote.Verdict, vote.Forced));
        Assert.Equal(0.8, vote.FirstProbability ?? -1, 1e-6);
    }

    [Fact]
    public void FirstProbability_ForcedInOneRequest_IsAtTheNumberBehindTheStub()
    {
        string[] tokens = ["aloud ", "2", " and ", "1", "}", " Assistant", " 2", "<|end|>"];
        KeyValuePair<string, float>[][] top = [.. tokens.Select(token => (KeyValuePair<string, float>[])[new(token, 0)])];
        top[3] = [new("1", MathF.Log(0.6f)), new("2", MathF.Log(0.4f))];
        ChatResponse response = new(new ChatMessage(ChatRole.Assistant, "aloud 2 and \n\n\\boxed{Assistant 1} Assistant 2"))
        {
            AdditionalProperties = new() { [ChatResponseKeys.TokenTexts] = tokens, [ChatResponseKeys.TokenTopLogProbs] = top },
        };
        Assert.Equal(0.6, SoftVerdict.FirstProbability(response, forced: true) ?? -1, 1e-6);
    }

    [Theory]
    [InlineData(0L, null, null)]
    [InlineData(7L, null, 7L)]
    [InlineData(0L, "<think>|Both| names|</think>|\\boxed|{Assistant 1}", 2L)]
    public void From_ReasoningThatTheServerDoesNotCount_IsEstimatedOrUnknown(long? reported, string? tokens, long? expected)
    {
        ChatResponse response = new(
            new ChatMessage(ChatRole.Assistant, [new TextReasoningContent("Both names"), new TextContent(@"\boxed{Assistant 1}")])
        )
        {
            Usage = new()
            {
                InputTokenCount = 9,
                OutputTokenCount = 60,
                ReasoningTokenCount = reported,
            },
            AdditionalProperties = tokens is null ? [] : new() { [ChatResponseKeys.TokenTexts] = tokens.Split('|') },
        };
        Assert.Equal(expected, Completion.From(response, TimeSpan.Zero).Usage.ReasoningTokens);
    }

    [Fact]
    public void VotingSettings_AnotherStub_IsAnotherJudge()
    {
        VotingSettings trained = (Given with { ThinkingStub = "</think>I say \\boxed{Assistant " }).Voting;
        Assert.Null(Given.Voting.Stub);
        Assert.NotEqual(Given.Voting, trained);
        Assert.Equal(["another stub"], trained.DifferencesFrom(Given.Voting));
    }
}
