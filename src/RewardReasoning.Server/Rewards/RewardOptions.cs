using System.ComponentModel.DataAnnotations;
using RewardReasoning.Recipes;

namespace RewardReasoning.Server.Rewards;

/// <summary>How rewards are given.</summary>
internal sealed record RewardOptions : ICheckedOptions
{
    /// <summary>How long a cohort waits for its members where a request does not say.</summary>
    /// <value>120 seconds.</value>
    public TimeSpan CollectTime { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>How long the judge may work on a cohort where a request does not say; null derives it from the judge's speed.</summary>
    /// <value>null.</value>
    public TimeSpan? JudgeTime { get; init; }

    /// <summary>Members of a group for trainers that do not send it; null refuses such requests.</summary>
    /// <value>null, else at least 1.</value>
    [Range(1, MaxGroupSize)]
    public int? GroupSize { get; init; }

    /// <summary>The largest group in which everybody meets everybody.</summary>
    /// <value>8.</value>
    [Range(2, MaxGroupSize)]
    public int RoundRobinSize { get; init; } = 8;

    /// <summary>Opponents that each member of a larger group draws.</summary>
    /// <value>4.</value>
    [Range(1, MaxGroupSize)]
    public int Opponents { get; init; } = 4;

    /// <summary>
    /// Members that the open cohorts may have together, those included that were announced and have not come; a further cohort is refused
    /// as overload.
    /// </summary>
    /// <value>65,536.</value>
    [Range(2, int.MaxValue)]
    public int MaxOpenMembers { get; init; } = 65_536;

    /// <summary>The longest that a request is held, whatever it asks for.</summary>
    /// <value>10 minutes.</value>
    public TimeSpan MaxWait { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How long answers of a group without a name are owed to members whose connection was lost.</summary>
    /// <value>60 seconds.</value>
    public TimeSpan RedeliveryTime { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long closed cohorts are kept in the store.</summary>
    /// <value>7 days.</value>
    public TimeSpan Retention { get; init; } = TimeSpan.FromDays(7);

    /// <summary>Standstill after which waiting cohorts, all of whose members hold their connections, count as starving.</summary>
    /// <value>15 seconds.</value>
    public TimeSpan StarvingAfter { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Receives a line for what an operator should know; it holds no text of a request.</summary>
    /// <value>null (nobody).</value>
    public Action<string>? OnWarning { get; init; }

    /// <summary>
    /// Receives a shard that this service has no longer, since another process has it or the ledger is out of reach; whoever shares the
    /// ledger decides who has it next.
    /// </summary>
    /// <value>null (nobody shares it).</value>
    internal Action<int>? OnLost { get; init; }

    /// <summary>The most members that a group may have.</summary>
    internal const int MaxGroupSize = 4_096;

    /// <inheritdoc/>
    public IEnumerable<string> Faults(OptionNames names)
    {
        (string Name, TimeSpan? Value)[] times =
        [
            (nameof(CollectTime), CollectTime),
            (nameof(JudgeTime), JudgeTime),
            (nameof(MaxWait), MaxWait),
            (nameof(RedeliveryTime), RedeliveryTime),
            (nameof(Retention), Retention),
            (nameof(StarvingAfter), StarvingAfter),
        ];
        return times
            .Where(time => time.Value <= TimeSpan.Zero || time.Value > TimeSpan.FromDays(49))
            .Select(time => $"{names[time.Name]} is {time.Value}; it must be above 0 and at most 49 days.");
    }
}
