using RewardReasoning.Training.Grpo;
using RewardReasoning.Training.Policies;
using RewardReasoning.Training.Rollouts;
using Xunit;

namespace RewardReasoning.Training.Tests.Policies;

public sealed class RolloutBatchTests
{
    private const double Missing = double.NaN;

    [Fact]
    public void WithAdvantages_MissingReward_IsNeitherTrainedNorCounted()
    {
        RolloutBatch batch = Batch((0, 1), (0, Missing), (0, -1));
        (Rollout Rollout, double Advantage)[] group = [.. Assert.Single(batch.WithAdvantages())];

        // Mean 0 and unbiased standard deviation √2 of the two that are known.
        Assert.Equal([0.7071, -0.7071], group.Select(entry => Math.Round(entry.Advantage, 4)));
        Assert.Equal(0, batch.Describe()["reward/mean"]);
    }

    [Fact]
    public void Add_GroupWithoutAnyReward_IsSkipped()
    {
        RolloutBatch batch = Batch((0, Missing), (0, Missing), (1, 2), (1, 1));
        Assert.Equal(1, batch.GroupCount);
        Assert.Equal(2, Assert.Single(batch.WithAdvantages()).Count);
        Assert.Equal(0.5, batch.Describe()["grpo/zero_variance_groups"]);
    }

    [Fact]
    public void Describe_NoRewardAtAll_HasNoMean() => Assert.False(Batch((0, Missing), (0, Missing)).Describe().ContainsKey("reward/mean"));

    private static RolloutBatch Batch(params (int Group, double Reward)[] rewards)
    {
        RolloutBatch batch = new(new GroupAdvantageOptions());
        batch.Add(
            rewards.Select(entry => new PolicyRollout(
                new PolicyQuestion(entry.Group, "2+2", null, [1, 2]),
                new SampledCompletion([3, 4], [-1, -1], true),
                "4",
                "4",
                null,
                entry.Reward
            ))
        );
        return batch;
    }
}
