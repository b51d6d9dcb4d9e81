using System.Text.Json.Serialization;
using RewardReasoning.Evaluation.Running;
using RewardReasoning.Ratings;

namespace RewardReasoning.Evaluation.Criteria;

/// <summary>What became of one or two responses by criteria: the weighted totals, and the parts that they are made of.</summary>
internal sealed record CriteriaResult
{
    /// <summary>Which of two responses is better; a tie where the totals are equal. Null for a single response.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public MatchOutcome? Outcome { get; init; }

    /// <summary>The better response, 1 or 2; null for a single response, on a tie, and where a part is missing.</summary>
    public int? Preferred =>
        Outcome switch
        {
            MatchOutcome.First => 1,
            MatchOutcome.Second => 2,
            _ => null,
        };

    /// <summary>
    /// For each response the mean of its parts by weight, 0 to 1; 0 where it fails a critical check, null where a part is missing.
    /// </summary>
    public required IReadOnlyList<double?> Totals { get; init; }

    /// <summary>The critical check that decided; null if none did.</summary>
    public string? DecidedBy { get; init; }

    /// <summary>The parts, checks first.</summary>
    public required IReadOnlyList<CriterionPart> Criteria { get; init; }

    /// <summary>Why there is no total; null if there is one for each response.</summary>
    public string? Missing { get; init; }

    /// <summary>What all votes took.</summary>
    public required Usage Usage { get; init; }

    /// <summary>The model's name; null where nothing was asked of one.</summary>
    public string? Model { get; init; }
}

/// <summary>What one criterion says.</summary>
internal sealed record CriterionPart
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Its weight.</summary>
    public required double Weight { get; init; }

    /// <summary><c>check</c>, <c>pairwise</c>, <c>pointwise</c> or <c>choice</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>
    /// For each response, 0 to 1: whether it passes the check, its share of the votes, its mean score from 1 (0) to 5 (1), or the mean
    /// worth of what was chosen. Null where that is missing, or was not asked because a critical check had decided.
    /// </summary>
    public required IReadOnlyList<double?> Values { get; init; }

    /// <summary>Why a value is not 1, or is missing: for each response, null where there is nothing to say.</summary>
    public required IReadOnlyList<string?> Reasons { get; init; }

    /// <summary>The judgment of a pairwise criterion; null for others.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Judgment? Judgment { get; init; }

    /// <summary>
    /// The votes of a pointwise criterion for each response, 1 to 5, or the numbers of the choices, from 1; null for a missing one. Null
    /// for others.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<IReadOnlyList<int?>>? Scores { get; init; }
}

/// <summary>How results of criteria are written.</summary>
[JsonSerializable(typeof(CriteriaResult))]
internal sealed partial class CriteriaJson : JsonSerializerContext
{
    /// <summary>For rows of a file.</summary>
    public static CriteriaJson Lines { get; } = new(JsonStyle.Of(indented: false, JsonStyle.Words<MatchOutcome>()));

    /// <summary>For people.</summary>
    public static CriteriaJson Indented { get; } = new(JsonStyle.Of(indented: true, JsonStyle.Words<MatchOutcome>()));
}
