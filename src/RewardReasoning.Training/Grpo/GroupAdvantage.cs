using System.Runtime.InteropServices;

namespace RewardReasoning.Training.Grpo;

/// <summary>
/// Group-relative advantages of GRPO (arXiv 2402.03300, section 4.1): A_i = (R_i − mean of its group) / (std of its group + ε), the
/// std unbiased (n − 1). A group of one keeps its reward: mean 0, std 1, as in verl.
/// <para>Deviation: equal rewards give exactly 0, where single-precision trainers give rounding noise divided by rounding noise.</para>
/// </summary>
public static class GroupAdvantage
{
    /// <summary>The advantage of every rollout, in the order of the rewards.</summary>
    /// <param name="rewards">One per rollout. NaN means that the rollout has none: it leaves the statistics and gets 0, and so does
    /// the only rollout of its group that has one, for there is nothing left to compare it with.</param>
    /// <param name="groups">The group of each rollout, any numbers in any order. Two prompts that show one pair in both orders may
    /// share a group.</param>
    /// <param name="options">Scale and epsilon.</param>
    /// <exception cref="ArgumentException">The lengths differ, a reward is infinite, or the options are invalid.</exception>
    public static double[] Compute(ReadOnlySpan<double> rewards, ReadOnlySpan<int> groups, GroupAdvantageOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        Dictionary<int, Moments> byGroup = Collect(rewards, groups);
        double batchStd = options.Scale == AdvantageScale.Batch ? StandardDeviation(rewards) : 1;

        double[] advantages = new double[rewards.Length];
        for (int i = 0; i < rewards.Length; i++)
        {
            Moments group = byGroup[groups[i]];
            if (double.IsNaN(rewards[i]) || group.IsFlat || group is { Answered: 1, Size: > 1 })
            {
                continue;
            }

            double centred = group.Size == 1 ? rewards[i] : rewards[i] - group.Mean;
            advantages[i] = options.Scale switch
            {
                AdvantageScale.Group => centred / ((group.Size == 1 ? 1 : group.StandardDeviation) + options.Epsilon),
                AdvantageScale.Batch => centred / (batchStd + options.Epsilon),
                _ => centred,
            };
        }

        return advantages;
    }

    /// <summary>How many groups there are, and how many of them teach nothing because all their rewards are equal or missing.</summary>
    /// <exception cref="ArgumentException">The lengths differ or a reward is infinite.</exception>
    public static (int Groups, int ZeroVariance) Count(ReadOnlySpan<double> rewards, ReadOnlySpan<int> groups)
    {
        Dictionary<int, Moments> byGroup = Collect(rewards, groups);
        return (byGroup.Count, byGroup.Values.Count(group => group.IsFlat || (group.Answered < 2 && group.Size > 1)));
    }

    private static Dictionary<int, Moments> Collect(ReadOnlySpan<double> rewards, ReadOnlySpan<int> groups)
    {
        if (rewards.Length != groups.Length)
        {
            throw new ArgumentException(
                $"There are {rewards.Length} rewards and {groups.Length} group ids; every rollout needs one of each.",
                nameof(groups)
            );
        }

        Dictionary<int, Moments> byGroup = [];
        for (int i = 0; i < rewards.Length; i++)
        {
            if (double.IsInfinity(rewards[i]))
            {
                throw new ArgumentException(
                    $"Reward {i} is infinite; a reward must be finite, or NaN where the rollout has none.",
                    nameof(rewards)
                );
            }

            CollectionsMarshal.GetValueRefOrAddDefault(byGroup, groups[i], out _).Add(rewards[i]);
        }

        return byGroup;
    }

    private static double StandardDeviation(ReadOnlySpan<double> rewards)
    {
        Moments all = default;
        foreach (double reward in rewards)
        {
            all.Add(reward);
        }

        return all.Answered > 1 ? all.StandardDeviation : 1;
    }

    /// <summary>Welford's running moments: exact for equal values, no cancellation for close ones.</summary>
    private struct Moments
    {
        private double _squares;
        private double _min;
        private double _max;

        public int Size { get; private set; }

        public int Answered { get; private set; }

        public double Mean { get; private set; }

        public readonly double StandardDeviation => Math.Sqrt(_squares / (Answered - 1));

        public readonly bool IsFlat => Answered > 1 && _min == _max;

        public void Add(double reward)
        {
            Size++;
            if (double.IsNaN(reward))
            {
                return;
            }

            _min = Answered == 0 ? reward : Math.Min(_min, reward);
            _max = Answered == 0 ? reward : Math.Max(_max, reward);
            Answered++;
            double off = reward - Mean;
            Mean += off / Answered;
            _squares += off * (reward - Mean);
        }
    }
}
