using System.Text;
using RewardReasoning.Storage.Jobs;
using RewardReasoning.Testing;
using Xunit;

namespace RewardReasoning.Storage.Tests.State;

/// <summary>Jobs, the same in every place, and several servers that drain one.</summary>
public sealed class JobStoreTests(PostgresFixture postgres) : IDisposable
{
    private static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeMilliseconds(1_800_000_000_000);
    private readonly Places _places = new(postgres);

    public void Dispose() => _places.Dispose();

    [Theory]
    [MemberData(nameof(Places.All), MemberType = typeof(Places))]
    public async Task Rows_AreTakenOnceInOrder_AndTheJobIsDoneWithTheLastResult(Place place)
    {
        IJobStore jobs = (await _places.OpenAsync(place)).Jobs;
        await SubmitAsync(jobs, "job-1", 5);
        Assert.Equal(1, await jobs.CountOpenAsync());
        Assert.Equal("job-1", (await jobs.NextAsync())?.Id);
        Assert.True(await jobs.MoveAsync("job-1", [JobState.Queued], JobState.Running));
        Assert.False(await jobs.MoveAsync("job-1", [JobState.Queued], JobState.Running));
        IReadOnlyList<StoredJobRow> first = await jobs.TakeRowsAsync("job-1", 3);
        IReadOnlyList<StoredJobRow> second = await jobs.TakeRowsAsync("job-1", 3);
        Assert.Equal([1, 2, 3], first.Select(row => row.Number));
        Assert.Equal([4, 5], second.Select(row => row.Number));
        Assert.Equal(("row 4\0", (string?)null, true, 14L), (TextOf(second[0].Text), second[0].Fault, second[0].IsLine, second[0].Place));
        Assert.Equal(((byte[]?)null, "unreadable"), (second[1].Text, second[1].Fault));
        Assert.Empty(await jobs.TakeRowsAsync("job-1", 3));

        foreach (StoredJobRow row in first.Concat(second).Reverse())
        {
            Assert.False(await jobs.CompleteAsync("job-1", Now));
            await jobs.FinishRowAsync("job-1", row.Number, Encoding.UTF8.GetBytes($"result {row.Number}"), row.Fault is not null);
        }

        await jobs.FinishRowAsync("job-1", 2, "another result"u8.ToArray(), isMissing: true); // the first one stays, and counts once
        Assert.True(await jobs.CompleteAsync("job-1", Now));
        StoredJob? done = await jobs.FindAsync("job-1");
        Assert.Equal((JobState.Done, Now, 5L, 5L, 1L), (done?.State, done?.Ended, done?.Rows, done?.Judged, done?.Missing));
        Assert.Equal(
            ["result 1", "result 2", "result 3", "result 4", "result 5"],
            await jobs.ResultsAsync("job-1").Select(result => Encoding.UTF8.GetString(result)).ToArrayAsync(Cancellation)
        );
        Assert.Null(await jobs.NextAsync());
    }

    [Theory]
    [MemberData(nameof(Places.All), MemberType = typeof(Places))]
    public async Task RowsLetGo_AreTakenAgain_ThoseWithAResultAreNot(Place place)
    {
        IJobStore jobs = (await _places.OpenAsync(place)).Jobs;
        await SubmitAsync(jobs, "job-1", 4);
        await jobs.MoveAsync("job-1", [JobState.Queued], JobState.Running);
        await jobs.TakeRowsAsync("job-1", 3);
        await jobs.FinishRowAsync("job-1", 2, "r"u8.ToArray(), isMissing: false);
        await jobs.LetGoAsync("job-1");
        Assert.Equal([1, 3, 4], (await jobs.TakeRowsAsync("job-1", 9)).Select(row => row.Number));
    }

    [Theory]
    [MemberData(nameof(Places.All), MemberType = typeof(Places))]
    public async Task CancelledJob_GivesNoRows_AndIsListedUntilItIsPruned(Place place)
    {
        IJobStore jobs = (await _places.OpenAsync(place)).Jobs;
        await SubmitAsync(jobs, "job-1", 2);
        await SubmitAsync(jobs, "job-2", 2);
        await jobs.MoveAsync("job-1", [JobState.Queued], JobState.Running);
        Assert.True(await jobs.MoveAsync("job-1", [JobState.Queued, JobState.Running], JobState.Cancelled, Now, "somebody\0 did"));
        Assert.Empty(await jobs.TakeRowsAsync("job-1", 9));
        Assert.Equal("job-2", (await jobs.NextAsync())?.Id);
        Assert.Equal(["job-2", "job-1"], (await jobs.ListAsync(9)).Select(job => job.Id));
        await jobs.PruneAsync(Now.AddSeconds(1));
        Assert.Equal(["job-2"], (await jobs.ListAsync(9)).Select(job => job.Id));
        await jobs.RemoveAsync("job-2");
        Assert.Null(await jobs.FindAsync("job-2"));
    }

    [Theory]
    [MemberData(nameof(Places.Durable), MemberType = typeof(Places))]
    public async Task Jobs_OutliveTheProcess(Place place)
    {
        string? name = await _places.NewAsync(place);
        Storage.State.ServerState state = await _places.OpenAsync(name);
        await SubmitAsync(state.Jobs, "job-1", 2);
        await state.Jobs.MoveAsync("job-1", [JobState.Queued], JobState.Running);
        await state.Jobs.TakeRowsAsync("job-1", 1);
        await state.Jobs.LetGoAsync("job-1");
        _places.Close(state);
        IJobStore jobs = (await _places.OpenAsync(name)).Jobs;
        Assert.True(jobs.IsDurable);
        Assert.Equal(JobState.Running, (await jobs.NextAsync())?.State);
        Assert.Equal([1, 2], (await jobs.TakeRowsAsync("job-1", 9)).Select(row => row.Number));
    }

    [Fact]
    public async Task Servers_TakeDifferentRowsOfOneJob_AndThoseOfADeadOneAreAnybodys()
    {
        string name = (await _places.NewAsync(Place.Database))!;
        Storage.State.PostgresState first = await _places.ShareAsync(name);
        Storage.State.PostgresState second = await _places.ShareAsync(name);
        await SubmitAsync(first.Jobs, "job-1", 100);
        await first.Jobs.MoveAsync("job-1", [JobState.Queued], JobState.Running);
        IReadOnlyList<StoredJobRow>[] taken = await Task.WhenAll(
            Enumerable.Range(0, 20).Select(i => (i % 2 == 0 ? first : second).Jobs.TakeRowsAsync("job-1", 4))
        );
        Assert.Equal(Enumerable.Range(1, 80), taken.SelectMany(rows => rows).Select(row => (int)row.Number).Order());

        // The lease of the first has run out by the database's clock.
        await first.Database.ChangeAsync("UPDATE rewardreasoning.job_holders SET until = clock_timestamp() - interval '1 second'");
        int[] ofTheDead = [.. taken.Where((_, i) => i % 2 == 0).SelectMany(rows => rows).Select(row => (int)row.Number)];
        IReadOnlyList<StoredJobRow> over = await second.Jobs.TakeRowsAsync("job-1", 100);
        Assert.Equal(ofTheDead.Concat(Enumerable.Range(81, 20)).Order(), over.Select(row => (int)row.Number));

        // It was only slow: the results of both are one each.
        await second.Jobs.FinishRowAsync("job-1", ofTheDead[0], "second"u8.ToArray(), isMissing: false);
        await first.Jobs.FinishRowAsync("job-1", ofTheDead[0], "first"u8.ToArray(), isMissing: false);
        Assert.Equal(1, (await first.Jobs.FindAsync("job-1"))?.Judged);
        Assert.Equal("second", TextOf(await second.Jobs.ResultsAsync("job-1").SingleAsync(Cancellation)));
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static string TextOf(byte[]? text) => Encoding.UTF8.GetString(text ?? []);

    private static async Task SubmitAsync(IJobStore jobs, string id, int rows)
    {
        await jobs.AddAsync(id, withReasoning: true, Now);
        await jobs.AddRowsAsync(
            id,
            [
                .. Enumerable
                    .Range(1, rows)
                    .Select(number =>
                        number == 5
                            ? new StoredJobRow(number, number + 10, IsLine: true, null, "unreadable")
                            : new StoredJobRow(number, number + 10, IsLine: true, Encoding.UTF8.GetBytes($"row {number}\0"), null)
                    ),
            ]
        );
        await jobs.QueueAsync(id, rows);
    }
}
