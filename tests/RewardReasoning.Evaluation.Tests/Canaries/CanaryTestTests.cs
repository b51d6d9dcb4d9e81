using RewardReasoning.Evaluation.Canaries;
using Xunit;

namespace RewardReasoning.Evaluation.Tests.Canaries;

public sealed class CanaryTestTests
{
    private const int Pairs = 200;

    [Fact]
    public void Add_UnchangedJudge_IsCalledChangedWithinThePromise()
    {
        int alarms = Enumerable.Range(0, 200).Count(seed => Run(seed, 0.1, Judge(0.8, 0.1), Judge(0.8, 0.1)).IsChanged);

        Assert.InRange(alarms, 0, 20);
    }

    [Theory]
    [InlineData(0.9, 0.75, 0, 0, nameof(CanaryChange.RightLessOften))]
    [InlineData(0.75, 0.9, 0, 0, nameof(CanaryChange.RightMoreOften))]
    [InlineData(0.8, 0.8, 0, 0.15, nameof(CanaryChange.ShownFirstMore))]
    [InlineData(0.8, 0.8, 0.15, 0, nameof(CanaryChange.ShownFirstLess))]
    public void Add_ChangedJudge_IsFoundWithItsDirection(double before, double now, double biasBefore, double biasNow, string change)
    {
        CanaryTest test = Run(1, 0.01, Judge(before, biasBefore), Judge(now, biasNow));

        Assert.Equal((true, change), (test.IsChanged, test.Change.ToString()));
    }

    /// <summary>As often right as before, on other pairs.</summary>
    [Fact]
    public void Add_JudgeThatIsWrongElsewhere_GivesOtherVerdicts()
    {
        CanaryTest test = Run(1, 0.01, (pair, _) => pair % 5 == 0 ? 0.05 : 0.95, (pair, _) => pair % 5 == 1 ? 0.05 : 0.95);

        Assert.Equal((true, CanaryChange.OtherVerdicts), (test.IsChanged, test.Change));
    }

    [Fact]
    public void Add_PairsWithoutLabels_StillShowOtherVerdicts()
    {
        CanaryTest test = Run(1, 0.01, Judge(0.95, 0), (pair, _) => pair % 4 == 0 ? 0.1 : 0.95, isLabelled: false);

        Assert.Equal((true, CanaryChange.OtherVerdicts), (test.IsChanged, test.Change));
    }

    [Fact]
    public void Add_VotesWithoutAVerdict_CountForNothing()
    {
        CanaryTest test = new(0.01);
        Vote[] missing = [.. Enumerable.Range(0, 4).Select(index => VoteOf(index, Verdict.Unparsable))];

        test.Add([.. Enumerable.Range(0, 4).Select(index => VoteOf(index, Verdict.First))], missing, Verdict.First);

        Assert.Equal(1, test.Evidence, 1e-12);
    }

    private static Func<int, ShownOrder, double> Judge(double right, double bias) =>
        (_, order) => right + (order == ShownOrder.Given ? bias : -bias);

    private static CanaryTest Run(
        int seed,
        double alarm,
        Func<int, ShownOrder, double> before,
        Func<int, ShownOrder, double> now,
        bool isLabelled = true
    )
    {
        SeededRandom random = new((ulong)seed);
        CanaryTest test = new(alarm);
        for (int pair = 0; pair < Pairs; pair++)
        {
            int at = pair;
            test.Add(Votes(before, 8), Votes(now, 4), isLabelled ? Verdict.First : Verdict.Unparsable);

            Vote[] Votes(Func<int, ShownOrder, double> judge, int count) =>
                [
                    .. Enumerable
                        .Range(0, count)
                        .Select(index => VoteOf(index, random.Chance(judge(at, OrderOf(index))) ? Verdict.First : Verdict.Second)),
                ];
        }

        return test;
    }

    private static ShownOrder OrderOf(int index) => index % 2 == 0 ? ShownOrder.Given : ShownOrder.Swapped;

    private static Vote VoteOf(int index, Verdict verdict) =>
        new()
        {
            Index = index,
            Verdict = verdict,
            Order = OrderOf(index),
            Seed = index,
        };
}
