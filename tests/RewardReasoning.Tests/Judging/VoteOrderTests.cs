using CsCheck;
using RewardReasoning.Judging;
using Xunit;

namespace RewardReasoning.Tests.Judging;

public sealed class VoteOrderTests
{
    [Fact]
    public void OrderOf_Hashed_TakesTurns() =>
        Assert.Equal(
            [ShownOrder.Given, ShownOrder.Swapped, ShownOrder.Given, ShownOrder.Swapped],
            Enumerable.Range(0, 4).Select(index => VoteOrder.Hashed.OrderOf(new("2+2?", "4", "5"), index))
        );

    [Fact]
    public void OrderOf_Hashed_ShowsTheSameResponseFirstHoweverNumbered() =>
        Gen.Select(Gen.String, Gen.String, Gen.String, Gen.Int[0, 9])
            .Where(x => x.Item2 != x.Item3)
            .Sample(
                (query, a, b, index) =>
                    VoteOrder.Hashed.OrderOf(new(query, a, b), index) != VoteOrder.Hashed.OrderOf(new(query, b, a), index)
            );

    [Fact]
    public void OrderOf_Hashed_ShowsTheFirstResponseFirstInAboutHalfOfThePairs()
    {
        int given = Enumerable
            .Range(0, 1000)
            .Count(i => VoteOrder.Hashed.OrderOf(new($"query {i}", "right", "wrong"), 0) == ShownOrder.Given);
        Assert.InRange(given, 440, 560);
    }

    [Fact]
    public void OrderOf_Given_IsAlwaysGiven() =>
        Assert.All(Enumerable.Range(0, 5), index => Assert.Equal(ShownOrder.Given, VoteOrder.Given.OrderOf(new("q", "a", "b"), index)));

    [Fact]
    public void Completions_Both_AreTwoPerVote() => Assert.Equal((6, 3), (VoteOrder.Both.Completions(3), VoteOrder.Hashed.Completions(3)));
}
