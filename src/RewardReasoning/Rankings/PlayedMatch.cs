using RewardReasoning.Ratings;

namespace RewardReasoning.Rankings;

/// <summary>One match of a ranking.</summary>
public sealed record PlayedMatch
{
    /// <summary>The round it belongs to, from 0.</summary>
    public required int Round { get; init; }

    /// <summary>
    /// Index, as the caller numbers the responses from 0, of one who met; where several are one candidate, of the one judged.
    /// </summary>
    public required int First { get; init; }

    /// <summary>Index of the other.</summary>
    public required int Second { get; init; }

    /// <summary>How it ended; <see cref="MatchOutcome.Missing"/> where no judgment came of it.</summary>
    public required MatchOutcome Outcome { get; init; }

    /// <summary>How often the two had met before.</summary>
    public int Repetition { get; init; }

    /// <summary>The judgment, numbered like this match; null where the judge failed.</summary>
    public Judgment? Judgment { get; init; }

    /// <summary>Why there is no winner; null when there is one.</summary>
    public string? MissingReason { get; init; }

    /// <summary>Index of the winner; null if there is none.</summary>
    public int? Winner =>
        Outcome switch
        {
            MatchOutcome.First => First,
            MatchOutcome.Second => Second,
            _ => null,
        };
}

/// <summary>What a running ranking reports after each match.</summary>
/// <param name="Match">The match that has just ended.</param>
/// <param name="Played">Matches ended so far.</param>
/// <param name="Planned">Matches there will be; null where that is open.</param>
/// <param name="Usage">What they cost so far.</param>
public sealed record RankingProgress(PlayedMatch Match, int Played, int? Planned, Usage Usage);
