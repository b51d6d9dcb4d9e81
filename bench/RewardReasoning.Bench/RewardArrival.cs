namespace RewardReasoning.Bench;

/// <summary>A member of a group that asks for its reward; of two values the larger is better.</summary>
internal sealed record RewardArrival(string Group, int Attempt, int Index, int Value)
{
    /// <summary>
    /// The members of groups in random order, a tenth of them twice, and of a tenth of the groups a part under an earlier attempt too.
    /// </summary>
    public static RewardArrival[] Shuffled(string prefix, int groups, int size, Random random)
    {
        List<RewardArrival> arrivals = [];
        for (int group = 0; group < groups; group++)
        {
            int[] values = [.. Enumerable.Range(0, 1_000)];
            random.Shuffle(values);
            string name = FormattableString.Invariant($"{prefix}-{group}");
            bool again = random.Next(10) == 0;
            for (int index = 0; index < size; index++)
            {
                RewardArrival member = new(name, again ? 1 : 0, index, values[index]);
                arrivals.AddRange(random.Next(10) == 0 ? [member, member] : [member]);
            }

            if (again)
            {
                arrivals.AddRange(Enumerable.Range(0, size / 2).Select(index => new RewardArrival(name, 0, index, index)));
            }
        }

        RewardArrival[] order = [.. arrivals];
        random.Shuffle(order);
        return order;
    }

    /// <summary>
    /// How many members of last attempts have an answer, and in how many groups the rewards do not rise with the values, or somebody has
    /// two different ones.
    /// </summary>
    public static (int Final, int Wrong) Count(IReadOnlyCollection<(RewardArrival Member, double? Reward)> answers, int size)
    {
        (int final, int wrong) = (0, 0);
        foreach (IGrouping<string, (RewardArrival Member, double? Reward)> group in answers.GroupBy(answer => answer.Member.Group))
        {
            int last = group.Max(answer => answer.Member.Attempt);
            (int Value, double? Reward)[] ranked =
            [
                .. group
                    .Where(answer => answer.Member.Attempt == last)
                    .Select(answer => (answer.Member.Value, answer.Reward))
                    .Distinct()
                    .OrderBy(answer => answer.Value),
            ];
            bool right = ranked.Length == size && ranked.Zip(ranked.Skip(1)).All(next => next.First.Reward < next.Second.Reward);
            wrong += right ? 0 : 1;
            final += ranked.Length;
        }

        return (final, wrong);
    }
}
