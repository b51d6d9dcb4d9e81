using RewardReasoning.Evaluation.BestOf;
using RewardReasoning.Evaluation.Metrics;
using RewardReasoning.Evaluation.Reports;
using Xunit;

namespace RewardReasoning.Evaluation.Tests.Reports;

public sealed class ChoiceReplayTests
{
    private static readonly Bootstrap Few = new(rounds: 20);

    [Fact]
    public void Analyse_RoundRobinWithoutMistakes_EveryWayFindsTheRightOne()
    {
        ChoiceReplay replay = new();
        replay.Add(RoundRobin([false, false, true, false], (i, j, correct) => correct[j] ? j : i));
        ChoiceAnalysis choices = replay.Analyse(Few) ?? throw new InvalidOperationException("no analysis");
        Assert.Equal(["knockout", "Elo", "Bradley-Terry"], choices.Ways.Select(way => way.Name));
        Assert.All(choices.Ways, way => Assert.Equal((0.0, 0.25, 1.0), (way.Points[0].X, way.Points[0].Value, way.Points[^1].Value)));

        // Two rounds, two and then one match; every match for ratings.
        Assert.Equal([0.0, 2, 3], choices.Ways[0].Points.Select(point => point.X));
        Assert.Equal(0.5, choices.Ways[0].Points[1].Value);
        Assert.Equal(6, choices.Ways[1].Points[^1].X);
        Assert.Equal((0.25, 0.5, 1.0), (choices.Random, choices.Majority, choices.Oracle));
    }

    [Fact]
    public void Analyse_RoundRobinThatIsAlwaysWrong_NoWayFindsIt()
    {
        ChoiceReplay replay = new();
        replay.Add(
            RoundRobin(
                [false, false, true, false],
                (i, j, correct) =>
                    correct[j] ? i
                    : correct[i] ? j
                    : i
            )
        );
        ChoiceAnalysis choices = replay.Analyse(Few) ?? throw new InvalidOperationException("no analysis");
        Assert.All(choices.Ways, way => Assert.Equal(0, way.Points[^1].Value));
    }

    [Fact]
    public void Analyse_Knockout_FollowsItsOwnRounds()
    {
        ChoiceReplay replay = new();

        // Three candidates: 1 beats 0, then 2, which had a bye, meets 1 and nothing comes of it; 2 was chosen.
        replay.Add(
            new RecordedRanking
            {
                Item = Item([false, false, true]),
                Best = 2,
                Matches =
                [
                    new RecordedMatch
                    {
                        Round = 0,
                        First = 0,
                        Second = 1,
                        Winner = 1,
                    },
                    new RecordedMatch
                    {
                        Round = 1,
                        First = 1,
                        Second = 2,
                    },
                ],
            }
        );
        replay.Add(new RecordedRanking { Item = Item([true, true, true]), Best = 0 });
        ChoiceAnalysis choices = replay.Analyse(Few) ?? throw new InvalidOperationException("no analysis");
        WayOfChoosing knockout = Assert.Single(choices.Ways);
        Assert.Equal(1, choices.Queries);
        Assert.Equal([(0.0, 1 / 3.0), (1, 0.5), (2, 1)], knockout.Points.Select(point => (point.X, point.Value)));
    }

    private static RecordedRanking RoundRobin(bool[] correct, Func<int, int, bool[], int> winner) =>
        new()
        {
            Item = Item(correct),
            Best = 0,
            Matches =
            [
                .. from i in Enumerable.Range(0, correct.Length)
                from j in Enumerable.Range(i + 1, correct.Length - i - 1)
                select new RecordedMatch
                {
                    Round = 0,
                    First = i,
                    Second = j,
                    Winner = winner(i, j, correct),
                },
            ],
        };

    /// <summary>The first wrong answer and the right one are given once each, the others not at all.</summary>
    private static BestOfItem Item(bool[] correct) =>
        new()
        {
            Id = "q",
            Section = "all",
            Query = "q",
            Responses = [.. correct.Select((_, i) => $"response {i}")],
            Correct = correct,
            Answers =
            [
                .. correct.Select(
                    (isRight, i) =>
                        isRight ? "1"
                        : i == 0 ? "2"
                        : null
                ),
            ],
        };
}
