using CsCheck;
using RewardReasoning.Judging;
using Xunit;

namespace RewardReasoning.Tests.Judging;

public sealed class VoteSeedsTests
{
    private static readonly Comparison Sum = new("2+2?", "4", "5");

    // The literals were computed with another implementation (Python's hashlib); they may never change, for a store is keyed by them.
    [Theory]
    [InlineData(42, 0, 0, 399742329)]
    [InlineData(42, 1, 0, 999460788)]
    [InlineData(42, 0, 1, 2092092556)]
    [InlineData(-7, 3, 2, 1530995154)]
    public void Of_KnownComparison_IsTheLiteral(long baseSeed, int vote, int redraw, int expected) =>
        Assert.Equal(expected, VoteSeeds.Of(baseSeed, Sum, vote, redraw));

    [Fact]
    public void Of_MirroredComparison_IsTheSame() =>
        Gen.Select(Gen.String, Gen.String, Gen.String, Gen.Int[0, 50])
            .Sample((query, a, b, vote) => VoteSeeds.Of(42, new(query, a, b), vote) == VoteSeeds.Of(42, new(query, b, a), vote));

    [Fact]
    public void Of_ManyVotesAndRedraws_AreDistinctAndFitIn31Bits()
    {
        int[] seeds =
        [
            .. Enumerable.Range(0, 100).SelectMany(vote => Enumerable.Range(0, 3).Select(redraw => VoteSeeds.Of(42, Sum, vote, redraw))),
        ];
        Assert.Equal(seeds.Length, seeds.Distinct().Count());
        Assert.All(seeds, seed => Assert.True(seed >= 0));
    }

    [Fact]
    public void Of_TextMovedBetweenQueryAndResponse_Differs() =>
        Assert.NotEqual(VoteSeeds.Of(42, new("ab", "c", "d"), 0), VoteSeeds.Of(42, new("a", "bc", "d"), 0));
}
