using RewardReasoning.Data.Rows;
using RewardReasoning.Evaluation.Running;
using Xunit;

namespace RewardReasoning.Evaluation.Tests.Running;

public sealed class ShardTests
{
    [Theory]
    [InlineData(7, 3)]
    [InlineData(2, 5)]
    [InlineData(0, 2)]
    [InlineData(12, 1)]
    public async Task Of_AllShards_HaveEveryRowOnceAndCountThem(int rows, int shards)
    {
        List<long> seen = [];
        for (int i = 1; i <= shards; i++)
        {
            Shard shard = Shard.Parse($"{i}/{shards}");
            DataRow[] part = await shard
                .Of(Rows(rows), TestContext.Current.CancellationToken)
                .ToArrayAsync(TestContext.Current.CancellationToken);
            Assert.Equal(part.Length, shard.Of(rows));
            seen.AddRange(part.Select(row => row.Number));
        }

        Assert.Equal(Enumerable.Range(1, rows).Select(number => (long)number), seen.Order());
    }

    [Theory]
    [InlineData("0/3")]
    [InlineData("4/3")]
    [InlineData("1")]
    [InlineData("a/b")]
    [InlineData("-1/3")]
    [InlineData("1/2/3")]
    public void Parse_NoShard_SaysWhatOneIs(string text) =>
        Assert.Contains("it is i/n", Assert.Throws<RunException>(() => Shard.Parse(text)).Message, StringComparison.Ordinal);

    private static async IAsyncEnumerable<DataRow> Rows(int count)
    {
        await Task.CompletedTask;
        for (int i = 1; i <= count; i++)
        {
            yield return new DataRow { File = "x", Number = i };
        }
    }
}
