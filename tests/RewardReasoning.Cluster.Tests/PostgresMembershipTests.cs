using System.Net;
using Orleans;
using Orleans.Runtime;
using RewardReasoning.Testing;

namespace RewardReasoning.Cluster.Tests;

/// <summary>The list of a cluster's servers in the database.</summary>
public sealed class PostgresMembershipTests(PostgresFixture postgres)
{
    private static readonly DateTime Start = new(2026, 11, 30, 12, 0, 0, DateTimeKind.Utc);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Rows_AreWrittenOnlyOnTopOfTheVersionThatWasRead()
    {
        string database = await postgres.CreateDatabaseAsync();
        await using PostgresMembership first = await PostgresMembership.OpenAsync(database, TimeProvider.System, Cancellation);
        await using PostgresMembership second = await PostgresMembership.OpenAsync(database, TimeProvider.System, Cancellation);
        TableVersion empty = (await first.ReadAll()).Version;
        Assert.Empty((await first.ReadAll()).Members);
        Assert.True(await first.InsertRow(Entry(1, SiloStatus.Joining), empty.Next()));
        Assert.False(await second.InsertRow(Entry(2, SiloStatus.Joining), empty.Next()));

        MembershipTableData read = await second.ReadAll();
        Assert.True(await second.InsertRow(Entry(2, SiloStatus.Joining), read.Version.Next()));
        Assert.False(await first.UpdateRow(Entry(1, SiloStatus.Active), "", read.Version.Next()));
        read = await first.ReadAll();
        Assert.True(await first.UpdateRow(Entry(1, SiloStatus.Active), "", read.Version.Next()));
        read = await second.ReadAll();
        Assert.Equal(
            [(1, SiloStatus.Active), (2, SiloStatus.Joining)],
            read.Members.Select(row => (row.Item1.SiloAddress.Generation, row.Item1.Status)).Order()
        );
        Assert.Equal(empty.Version + 3, read.Version.Version);
        Assert.False(await second.UpdateRow(Entry(9, SiloStatus.Active), "", read.Version.Next()));
    }

    [Fact]
    public async Task Row_KeepsWhatItWasGiven()
    {
        await using PostgresMembership membership = await PostgresMembership.OpenAsync(
            await postgres.CreateDatabaseAsync(),
            TimeProvider.System,
            Cancellation
        );
        MembershipEntry entry = Entry(1, SiloStatus.Active);
        entry.AddSuspector(Entry(2, SiloStatus.Active).SiloAddress, Start.AddMinutes(1));
        await membership.InsertRow(entry, (await membership.ReadAll()).Version.Next());
        await membership.UpdateIAmAlive(new() { SiloAddress = entry.SiloAddress, IAmAliveTime = Start.AddMinutes(5) });
        MembershipTableData read = await membership.ReadRow(entry.SiloAddress);
        MembershipEntry kept = Assert.Single(read.Members).Item1;
        Assert.Equal(
            (entry.SiloAddress, entry.Status, entry.SiloName, entry.HostName, entry.RoleName, entry.StartTime, Start.AddMinutes(5)),
            (kept.SiloAddress, kept.Status, kept.SiloName, kept.HostName, kept.RoleName, kept.StartTime, kept.IAmAliveTime)
        );
        Assert.Equal(entry.SuspectTimes, kept.SuspectTimes);
        Assert.Empty((await membership.ReadRow(Entry(3, SiloStatus.Active).SiloAddress)).Members);
    }

    [Fact]
    public async Task ServerWhoseConnectionIsGone_CountsAsSilent_SoThatNobodyWaitsForIt()
    {
        string database = await postgres.CreateDatabaseAsync();
        await using PostgresMembership watching = await PostgresMembership.OpenAsync(database, TimeProvider.System, Cancellation);
        await using (PostgresMembership gone = await PostgresMembership.OpenAsync(database, TimeProvider.System, Cancellation))
        {
            await gone.InsertRow(Entry(1, SiloStatus.Active), (await gone.ReadAll()).Version.Next());
            Assert.Equal(Start.AddMinutes(1), Assert.Single((await watching.ReadAll()).Members).Item1.IAmAliveTime);
        }

        Assert.True(Assert.Single((await watching.ReadAll()).Members).Item1.IAmAliveTime < Start);
    }

    [Fact]
    public async Task DeadServers_AreRemovedInTime_OthersStay()
    {
        await using PostgresMembership membership = await PostgresMembership.OpenAsync(
            await postgres.CreateDatabaseAsync(),
            TimeProvider.System,
            Cancellation
        );
        await membership.InsertRow(Entry(1, SiloStatus.Dead), (await membership.ReadAll()).Version.Next());
        await membership.InsertRow(Entry(2, SiloStatus.Active), (await membership.ReadAll()).Version.Next());
        await membership.CleanupDefunctSiloEntries(Start);
        Assert.Equal(2, (await membership.ReadAll()).Members.Count);
        await membership.CleanupDefunctSiloEntries(Start.AddHours(1));
        Assert.Equal(2, Assert.Single((await membership.ReadAll()).Members).Item1.SiloAddress.Generation);
    }

    private static MembershipEntry Entry(int generation, SiloStatus status) =>
        new()
        {
            SiloAddress = SiloAddress.New(new IPEndPoint(IPAddress.Loopback, 4_000 + generation), generation),
            Status = status,
            SiloName = $"silo {generation}",
            HostName = "here",
            RoleName = "rrm",
            StartTime = Start,
            IAmAliveTime = Start.AddMinutes(1),
        };
}
