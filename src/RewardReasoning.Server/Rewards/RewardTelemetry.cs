using System.Diagnostics.Metrics;
using RewardReasoning.Judging;

namespace RewardReasoning.Server.Rewards;

/// <summary>What the reward service counts, in the meter of <see cref="JudgeTelemetry.SourceName"/>.</summary>
internal static class RewardTelemetry
{
    private static readonly Meter Meter = new(JudgeTelemetry.SourceName);

    private static readonly Counter<long> Members = Meter.CreateCounter<long>(
        "reward_reasoning.rewards.members",
        "{member}",
        "Members of closed cohorts, by outcome: rewarded, or the class of the failure; missing for those that never came"
    );

    private static readonly Counter<long> Cohorts = Meter.CreateCounter<long>(
        "reward_reasoning.rewards.cohorts",
        "{cohort}",
        "Closed cohorts: whole, partial or failed, and whether all rewards are equal"
    );

    private static readonly Counter<long> Events = Meter.CreateCounter<long>(
        "reward_reasoning.rewards.events",
        "{event}",
        "Duplicates, conflicts, collisions of groups without a name, superseded attempts, starvation"
    );

    private static readonly Histogram<double> LastWait = Meter.CreateHistogram<double>(
        "reward_reasoning.rewards.last_member_wait",
        "s",
        "Wait of a cohort's last member beyond the longest of its own matches"
    );

    public static void Closed(Cohort cohort, IReadOnlyCollection<RewardAnswer> answers)
    {
        foreach (IGrouping<string, RewardAnswer> outcome in answers.GroupBy(OutcomeOf))
        {
            Members.Add(outcome.Count(), new KeyValuePair<string, object?>("outcome", outcome.Key));
        }

        if (cohort.Size > answers.Count)
        {
            Members.Add(cohort.Size - answers.Count, new KeyValuePair<string, object?>("outcome", "missing"));
        }

        double[] rewards = [.. answers.Select(answer => answer.Reward).OfType<double>()];
        string state =
            rewards.Length == 0 ? "failed"
            : rewards.Length < cohort.Size ? "partial"
            : "whole";
        Cohorts.Add(1, new("state", state), new("zero_variance", IsZeroVariance(rewards)));
        if (cohort.LastMemberWait is { } wait)
        {
            LastWait.Record(wait.TotalSeconds);
        }
    }

    public static bool IsZeroVariance(IReadOnlyCollection<double> rewards) => rewards.Count > 1 && rewards.Max() - rewards.Min() < 1e-9;

    public static void Count(string happened) => Events.Add(1, new KeyValuePair<string, object?>("event", happened));

    private static string OutcomeOf(RewardAnswer answer) =>
        answer.Failure is { } failure ? FailureClasses.NameOf(failure.Class) : "rewarded";
}
