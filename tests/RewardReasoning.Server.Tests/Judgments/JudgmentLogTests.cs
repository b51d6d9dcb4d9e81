using RewardReasoning.Storage;
using RewardReasoning.Storage.Judgments;
using RewardReasoning.Testing;

namespace RewardReasoning.Server.Tests.Judgments;

/// <summary>Recorded judgments, in a file and in memory alike.</summary>
public sealed class JudgmentLogTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly SqliteTables _tables;

    public JudgmentLogTests() => _tables = SqliteTables.Open(_folder["state.db"]);

    public void Dispose()
    {
        _tables.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task List_FindsSortsAndPages(bool inFile)
    {
        IJudgmentLog log = LogOf(inFile);
        await log.AddAsync([1], Of("apples and 100%", 0.2, Verdict.First));
        await log.AddAsync([2], Of("pears", 0.9, Verdict.Second));
        await log.AddAsync([3], Of("more APPLES", 0.5, null));
        await log.LabelAsync(1, 2);
        Assert.Equal(inFile, log.IsDurable);
        Assert.Equal([3, 2, 1], Ids(log, new()));
        Assert.Equal([2, 3, 1], Ids(log, new() { UnsureFirst = true }));
        Assert.Equal([3, 1], Ids(log, new() { Text = "apples" }));
        Assert.Equal([1], Ids(log, new() { Text = "0%" }));
        Assert.Equal([3], Ids(log, new() { Preferred = 0 }));
        Assert.Equal([1], Ids(log, new() { Labelled = true }));
        Assert.Equal([3, 2], Ids(log, new() { Labelled = false }));
        Assert.Equal([2], Ids(log, new() { Skip = 1, Most = 1 }));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task SameComparisonAgain_TakesThePlaceOfTheEarlierOne_AndItsLabelStays(bool inFile)
    {
        IJudgmentLog log = LogOf(inFile);
        await log.AddAsync([1], Of("q", 0.2, Verdict.First));
        Assert.True(await log.LabelAsync(1, 1));
        Assert.False(await log.LabelAsync(7, 1));
        await log.AddAsync([1], Of("q", 0.7, Verdict.Second));
        RecordedJudgment? found = log.Find(1);
        Assert.Equal((0.7, Verdict.Second, 1), (found?.Uncertainty, found?.Preferred, found?.Label));
        Assert.Equal([new LabelCount(1, 2, 1)], log.CountLabels());
        Assert.Null(log.Find(2));
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

        Assert.Equal([4, 3, 1], Ids(log, new()));
    }

    [Fact]
    public async Task InMemory_BytesAreBounded()
    {
        MemoryJudgmentLog log = new(most: 100, mostBytes: 1_000);
        await log.AddAsync([1], Of(new string('a', 300), 0.5, Verdict.First));
        await log.AddAsync([2], Of(new string('b', 300), 0.5, Verdict.First));
        Assert.Equal([2], Ids(log, new()));
    }

    private static long[] Ids(IJudgmentLog log, JudgmentFilter filter) => [.. log.List(filter).Select(judgment => judgment.Id)];

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

    private IJudgmentLog LogOf(bool inFile) => inFile ? new SqliteJudgmentLog(_tables, 100) : new MemoryJudgmentLog(100, long.MaxValue);
}
