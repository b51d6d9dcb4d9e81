using RewardReasoning.Ratings;
using Xunit;

namespace RewardReasoning.Tests.Ratings;

public sealed class MatchGroupTests
{
    [Fact]
    public void Groups_TwoIslands_AreToldApart() =>
        Assert.Equal(
            [
                [0, 1],
                [2, 3],
            ],
            MatchResult.Groups(4, [new(0, 1, MatchOutcome.First), new(3, 2, MatchOutcome.Tie), new(2, 3, MatchOutcome.Second)])
        );

    [Fact]
    public void Groups_MissingMatches_ConnectNobody() =>
        Assert.Equal(
            [
                [0],
                [1],
                [2],
            ],
            MatchResult.Groups(3, [new(0, 1, MatchOutcome.Missing), new(1, 2, MatchOutcome.Missing)])
        );

    [Fact]
    public void Groups_ChainOfMatches_IsOneGroup() =>
        Assert.Single(MatchResult.Groups(5, [.. Enumerable.Range(0, 4).Select(at => new MatchResult(4 - at, 3 - at, MatchOutcome.First))]));
}
