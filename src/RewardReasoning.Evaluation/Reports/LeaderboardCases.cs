namespace RewardReasoning.Evaluation.Reports;

/// <summary>
/// A leaderboard as test cases: whether each player could be rated, and whether each is clearly ahead of the next one. Which of them should
/// lead nobody says, so that none of the cases fails.
/// </summary>
internal static class LeaderboardCases
{
    private const string Players = "players";
    private const string Order = "order";

    /// <summary>A place of a leaderboard.</summary>
    /// <param name="Name">Who has it.</param>
    /// <param name="Low">Lower end of the 95 % interval; null if there is none.</param>
    /// <param name="High">Upper end.</param>
    /// <param name="Missing">Why there is no rating that means something; null if there is one.</param>
    internal readonly record struct Place(string Name, double? Low, double? High, string? Missing = null);

    /// <summary>The cases of places, the best first.</summary>
    public static IReadOnlyList<ReportCase> Of(IReadOnlyList<Place> places) =>
        [
            .. places.Select(place => new ReportCase(
                place.Name,
                Players,
                place.Missing is null ? CaseStatus.Passed : CaseStatus.Missing,
                place.Missing ?? ""
            )),
            .. places.Zip(places.Skip(1)).Where(pair => pair is { First.Missing: null, Second.Missing: null }).Select(Between),
        ];

    private static ReportCase Between((Place First, Place Second) pair)
    {
        string? open = (pair.First.Low, pair.Second.High) switch
        {
            ({ } low, { } high) when low > high => null,
            ({ }, { }) => "The 95 % intervals overlap, so the order of the two is not settled.",
            _ => "The ratings have no intervals, so it is not known whether the order is settled.",
        };
        return new ReportCase(
            $"{pair.First.Name} before {pair.Second.Name}",
            Order,
            open is null ? CaseStatus.Passed : CaseStatus.Unlabelled,
            open ?? ""
        );
    }
}
