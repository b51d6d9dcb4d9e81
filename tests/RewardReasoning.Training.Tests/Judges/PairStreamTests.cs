using RewardReasoning.Recipes;
using RewardReasoning.Training.Grpo;
using RewardReasoning.Training.Judges;
using Xunit;

namespace RewardReasoning.Training.Tests.Judges;

public sealed class PairStreamTests
{
    [Fact]
    public void Next_FourWeightedSources_AreDrawnAsTheirWeightsSayAtEveryPoint()
    {
        PairStream stream = Stream([5, 1, 1, 1]);
        int[] drawn = new int[4];
        for (int draw = 1; draw <= 80; draw++)
        {
            drawn[stream.Next(null).Source]++;
            Assert.True(Math.Abs(drawn[0] - (draw * 5 / 8.0)) <= 1.5, $"{drawn[0]} of {draw} draws");
        }

        Assert.Equal([50, 10, 10, 10], drawn);
    }

    [Fact]
    public void Next_WithinASource_EachPairComesOnceAnEpoch()
    {
        PairStream stream = Stream([2, 1]);
        LabelledPair[] drawn = [.. Enumerable.Range(0, 18).Select(_ => stream.Next(null))];
        Assert.Equal(
            [6, 6],
            drawn
                .GroupBy(pair => pair.Source)
                .OrderBy(group => group.Key)
                .Select(group => group.Select(pair => pair.Pair.Query).Distinct().Count())
        );
        Assert.Equal([12, 6], drawn.GroupBy(pair => pair.Source).OrderBy(group => group.Key).Select(group => group.Count()));
    }

    [Fact]
    public void Next_FromAPositionBetween_GoesOnAsIfNothingHadHappened()
    {
        PairStream whole = Stream([3, 1], turns: 2),
            first = Stream([3, 1], turns: 2);
        string[] expected = [.. Draws(whole, 40)];
        string[] begun = [.. Draws(first, 17)];
        PairStream resumed = Stream([3, 1], turns: 2, first.Mixture);
        Assert.Equal(expected, begun.Concat(Draws(resumed, 23, from: 17)));

        static IEnumerable<string> Draws(PairStream stream, int count, int from = 0)
        {
            for (int draw = from; draw < from + count; draw++)
            {
                LabelledPair pair = stream.Next(draw % 7 == 0 ? ["hard"] : null);
                if (draw % 3 == 0)
                {
                    stream.Skip(pair);
                }

                yield return pair.Pair.Query;
            }
        }
    }

    [Fact]
    public void PassOver_APair_IsLeftOutForItsNextTurnsAndThenComesAgain()
    {
        PairStream stream = Stream([1], turns: 2);
        LabelledPair solved = stream.Next(null);
        stream.Skip(solved);
        string[] later = [.. Enumerable.Range(0, 5 + 5 + 5 + 6).Select(_ => stream.Next(null).Pair.Query)];
        Assert.DoesNotContain(solved.Pair.Query, later[..15]);
        Assert.Contains(solved.Pair.Query, later[15..]);
        Assert.Equal(2, stream.Skipped);
    }

    [Fact]
    public void PassOver_AllPairs_ComeAgainAfterTheirTurns()
    {
        PairStream stream = Stream([1], turns: 3);
        for (int pair = 0; pair < 6; pair++)
        {
            stream.Skip(stream.Next(null));
        }

        Assert.NotNull(stream.Next(null));
    }

    [Fact]
    public void Next_ASourceWithoutTheDifficulty_IsNamed()
    {
        RecipeException error = Assert.Throws<RecipeException>(() => Stream([1]).Next(["extreme"]));
        Assert.Contains("source-0", error.Message, StringComparison.Ordinal);
    }

    private static PairStream Stream(double[] weights, int turns = 0, MixturePosition? position = null) =>
        new(
            [
                .. weights.Select(
                    (weight, source) =>
                        (
                            $"source-{source}",
                            weight,
                            (IReadOnlyList<LabelledPair>)
                                [
                                    .. Enumerable
                                        .Range(0, 6)
                                        .Select(i => new LabelledPair(
                                            new PreferencePair($"{source}/{i}", "a", "b"),
                                            i % 2 == 0 ? "easy" : "hard"
                                        )),
                                ]
                        )
                ),
            ],
            seed: 5,
            turns,
            taken: 0,
            position
        );
}
