using RewardReasoning.Rankings;

namespace RewardReasoning.Evaluation.BestOf;

/// <summary>One line of a run's rankings.jsonl: a query, what is right, every match with its votes, and what was chosen.</summary>
internal sealed record RecordedRanking
{
    /// <summary>The query with its responses.</summary>
    public required BestOfItem Item { get; init; }

    /// <summary>Index of the response that was chosen; null where nothing was judged.</summary>
    public int? Best { get; init; }

    /// <summary>Ratings of the responses on the Elo scale; none where nothing was judged.</summary>
    public IReadOnlyList<double> Ratings { get; init; } = [];

    /// <summary>The matches, in the order they were given out.</summary>
    public IReadOnlyList<RecordedMatch> Matches { get; init; } = [];

    /// <summary>Why nothing was chosen; null if something was, and if all responses are right or all wrong.</summary>
    public string? Missing { get; init; }

    /// <summary>What it cost.</summary>
    public Usage Usage { get; init; } = Usage.None;

    /// <summary>The line of a query that was ranked.</summary>
    public static RecordedRanking Of(BestOfItem item, Ranking ranking)
    {
        ArgumentNullException.ThrowIfNull(item);
        ArgumentNullException.ThrowIfNull(ranking);
        return new()
        {
            Item = item,
            Best = ranking.Best,
            Ratings = ranking.Best is null
                ? []
                : [.. ranking.Responses.OrderBy(response => response.Index).Select(response => response.Rating)],
            Matches = [.. ranking.Matches.Select(RecordedMatch.Of)],
            Missing = ranking.MissingReason,
            Usage = ranking.Usage,
        };
    }
}

/// <summary>One match of a recorded ranking.</summary>
internal sealed record RecordedMatch
{
    /// <summary>The round it belongs to, from 0.</summary>
    public required int Round { get; init; }

    /// <summary>Index of one response.</summary>
    public required int First { get; init; }

    /// <summary>Index of the other.</summary>
    public required int Second { get; init; }

    /// <summary>Index of the winner; null if there is none.</summary>
    public int? Winner { get; init; }

    /// <summary>How sure the judgment is; null without one.</summary>
    public double? Confidence { get; init; }

    /// <summary>How often such judgments are right; null without a fit.</summary>
    public double? CalibratedConfidence { get; init; }

    /// <summary>Why there is no winner.</summary>
    public string? Missing { get; init; }

    /// <summary>The votes, numbered like the match.</summary>
    public IReadOnlyList<Vote> Votes { get; init; } = [];

    /// <summary>A match as it is recorded.</summary>
    public static RecordedMatch Of(PlayedMatch match)
    {
        ArgumentNullException.ThrowIfNull(match);
        return new()
        {
            Round = match.Round,
            First = match.First,
            Second = match.Second,
            Winner = match.Winner,
            Confidence = match.Judgment?.Confidence,
            CalibratedConfidence = match.Judgment?.CalibratedConfidence,
            Missing = match.MissingReason,
            Votes = match.Judgment?.Votes ?? [],
        };
    }
}
