using CsCheck;
using RewardReasoning.Training.Grpo;
using Xunit;

namespace RewardReasoning.Training.Tests.Grpo;

public sealed class GroupAdvantageTests
{
    private static readonly GroupAdvantageOptions Verl = new();
    private static readonly GroupAdvantageOptions Trl = new() { Epsilon = 1e-4 };

    [Theory]
    [InlineData("groups shuffled, rewards +1/-1")]
    [InlineData("real rewards, holes in the mask, a fully masked row")]
    [InlineData("no division by std")]
    [InlineData("groups of one")]
    [InlineData("a group without variance")]
    [InlineData("vectorised, groups of one")]
    public void Compute_VerlCases_MatchReference(string name)
    {
        ReferenceCase reference = ReferenceNumbers.Load("advantages")[name];
        double[][] rewards = Rows(reference, "token_level_rewards");
        double[][] mask = Rows(reference, "response_mask");
        int[] groups = [.. ReferenceCase.Numbers(reference.Inputs.GetProperty("index")).Select(g => (int)g)];
        GroupAdvantageOptions options = Verl with
        {
            Scale = reference.Flag("norm_adv_by_std_in_grpo") ? AdvantageScale.Group : AdvantageScale.None,
        };

        double[] advantages = GroupAdvantage.Compute([.. rewards.Select(row => row.Sum())], groups, options);

        double[] perToken = [.. advantages.SelectMany((a, i) => mask[i].Select(m => a * m))];
        ReferenceNumbers.AssertClose(reference.Output("advantages"), perToken, reference.Tolerance, name);
    }

    [Theory]
    [InlineData("TRL, a group without variance", 1)]
    [InlineData("TRL, std of the batch", 0)]
    [InlineData("TRL, no scaling", 0)]
    [InlineData("TRL, missing rewards: one row wholly, one in part", 0)]
    public void Compute_TrlCases_MatchReference(string name, int flatGroups)
    {
        ReferenceCase reference = ReferenceNumbers.Load("advantages")[name];
        double[] weights = reference.Has("reward_weights") ? ReferenceCase.Numbers(reference.Raw("reward_weights")) : [1];
        double[] rewards = [.. Rows(reference, "rewards").Select(row => Weighted(row, weights))];
        int[] groups = [.. Enumerable.Range(0, rewards.Length).Select(i => i / 4)];
        AdvantageScale scale = reference.Text("scale_rewards") switch
        {
            "batch" => AdvantageScale.Batch,
            "none" => AdvantageScale.None,
            _ => AdvantageScale.Group,
        };

        double[] advantages = GroupAdvantage.Compute(rewards, groups, Trl with { Scale = scale });

        ReferenceNumbers.AssertClose(reference.Output("advantages"), advantages, reference.Tolerance, name);
        Assert.Equal((2, flatGroups), GroupAdvantage.Count(rewards, groups));
    }

    [Fact]
    public void Compute_ThreeRightOneWrong_MatchesHandArithmetic()
    {
        // mean ½, squared deviations 3·¼ + 2¼ = 3, unbiased variance 3/3 = 1
        double[] advantages = GroupAdvantage.Compute([1, 1, -1, 1], [7, 7, 7, 7], Verl);

        Assert.Equal([0.5 / 1.000001, 0.5 / 1.000001, -1.5 / 1.000001, 0.5 / 1.000001], advantages);
    }

    [Fact]
    public void Compute_GroupOfOne_KeepsItsReward() => Assert.Equal([-1 / 1.000001], GroupAdvantage.Compute([-1], [3], Verl));

    [Fact]
    public void Compute_OnlyOneRewardOfAGroupIsKnown_AllGetZero() =>
        Assert.Equal([0, 0, 0], GroupAdvantage.Compute([double.NaN, 1, double.NaN], [0, 0, 0], Verl));

    [Fact]
    public void Compute_MissingReward_LeavesTheStatistics()
    {
        double[] with = GroupAdvantage.Compute([1, double.NaN, -1, 3], [0, 0, 0, 0], Verl);
        double[] without = GroupAdvantage.Compute([1, -1, 3], [0, 0, 0], Verl);

        Assert.Equal([without[0], 0, without[1], without[2]], with);
    }

    [Fact]
    public void Compute_EqualRewards_AreExactlyZero() =>
        Gen.Select(Gen.Double[-1e3, 1e3], Gen.Int[2, 40], Gen.Enum<AdvantageScale>())
            .Sample(
                (reward, size, scale) =>
                    GroupAdvantage
                        .Compute([.. Enumerable.Repeat(reward, size)], new int[size], Verl with { Scale = scale })
                        .All(a => a == 0)
            );

    [Fact]
    public void Compute_AnyRewards_CentreOnZeroWithUnitSpread() =>
        Gen.Double[-10, 10]
            .Array[2, 24]
            .Where(r => r.Max() - r.Min() > 0.1)
            .Sample(rewards =>
            {
                double[] advantages = GroupAdvantage.Compute(rewards, new int[rewards.Length], Verl);
                double variance = advantages.Sum(a => a * a) / (rewards.Length - 1);
                return Math.Abs(advantages.Sum()) < 1e-9 && Math.Abs(variance - 1) < 1e-3;
            });

    [Fact]
    public void Compute_InterleavedGroups_EqualEachGroupAlone() =>
        Gen.Select(Gen.Double[-1, 1], Gen.Int[0, 3])
            .Array[1, 30]
            .Sample(rows =>
            {
                double[] all = GroupAdvantage.Compute([.. rows.Select(r => r.Item1)], [.. rows.Select(r => r.Item2)], Verl);
                return Enumerable
                    .Range(0, 4)
                    .All(g =>
                    {
                        int[] members = [.. Enumerable.Range(0, rows.Length).Where(i => rows[i].Item2 == g)];
                        double[] alone = GroupAdvantage.Compute([.. members.Select(i => rows[i].Item1)], new int[members.Length], Verl);
                        return members.Select(i => all[i]).SequenceEqual(alone);
                    });
            });

    [Fact]
    public void Count_FlatMissingAndLivingGroups_AreTold() =>
        Assert.Equal((4, 2), GroupAdvantage.Count([1, 1, double.NaN, 0, -1, 1, 5], [0, 0, 1, 1, 2, 2, 3]));

    [Fact]
    public void Compute_InfiniteReward_NamesIt() =>
        Assert.Contains(
            "Reward 1 is infinite",
            Assert.Throws<ArgumentException>(() => GroupAdvantage.Compute([0, double.PositiveInfinity], [0, 0], Verl)).Message,
            StringComparison.Ordinal
        );

    [Fact]
    public void Compute_ZeroEpsilon_SaysWhatMustHold() =>
        Assert.Contains(
            "Epsilon is 0; it must be above 0",
            Assert.Throws<ArgumentException>(() => GroupAdvantage.Compute([0, 1], [0, 0], Verl with { Epsilon = 0 })).Message,
            StringComparison.Ordinal
        );

    private static double[][] Rows(ReferenceCase reference, string name) =>
        [.. reference.Inputs.GetProperty(name).EnumerateArray().Select(ReferenceCase.Numbers)];

    private static double Weighted(double[] row, double[] weights)
    {
        double[] answered = [.. row.Zip(weights, (r, w) => r * w).Where(r => !double.IsNaN(r))];
        return answered.Length == 0 ? double.NaN : answered.Sum();
    }
}
