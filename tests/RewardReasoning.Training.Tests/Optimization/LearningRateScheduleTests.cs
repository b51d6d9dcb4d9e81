using RewardReasoning.Training.Optimization;
using Xunit;

namespace RewardReasoning.Training.Tests.Optimization;

public sealed class LearningRateScheduleTests
{
    [Theory]
    [InlineData("cosine, warm-up")]
    [InlineData("cosine, no warm-up")]
    [InlineData("cosine, ends before the 20 steps")]
    [InlineData("linear, warm-up")]
    [InlineData("constant, warm-up")]
    [InlineData("cosine to a floor (verl)")]
    public void At_EverySchedule_MatchesReference(string name)
    {
        ReferenceCase reference = ReferenceNumbers.Load("adamw")[name];
        LearningRateSchedule schedule = Schedule(reference);
        double[] expected = reference.Output("lr");

        // Past the end transformers' cosine rises again; ours stays at the floor.
        int compared = Math.Min(expected.Length, schedule.TotalSteps + 1);
        double[] rates = [.. Enumerable.Range(0, compared).Select(step => schedule.At(step) / schedule.PeakRate)];

        ReferenceNumbers.AssertClose([.. expected.Take(compared).Select(r => r / schedule.PeakRate)], rates, 1e-12, name);
    }

    [Fact]
    public void At_PastTheEnd_StaysAtTheFloor()
    {
        LearningRateSchedule schedule = new()
        {
            PeakRate = 2e-3,
            Shape = ScheduleShape.Cosine,
            WarmupSteps = 10,
            TotalSteps = 100,
            FloorRatio = 0.04,
        };

        Assert.Equal(8e-5, schedule.At(100), 1e-15);
        Assert.Equal(8e-5, schedule.At(5000), 1e-15);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(5, 0.5)]
    [InlineData(10, 1)]
    [InlineData(60, 0.5)]
    public void At_LinearWithWarmup_MatchesHandArithmetic(int step, double expected)
    {
        LearningRateSchedule schedule = new()
        {
            PeakRate = 1,
            Shape = ScheduleShape.Linear,
            WarmupSteps = 10,
            TotalSteps = 110,
        };
        Assert.Equal(expected, schedule.At(step), 12);
    }

    [Fact]
    public void Validate_WarmupLongerThanTheRun_SaysSo()
    {
        LearningRateSchedule schedule = new()
        {
            PeakRate = -1,
            Shape = ScheduleShape.Cosine,
            WarmupSteps = 10,
            TotalSteps = 10,
        };

        string message = Assert.Throws<ArgumentException>(schedule.Validate).Message;

        Assert.Contains("PeakRate is -1; it must be above 0", message, StringComparison.Ordinal);
        Assert.Contains("TotalSteps is 10 and WarmupSteps 10", message, StringComparison.Ordinal);
    }

    internal static LearningRateSchedule Schedule(ReferenceCase reference) =>
        new()
        {
            PeakRate = reference.Setting("lr") ?? 0,
            Shape = reference.Text("schedule") switch
            {
                "cosine" => ScheduleShape.Cosine,
                "linear" => ScheduleShape.Linear,
                _ => ScheduleShape.Constant,
            },
            WarmupSteps = (int)(reference.Setting("warmup_steps") ?? 0),
            TotalSteps = (int)(reference.Setting("total_steps") ?? 0),
            FloorRatio = reference.Setting("min_lr_ratio") ?? 0,
        };
}
