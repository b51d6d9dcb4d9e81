namespace RewardReasoning.Training.Grpo;

/// <summary>The rollouts of a step: all that were sampled, and the groups that are trained on, with their advantages.</summary>
internal sealed class RolloutBatch(GroupAdvantageOptions options)
{
    private readonly List<Rollout> _sampled = [];
    private readonly List<List<Rollout>> _kept = [];
    private int _flat;
    private int _groupsSampled;

    /// <summary>Everything sampled, workers one after the other.</summary>
    public IReadOnlyList<Rollout> Sampled => _sampled;

    /// <summary>Groups that are trained on.</summary>
    public int GroupCount => _kept.Count;

    /// <summary>Takes up rollouts whose groups are whole; a group without any reward is not trained on.</summary>
    public void Add(IEnumerable<Rollout> rollouts)
    {
        Rollout[] added = [.. rollouts];
        List<Rollout>[] groups =
        [
            .. added.GroupBy(rollout => rollout.Prompt.Group).OrderBy(group => group.Key).Select(group => group.ToList()),
        ];
        _sampled.AddRange(added);
        _kept.AddRange(groups.Where(group => group.Exists(rollout => rollout.HasReward)));
        _flat += groups.Count(IsFlat);
        _groupsSampled += groups.Length;
    }

    /// <summary>Leaves out groups in which all rollouts earn the same.</summary>
    public void DropFlat() => _kept.RemoveAll(IsFlat);

    /// <summary>
    /// What is trained on, by group in the order of their numbers, with advantages; rollouts without a reward are not among it.
    /// </summary>
    public IReadOnlyList<IReadOnlyList<(Rollout Rollout, double Advantage)>> WithAdvantages()
    {
        Rollout[] all = [.. _kept.SelectMany(group => group)];
        double[] advantages = GroupAdvantage.Compute(
            [.. all.Select(rollout => rollout.Reward)],
            [.. all.Select(rollout => rollout.Prompt.Group)],
            options
        );
        int at = 0;
        return
        [
            .. _kept.Select(group =>
                group.Select(rollout => (rollout, advantages[at++])).ToArray().Where(entry => entry.rollout.HasReward).ToArray()
            ),
        ];
    }

    /// <summary>The step's metrics, as far as they follow from the rollouts of any task.</summary>
    public Dictionary<string, double> Describe()
    {
        int tokens = _sampled.Sum(rollout => rollout.Completion.Ids.Length);
        Dictionary<string, double> metrics = [];
        if (_sampled.Exists(rollout => rollout.HasReward))
        {
            metrics["reward/mean"] = _sampled.Where(rollout => rollout.HasReward).Average(rollout => rollout.Reward);
        }

        metrics["policy/nll"] = -_sampled.Sum(rollout => rollout.Completion.LogProbs.Sum(logProb => (double)logProb)) / tokens;
        metrics["policy/entropy"] = _sampled.Sum(rollout => rollout.Completion.Entropy) / tokens;
        metrics["length/mean"] = _sampled.Average(rollout => rollout.Completion.Ids.Length);
        metrics["grpo/groups"] = _kept.Count;
        metrics["grpo/zero_variance_groups"] = _flat / (double)_groupsSampled;
        return metrics;
    }

    private static bool IsFlat(List<Rollout> group) =>
        group.Where(rollout => rollout.HasReward).Select(rollout => rollout.Reward).Distinct().Count() < 2;
}
