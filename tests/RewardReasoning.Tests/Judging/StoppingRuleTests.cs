using CsCheck;
using RewardReasoning.Judging;
using Xunit;

namespace RewardReasoning.Tests.Judging;

public sealed class StoppingRuleTests
{
    private static readonly VoteStopping Certain = new VoteStopping.Certain();

    [Theory]
    [InlineData(9, 0, 8, VotingEnd.Certain)]
    [InlineData(8, 0, 9, null)] // nine more could all go to the other
    [InlineData(8, 0, 8, null)] // eight more could make a draw of it
    [InlineData(0, 9, 8, VotingEnd.Certain)]
    [InlineData(1, 0, 0, VotingEnd.AllVotes)]
    [InlineData(0, 0, 17, null)]
    [InlineData(1, 0, 1, null)] // an even number of votes may end in a draw, and how that is broken counts
    [InlineData(2, 0, 1, VotingEnd.Certain)] // one of four is missing
    public void EndAt_Certain_OnlyWhereNothingCanChange(int first, int second, int remaining, VotingEnd? end) =>
        Assert.Equal(end, StoppingRule.EndAt(Certain, first, second, remaining));

    [Theory]
    [InlineData(0.95, 4, 0, 13, VotingEnd.Confident)] // 31/32
    [InlineData(0.95, 0, 4, 13, VotingEnd.Confident)]
    [InlineData(0.95, 3, 0, 14, null)] // 15/16
    [InlineData(0.95, 6, 1, 10, VotingEnd.Confident)] // 247/256
    [InlineData(0.95, 5, 1, 11, null)] // 15/16
    [InlineData(0.75, 1, 0, 4, VotingEnd.Confident)] // 3/4 to the last bit or not
    [InlineData(0.95, 3, 2, 0, VotingEnd.AllVotes)]
    [InlineData(0.95, 9, 5, 3, null)] // settled, but not yet as sure as was asked
    public void EndAt_Confidence_WhereThePosteriorReachesTheLevel(double level, int first, int second, int remaining, VotingEnd? end) =>
        Assert.Equal(end, StoppingRule.EndAt(new VoteStopping.Confidence(level), first, second, remaining));

    [Fact]
    public void EndAt_ConfidenceOrCertain_AlsoWhereItIsSettled() =>
        Assert.Equal(VotingEnd.Certain, StoppingRule.EndAt(new VoteStopping.Confidence(0.95) { OrCertain = true }, 9, 5, 3));

    [Theory]
    [InlineData("fixed", 17, 0, 0, 1, 17)]
    [InlineData("certain", 17, 0, 0, 1, 9)]
    [InlineData("certain", 17, 8, 1, 1, 1)]
    [InlineData("certain", 17, 5, 4, 1, 4)]
    [InlineData("certain", 4, 0, 0, 1, 3)]
    [InlineData("certain", 34, 0, 0, 2, 18)] // 17 votes in both orders
    [InlineData("0.95", 17, 0, 0, 1, 4)]
    [InlineData("0.95", 17, 3, 1, 1, 3)] // 6:1 is the next that is enough
    [InlineData("0.95", 3, 0, 0, 1, 3)]
    [InlineData("0.95", 17, 8, 8, 1, 1)]
    [InlineData("0.9", 10, 0, 0, 2, 4)] // three would do, but they come in twos
    public void FewestToEnd_HandValues(string stopping, int most, int first, int second, int step, int expected) =>
        Assert.Equal(expected, StoppingRule.FewestToEnd(VoteStopping.Parse(stopping), first, second, most - first - second, step));

    [Fact]
    public void FewestToEnd_AnyState_IsTheFirstPlaceWhereVotingCanEnd() =>
        Gen.Select(Stoppings, Gen.Int[0, 12], Gen.Int[0, 12], Gen.Int[0, 20])
            .Sample(
                (stopping, first, second, remaining) =>
                {
                    int fewest = StoppingRule.FewestToEnd(stopping, first, second, remaining);
                    for (int more = 0; more <= fewest; more++)
                    {
                        bool ends = Enumerable
                            .Range(0, more + 1)
                            .SelectMany(cast => Enumerable.Range(0, cast + 1).Select(toFirst => (toFirst, toSecond: cast - toFirst)))
                            .Any(votes =>
                                StoppingRule.EndAt(stopping, first + votes.toFirst, second + votes.toSecond, remaining - more) is not null
                            );
                        Assert.Equal(more == fewest, ends);
                    }
                }
            );

    [Fact]
    public void EndAt_Certain_EndsExactlyWhereNoContinuationChangesTheOutcome() =>
        Gen.Select(Gen.Int[0, 9], Gen.Int[0, 9], Gen.Int[1, 9])
            .Sample(
                (first, second, remaining) =>
                {
                    int[] outcomes =
                    [
                        .. Enumerable
                            .Range(0, remaining + 1)
                            .SelectMany(cast =>
                                Enumerable.Range(0, cast + 1).Select(toFirst => Math.Sign(first + toFirst - (second + cast - toFirst)))
                            )
                            .Distinct(),
                    ];
                    Assert.Equal(
                        outcomes.Length == 1 && outcomes[0] != 0,
                        StoppingRule.EndAt(Certain, first, second, remaining) is not null
                    );
                }
            );

    [Theory]
    [InlineData("fixed")]
    [InlineData("certain")]
    [InlineData("0.95")]
    [InlineData("0.999,certain")]
    public void Parse_WhatToStringWrites_ComesBack(string text) => Assert.Equal(text, VoteStopping.Parse(text).ToString());

    [Theory]
    [InlineData("0.5")]
    [InlineData("1")]
    [InlineData("95")]
    [InlineData("NaN")]
    [InlineData("sure")]
    [InlineData(",certain")]
    [InlineData("")]
    public void Parse_AnythingElse_SaysWhatItMayBe(string text) =>
        Assert.Contains(
            "between 0.5 and 1",
            Assert.Throws<FormatException>(() => VoteStopping.Parse(text)).Message,
            StringComparison.Ordinal
        );

    internal static Gen<VoteStopping> Stoppings =>
        Gen.OneOf(
            Gen.Const((VoteStopping)new VoteStopping.Fixed()),
            Gen.Const(Certain),
            Gen.Select(
                Gen.Double[0.55, 0.99],
                Gen.Bool,
                (level, orCertain) => (VoteStopping)new VoteStopping.Confidence(level) { OrCertain = orCertain }
            )
        );
}
