namespace RewardReasoning.Server.Rewards;

/// <summary>A cohort for people who watch: who has come, who is missing, since when.</summary>
internal sealed record CohortView
{
    public string? Group { get; init; }

    public required int Attempt { get; init; }

    public required string State { get; init; }

    public required int Expected { get; init; }

    public required IReadOnlyList<int> Arrived { get; init; }

    public required IReadOnlyList<int> Missing { get; init; }

    /// <summary>When the first member came.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>Seconds since the last member came.</summary>
    public required double QuietS { get; init; }

    /// <summary>Members whose connection is open.</summary>
    public required int Held { get; init; }

    /// <summary>Whether its client seems to hold back the missing members until those here are answered.</summary>
    public required bool Starving { get; init; }

    public required RewardDeadline Deadline { get; init; }

    public static CohortView Of(Cohort cohort, TimeProvider time)
    {
        int[] arrived = [.. cohort.Members.Keys];
        return new()
        {
            Group = cohort.ImplicitKey is null ? cohort.Group : null,
            Attempt = cohort.Attempt,
            State = cohort.State,
            Expected = cohort.Size,
            Arrived = arrived,
            Missing = [.. Enumerable.Range(0, cohort.Size).Except(arrived)],
            Since = cohort.CreatedAt,
            QuietS = Math.Round(time.GetElapsedTime(cohort.LastArrival).TotalSeconds, 1),
            Held = cohort.Members.Values.Count(member => member.Connections > 0),
            Starving = cohort.IsStarving,
            Deadline = cohort.Settings.Deadline,
        };
    }
}
