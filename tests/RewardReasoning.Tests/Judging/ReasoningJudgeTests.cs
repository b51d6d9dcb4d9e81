using System.Text.RegularExpressions;
using CsCheck;
using Microsoft.Extensions.AI;
using RewardReasoning.Judging;
using RewardReasoning.Testing;
using Xunit;

namespace RewardReasoning.Tests.Judging;

public sealed partial class ReasoningJudgeTests
{
    private static readonly Comparison Sum = new("2+2?", "four", "five");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>A judge that prefers "four", wherever it is shown.</summary>
    private static ScriptedReply PreferFour(ScriptedRequest request) =>
        $"<think>I look.</think>\\boxed{{Assistant {(ShownFirst(request) == "four" ? 1 : 2)}}}";

    private static string ShownFirst(ScriptedRequest request) => FirstFenced().Match(request.UserText).Groups[1].Value;

    [Fact]
    public async Task JudgeAsync_OneVote_HasItsVerdictAndConfidence()
    {
        using ScriptedChatClient client = new(PreferFour);
        Judgment judgment = await new ReasoningJudge(client).JudgeAsync(Sum, Cancel);

        Assert.Equal(Verdict.First, judgment.Preferred);
        Assert.Equal((1.0, 0.75), (judgment.VoteShare, judgment.Confidence));
        Assert.Equal("scripted-judge", judgment.Model);
        Assert.Null(judgment.PositionBias);
        Vote vote = Assert.Single(judgment.Votes);
        Assert.Equal(("I look.", false, 5, VoteSeeds.Of(42, Sum, 0)), (vote.Reasoning, vote.Forced, vote.GeneratedTokens, vote.Seed));
        Assert.Equal((10, 5), (judgment.Usage.PromptTokens, judgment.Usage.OutputTokens));
        Assert.Empty(judgment.Warnings);
    }

    [Fact]
    public async Task JudgeAsync_Defaults_SendsThePapersSampling()
    {
        using ScriptedChatClient client = new(PreferFour);
        await new ReasoningJudge(client).JudgeAsync(Sum, Cancel);

        ChatOptions sent = client.Requests[0].Options;
        Assert.Equal((0.6f, 1f, 8192, (long)VoteSeeds.Of(42, Sum, 0)), (sent.Temperature, sent.TopP, sent.MaxOutputTokens, sent.Seed));
    }

    [Theory]
    [InlineData(VoteOrder.Hashed, 4, 2)]
    [InlineData(VoteOrder.Given, 4, 4)]
    [InlineData(VoteOrder.Both, 8, 4)]
    public async Task JudgeAsync_FourVotes_AreShownInTheChosenOrders(VoteOrder order, int completions, int given)
    {
        using ScriptedChatClient client = new(PreferFour);
        Judgment judgment = await new ReasoningJudge(client, new() { Votes = 4, Order = order }).JudgeAsync(Sum, Cancel);

        Assert.Equal(completions, judgment.Votes.Count);
        Assert.Equal(given, judgment.Votes.Count(vote => vote.Order == ShownOrder.Given));
        Assert.All(judgment.Votes, vote => Assert.Equal(Verdict.First, vote.Verdict));
        Assert.Equal(completions, judgment.Votes.Select(vote => vote.Seed).Distinct().Count());
        Assert.Equal(order == VoteOrder.Given ? null : 0.0, judgment.PositionBias);
    }

    [Fact]
    public async Task JudgeAsync_AlwaysTheShownFirst_DrawsAndReportsTheBias()
    {
        using ScriptedChatClient client = ScriptedChatClient.Of(@"\boxed{Assistant 1}");
        Judgment judgment = await new ReasoningJudge(client, new() { Order = VoteOrder.Both, FurtherVotesOnDraw = 0 }).JudgeAsync(
            Sum,
            Cancel
        );

        Assert.Equal((0.5, 0.5, 0.5), (judgment.PositionBias, judgment.VoteShare, judgment.Confidence));
        Assert.Equal(DrawBreak.Coin, judgment.DrawBrokenBy);
        Assert.Contains(judgment.Warnings, warning => warning.Contains("coin", StringComparison.Ordinal));
    }

    /// <summary>
    /// The property that order-invariance means: whatever the judge does with a prompt and a seed, turning the caller's numbering round
    /// asks the very same prompts with the same seeds and gives the mirrored judgment.
    /// </summary>
    [Fact]
    public void JudgeAsync_MirroredComparison_GivesTheMirroredJudgment() =>
        Gen.Select(
                Gen.String[0, 5],
                Gen.String[0, 5],
                Gen.String[0, 5],
                Gen.Int[1, 6],
                Gen.Int[0, 1000],
                Gen.OneOf(Gen.Const(VoteOrder.Hashed), Gen.Const(VoteOrder.Both))
            )
            .Where(x => x.Item2 != x.Item3)
            .Sample(
                (query, first, second, votes, salt, order) =>
                {
                    ScriptedReply Whimsical(ScriptedRequest request) =>
                        ((request.Options.Seed ?? 0) + salt) % 5 is var whim && whim < 2 ? @"\boxed{Assistant 1}"
                        : whim < 4 ? @"\boxed{Assistant 2}"
                        : "I cannot say.";
                    using ScriptedChatClient one = new(Whimsical),
                        other = new(Whimsical);
                    JudgeOptions options = new()
                    {
                        Votes = votes,
                        Order = order,
                        UnparsableRedraws = 1,
                    };
                    Comparison comparison = new(query, first, second);
                    Judgment judgment = new ReasoningJudge(one, options).JudgeAsync(comparison).GetAwaiter().GetResult();
                    Judgment mirrored = new ReasoningJudge(other, options).JudgeAsync(comparison.Mirrored()).GetAwaiter().GetResult();

                    Assert.Equal(judgment.Preferred?.Renumber(ShownOrder.Swapped), mirrored.Preferred);
                    Assert.Equal(
                        (judgment.VoteShare, judgment.Confidence, judgment.PositionBias, judgment.DrawBrokenBy),
                        (mirrored.VoteShare, mirrored.Confidence, mirrored.PositionBias, mirrored.DrawBrokenBy)
                    );
                    Assert.Equal(
                        judgment.Votes.Select(vote =>
                            (vote.Verdict.Renumber(ShownOrder.Swapped), vote.Seed, vote.Order == ShownOrder.Given)
                        ),
                        mirrored.Votes.Select(vote => (vote.Verdict, vote.Seed, vote.Order != ShownOrder.Given))
                    );
                    Assert.Equal(one.Requests.Select(Asked).Order(), other.Requests.Select(Asked).Order());
                },
                iter: 200
            );

    private static (long? Seed, string Text) Asked(ScriptedRequest request) => (request.Options.Seed, request.UserText);

    [Fact]
    public async Task JudgeAsync_UnparsableThenParsable_RedrawsWithANewSeed()
    {
        using ScriptedChatClient client = ScriptedChatClient.Of("Hm.", @"\boxed{Assistant 3}", @"\boxed{Assistant 1}");
        Judgment judgment = await new ReasoningJudge(client, new() { Order = VoteOrder.Given }).JudgeAsync(Sum, Cancel);

        Vote vote = Assert.Single(judgment.Votes);
        Assert.Equal((Verdict.First, 2, VoteSeeds.Of(42, Sum, 0, redraw: 2)), (vote.Verdict, vote.Redraws, vote.Seed));
        Assert.Equal(3, client.Requests.Select(request => request.Options.Seed).Distinct().Count());
        Assert.Equal((15, 5), (judgment.Usage.OutputTokens, vote.GeneratedTokens));
    }

    [Fact]
    public async Task JudgeAsync_NeverParsable_IsMissingAndNoWin()
    {
        using ScriptedChatClient client = ScriptedChatClient.Of("Both are fine.");
        Judgment judgment = await new ReasoningJudge(client, new() { Votes = 2 }).JudgeAsync(Sum, Cancel);

        Assert.Equal(
            (null, null, null, DrawBreak.None),
            (judgment.Preferred, judgment.VoteShare, judgment.Confidence, judgment.DrawBrokenBy)
        );
        Assert.Contains("No vote has a verdict", judgment.MissingReason, StringComparison.Ordinal);
        Assert.Contains("in 3 draws", judgment.Votes[0].MissingReason, StringComparison.Ordinal);
        Assert.Equal(6, client.Requests.Count);
    }

    [Fact]
    public async Task JudgeAsync_CutThoughtWithABoxInIt_IsUnparsable()
    {
        using ScriptedChatClient client = ScriptedChatClient.Of(
            new ScriptedReply { Text = @"<think>It is \boxed{Assistant 1}", FinishReason = ChatFinishReason.Length }
        );
        Judgment judgment = await new ReasoningJudge(client, new() { UnparsableRedraws = 0 }).JudgeAsync(Sum, Cancel);
        Assert.Equal("No verdict: the reasoning was cut at the token limit.", judgment.Votes[0].MissingReason);
    }

    [Fact]
    public async Task JudgeAsync_ClosingTagQuotedAndThenCut_IsUnparsable()
    {
        using ScriptedChatClient client = ScriptedChatClient.Of(
            new ScriptedReply
            {
                Text = @"<think>It says ""</think>\boxed{Assistant 1}"" and that is",
                FinishReason = ChatFinishReason.Length,
            }
        );
        Judgment judgment = await new ReasoningJudge(client, new() { UnparsableRedraws = 0 }).JudgeAsync(Sum, Cancel);
        Assert.Null(judgment.Preferred);
    }

    [Fact]
    public async Task JudgeAsync_ReasoningApartAndCut_IsUnparsable()
    {
        using ScriptedChatClient client = ScriptedChatClient.Of(
            new ScriptedReply { Reasoning = @"so far \boxed{Assistant 1}", FinishReason = ChatFinishReason.Length }
        );
        Judgment judgment = await new ReasoningJudge(client, new() { UnparsableRedraws = 0 }).JudgeAsync(Sum, Cancel);
        Assert.Null(judgment.Preferred);
        Assert.Equal(@"so far \boxed{Assistant 1}", judgment.Votes[0].Reasoning);
    }

    [Fact]
    public async Task JudgeAsync_ClientSaysTheThoughtIsOpen_IsBelieved()
    {
        using ScriptedChatClient client = ScriptedChatClient.Of(
            new ScriptedReply
            {
                Text = @"\boxed{Assistant 1}",
                Properties = new() { [ChatResponseKeys.ReasoningClosed] = false },
            }
        );
        Judgment judgment = await new ReasoningJudge(client, new() { UnparsableRedraws = 0 }).JudgeAsync(Sum, Cancel);
        Assert.Null(judgment.Preferred);
    }

    [Fact]
    public async Task JudgeAsync_StrictParsing_TakesOnlyTheExactForm()
    {
        using ScriptedChatClient lax = ScriptedChatClient.Of(@"<think>a</think>\boxed{\text{Assistant 1}}");
        using ScriptedChatClient exact = ScriptedChatClient.Of(@"<think>a</think>\boxed{Assistant 1}");
        JudgeOptions options = new()
        {
            StrictParsing = true,
            UnparsableRedraws = 0,
            Order = VoteOrder.Given,
        };
        Assert.Null((await new ReasoningJudge(lax, options).JudgeAsync(Sum, Cancel)).Preferred);
        Assert.Equal(Verdict.First, (await new ReasoningJudge(exact, options).JudgeAsync(Sum, Cancel)).Preferred);
    }

    [Fact]
    public async Task JudgeAsync_DrawWithLogProbs_IsBrokenByTheMeanLogOdds()
    {
        using ScriptedChatClient client = new(
            request => request.Index == 0 ? WithLogProbs(1, 0.6f) : WithLogProbs(2, 0.9f),
            ChatOptionKeys.LogProbs
        );
        JudgeOptions options = new()
        {
            Votes = 2,
            Order = VoteOrder.Given,
            Concurrency = 1,
        };
        Judgment judgment = await new ReasoningJudge(client, options).JudgeAsync(Sum, Cancel);

        Assert.Equal((Verdict.Second, DrawBreak.LogOdds), (judgment.Preferred, judgment.DrawBrokenBy));
        Assert.Equal([0.6, 0.1], judgment.Votes.Select(vote => Math.Round(vote.FirstProbability ?? -1, 4)).OrderDescending());
        Assert.Equal(5, client.Requests[0].Property(ChatOptionKeys.LogProbs));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task JudgeAsync_ClientCanSpareTheThought_IsAskedForLogProbsOfTheAnswerAlone(bool can)
    {
        using ScriptedChatClient client = new(
            _ => WithLogProbs(1, 0.8f),
            can ? [ChatOptionKeys.LogProbs, ChatOptionKeys.LogProbsOfAnswer] : [ChatOptionKeys.LogProbs]
        );
        Vote vote = (await new ReasoningJudge(client, new() { Order = VoteOrder.Given }).JudgeAsync(Sum, Cancel)).Votes[0];
        Assert.Equal(
            (5, can ? true : null),
            (client.Requests[0].Property(ChatOptionKeys.LogProbs), (bool?)client.Requests[0].Property(ChatOptionKeys.LogProbsOfAnswer))
        );
        Assert.Equal(0.8, vote.FirstProbability ?? 0, 1e-6);
    }

    [Fact]
    public async Task JudgeAsync_SwappedVoteWithLogProbs_TurnsTheProbabilityRound()
    {
        using ScriptedChatClient client = new(_ => WithLogProbs(1, 0.8f), ChatOptionKeys.LogProbs);
        Judgment judgment = await new ReasoningJudge(client, new() { Order = VoteOrder.Both, FurtherVotesOnDraw = 0 }).JudgeAsync(
            Sum,
            Cancel
        );
        Assert.All(judgment.Votes, vote => Assert.Equal(vote.Order == ShownOrder.Given ? 0.8 : 0.2, vote.FirstProbability ?? -1, 1e-6));
        Assert.Equal(2, judgment.Votes.Select(vote => vote.Order).Distinct().Count());
    }

    [Fact]
    public async Task JudgeAsync_DrawWithoutLogProbs_AsksForFurtherVotes()
    {
        using ScriptedChatClient client = ScriptedChatClient.Of(@"\boxed{Assistant 1}", @"\boxed{Assistant 2}", @"\boxed{Assistant 2}");
        Judgment judgment = await new ReasoningJudge(client, new() { Votes = 2, Order = VoteOrder.Given }).JudgeAsync(Sum, Cancel);
        Assert.Equal((Verdict.Second, DrawBreak.FurtherVotes, 3), (judgment.Preferred, judgment.DrawBrokenBy, judgment.Votes.Count));
    }

    [Fact]
    public async Task JudgeAsync_PromptDoesNotFit_IsMissingWithBothLengths()
    {
        ArgumentException tooLong = new("too long")
        {
            Data = { [ChatResponseKeys.PromptTokens] = 9000, [ChatResponseKeys.ContextTokens] = 2048 },
        };
        using ScriptedChatClient client = ScriptedChatClient.Of(new ScriptedReply { Fault = tooLong });
        Judgment judgment = await new ReasoningJudge(client).JudgeAsync(Sum, Cancel);

        Assert.Null(judgment.Preferred);
        Assert.Contains("9000", judgment.MissingReason, StringComparison.Ordinal);
        Assert.Contains("2048", judgment.MissingReason, StringComparison.Ordinal);
        Assert.Single(client.Requests);
    }

    [Fact]
    public async Task JudgeAsync_EveryRequestFails_ThrowsTheFirstFailure()
    {
        using ScriptedChatClient client = ScriptedChatClient.Of(new ScriptedReply { Fault = new HttpRequestException("down") });
        Exception error = await Assert.ThrowsAsync<HttpRequestException>(() =>
            new ReasoningJudge(client, new() { Votes = 3 }).JudgeAsync(Sum, Cancel)
        );
        Assert.Equal("down", error.Message);
    }

    [Fact]
    public async Task JudgeAsync_OneRequestOfThreeFails_KeepsTheOthers()
    {
        using ScriptedChatClient client = new(request =>
            request.Index == 1 ? new ScriptedReply { Fault = new HttpRequestException("down") } : PreferFour(request)
        );
        Judgment judgment = await new ReasoningJudge(client, new() { Votes = 3, Concurrency = 1 }).JudgeAsync(Sum, Cancel);
        Assert.Equal((Verdict.First, 1.0), (judgment.Preferred, judgment.VoteShare));
        Assert.Equal("down", Assert.Single(judgment.Votes, vote => vote.Verdict == Verdict.Unparsable).MissingReason);
        Assert.Contains("1 of 3 votes are missing.", judgment.Warnings);
    }

    [Fact]
    public async Task JudgeAsync_Cancelled_EndsInOperationCanceledException()
    {
        using ScriptedChatClient client = ScriptedChatClient.Of(new ScriptedReply { Hangs = true });
        using CancellationTokenSource stop = new(TimeSpan.FromMilliseconds(50));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            new ReasoningJudge(client, new() { Votes = 3 }).JudgeAsync(Sum, stop.Token)
        );
    }

    [Fact]
    public async Task JudgeAsync_OutsideOfTheDomain_RefusesWithoutAsking()
    {
        using ScriptedChatClient client = new(PreferFour);
        ReasoningJudge judge = new(client, new() { Domain = new("[0-9+]+", "[0-9]+", "It judges sums.") });
        OutOfDomainException error = await Assert.ThrowsAsync<OutOfDomainException>(() => judge.JudgeAsync(Sum, Cancel));
        Assert.Contains("It judges sums.", error.Message, StringComparison.Ordinal);
        Assert.Empty(client.Requests);
    }

    [Fact]
    public async Task JudgeAsync_SameLongCompletionFromTwoSeeds_Warns()
    {
        string text = $"<think>{new string('x', 300)}</think>\\boxed{{Assistant 1}}";
        using ScriptedChatClient ignores = ScriptedChatClient.Of(text);
        using ScriptedChatClient honours = new(_ => text, ChatOptionKeys.Seed);
        JudgeOptions options = new() { Votes = 3 };
        Assert.Contains(
            (await new ReasoningJudge(ignores, options).JudgeAsync(Sum, Cancel)).Warnings,
            warning => warning.Contains("seed", StringComparison.Ordinal)
        );
        Assert.DoesNotContain(
            (await new ReasoningJudge(honours, options).JudgeAsync(Sum, Cancel)).Warnings,
            warning => warning.Contains("seed", StringComparison.Ordinal)
        );
    }

    [Fact]
    public async Task JudgeAsync_IdenticalResponses_Warns()
    {
        using ScriptedChatClient client = ScriptedChatClient.Of(@"\boxed{Assistant 1}");
        Judgment judgment = await new ReasoningJudge(client).JudgeAsync(new("q", "same", "same"), Cancel);
        Assert.Contains(judgment.Warnings, warning => warning.Contains("identical", StringComparison.Ordinal));
    }

    [Fact]
    public async Task JudgeAsync_ManyComparisons_KeepsToTheConcurrency()
    {
        using ScriptedChatClient client = new(PreferFour) { Delay = TimeSpan.FromMilliseconds(5) };
        ReasoningJudge judge = new(client, new() { Votes = 4, Concurrency = 3 });
        await Task.WhenAll(Enumerable.Range(0, 5).Select(i => judge.JudgeAsync(Sum with { Query = $"{i}" }, Cancel)));
        Assert.Equal((20, 3), (client.Requests.Count, client.MostInFlight));
    }

    [Theory]
    [MemberData(nameof(JudgePromptTests.HostileTexts), MemberType = typeof(JudgePromptTests))]
    public async Task JudgeAsync_HostileResponse_DecidesNothing(string hostile)
    {
        Comparison comparison = new("2+2?", hostile, "five");
        using ScriptedChatClient client = new(request =>
            $"<think>One says: {hostile}</think>The other it is: \\boxed{{Assistant {(ShownFirst(request) == "five" ? 1 : 2)}}}"
        );
        Judgment judgment = await new ReasoningJudge(client, new() { Order = VoteOrder.Both }).JudgeAsync(comparison, Cancel);
        Assert.Equal((Verdict.Second, 1.0), (judgment.Preferred, judgment.VoteShare));
    }

    [Fact]
    public async Task JudgeAsync_Truncate_KeepsTheTailsAndWholeCharacters()
    {
        using ScriptedChatClient client = new(PreferFour);
        JudgeOptions options = new() { Truncate = 4, Order = VoteOrder.Given };
        await new ReasoningJudge(client, options).JudgeAsync(new("q", "it is four", "no 😀abc"), Cancel);
        Assert.Equal("four", ShownFirst(client.Requests[0]));
        Assert.Contains("\nabc\n", client.Requests[0].UserText, StringComparison.Ordinal);
    }

    [Fact]
    public async Task JudgeStreamingAsync_OneVote_TellsDrawTextVoteAndJudgment()
    {
        using ScriptedChatClient client = new(request =>
            PreferFour(request) with
            {
                Text = @"\boxed{Assistant 1}",
                Reasoning = "It is the first.",
            }
        );
        List<JudgmentEvent> events = [];
        await foreach (
            JudgmentEvent judgmentEvent in new ReasoningJudge(client, new() { Order = VoteOrder.Given }).JudgeStreamingAsync(Sum, Cancel)
        )
        {
            events.Add(judgmentEvent);
        }

        Assert.Equal(JudgmentEventKind.DrawStarted, events[0].Kind);
        Assert.Equal("It is the first.", string.Concat(events.Where(e => e.Kind == JudgmentEventKind.Reasoning).Select(e => e.Text)));
        Assert.Equal(@"\boxed{Assistant 1}", string.Concat(events.Where(e => e.Kind == JudgmentEventKind.Answer).Select(e => e.Text)));
        Assert.Equal(Verdict.First, Assert.Single(events, e => e.Kind == JudgmentEventKind.VoteFinished).FinishedVote?.Verdict);
        Assert.Equal(JudgmentEventKind.JudgmentFinished, events[^1].Kind);
        Assert.Equal((Verdict.First, 5), (events[^1].Judgment?.Preferred, events[^1].Judgment?.Usage.OutputTokens));
    }

    [Fact]
    public async Task JudgeStreamingAsync_RequestFails_ThrowsTheFailure()
    {
        using ScriptedChatClient client = ScriptedChatClient.Of(new ScriptedReply { Fault = new HttpRequestException("down") });
        await Assert.ThrowsAsync<HttpRequestException>(async () =>
        {
            await foreach (JudgmentEvent _ in new ReasoningJudge(client).JudgeStreamingAsync(Sum, Cancel)) { }
        });
    }

    [Fact]
    public async Task JudgeStreamingAsync_ConsumerLeaves_CancelsTheRequests()
    {
        using ScriptedChatClient client = ScriptedChatClient.Of(new ScriptedReply { Hangs = true });
        await foreach (JudgmentEvent _ in new ReasoningJudge(client).JudgeStreamingAsync(Sum, Cancel))
        {
            Assert.Equal(1, client.InFlight);
            break;
        }

        Assert.Equal(0, client.InFlight);
    }

    [Fact]
    public void Constructor_ManyFaults_ListsThemAll()
    {
        using ScriptedChatClient client = new(PreferFour);
        ArgumentException error = Assert.Throws<ArgumentException>(() =>
            new ReasoningJudge(
                client,
                new()
                {
                    Votes = 0,
                    Temperature = -1,
                    TopP = 0,
                    ThinkingBudget = 9000,
                    Concurrency = 0,
                    Truncate = 0,
                    ThinkingStub = "x",
                }
            )
        );
        foreach (
            string name in (string[])
                [
                    "Votes is 0",
                    "Temperature is -1",
                    "TopP is 0",
                    "ThinkingBudget is 9000",
                    "Concurrency is 0",
                    "Truncate is 0",
                    "ThinkingStub",
                ]
        )
        {
            Assert.Contains(name, error.Message, StringComparison.Ordinal);
        }
    }

    internal static ScriptedReply WithLogProbs(int number, float probability)
    {
        string[] tokens = [@"\boxed", "{", "Assistant ", $"{number}", "}"];
        KeyValuePair<string, float>[][] top = [.. tokens.Select(token => (KeyValuePair<string, float>[])[new(token, 0)])];
        top[3] = [new($"{number}", MathF.Log(probability)), new($"{3 - number}", MathF.Log(1 - probability))];
        return new()
        {
            Text = string.Concat(tokens),
            Properties = new() { [ChatResponseKeys.TokenTexts] = tokens, [ChatResponseKeys.TokenTopLogProbs] = top },
        };
    }

    [GeneratedRegex(@"### Assistant 1\n(?:~~~~\w*~*)\n(.*?)\n~~~~", RegexOptions.Singleline)]
    private static partial Regex FirstFenced();
}
