using CsCheck;
using RewardReasoning.Judging;
using RewardReasoning.Testing;
using Xunit;

namespace RewardReasoning.Tests.Judging;

public sealed class AdaptiveVotingTests
{
    private static readonly Comparison Sum = new("2+2?", "four", "five");
    private static readonly ScriptedReply First = @"\boxed{Assistant 1}";
    private static readonly ScriptedReply Second = @"\boxed{Assistant 2}";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>
    /// The property that makes <c>Certain</c> free: whatever a judge does with a prompt and a seed (verdicts of any lean, unreadable ones
    /// that are drawn again, votes that stay missing, requests that fail, log-probs or none), the outcome is that of all votes.
    /// </summary>
    [Fact]
    public void JudgeAsync_Certain_HasTheOutcomeOfAllVotesOnTheSameSeeds() =>
        Gen.Select(Whims, Gen.Int[2, 9], Gen.Int[0, 2], Gen.Int[0, 3], Orders, Gen.Bool)
            .Sample(
                (whim, votes, redraws, furtherVotes, order, logProbs) =>
                {
                    JudgeOptions options = new()
                    {
                        Votes = votes,
                        UnparsableRedraws = redraws,
                        FurtherVotesOnDraw = furtherVotes,
                        Order = order,
                    };
                    Outcome all = OutcomeOf(whim, options, logProbs);
                    Outcome adaptive = OutcomeOf(whim, options with { Stopping = new VoteStopping.Certain() }, logProbs);

                    Assert.Equal(all.Error, adaptive.Error);
                    Assert.Equal(
                        (all.Judgment?.Preferred, all.Judgment?.DrawBrokenBy),
                        (adaptive.Judgment?.Preferred, adaptive.Judgment?.DrawBrokenBy)
                    );
                    Assert.Equal(all.Judgment?.MissingReason, adaptive.Judgment?.MissingReason);
                    IReadOnlyList<Vote> asked = adaptive.Judgment?.Votes ?? [],
                        every = all.Judgment?.Votes ?? [];
                    Assert.Equal(every.Take(asked.Count).Select(WithoutTimes), asked.Select(WithoutTimes));
                    Assert.Equal(adaptive.Judgment is { EndedBy: not VotingEnd.AllVotes }, asked.Count < every.Count);
                    Assert.InRange(
                        Math.Abs(Balance(asked)),
                        0,
                        order == VoteOrder.Given ? int.MaxValue
                            : order == VoteOrder.Both ? 0
                            : 1
                    );
                },
                iter: 2000
            );

    /// <summary>
    /// No rule asks for more than the most, none ends before it may, and the votes are always the first ones of the fixed series.
    /// </summary>
    [Fact]
    public void JudgeAsync_AnyRule_EndsWhereItSaysItDoes() =>
        Gen.Select(Whims, StoppingRuleTests.Stoppings, Gen.Int[2, 9], Orders)
            .Sample(
                (whim, stopping, votes, order) =>
                {
                    JudgeOptions options = new()
                    {
                        Votes = votes,
                        Stopping = stopping,
                        UnparsableRedraws = 0,
                        FurtherVotesOnDraw = 0,
                        Order = order,
                    };
                    if (OutcomeOf(whim, options, logProbs: false).Judgment is not { } judgment)
                    {
                        return;
                    }

                    MajorityVote majority = MajorityVote.Of(judgment.Votes);
                    Assert.Equal(order.Completions(votes), judgment.MaxVotes);
                    Assert.Equal(
                        judgment.EndedBy,
                        StoppingRule.EndAt(stopping, majority.First, majority.Second, judgment.MaxVotes - judgment.Votes.Count)
                    );
                    Assert.Equal(Enumerable.Range(0, judgment.Votes.Count), judgment.Votes.Select(vote => vote.Index));
                },
                iter: 1000
            );

    [Theory]
    [InlineData("fixed", 17, 17, VotingEnd.AllVotes)]
    [InlineData("certain", 9, 9, VotingEnd.Certain)]
    [InlineData("0.95", 4, 4, VotingEnd.Confident)]
    public async Task JudgeAsync_UnanimousVotes_AreAskedForAtOnceAndNoneTooMany(string stopping, int votes, int atOnce, VotingEnd end)
    {
        using ScriptedChatClient client = new(_ => First) { Delay = TimeSpan.FromMilliseconds(50) };
        JudgeOptions options = new()
        {
            Votes = 17,
            Order = VoteOrder.Given,
            Stopping = VoteStopping.Parse(stopping),
            Concurrency = 32,
        };
        Judgment judgment = await new ReasoningJudge(client, options).JudgeAsync(Sum, Cancel);

        Assert.Equal((votes, atOnce), (client.Requests.Count, client.MostInFlight));
        Assert.Equal((Verdict.First, 17, end), (judgment.Preferred, judgment.MaxVotes, judgment.EndedBy));
        Assert.Equal(BetaPosterior.LeaderProbability(votes, 0), judgment.Confidence);
    }

    [Fact]
    public async Task JudgeAsync_CertainWithADissenter_AsksOnlyForWhatIsStillNeeded()
    {
        using ScriptedChatClient client = new(request => request.Index == 1 ? Second : First) { Delay = TimeSpan.FromMilliseconds(20) };
        JudgeOptions options = new()
        {
            Votes = 17,
            Order = VoteOrder.Given,
            Stopping = new VoteStopping.Certain(),
        };
        Judgment judgment = await new ReasoningJudge(client, options).JudgeAsync(Sum, Cancel);
        Assert.Equal((10, 9.0 / 10), (judgment.Votes.Count, judgment.VoteShare));
    }

    [Fact]
    public async Task JudgeAsync_ConfidenceInBothOrders_ComesInPairs()
    {
        using ScriptedChatClient client = ScriptedChatClient.Of(First);
        JudgeOptions options = new()
        {
            Votes = 5,
            Order = VoteOrder.Both,
            Stopping = new VoteStopping.Confidence(0.95),
            FurtherVotesOnDraw = 0,
        };
        Judgment judgment = await new ReasoningJudge(client, options).JudgeAsync(Sum, Cancel);

        // A judge that always takes what it is shown first is even at every step, so it is never stopped.
        Assert.Equal((10, 10, VotingEnd.AllVotes, 0.5), (judgment.Votes.Count, judgment.MaxVotes, judgment.EndedBy, judgment.PositionBias));
    }

    [Fact]
    public async Task JudgeAsync_MissingVote_IsNoEvidence()
    {
        using ScriptedChatClient client = new(request => request.Index < 2 ? "I cannot say." : First);
        JudgeOptions options = new()
        {
            Votes = 9,
            Order = VoteOrder.Given,
            UnparsableRedraws = 0,
            Stopping = new VoteStopping.Confidence(0.95),
            Concurrency = 1,
        };
        Judgment judgment = await new ReasoningJudge(client, options).JudgeAsync(Sum, Cancel);
        Assert.Equal((6, VotingEnd.Confident, 31.0 / 32), (judgment.Votes.Count, judgment.EndedBy, judgment.Confidence ?? 0));
    }

    [Fact]
    public async Task JudgeAsync_ServerThatIsGone_IsAskedInTwoRoundsAtMost()
    {
        using ScriptedChatClient client = ScriptedChatClient.Of(new ScriptedReply { Fault = new HttpRequestException("down") });
        JudgeOptions options = new()
        {
            Votes = 17,
            Stopping = new VoteStopping.Confidence(0.95),
            Concurrency = 32,
        };
        await Assert.ThrowsAsync<HttpRequestException>(() => new ReasoningJudge(client, options).JudgeAsync(Sum, Cancel));
        Assert.Equal(17, client.Requests.Count);
    }

    [Fact]
    public async Task JudgeStreamingAsync_EndedEarly_TellsTheVotesThatWereAskedFor()
    {
        using ScriptedChatClient client = ScriptedChatClient.Of(First);
        JudgeOptions options = new()
        {
            Votes = 9,
            Order = VoteOrder.Given,
            Stopping = new VoteStopping.Certain(),
        };
        List<JudgmentEvent> events = [];
        await foreach (JudgmentEvent happened in new ReasoningJudge(client, options).JudgeStreamingAsync(Sum, Cancel))
        {
            events.Add(happened);
        }

        Assert.Equal(
            [0, 1, 2, 3, 4],
            events.Where(happened => happened.Kind == JudgmentEventKind.VoteFinished).Select(happened => happened.Vote).Order()
        );
        Assert.Equal(VotingEnd.Certain, events[^1].Judgment?.EndedBy);
    }

    [Fact]
    public async Task JudgeAsync_CancelledInALaterRound_LeavesNothingRunning()
    {
        using CancellationTokenSource stop = new();
        using ScriptedChatClient client = new(request =>
        {
            if (request.Index < 4)
            {
                return request.Index % 2 == 0 ? First : Second;
            }

            stop.CancelAfter(TimeSpan.FromMilliseconds(20));
            return new ScriptedReply { Hangs = true };
        });
        JudgeOptions options = new()
        {
            Votes = 17,
            Order = VoteOrder.Given,
            Stopping = new VoteStopping.Confidence(0.95),
        };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => new ReasoningJudge(client, options).JudgeAsync(Sum, stop.Token));
        Assert.True(client.Requests.Count > 4);
        Assert.Equal(0, client.InFlight);
    }

    [Theory]
    [InlineData(1, 0.95, "one vote cannot end early")]
    [InlineData(9, 0.5, "between 0.5 and 1")]
    [InlineData(9, 1.0, "between 0.5 and 1")]
    public void Constructor_RuleThatCannotBe_IsRefused(int votes, double level, string message)
    {
        using ScriptedChatClient client = new(_ => First);
        ArgumentException error = Assert.Throws<ArgumentException>(() =>
            new ReasoningJudge(client, new() { Votes = votes, Stopping = new VoteStopping.Confidence(level) })
        );
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    private static Gen<VoteOrder> Orders => Gen.OneOf(Gen.Const(VoteOrder.Hashed), Gen.Const(VoteOrder.Given), Gen.Const(VoteOrder.Both));

    /// <summary>
    /// A judge's temper: how many of ten draws are for the shown first, how many unreadable, how many fail; the rest are for the second.
    /// </summary>
    private static Gen<Whim> Whims =>
        Gen.Select(
            Gen.Int[0, 10],
            Gen.Int[0, 4],
            Gen.Int[0, 3],
            Gen.Int[0, 100_000],
            (first, unreadable, failing, salt) => new Whim(first, unreadable, failing, salt)
        );

    /// <summary>A vote without what differs between equal ones: its times, and the exception itself behind a missing answer.</summary>
    private static Vote WithoutTimes(Vote vote) => vote with { Usage = Usage.None };

    private static int Balance(IReadOnlyList<Vote> votes) => votes.Sum(vote => vote.Order == ShownOrder.Given ? 1 : -1);

    private static Outcome OutcomeOf(Whim whim, JudgeOptions options, bool logProbs)
    {
        using ScriptedChatClient client = new(whim.Reply, logProbs ? [ChatOptionKeys.LogProbs] : []);
        try
        {
            return new(new ReasoningJudge(client, options).JudgeAsync(Sum).GetAwaiter().GetResult(), null);
        }
        catch (HttpRequestException error)
        {
            return new(null, error.Message);
        }
    }

    private sealed record Outcome(Judgment? Judgment, string? Error);

    private sealed record Whim(int First, int Unreadable, int Failing, int Salt)
    {
        public ScriptedReply Reply(ScriptedRequest request)
        {
            uint draw = (uint)(((request.Options.Seed ?? 0) + Salt) * 2654435761L >> 7);
            return (int)(draw % 10) is var kind && kind < Failing ? new ScriptedReply { Fault = new HttpRequestException("down") }
                : kind < Failing + Unreadable ? "I cannot say."
                : ReasoningJudgeTests.WithLogProbs((int)(draw / 10 % 10) < First ? 1 : 2, 0.5f + (draw / 100 % 50 / 100f));
        }
    }
}
