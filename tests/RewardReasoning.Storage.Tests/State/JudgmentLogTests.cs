using RewardReasoning.Storage.Judgments;
using RewardReasoning.Testing;
using Xunit;

namespace RewardReasoning.Storage.Tests.State;

/// <summary>Recorded judgments, the same in every place.</summary>
public sealed class JudgmentLogTests(PostgresFixture postgres) : IDisposable
{
    private readonly Places _places = new(postgres);

    public void Dispose() => _places.Dispose();

    [Theory]
    [MemberData(nameof(Places.All), MemberType = typeof(Places))]
    public async Task List_FindsSortsAndPages(Place place)
    {
        IJudgmentLog log = (await _places.OpenAsync(place)).Judgments;
        await log.AddAsync([1], Of("apples and 100%", 0.2, Verdict.First));
        await log.AddAsync([2], Of("pears", 0.9, Verdict.Second));
        await log.AddAsync([3], Of("more APPLES", 0.5, null));
        await log.LabelAsync(1, 2);
        Assert.Equal(place != Place.Memory, log.IsDurable);
        Assert.Equal((long[])[3, 2, 1], await IdsAsync(log, new()));
        Assert.Equal((long[])[2, 3, 1], await IdsAsync(log, new() { UnsureFirst = true }));
        Assert.Equal((long[])[3, 1], await IdsAsync(log, new() { Text = "apples" }));
        Assert.Equal((long[])[1], await IdsAsync(log, new() { Text = "0%" }));
        Assert.Equal((long[])[3], await IdsAsync(log, new() { Preferred = 0 }));
        Assert.Equal((long[])[1], await IdsAsync(log, new() { Labelled = true }));
        Assert.Equal((long[])[3, 2], await IdsAsync(log, new() { Labelled = false }));
        Assert.Equal((long[])[2], await IdsAsync(log, new() { Skip = 1, Most = 1 }));
    }

    [Theory]
    [MemberData(nameof(Places.All), MemberType = typeof(Places))]
    public async Task SameComparisonAgain_TakesThePlaceOfTheEarlierOne_AndItsLabelStays(Place place)
    {
        IJudgmentLog log = (await _places.OpenAsync(place)).Judgments;
        await log.AddAsync([1], Of("q", 0.2, Verdict.First));
        Assert.True(await log.LabelAsync(1, 1));
        Assert.False(await log.LabelAsync(7, 1));
        await log.AddAsync([1], Of("q", 0.7, Verdict.Second));
        RecordedJudgment? found = await log.FindAsync(1);
        Assert.Equal((0.7, Verdict.Second, 1), (found?.Uncertainty, found?.Preferred, found?.Label));
        Assert.Equal([new LabelCount(1, 2, 1)], await log.CountLabelsAsync());
        Assert.Null(await log.FindAsync(2));
    }

    [Theory]
    [MemberData(nameof(Places.All), MemberType = typeof(Places))]
    public async Task TextsOfAnyCharacters_AreRecorded(Place place)
    {
        IJudgmentLog log = (await _places.OpenAsync(place)).Judgments;
        await log.AddAsync([1], Of("\u2028\\ 😀 '%_", 0.2, Verdict.First));
        await log.AddAsync([2], Of("a\0b", 0.2, Verdict.First));
        Assert.Equal((long[])[1], await IdsAsync(log, new() { Text = "\\ 😀 '%_" }));
        Assert.Equal("\u2028\\ 😀 '%_", (await log.FindAsync(1))?.Query);
        Assert.Equal(place == Place.Database ? "a\uFFFDb" : "a\0b", (await log.FindAsync(2))?.Query);
    }

    [Fact]
    public async Task InMemory_TheOldestWithoutALabelGo()
    {
        MemoryJudgmentLog log = new(most: 2, mostBytes: long.MaxValue);
        foreach (byte number in (byte[])[1, 2, 3, 4])
        {
            await log.AddAsync([number], Of("q", 0.5, Verdict.First));
            await (number == 1 ? log.LabelAsync(1, 1) : Task.CompletedTask);
        }

        Assert.Equal((long[])[4, 3, 1], await IdsAsync(log, new()));
    }

    [Fact]
    public async Task InMemory_BytesAreBounded()
    {
        MemoryJudgmentLog log = new(most: 100, mostBytes: 1_000);
        await log.AddAsync([1], Of(new string('a', 300), 0.5, Verdict.First));
        await log.AddAsync([2], Of(new string('b', 300), 0.5, Verdict.First));
        Assert.Equal((long[])[2], await IdsAsync(log, new()));
    }

    private static async Task<long[]> IdsAsync(IJudgmentLog log, JudgmentFilter filter) =>
        [.. (await log.ListAsync(filter)).Select(judgment => judgment.Id)];

    private static RecordedJudgment Of(string query, double uncertainty, Verdict? preferred) =>
        new()
        {
            At = DateTimeOffset.UnixEpoch,
            Query = query,
            Response1 = "one",
            Response2 = "two",
            Preferred = preferred,
            Uncertainty = uncertainty,
            Judgment = new("{}"u8.ToArray()),
            Size = 2 * query.Length,
        };
}
