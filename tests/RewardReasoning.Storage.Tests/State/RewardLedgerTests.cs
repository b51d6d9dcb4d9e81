using Npgsql;
using RewardReasoning.Storage.Rewards;
using RewardReasoning.Storage.State;
using RewardReasoning.Testing;
using Xunit;

namespace RewardReasoning.Storage.Tests.State;

/// <summary>Members and their rewards, the same in every place, and who may write them where several share a database.</summary>
public sealed class RewardLedgerTests(PostgresFixture postgres) : IDisposable
{
    private static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeMilliseconds(1_800_000_000_000);
    private readonly Places _places = new(postgres);

    public void Dispose() => _places.Dispose();

    [Theory]
    [MemberData(nameof(Places.All), MemberType = typeof(Places))]
    public async Task OpenCohort_IsFoundByGroupByMemberAndAsUnfinished_WithItsMembers(Place place)
    {
        IRewardLedger ledger = (await _places.OpenAsync(place)).Rewards;
        StoredCohort cohort = await CohortAsync(ledger, "run\0 'ä' 😀", query: "what\0?");
        await ledger.AddAsync(cohort, Member(cohort, 1, "second"));
        await ledger.AddAsync(cohort, Member(cohort, 0, "fir\0st"));
        StoredCohort[] found =
        [
            Assert.Single(await ledger.FindGroupAsync(cohort.Group)),
            await ledger.FindMemberAsync(IdOf(cohort, 1)) ?? throw new InvalidOperationException("It is not there."),
            Assert.Single((await ledger.ClaimAsync([cohort.Shard], Now)).Unfinished),
        ];
        Assert.All(
            found,
            one =>
            {
                Assert.Equal(cohort with { Epoch = one.Epoch, Members = one.Members }, one);
                Assert.Equal(
                    [(0, "fir\0st", Now, null, false), (1, "second", Now, null, false)],
                    one.Members.Select(member => (member.Index, member.Response, member.Arrived, member.Answer, member.Delivered))
                );
                Assert.Equal([7, 0], one.Members[0].Hash);
            }
        );
        Assert.Empty(await ledger.FindGroupAsync("another"));
        Assert.Null(await ledger.FindMemberAsync("another"));
        Assert.Empty((await ledger.ClaimAsync([(cohort.Shard + 1) % RewardShard.Count], Now)).Unfinished);
    }

    [Fact]
    public async Task Claim_WriterThatWasPausedInTheMiddle_IsEndedAndKeepsNoShard()
    {
        string database = await _places.NewAsync(Place.Database) ?? "";
        IRewardLedger ledger = (await _places.OpenAsync(database)).Rewards;
        await ledger.ClaimAsync([3, 5], Now);
        await using NpgsqlConnection paused = new(PostgresLocation.Parse(database).ConnectionString);
        await paused.OpenAsync(TestContext.Current.CancellationToken);
        await using NpgsqlTransaction half = await paused.BeginTransactionAsync(TestContext.Current.CancellationToken);
        await using NpgsqlCommand fence = new("SELECT FROM rewardreasoning.reward_shards WHERE shard = 5 FOR SHARE", paused, half);
        await fence.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);

        ClaimedShards claimed = await ledger
            .ClaimAsync([3, 5], Now)
            .WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);

        Assert.Equal([(3, 2L), (5, 2L)], claimed.Epochs.OrderBy(epoch => epoch.Key).Select(epoch => (epoch.Key, epoch.Value)));
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => half.CommitAsync(TestContext.Current.CancellationToken));
    }

    [Theory]
    [MemberData(nameof(Places.All), MemberType = typeof(Places))]
    public async Task ClosedCohort_HasItsAnswers_AndIsFinished(Place place)
    {
        IRewardLedger ledger = (await _places.OpenAsync(place)).Rewards;
        StoredCohort cohort = await CohortAsync(ledger, "g");
        await ledger.AddAsync(cohort, Member(cohort, 0, "a"));
        await ledger.AddAsync(cohort, Member(cohort, 1, "b"));
        await ledger.CloseAsync(cohort, Now, [(0, "zero"), (1, "one\0")]);
        StoredCohort closed = Assert.Single(await ledger.FindGroupAsync("g"));
        Assert.Equal(Now, closed.Closed);
        Assert.Equal(["zero", "one\0"], closed.Members.Select(member => member.Answer));
        Assert.Empty((await ledger.ClaimAsync(RewardShard.All, Now)).Unfinished);
    }

    [Theory]
    [MemberData(nameof(Places.All), MemberType = typeof(Places))]
    public async Task AttemptsOfAGroup_AreApart(Place place)
    {
        IRewardLedger ledger = (await _places.OpenAsync(place)).Rewards;
        StoredCohort first = await CohortAsync(ledger, "g");
        StoredCohort second = first with { Attempt = 1 };
        await ledger.AddAsync(first, Member(first, 0, "a"));
        await ledger.AddAsync(second, Member(second, 0, "b"));
        await ledger.CloseAsync(first, Now, [(0, "replaced")]);
        Assert.Equal([(0, "replaced"), (1, null)], (await ledger.FindGroupAsync("g")).Select(one => (one.Attempt, one.Members[0].Answer)));
    }

    [Theory]
    [MemberData(nameof(Places.All), MemberType = typeof(Places))]
    public async Task CohortWithoutAName_IsOwedItsAnswersForAWhile(Place place)
    {
        IRewardLedger ledger = (await _places.OpenAsync(place)).Rewards;
        StoredCohort cohort = await CohortAsync(ledger, "implicit-1", implicitKey: "the query");
        await ledger.AddAsync(cohort, Member(cohort, 0, "a"));
        await ledger.CloseAsync(cohort, Now, [(0, "zero")]);
        await ledger.DeliverAsync([IdOf(cohort, 0)]);
        StoredCohort owed = Assert.Single((await ledger.ClaimAsync(RewardShard.All, Now.AddSeconds(-1))).Unfinished);
        Assert.True(Assert.Single(owed.Members).Delivered);
        Assert.Empty((await ledger.ClaimAsync(RewardShard.All, Now)).Unfinished);
    }

    [Theory]
    [MemberData(nameof(Places.All), MemberType = typeof(Places))]
    public async Task References_AreKeptOnceForAQuery(Place place)
    {
        IRewardLedger ledger = (await _places.OpenAsync(place)).Rewards;
        await ledger.AddReferencesAsync([1], ["b", "a"]);
        await ledger.AddReferencesAsync([1], ["b", "c"]);
        Assert.Equal(["a", "b", "c"], (await ledger.FindReferencesAsync([1])).Order());
        Assert.Empty(await ledger.FindReferencesAsync([2]));
    }

    [Theory]
    [MemberData(nameof(Places.Durable), MemberType = typeof(Places))]
    public async Task OldCohorts_ArePruned_OpenOnesStay_AndAllOutlivesTheProcess(Place place)
    {
        string? name = await _places.NewAsync(place);
        ServerState state = await _places.OpenAsync(name);
        StoredCohort old = await CohortAsync(state.Rewards, "old");
        StoredCohort open = await CohortAsync(state.Rewards, "open");
        await state.Rewards.AddAsync(old, Member(old, 0, "a"));
        await state.Rewards.AddAsync(open, Member(open, 0, "a"));
        await state.Rewards.CloseAsync(old, Now, [(0, "zero")]);
        _places.Close(state);

        IRewardLedger ledger = (await _places.OpenAsync(name)).Rewards;
        Assert.Equal("zero", Assert.Single(await ledger.FindGroupAsync("old")).Members[0].Answer);
        Assert.Equal(0, await ledger.PruneAsync(Now));
        Assert.Equal(1, await ledger.PruneAsync(Now.AddSeconds(1)));
        Assert.Empty(await ledger.FindGroupAsync("old"));
        Assert.Equal("open", Assert.Single((await ledger.ClaimAsync(RewardShard.All, Now)).Unfinished).Group);
    }

    [Fact]
    public async Task WhoLostAShard_CanWriteNothingOfItAnyMore()
    {
        string name = (await _places.NewAsync(Place.Database))!;
        PostgresRewardLedger first = (await _places.ShareAsync(name)).Rewards;
        PostgresRewardLedger second = (await _places.ShareAsync(name)).Rewards;
        StoredCohort of1 = await CohortAsync(first, "g");
        await first.AddAsync(of1, Member(of1, 0, "a"));

        StoredCohort of2 = Assert.Single((await second.ClaimAsync([of1.Shard], Now)).Unfinished);
        Assert.True(of2.Epoch > of1.Epoch);
        await Assert.ThrowsAsync<LostShardException>(() => first.AddAsync(of1, Member(of1, 1, "b")));
        await Assert.ThrowsAsync<LostShardException>(() => first.CloseAsync(of1, Now, [(0, "another reward")]));
        await second.AddAsync(of2, Member(of2, 1, "b"));
        await second.CloseAsync(of2, Now, [(0, "zero"), (1, "one")]);
        await Assert.ThrowsAsync<LostShardException>(() => first.CloseAsync(of1, Now, [(0, "another reward")]));
        Assert.Equal(["zero", "one"], Assert.Single(await first.FindGroupAsync("g")).Members.Select(member => member.Answer));
    }

    [Fact]
    public async Task TakingOverInTheMiddleOfWrites_LosesNoneThatWasConfirmed()
    {
        string name = (await _places.NewAsync(Place.Database))!;
        PostgresRewardLedger first = (await _places.ShareAsync(name)).Rewards;
        PostgresRewardLedger second = (await _places.ShareAsync(name)).Rewards;
        StoredCohort cohort = await CohortAsync(first, "g") with { Size = 200 };
        Task[] writes = [.. Enumerable.Range(0, 200).Select(index => first.AddAsync(cohort, Member(cohort, index, $"r{index}")))];
        await writes[20];
        ClaimedShards claimed = await second.ClaimAsync([cohort.Shard], Now);
        await Task.WhenAll(writes.Select(write => write.ContinueWith(_ => { }, TaskScheduler.Default)));
        int[] confirmed = [.. Enumerable.Range(0, 200).Where(index => writes[index].IsCompletedSuccessfully)];
        Assert.Equal(confirmed, Assert.Single(claimed.Unfinished).Members.Select(member => member.Index));
    }

    [Fact]
    public async Task SecondWriteOfAClosedCohort_IsRefused_AndTheSameOneIsNot()
    {
        IRewardLedger ledger = (await _places.OpenAsync(Place.Database)).Rewards;
        StoredCohort cohort = await CohortAsync(ledger, "g");
        await ledger.AddAsync(cohort, Member(cohort, 0, "a"));
        await ledger.AddAsync(cohort, Member(cohort, 0, "a")); // a repetition after a lost connection
        await Assert.ThrowsAsync<CompletionStoreException>(() => ledger.AddAsync(cohort, Member(cohort, 0, "b") with { Id = "other" }));
        await ledger.CloseAsync(cohort, Now, [(0, "zero")]);
        await ledger.CloseAsync(cohort, Now, [(0, "zero")]);
        await Assert.ThrowsAsync<CompletionStoreException>(() => ledger.CloseAsync(cohort, Now.AddSeconds(1), [(0, "another reward")]));
        await Assert.ThrowsAsync<CompletionStoreException>(() => ledger.AddAsync(cohort, Member(cohort, 1, "late")));
        Assert.Equal("zero", Assert.Single(Assert.Single(await ledger.FindGroupAsync("g")).Members).Answer);
    }

    private static async Task<StoredCohort> CohortAsync(IRewardLedger ledger, string group, string? implicitKey = null, string query = "q")
    {
        StoredCohort cohort = new()
        {
            Group = group,
            Attempt = 0,
            Size = 2,
            ImplicitKey = implicitKey,
            Query = query,
            Settings = "{}",
            Created = Now,
        };
        return cohort with { Epoch = (await ledger.ClaimAsync([cohort.Shard], Now)).Epochs[cohort.Shard] };
    }

    private static StoredMember Member(StoredCohort cohort, int index, string response) =>
        new(index, IdOf(cohort, index), [7, (byte)index], response, Now);

    private static string IdOf(StoredCohort cohort, int index) =>
        FormattableString.Invariant($"{cohort.Group.Length}-{cohort.Attempt}-{index}");
}
