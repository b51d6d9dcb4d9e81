using System.Text.Json.Serialization;
using RewardReasoning.Ratings;

namespace RewardReasoning.Rankings;

/// <summary>Responses in the order of their quality, with what it was found from.</summary>
[JsonConverter(typeof(RankingJson))]
public sealed record Ranking
{
    /// <summary>All responses, the best first. Those that are one candidate share its figures and are listed together.</summary>
    public required IReadOnlyList<RankedResponse> Responses { get; init; }

    /// <summary>
    /// Index of the best response; null when every judgment is missing. Responses without a decided match are never ahead of others.
    /// </summary>
    public int? Best { get; init; }

    /// <summary>
    /// Rewards as the caller numbers the responses. Null for a response that has no decided match: nothing is known of it, and a failed
    /// judgment is never turned into a number.
    /// </summary>
    public required IReadOnlyList<double?> Rewards { get; init; }

    /// <summary>All matches, in the order they were given out.</summary>
    public required IReadOnlyList<PlayedMatch> Matches { get; init; }

    /// <summary>What all matches cost; the time is that of the whole ranking.</summary>
    public required Usage Usage { get; init; }

    /// <summary>
    /// The share of triples of candidates, all three pairs of which have a winner, that beat each other in a circle; null without such a
    /// triple. One quarter is what coin tosses give.
    /// </summary>
    public double? CycleRate { get; init; }

    /// <summary>How many of the matches have no winner, because the judge failed or gave no verdict.</summary>
    public int MissingMatches => Matches.Count(match => match.Outcome == MatchOutcome.Missing);

    /// <summary>How many of the matches the judge abstained from.</summary>
    public int AbstainedMatches => Matches.Count(match => match.Outcome == MatchOutcome.Abstained);

    /// <summary>Whether the ranking was cancelled before all its matches were judged.</summary>
    public bool IsCancelled { get; init; }

    /// <summary>Why there are no rewards at all; null when there are some.</summary>
    public string? MissingReason { get; init; }
}

/// <summary>One response of a <see cref="Ranking"/>.</summary>
public sealed record RankedResponse
{
    /// <summary>Its index as the caller numbers the responses, from 0.</summary>
    public required int Index { get; init; }

    /// <summary>Index of the response that was judged for it, where it is one candidate with another; else null.</summary>
    public int? SameAs { get; init; }

    /// <summary>Rating on the Elo scale, 1000 for the mean.</summary>
    public required double Rating { get; init; }

    /// <summary>Lower end of a 95 % interval of the rating; null with Elo.</summary>
    public double? Low { get; init; }

    /// <summary>Upper end of that interval.</summary>
    public double? High { get; init; }

    /// <summary>Matches won.</summary>
    public int Wins { get; init; }

    /// <summary>Matches lost.</summary>
    public int Losses { get; init; }

    /// <summary>See <see cref="RankingOptions.Reward"/>; null where none of its matches has a winner.</summary>
    public double? Reward { get; init; }

    /// <summary>Why it has no reward; null when it has one.</summary>
    public string? MissingReason { get; init; }
}

/// <summary>A ranking was cancelled. What had been judged by then is not lost: it is ranked.</summary>
internal sealed class RankingCancelledException : OperationCanceledException
{
    /// <summary>With what was ranked so far.</summary>
    public RankingCancelledException(Ranking ranking, CancellationToken cancellationToken)
        : base("The ranking was cancelled; the exception holds the ranking by the matches so far.", cancellationToken) => Ranking = ranking;

    /// <summary>Without a ranking.</summary>
    public RankingCancelledException() { }

    /// <summary>Without a ranking, with a message.</summary>
    public RankingCancelledException(string message)
        : base(message) { }

    /// <summary>Without a ranking, with a message and the cause.</summary>
    public RankingCancelledException(string message, Exception innerException)
        : base(message, innerException) { }

    /// <summary>The ranking by the matches that had ended; null where it was not made by a <see cref="Ranker"/>.</summary>
    public Ranking? Ranking { get; }
}
