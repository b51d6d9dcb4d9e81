using CsCheck;
using RewardReasoning.Evaluation.Metrics;
using RewardReasoning.Evaluation.Reports;
using RewardReasoning.Ratings;
using Xunit;

namespace RewardReasoning.Evaluation.Tests.Reports;

public sealed class VoteReplayTests
{
    private static readonly Bootstrap Few = new(rounds: 20);

    [Theory]
    [InlineData(3, 2, 0, 1, 0.6)] // one vote
    [InlineData(3, 2, 0, 3, 0.7)] // 7 of the 10 threes: one of three rights, six of two and one wrong
    [InlineData(3, 2, 0, 2, 0.6)] // 3 of 10 pairs agree on right, 6 are a draw
    [InlineData(3, 2, 0, 5, 1)]
    [InlineData(1, 0, 1, 1, 0.5)] // no verdict is wrong
    [InlineData(1, 0, 1, 9, 1)] // all there are
    public void Right_HandCounted_IsExact(int right, int wrong, int missing, int drawn, double expected) =>
        Assert.Equal(expected, VoteReplay.Right(right, wrong, missing, drawn), 1e-12);

    [Fact]
    public void Right_MirroredVotes_AddUpToOneWhereNoneIsMissing() =>
        Gen.Select(Gen.Int[0, 12], Gen.Int[0, 12], Gen.Int[1, 24])
            .Sample(
                (right, wrong, drawn) =>
                    right + wrong == 0
                    || Math.Abs(VoteReplay.Right(right, wrong, 0, drawn) + VoteReplay.Right(wrong, right, 0, drawn) - 1) < 1e-9
            );

    [Fact]
    public void ByVotes_KeptVotes_GiveTheCurve()
    {
        VoteReplay replay = new();
        replay.Add(Compared("a", [(true, 10), (true, 30), (false, 20)]));
        replay.Add(Compared("b", [(false, 10), (false, 30), (true, 20)]));
        replay.Add(Compared("c", [(true, 10), (true, 10), (true, 10)]));

        // One vote: (2/3 + 1/3 + 1) / 3; three votes: two of three.
        IReadOnlyList<CurvePoint> curve = replay.ByVotes(Few);
        Assert.Equal([1.0, 2, 3], curve.Select(point => point.X));
        Assert.Equal(2 / 3.0, curve[0].Value, 1e-12);
        Assert.Equal(2 / 3.0, curve[2].Value, 1e-12);
        Assert.All(curve, point => Assert.InRange(point.Value, point.Low ?? 1, point.High ?? 0));
        Assert.False(replay.VotesDiffer);

        // Thoughts of at most 10 tokens: right, wrong, right; of at most 20 the first two are a draw, each half.
        IReadOnlyList<CurvePoint> byTokens = replay.ByTokens(Few);
        Assert.Equal([10.0, 20, 30], byTokens.Select(point => point.X));
        Assert.Equal(2 / 3.0, byTokens[0].Value, 1e-12);
        Assert.Equal((0.5 + 0.5 + 1) / 3, byTokens[1].Value, 1e-12);
        Assert.Equal(2 / 3.0, byTokens[2].Value, 1e-12);
    }

    internal static AnalysedComparison Compared(string row, (bool IsRight, int Tokens)[] votes, Comparison? texts = null) =>
        new(
            row,
            row,
            texts,
            MatchOutcome.First,
            votes.Count(vote => vote.IsRight) * 2 > votes.Length ? MatchOutcome.First : MatchOutcome.Second,
            0.75,
            null,
            [
                .. votes.Select(
                    (vote, i) =>
                        new Vote
                        {
                            Index = i,
                            Verdict = vote.IsRight ? Verdict.First : Verdict.Second,
                            Order = i % 2 == 0 ? ShownOrder.Given : ShownOrder.Swapped,
                            Seed = i,
                            GeneratedTokens = vote.Tokens,
                        }
                ),
            ],
            null
        );
}
