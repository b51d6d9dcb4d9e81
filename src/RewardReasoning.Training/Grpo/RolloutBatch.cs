namespace RewardReasoning.Training.Grpo;

/// <summary>The rollouts of a step: all that were sampled, and the groups that are trained on, with their advantages.</summary>
internal sealed class RolloutBatch(GroupAdvantageOptions options)
{
    private readonly List<JudgeRollout> _sampled = [];
    private readonly List<List<JudgeRollout>> _kept = [];
    private int _flat;
    private int _groupsSampled;

    /// <summary>Everything sampled, workers one after the other.</summary>
    public IReadOnlyList<JudgeRollout> Sampled => _sampled;

    /// <summary>Groups that are trained on.</summary>
    public int GroupCount => _kept.Count;

    /// <summary>Takes up rollouts whose groups are whole.</summary>
    public void Add(IEnumerable<JudgeRollout> rollouts)
    {
        JudgeRollout[] added = [.. rollouts];
        List<JudgeRollout>[] groups = [.. added.GroupBy(rollout => rollout.Question.Pair).OrderBy(group => group.Key).Select(group => group.ToList())];
        _sampled.AddRange(added);
        _kept.AddRange(groups);
        _flat += groups.Count(IsFlat);
        _groupsSampled += groups.Length;
    }

    /// <summary>Leaves out groups in which all rollouts earn the same.</summary>
    public void DropFlat() => _kept.RemoveAll(IsFlat);

    /// <summary>What is trained on, by pair in the order of the pairs' numbers, with advantages.</summary>
    public IReadOnlyList<IReadOnlyList<(JudgeRollout Rollout, double Advantage)>> WithAdvantages()
    {
        JudgeRollout[] all = [.. _kept.SelectMany(group => group)];
        double[] advantages = GroupAdvantage.Compute([.. all.Select(rollout => rollout.Reward)], [.. all.Select(rollout => rollout.Question.Pair)], options);
        int at = 0;
        return [.. _kept.Select(group => group.Select(rollout => (rollout, advantages[at++])).ToArray())];
    }

    /// <summary>The step's metrics, as far as they follow from the rollouts.</summary>
    public Dictionary<string, double> Describe()
    {
        int tokens = _sampled.Sum(rollout => rollout.Completion.Ids.Length);
        Dictionary<string, double> metrics = new()
        {
            ["reward/mean"] = _sampled.Average(rollout => rollout.Reward),
            ["judge/accuracy"] = Share(_sampled, rollout => rollout.IsRight),
            ["judge/parsed"] = Share(_sampled, rollout => rollout.Verdict != Verdict.Unparsable),
            ["judge/first"] = Share(_sampled, rollout => rollout.Verdict == Verdict.First),
            ["judge/cut"] = Share(_sampled, rollout => !rollout.Completion.Finished),
            ["policy/nll"] = -_sampled.Sum(rollout => rollout.Completion.LogProbs.Sum(logProb => (double)logProb)) / tokens,
            ["policy/entropy"] = _sampled.Sum(rollout => rollout.Completion.Entropy) / tokens,
            ["length/mean"] = _sampled.Average(rollout => rollout.Completion.Ids.Length),
        };
        foreach (IGrouping<string, JudgeRollout> group in _sampled.GroupBy(rollout => rollout.Question.Difficulty).OrderBy(group => group.Key))
        {
            if (group.Key.Length > 0)
            {
                metrics[$"judge/accuracy_{group.Key}"] = Share([.. group], rollout => rollout.IsRight);
                metrics[$"length/{group.Key}"] = group.Average(rollout => rollout.Completion.Ids.Length);
            }
        }

        metrics["grpo/groups"] = _kept.Count;
        metrics["grpo/zero_variance_groups"] = _flat / (double)_groupsSampled;
        return metrics;
    }

    private static bool IsFlat(List<JudgeRollout> group) => group.TrueForAll(rollout => rollout.Reward == group[0].Reward);

    private static double Share(List<JudgeRollout> rollouts, Func<JudgeRollout, bool> which) => rollouts.Count(which) / (double)rollouts.Count;
}
