using System.Net;
using Microsoft.Extensions.AI;
using RewardReasoning.Endpoints;
using RewardReasoning.Judging;
using RewardReasoning.Server.Http;
using RewardReasoning.Server.Rewards;
using RewardReasoning.Storage;
using RewardReasoning.Storage.Rewards;
using RewardReasoning.Testing;

namespace RewardReasoning.Server.Tests.Rewards;

/// <summary>Cohorts, without HTTP and with a clock that the test moves.</summary>
public sealed class RewardServiceTests : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly ManualTime _time = new();
    private readonly NumberJudge _judge = new();
    private readonly List<string> _warnings = [];
    private RewardService? _service;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        if (_service is not null)
        {
            await _service.DisposeAsync();
        }
    }

    [Fact]
    public async Task Group_MembersInAnyOrder_EachHasTheWinRateOfItsResponse()
    {
        await StartAsync();
        LocalRewardTicket[] tickets = [await SubmitAsync(2, "c 3"), await SubmitAsync(0, "a 1"), await SubmitAsync(1, "b 2")];
        RewardAnswer[] answers = await FinalAsync(tickets);

        Assert.Equal([1, 3, 2], answers.Select(answer => answer.Rank ?? 0));
        Assert.Equal([2, 0, 1], answers.Select(answer => answer.Wins));
        Assert.All(answers, answer => Assert.InRange(answer.Reward ?? -1, 0.001, 0.999));
        Assert.Equal(0.5, answers[2].Reward ?? 0, 3);
        Assert.All(answers, answer => Assert.False(answer.Mask));
        Assert.All(answers, answer => Assert.Equal(new CohortCount(3, 3, false), answer.Cohort));
    }

    [Fact]
    public async Task Judging_BeginsAtTheSecondMember()
    {
        await StartAsync();
        await SubmitAsync(0, "a 1");
        Assert.Empty(_judge.Asked);
        LocalRewardTicket second = await SubmitAsync(1, "b 2");
        await UntilAsync(() => _judge.Asked.Count == 1);
        Assert.Equal(RewardAnswer.Collecting, second.Answer.State);
    }

    [Fact]
    public async Task EqualResponses_AreJudgedOnce_AndShareTheirReward()
    {
        await StartAsync();
        RewardAnswer[] answers = await FinalAsync(await SubmitAsync(0, "a 1"), await SubmitAsync(1, "b 2"), await SubmitAsync(2, "a 1"));

        Assert.Single(_judge.Asked);
        Assert.Equal(answers[0].Reward, answers[2].Reward);
        Assert.True(answers[1].Reward > answers[0].Reward);
    }

    [Fact]
    public async Task AllResponsesEqual_HaveEqualRewards_AndNoMatch()
    {
        await StartAsync();
        RewardAnswer[] answers = await FinalAsync(await SubmitAsync(0, "a 1", size: 2), await SubmitAsync(1, "a 1", size: 2));
        Assert.All(answers, answer => Assert.Equal(0.5, answer.Reward));
        Assert.Empty(_judge.Asked);
    }

    [Fact]
    public async Task GroupOfOne_IsTooFew()
    {
        await StartAsync();
        RewardAnswer answer = (await FinalAsync(await SubmitAsync(0, "a 1", size: 1)))[0];
        Assert.Equal(FailureClass.TooFew, answer.Failure?.Class);
        Assert.True(answer.Mask);
    }

    [Fact]
    public async Task SameMemberAgain_InFlightAndAfterwards_HasTheSameAnswer()
    {
        await StartAsync();
        LocalRewardTicket first = await SubmitAsync(0, "a 1", size: 2);
        LocalRewardTicket again = await SubmitAsync(0, "a 1", size: 2);
        Assert.Equal(first.Answer.Id, again.Answer.Id);
        RewardAnswer[] answers = await FinalAsync(first, again, await SubmitAsync(1, "b 2", size: 2));
        Assert.Equal(answers[0], answers[1]);
        Assert.Equal(answers[0], (await SubmitAsync(0, "a 1", size: 2)).Answer);
        Assert.Single(_judge.Asked);
    }

    [Fact]
    public async Task OtherBodyUnderTheSameIndex_IsAConflict_AndChangesNothing()
    {
        await StartAsync();
        LocalRewardTicket first = await SubmitAsync(0, "a 1", size: 2);
        LocalRewardTicket other = await SubmitAsync(0, "a 9", size: 2);
        Assert.Equal(FailureClass.Conflict, other.Answer.Failure?.Class);
        RewardAnswer[] answers = await FinalAsync(first, await SubmitAsync(1, "b 2", size: 2));
        Assert.True(answers[1].Reward > answers[0].Reward);
    }

    [Theory]
    [InlineData("another query", 2)]
    [InlineData("q", 3)]
    public async Task OtherQueryOrSize_InOneGroup_IsAConflict(string query, int size)
    {
        await StartAsync();
        await SubmitAsync(0, "a 1", size: 2);
        LocalRewardTicket other = await RequiredService.SubmitAsync(Member(1, "b 2", size) with { Query = query });
        Assert.Equal(FailureClass.Conflict, other.Answer.Failure?.Class);
    }

    [Fact]
    public async Task NewAttempt_StartsClean_AndEndsTheOneBefore()
    {
        await StartAsync();
        LocalRewardTicket old = await SubmitAsync(0, "a 9", size: 2);
        LocalRewardTicket[] fresh = [await SubmitAsync(0, "a 1", size: 2, attempt: 1), await SubmitAsync(1, "b 2", size: 2, attempt: 1)];
        RewardAnswer[] answers = await FinalAsync([old, .. fresh]);

        Assert.Equal(FailureClass.Conflict, answers[0].Failure?.Class);
        Assert.True(answers[2].Reward > answers[1].Reward);
        Assert.DoesNotContain(_judge.Asked, comparison => comparison.Response1 == "a 9" || comparison.Response2 == "a 9");
        Assert.Equal(FailureClass.Conflict, (await SubmitAsync(1, "b 8", size: 2)).Answer.Failure?.Class);
    }

    [Fact]
    public async Task LateMember_IsAnsweredWithTheOutcomeOfItsCohort()
    {
        await StartAsync();
        LocalRewardTicket[] tickets = [await SubmitAsync(0, "a 1"), await SubmitAsync(1, "b 2")];
        await UntilAsync(() => RequiredService.MatchesInHand == 0);
        _time.Advance(TimeSpan.FromSeconds(61));
        RewardAnswer[] answers = await FinalAsync(tickets);
        RewardAnswer late = (await SubmitAsync(2, "c 3")).Answer;

        Assert.Equal(new CohortCount(2, 3, true), answers[0].Cohort);
        Assert.NotNull(answers[0].Reward);
        Assert.Equal((true, FailureClass.TimeoutCollect), (late.IsFinal, late.Failure?.Class ?? default));
        Assert.Null(late.Reward);
        Assert.Equal(new CohortCount(2, 3, true), late.Cohort);
    }

    [Theory]
    [InlineData(1, false)]
    [InlineData(2, true)]
    public async Task CollectingTimesOut_NobodyIsRewarded_WhereThePolicyOrTheirNumberForbidsIt(int members, bool failGroup)
    {
        await StartAsync();
        List<LocalRewardTicket> tickets = [];
        for (int i = 0; i < members; i++)
        {
            tickets.Add(
                await RequiredService.SubmitAsync(
                    Member(i, $"a {i}", 3) with
                    {
                        Policy = failGroup ? PartialPolicy.FailGroup : PartialPolicy.JudgePresent,
                    }
                )
            );
        }

        await UntilAsync(() => RequiredService.MatchesInHand == 0);
        _time.Advance(TimeSpan.FromSeconds(61));
        Assert.All(
            await FinalAsync([.. tickets]),
            answer => Assert.Equal((FailureClass.TimeoutCollect, null), (answer.Failure?.Class ?? default, answer.Reward))
        );
    }

    [Fact]
    public async Task JudgeTimesOut_DecidedMatchesCount_OthersAreNamed()
    {
        _judge.Before = (comparison, token) =>
            comparison.Response1.StartsWith('c') || comparison.Response2.StartsWith('c')
                ? Task.Delay(Timeout.InfiniteTimeSpan, token)
                : Task.CompletedTask;
        await StartAsync();
        LocalRewardTicket[] tickets = [await SubmitAsync(0, "a 1"), await SubmitAsync(1, "b 2"), await SubmitAsync(2, "c 3")];
        await UntilAsync(() => _judge.Asked.Count == 3);
        await UntilAsync(() => RequiredService.MatchesInHand == 2);
        _time.Advance(TimeSpan.FromSeconds(31));
        RewardAnswer[] answers = await FinalAsync(tickets);

        Assert.True(answers[1].Reward > answers[0].Reward);
        Assert.Equal((null, FailureClass.TimeoutJudge), (answers[2].Reward, answers[2].Failure?.Class ?? default));
        Assert.Equal(2, answers[2].Matches);
    }

    [Fact]
    public async Task WaitingForAPlaceOfTheJudge_CostsNothingOfItsTime()
    {
        TaskCompletionSource free = new();
        _judge.Before = (comparison, token) => comparison.Query == "first" ? free.Task.WaitAsync(token) : Task.CompletedTask;
        await StartAsync(concurrency: 1);
        RewardMember slow = Member(0, "a 1", 2) with { Group = "slow", Query = "first", JudgeTime = TimeSpan.FromHours(5) };
        LocalRewardTicket[] held =
        [
            await RequiredService.SubmitAsync(slow),
            await RequiredService.SubmitAsync(slow with { Index = 1, Response = "b 2" }),
        ];
        await UntilAsync(() => _judge.Asked.Count == 1);
        LocalRewardTicket[] waiting = [await SubmitAsync(0, "a 1", size: 2), await SubmitAsync(1, "b 2", size: 2)];
        _time.Advance(TimeSpan.FromHours(1));
        Assert.All(waiting, ticket => Assert.False(ticket.Answer.IsFinal));
        free.SetResult();
        Assert.All(await FinalAsync([.. held, .. waiting]), answer => Assert.NotNull(answer.Reward));
    }

    public static TheoryData<string, string> Failures =>
        new()
        {
            { "unparsable", "Unparsable" },
            { "cut", "Cut" },
            { "filtered", "Refused" },
            { "throttled", "Overload" },
            { "unreachable", "Transport" },
            { "bad request", "Refused" },
            { "no credit", "Refused" },
        };

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task FailedMatch_HasItsClass_AndIsNeverANumber(string what, string expected)
    {
        using ScriptedChatClient client = new(_ =>
            what switch
            {
                "cut" => new ScriptedReply { Text = "<think>so", FinishReason = ChatFinishReason.Length },
                "filtered" => new ScriptedReply { Text = "no", FinishReason = ChatFinishReason.ContentFilter },
                "throttled" => Failing(new EndpointException("busy") { Status = HttpStatusCode.TooManyRequests }),
                "bad request" => Failing(new EndpointException("bad") { Status = HttpStatusCode.BadRequest }),
                "no credit" => Failing(new EndpointException("pay") { Status = HttpStatusCode.PaymentRequired }),
                "unreachable" => Failing(new HttpRequestException("no route")),
                _ => "who knows",
            }
        );
        await StartAsync(judge: new ReasoningJudge(client));
        RewardAnswer[] answers = await FinalAsync(await SubmitAsync(0, "a 1", size: 2), await SubmitAsync(1, "b 2", size: 2));
        Assert.All(answers, answer => Assert.Equal((expected, null, true), (answer.Failure?.Class.ToString(), answer.Reward, answer.Mask)));

        static ScriptedReply Failing(Exception fault) => new() { Fault = fault };
    }

    [Fact]
    public async Task JudgeThatAbstains_LeavesAMemberWithoutAReward_ByAClassOfItsOwn()
    {
        // "unsure" is in no decided match; the other two are, and have rewards.
        _judge.Answer = comparison =>
            comparison.Response1.StartsWith("unsure", StringComparison.Ordinal)
            || comparison.Response2.StartsWith("unsure", StringComparison.Ordinal)
                ? NumberJudge.Decided(null) with
                {
                    Withheld = Verdict.First,
                }
                : null;
        await StartAsync();
        RewardAnswer[] answers = await FinalAsync(
            await SubmitAsync(0, "unsure 5", size: 3),
            await SubmitAsync(1, "b 2", size: 3),
            await SubmitAsync(2, "c 3", size: 3)
        );
        Assert.Equal(
            (FailureClass.Abstained, false, true, "Of this response, no match has a winner: 2 abstained from."),
            (answers[0].Failure?.Class ?? default, answers[0].Failure?.Retryable, answers[0].Mask, answers[0].Failure?.Detail)
        );
        Assert.Equal([(2, 0, 1), (1, 1, 0)], answers[1..].Select(answer => (answer.Rank ?? 0, answer.Wins, answer.Losses)));
    }

    [Fact]
    public async Task Tie_IsHalfAWinForBoth()
    {
        _judge.Answer = _ => NumberJudge.Decided(null) with { IsTie = true };
        await StartAsync();
        RewardAnswer[] answers = await FinalAsync(await SubmitAsync(0, "a 1", size: 2), await SubmitAsync(1, "b 2", size: 2));
        Assert.All(answers, answer => Assert.Equal(0.5, answer.Reward ?? double.NaN, 1e-9));
    }

    [Fact]
    public async Task LargeGroup_EachMeetsDrawnOpponents_AndRewardsFollowTheNumbers()
    {
        await StartAsync();
        List<LocalRewardTicket> tickets = [];
        foreach (int index in Enumerable.Range(0, 24).OrderBy(index => index * 7 % 24))
        {
            tickets.Add(await SubmitAsync(index, $"r {index}", size: 24));
        }

        RewardAnswer[] answers = [.. (await FinalAsync([.. tickets])).OrderBy(answer => answer.Index)];
        Assert.InRange(_judge.Asked.Count, 48, 96);
        Assert.All(answers, answer => Assert.InRange(answer.Matches, 4, 23));
        Assert.True(answers[^1].Reward > answers[12].Reward && answers[12].Reward > answers[0].Reward);
    }

    [Fact]
    public async Task Restart_OpenCohortGoesOn_ClosedOneKeepsItsAnswers()
    {
        using TemporaryFolder folder = new();
        string store = folder["store.db"];
        RewardAnswer[] closed;
        using (SqliteTables tables = SqliteTables.Open(store))
        {
            await StartAsync(ledger: new SqliteRewardLedger(tables));
            closed = await FinalAsync(await SubmitAsync(0, "a 1", size: 2), await SubmitAsync(1, "b 2", size: 2));
            await RequiredService.SubmitAsync(Member(0, "x 1", 2) with { Group = "open" });
            await RequiredService.DisposeAsync();
        }

        using SqliteTables again = SqliteTables.Open(store);
        await StartAsync(ledger: new SqliteRewardLedger(again));
        Assert.Equal(closed[0], (await SubmitAsync(0, "a 1", size: 2)).Answer);
        Assert.Equal(closed[1], (await RequiredService.FindAsync(closed[1].Id ?? ""))?.Answer);
        Assert.Equal(FailureClass.Conflict, (await SubmitAsync(1, "b 7", size: 2)).Answer.Failure?.Class);
        LocalRewardTicket[] open =
        [
            await RequiredService.SubmitAsync(Member(0, "x 1", 2) with { Group = "open" }),
            await RequiredService.SubmitAsync(Member(1, "y 2", 2) with { Group = "open" }),
        ];
        Assert.All(await FinalAsync(open), answer => Assert.NotNull(answer.Reward));
    }

    [Fact]
    public async Task Overload_RefusesFurtherGroups_AndSaysSo()
    {
        await StartAsync(options: new RewardOptions { MaxOpenMembers = 4 });
        await RequiredService.SubmitAsync(Member(0, "a 1", 3) with { Group = "begun" });
        RewardAnswer refused = (await RequiredService.SubmitAsync(Member(0, "c 3", 2) with { Group = "further" })).Answer;
        Assert.Equal((FailureClass.Overload, true), (refused.Failure?.Class ?? default, refused.Failure?.Retryable));
    }

    [Fact]
    public async Task Overload_TakesTheOtherMembersOfGroupsThatHaveBegun_AndFurtherGroupsOnceTheyAreJudged()
    {
        await StartAsync(options: new RewardOptions { MaxOpenMembers = 2 });
        LocalRewardTicket[] begun =
        [
            await RequiredService.SubmitAsync(Member(0, "a 1", 2) with { Group = "begun" }),
            await RequiredService.SubmitAsync(Member(1, "b 2", 2) with { Group = "begun" }),
        ];
        Assert.All(await FinalAsync(begun), answer => Assert.NotNull(answer.Reward));
        LocalRewardTicket next = await RequiredService.SubmitAsync(Member(0, "c 3", 2) with { Group = "further" });
        Assert.False(next.IsRefused);
    }

    [Fact]
    public async Task GroupLargerThanTheServerTakes_IsRefusedForGood()
    {
        await StartAsync(options: new RewardOptions { MaxOpenMembers = 4 });
        ApiException refused = await Assert.ThrowsAsync<ApiException>(() =>
            RequiredService.SubmitAsync(Member(0, "a 1", 5) with { Group = "large" })
        );
        Assert.Equal((400, "size"), (refused.Status, refused.Parameter));
    }

    [Fact]
    public async Task Starvation_IsSeenAndNamed()
    {
        await StartAsync();
        LocalRewardTicket[] tickets =
        [
            await SubmitAsync(0, "a 1"),
            await RequiredService.SubmitAsync(Member(0, "a 1", 3) with { Group = "other" }),
        ];
        Task<RewardAnswer>[] held = [.. tickets.Select(ticket => ticket.WaitAsync(TimeSpan.FromMinutes(5), Cancellation))];
        _time.Advance(TimeSpan.FromSeconds(30));
        Assert.All(RequiredService.List(RewardAnswer.Collecting), cohort => Assert.True(cohort.Starving));
        Assert.Contains(_warnings, warning => warning.Contains("submit and poll", StringComparison.Ordinal));
        _time.Advance(TimeSpan.FromSeconds(31));
        Assert.All(await Task.WhenAll(held), answer => Assert.Contains("poll", answer.Failure?.Detail, StringComparison.Ordinal));
    }

    [Fact]
    public async Task WithoutAGroup_EqualTextOverAnOpenConnection_IsAnotherMember_AndARetryOnceItIsGone()
    {
        await StartAsync();
        LocalRewardTicket first = await SubmitUnnamedAsync("a 1", size: 3);
        LocalRewardTicket second = await SubmitUnnamedAsync("a 1", size: 3);
        Assert.NotEqual(first.Answer.Id, second.Answer.Id);
        second.Dispose(); // its client went away before it was answered
        LocalRewardTicket again = await SubmitUnnamedAsync("a 1", size: 3);
        Assert.Equal(second.Member, again.Member);
        Assert.All(await FinalAsync(first, again, await SubmitUnnamedAsync("b 2", size: 3)), answer => Assert.NotNull(answer.Reward));
    }

    [Fact]
    public async Task WithoutAGroup_ClosedCohort_NeverAnswersALaterEpoch()
    {
        await StartAsync();
        LocalRewardTicket[] first = [await SubmitUnnamedAsync("a 1"), await SubmitUnnamedAsync("b 2")];
        await FinalAsync(first);
        EndDelivered(first);
        LocalRewardTicket later = await SubmitUnnamedAsync("a 1");
        Assert.False(later.Answer.IsFinal);
        RewardAnswer[] answers = await FinalAsync(later, await SubmitUnnamedAsync("a 0"));
        Assert.True(answers[0].Reward > answers[1].Reward);
    }

    [Fact]
    public async Task WithoutAGroup_AnswerThatWasNeverSent_IsOwedToTheRetry_ForAWhile()
    {
        await StartAsync();
        LocalRewardTicket[] tickets = [await SubmitUnnamedAsync("a 1"), await SubmitUnnamedAsync("b 2")];
        RewardAnswer lost = (await FinalAsync(tickets))[0];
        tickets[0].Dispose();
        EndDelivered(tickets[1]);
        LocalRewardTicket retry = await SubmitUnnamedAsync("a 1");
        Assert.Equal(lost, retry.Answer);
        retry.Dispose();
        _time.Advance(TimeSpan.FromSeconds(61));
        Assert.False((await SubmitUnnamedAsync("a 1")).Answer.IsFinal);
    }

    [Fact]
    public async Task WithoutAGroup_BlanksOfTheQueryDoNotMatter()
    {
        await StartAsync();
        LocalRewardTicket one = await RequiredService.SubmitAsync(Unnamed("a 1", 2) with { Query = "What is\n 1?" });
        LocalRewardTicket other = await RequiredService.SubmitAsync(Unnamed("b 2", 2) with { Query = " What is 1? " });
        Assert.All(await FinalAsync(one, other), answer => Assert.NotNull(answer.Reward));
    }

    [Fact]
    public async Task WithoutAGroup_SecondGroupOfTheSameQueryAtOnce_IsCountedAndWarnedOf()
    {
        TaskCompletionSource free = new();
        _judge.Before = (_, token) => free.Task.WaitAsync(token);
        await StartAsync();
        LocalRewardTicket[] tickets =
        [
            await SubmitUnnamedAsync("a 1"),
            await SubmitUnnamedAsync("b 2"),
            await SubmitUnnamedAsync("c 3"),
            await SubmitUnnamedAsync("d 4"),
        ];
        Assert.Single(_warnings);
        free.SetResult();
        RewardAnswer[] answers = await FinalAsync(tickets);
        Assert.All(answers, answer => Assert.Equal(1, answer.Matches));
    }

    [Fact]
    public async Task Scalar_WithoutScalarModelOrReferences_IsRefused()
    {
        await StartAsync();
        ApiException refusal = await Assert.ThrowsAsync<ApiException>(() =>
            RequiredService.SubmitAsync(Member(0, "a 1", 1) with { Mode = RewardMode.Scalar })
        );
        Assert.Contains("reference", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Scalar_AgainstReferencesKeptForTheQuery_IsAWinRate()
    {
        await StartAsync();
        await RequiredService.SubmitAsync(Member(0, "a 1", 2) with { References = ["r 5"] });
        RewardMember scalar = Member(0, "z 9", 0) with { Mode = RewardMode.Scalar, Group = null, Index = null };
        RewardAnswer better = (await FinalAsync(await RequiredService.SubmitAsync(scalar)))[0];
        RewardAnswer worse = (await FinalAsync(await RequiredService.SubmitAsync(scalar with { Response = "z 1" })))[0];
        Assert.Equal((0.75, 0.25), (better.Reward, worse.Reward));
    }

    [Fact]
    public async Task Scalar_ByAJudgeThatScores_IsWhatItSays()
    {
        _service = await RewardService.StartAsync(
            _judge.ToRewardJudge() with
            {
                Score = (_, response, _) => Task.FromResult(response == "good" ? 0.75 : double.NaN),
            },
            new RewardOptions(),
            new MemoryRewardLedger(),
            _time
        );
        RewardMember member = Member(0, "good", 1) with { Mode = RewardMode.Scalar, Group = null, Index = null };
        RewardAnswer[] answers = await FinalAsync(
            await RequiredService.SubmitAsync(member),
            await RequiredService.SubmitAsync(member with { Response = "broken" })
        );
        Assert.Equal(0.75, answers[0].Reward);
        Assert.Equal((null, FailureClass.Unparsable), (answers[1].Reward, answers[1].Failure?.Class ?? default));
    }

    private RewardService RequiredService => _service ?? throw new InvalidOperationException("Start the service first.");

    private async Task StartAsync(
        int concurrency = 16,
        RewardOptions? options = null,
        IRewardLedger? ledger = null,
        IJudge? judge = null
    ) =>
        _service = await RewardService.StartAsync(
            _judge.ToRewardJudge(concurrency) with
            {
                Judge = judge ?? _judge,
            },
            (options ?? new RewardOptions()) with
            {
                OnWarning = _warnings.Add,
            },
            ledger ?? new MemoryRewardLedger(),
            _time
        );

    private static RewardMember Member(int index, string response, int size, int attempt = 0) =>
        new()
        {
            Group = "g",
            Attempt = attempt,
            Index = index,
            Size = size,
            Query = "q",
            Response = response,
            CollectTime = TimeSpan.FromSeconds(60),
            JudgeTime = TimeSpan.FromSeconds(30),
        };

    private static RewardMember Unnamed(string response, int size) => Member(0, response, size) with { Group = null, Index = null };

    private Task<LocalRewardTicket> SubmitUnnamedAsync(string response, int size = 2) =>
        RequiredService.SubmitAsync(Unnamed(response, size));

    private static void EndDelivered(params LocalRewardTicket[] tickets)
    {
        foreach (LocalRewardTicket ticket in tickets)
        {
            ticket.Delivered();
            ticket.Dispose();
        }
    }

    private Task<LocalRewardTicket> SubmitAsync(int index, string response, int size = 3, int attempt = 0) =>
        RequiredService.SubmitAsync(Member(index, response, size, attempt));

    private static async Task<RewardAnswer[]> FinalAsync(params LocalRewardTicket[] tickets)
    {
        await Task.WhenAll(tickets.Select(ticket => ticket.Member?.Final ?? Task.CompletedTask)).WaitAsync(Patience, Cancellation);
        return [.. tickets.Select(ticket => ticket.Answer)];
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        for (int tries = 0; !condition(); tries++)
        {
            Assert.True(tries < 3_000, "It did not come to that in time.");
            await Task.Delay(10, Cancellation);
        }
    }
}
