using CsCheck;
using RewardReasoning.Judging;
using Xunit;

namespace RewardReasoning.Tests.Judging;

public sealed class MajorityVoteTests
{
    private static readonly Gen<Vote> AnyVote = Gen.Select(
        Gen.Int[0, 2].Select(verdict => (Verdict)verdict),
        Gen.Enum<ShownOrder>(),
        (verdict, order) =>
            new Vote
            {
                Index = 0,
                Verdict = verdict,
                Order = order,
                Seed = 1,
            }
    );

    [Fact]
    public void Of_AnyVotes_WinnerHasMoreThanTheOther() =>
        AnyVote
            .List[0, 20]
            .Sample(votes =>
            {
                MajorityVote majority = MajorityVote.Of(votes);
                int first = votes.Count(vote => vote.Verdict == Verdict.First),
                    second = votes.Count(vote => vote.Verdict == Verdict.Second);
                Assert.Equal(votes.Count, majority.Decided + majority.Missing);
                Assert.Equal(
                    first > second ? Verdict.First
                        : second > first ? Verdict.Second
                        : Verdict.Unparsable,
                    majority.Winner
                );
                Assert.Equal(first == second && first > 0, majority.IsDraw);
            });

    [Fact]
    public void Of_MissingVotes_CountForNeither()
    {
        MajorityVote majority = MajorityVote.Of([VoteOf(Verdict.Unparsable), VoteOf(Verdict.Second), VoteOf(Verdict.Unparsable)]);
        Assert.Equal((Verdict.Second, 1.0), (majority.Winner, majority.ShareOf(Verdict.Second)));
    }

    [Fact]
    public void PositionBias_AlwaysTheShownFirst_IsOneHalf() =>
        Assert.Equal(0.5, MajorityVote.PositionBias([VoteOf(Verdict.First), VoteOf(Verdict.Second, ShownOrder.Swapped)]));

    [Fact]
    public void PositionBias_AlwaysTheSameResponse_IsZero() =>
        Assert.Equal(
            0,
            MajorityVote.PositionBias([VoteOf(Verdict.First), VoteOf(Verdict.First), VoteOf(Verdict.First, ShownOrder.Swapped)])
        );

    [Fact]
    public void PositionBias_OneOrderOnly_IsUnknown() =>
        Assert.Null(MajorityVote.PositionBias([VoteOf(Verdict.First), VoteOf(Verdict.Second)]));

    private static Vote VoteOf(Verdict verdict, ShownOrder order = ShownOrder.Given) =>
        new()
        {
            Index = 0,
            Verdict = verdict,
            Order = order,
            Seed = 1,
        };
}
