using System.Text.Json.Serialization;

namespace RewardReasoning.Evaluation.BestOf;

/// <summary>One query with the responses to choose among.</summary>
internal sealed record BestOfItem
{
    /// <summary>Identity within the benchmark, the same in every run.</summary>
    public required string Id { get; init; }

    /// <summary>Where the item is counted.</summary>
    public required string Section { get; init; }

    /// <summary>The query.</summary>
    public required string Query { get; init; }

    /// <summary>The responses.</summary>
    public required IReadOnlyList<string> Responses { get; init; }

    /// <summary>Which of them are right; as many as responses.</summary>
    public required IReadOnlyList<bool> Correct { get; init; }

    /// <summary>Their final answers, equal ones under one name, for the majority; null where a response has none.</summary>
    public required IReadOnlyList<string?> Answers { get; init; }

    /// <summary>Whether all responses are right, or all are wrong: then the choice makes no difference.</summary>
    [JsonIgnore]
    public bool IsDecided => Correct.Distinct().Count() < 2;
}
