namespace RewardReasoning.Training.Grpo;

/// <summary>The rollouts of a step: everything sampled, and the groups that are trained on, with their advantages.</summary>
internal sealed class RolloutBatch(GroupAdvantageOptions options)
{
    private readonly List<Rollout> _sampled = [];
    private readonly List<List<Rollout>> _kept = [];
    private int _flat;
    private int _groupsSampled;
    private readonly Dictionary<string, double> _skipped = [];

    /// <summary>Everything sampled, workers one after the other.</summary>
    public IReadOnlyList<Rollout> Sampled => _sampled;

    /// <summary>Groups that are trained on.</summary>
    public int GroupCount => _kept.Count;

    /// <summary>Adds rollouts whose groups are whole; a group without any reward is not trained on.</summary>
    /// <param name="rollouts">The rollouts, rewarded.</param>
    /// <param name="skipped">Items skipped when they were drawn, by metric.</param>
    public void Add(IEnumerable<Rollout> rollouts, IReadOnlyList<(string Metric, long Count)>? skipped = null)
    {
        foreach ((string metric, long count) in skipped ?? [])
        {
            _skipped[metric] = _skipped.GetValueOrDefault(metric) + count;
        }

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

    /// <summary>Drops groups whose rollouts all have the same reward.</summary>
    public void DropFlat() => _kept.RemoveAll(IsFlat);

    /// <summary>
    /// The groups that are trained on, in the order of their numbers, with advantages; rollouts without a reward are left out.
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

    /// <summary>The step's metrics that every task has.</summary>
    public Dictionary<string, double> Describe()
    {
        int tokens = _sampled.Sum(rollout => rollout.Completion.Ids.Length - rollout.Completion.Given.Count); // that the model wrote
        Dictionary<string, double> metrics = [];
        if (_sampled.Exists(rollout => rollout.HasReward))
        {
            metrics["reward/mean"] = _sampled.Where(rollout => rollout.HasReward).Average(rollout => rollout.Reward);
        }

        metrics["policy/nll"] = -_sampled.Sum(rollout => rollout.Completion.LogProbs.Sum(logProb => (double)logProb)) / tokens;
        metrics["policy/entropy"] = _sampled.Sum(rollout => rollout.Completion.Entropy) / tokens;
        metrics["length/mean"] = _sampled.Average(rollout => rollout.Completion.Ids.Length);
        foreach ((string metric, double count) in _skipped)
        {
            metrics[metric] = count;
        }

        metrics["grpo/groups"] = _kept.Count;
        metrics["grpo/zero_variance_groups"] = _flat / (double)_groupsSampled;
        return metrics;
    }

    private static bool IsFlat(List<Rollout> group) =>
        group.Where(rollout => rollout.HasReward).Select(rollout => rollout.Reward).Distinct().Count() < 2;
}
