using CsCheck;
using Microsoft.Extensions.AI;
using RewardReasoning.Judging;
using RewardReasoning.Testing;
using Xunit;

namespace RewardReasoning.Tests.Judging;

/// <summary>A judge that computes with a calculator in its reasoning.</summary>
public sealed class CalculatorTests
{
    private static readonly Comparison Product = new("12*37?", "444", "434");

    private static readonly JudgeOptions WithCalculator = new()
    {
        Calculator = true,
        Order = VoteOrder.Given,
        UnparsableRedraws = 0,
    };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task JudgeAsync_ClientHasTheCalculator_IsAskedOnceWithIt()
    {
        using ScriptedChatClient client = new(_ => @"<think>fine</think>\boxed{Assistant 1}", ChatOptionKeys.Calculator);
        Vote vote = (await new ReasoningJudge(client, WithCalculator).JudgeAsync(Product, Cancel)).Votes[0];
        Assert.Equal(Verdict.First, vote.Verdict);
        ScriptedRequest request = Assert.Single(client.Requests);
        Assert.Equal(true, request.Property(ChatOptionKeys.Calculator));
        Assert.Null(request.Options.StopSequences);
        Assert.Contains("<calc>12*37+5</calc>", string.Concat(request.Messages.Select(message => message.Text)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task JudgeAsync_ClientContinuesTexts_GoesOnBehindEachValue()
    {
        using ScriptedChatClient client = new(
            request =>
                request.Index switch
                {
                    0 => "<think>First <calc>12*37",
                    1 => new ScriptedReply { Reasoning = ". Again <calc>444-4" },
                    _ => @" so it is 444.</think>\boxed{Assistant 1}",
                },
            ChatOptionKeys.Prefill
        );
        Vote vote = (await new ReasoningJudge(client, WithCalculator).JudgeAsync(Product, Cancel)).Votes[0];

        Assert.Equal(Verdict.First, vote.Verdict);
        Assert.Equal("First <calc>12*37</calc>444. Again <calc>444-4</calc>440 so it is 444.", vote.Reasoning);
        Assert.Equal(@"\boxed{Assistant 1}", vote.Answer);
        Assert.Equal(15, vote.Usage.OutputTokens);
        Assert.Equal(
            [null, "<think>First <calc>12*37</calc>444", "<think>First <calc>12*37</calc>444. Again <calc>444-4</calc>440"],
            client.Requests.Select(request => request.Prefill)
        );
        Assert.All(client.Requests, request => Assert.Equal(["</calc>"], request.Options.StopSequences));
        Assert.Equal([8192, 8187, 8182], client.Requests.Select(request => request.Options.MaxOutputTokens));
    }

    [Fact]
    public async Task JudgeAsync_ModelWithoutThinkTags_ComputesInItsAnswer()
    {
        using ScriptedChatClient client = new(
            request => request.Index == 0 ? "It is <calc>12*37" : @", so \boxed{Assistant 1}",
            ChatOptionKeys.Prefill
        );
        Vote vote = (await new ReasoningJudge(client, WithCalculator).JudgeAsync(Product, Cancel)).Votes[0];
        Assert.Equal((Verdict.First, @"It is <calc>12*37</calc>444, so \boxed{Assistant 1}"), (vote.Verdict, vote.Answer));
        Assert.Equal("It is <calc>12*37</calc>444", client.Requests[1].Prefill);
    }

    [Fact]
    public async Task JudgeAsync_ThinkingBudget_CountsWhatTheModelWroteInAllPieces()
    {
        using ScriptedChatClient client = new(
            request =>
                request.Index switch
                {
                    0 => "<think><calc>1+1",
                    1 => new ScriptedReply { Text = "and on and on", FinishReason = ChatFinishReason.Length },
                    _ => new ScriptedReply { Text = "2}" },
                },
            ChatOptionKeys.Prefill
        );
        Vote vote = (await new ReasoningJudge(client, WithCalculator with { ThinkingBudget = 20 }).JudgeAsync(Product, Cancel)).Votes[0];
        Assert.Equal((Verdict.Second, true), (vote.Verdict, vote.Forced));
        Assert.Equal([20, 15, 8], client.Requests.Select(request => request.Options.MaxOutputTokens));
        Assert.Equal("<think><calc>1+1</calc>2and on and on\n</think>\n\n\\boxed{Assistant ", client.Requests[2].Prefill);
    }

    [Fact]
    public async Task JudgeAsync_OnlyEverComputes_IsCutAndMissing()
    {
        using ScriptedChatClient client = new(
            request => new ScriptedReply { Text = request.Index == 0 ? "<think><calc>1+1" : "<calc>1+1", Usage = null },
            ChatOptionKeys.Prefill
        );
        Vote vote = (await new ReasoningJudge(client, WithCalculator).JudgeAsync(Product, Cancel)).Votes[0];
        Assert.Equal(Verdict.Unparsable, vote.Verdict);
        Assert.Equal(CalculatorLoop.MostCalls + 1, client.Requests.Count);
    }

    [Fact]
    public async Task JudgeStreamingAsync_ShowsTheValuesToo()
    {
        using ScriptedChatClient client = new(
            request => request.Index == 0 ? "<think><calc>12*37" : @"</think>\boxed{Assistant 1}",
            ChatOptionKeys.Prefill
        );
        string shown = "";
        await foreach (JudgmentEvent step in new ReasoningJudge(client, WithCalculator).JudgeStreamingAsync(Product, Cancel))
        {
            shown += step.Text;
        }

        Assert.Contains("</calc>444", shown, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_ClientThatCannotContinue_SaysWhatToDo()
    {
        using ScriptedChatClient client = new(_ => "");
        RewardReasoningException refusal = Assert.ThrowsAny<RewardReasoningException>(() => new ReasoningJudge(client, WithCalculator));
        Assert.Equal(FailureBoundary.Input, refusal.Boundary);
        Assert.Contains("leave the calculator out", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Voting_WithCalculator_IsAnotherJudge() =>
        Assert.Contains(
            "calculator True instead of False",
            WithCalculator.Voting.DifferencesFrom((WithCalculator with { Calculator = false }).Voting)
        );

    [Fact]
    public void JudgeFiles_FolderDeclaresTheCalculator_JudgeHasIt()
    {
        using TemporaryFolder folder = new();
        string path = Path.Combine(folder.Path, JudgeFiles.ToolsFile);
        Assert.False(JudgeFiles.Read(folder.Path).ApplyTo(new JudgeOptions()).Calculator);
        File.WriteAllText(path, """{ "calculator": true }""");
        Assert.True(JudgeFiles.Read(folder.Path).ApplyTo(new JudgeOptions()).Calculator);
        File.WriteAllText(path, """{ "browser": true }""");
        Assert.Contains(path, Assert.Throws<FormatException>(() => JudgeFiles.Read(folder.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Watch_TextInAnyPieces_FindsTheSameCalls()
    {
        const string Text = "a<calc>1+1</calc> b <calc>x</calc><calc> <calc>2*3</calc></calc> c <calc>4";
        string[] whole = [.. Results([Text.Select(character => character.ToString()).ToArray()])];
        Assert.Equal(["2", CalculatorCalls.NoValue, "6"], whole);
        Gen.Int[1, 9]
            .Array[1, 40]
            .Sample(lengths =>
            {
                List<string> pieces = [];
                int at = 0;
                foreach (int length in lengths.Concat(Enumerable.Repeat(5, Text.Length)))
                {
                    string piece = Text.Substring(at, Math.Min(length, Text.Length - at));
                    at += piece.Length;
                    pieces.Add(piece);
                }

                Assert.Equal(
                    whole,
                    Results([
                        [.. pieces],
                    ])
                );
            });
    }

    private static IEnumerable<string> Results(string[][] texts)
    {
        foreach (string[] pieces in texts)
        {
            CalculatorCalls.Watch watch = new();
            foreach (string piece in pieces)
            {
                if (watch.Add(piece) is { } result)
                {
                    yield return result;
                }
            }
        }
    }
}
