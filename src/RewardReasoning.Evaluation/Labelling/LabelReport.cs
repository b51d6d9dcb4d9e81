using System.Text.Json.Serialization;
using RewardReasoning.Evaluation.Running;

namespace RewardReasoning.Evaluation.Labelling;

/// <summary>What became of the rows and pairs of a labelled file.</summary>
public sealed record LabelReport
{
    /// <summary>Rows read.</summary>
    public required long Rows { get; init; }

    /// <summary>Rows of which no pair could be made, because a judgment is missing.</summary>
    public required long Missing { get; init; }

    /// <summary>Matches of all rankings that have no winner, because their judgment failed or has no verdict.</summary>
    public required long MissingMatches { get; init; }

    /// <summary>Rows of which no pair was made because the judge abstained.</summary>
    public long Abstained { get; init; }

    /// <summary>Matches of all rankings that the judge abstained from.</summary>
    public long AbstainedMatches { get; init; }

    /// <summary>Whether the judge abstained from a row or a match.</summary>
    [JsonIgnore]
    public bool HasAbstained => Abstained > 0 || AbstainedMatches > 0;

    /// <summary>Pairs written.</summary>
    public required long Pairs { get; init; }

    /// <summary>Pairs dropped because their votes were a draw.</summary>
    public required long Draws { get; init; }

    /// <summary>Pairs dropped for too small a margin, or one against the ranking that they come from.</summary>
    public required long LowMargins { get; init; }

    /// <summary>Pairs dropped because a trainer cannot take them.</summary>
    public required long Unusable { get; init; }

    /// <summary>Mean margin of the written pairs; null without any.</summary>
    public required double? MeanMargin { get; init; }

    /// <summary>What all judgments took.</summary>
    public required Usage Usage { get; init; }

    /// <summary>Time from the first row to the last.</summary>
    public required double Seconds { get; init; }

    /// <summary>The row at which the run was stopped because it could not be judged; null where it went to its end.</summary>
    public MissingItem? StoppedAt { get; init; }

    /// <summary>Whether every row and every match has a result.</summary>
    [JsonIgnore]
    public bool IsComplete => Missing == 0 && MissingMatches == 0 && StoppedAt is null;
}
