using System.Text.Json;
using System.Text.Json.Serialization;
using RewardReasoning.Evaluation.Running;

namespace RewardReasoning.Evaluation.Canaries;

/// <summary>A share of votes then and now; null where there are none to count.</summary>
internal sealed record CanaryShare(double? Before, double? Now);

/// <summary>Whether the judge behind a name is still the one it was.</summary>
internal sealed record CanaryReport
{
    /// <summary>Who judged.</summary>
    public required string Judge { get; init; }

    /// <summary>Whether it has changed.</summary>
    public required bool Changed { get; init; }

    /// <summary>In which direction; null where it has not changed.</summary>
    public required CanaryChange? Change { get; init; }

    /// <summary>The evidence that it has, 1 at the beginning.</summary>
    public required double Evidence { get; init; }

    /// <summary>What the evidence has to reach: one over the probability of a false alarm.</summary>
    public required double Threshold { get; init; }

    /// <summary>Pairs with votes of then and now that were compared; the test ends at the pair that shows a change.</summary>
    public required int Pairs { get; init; }

    /// <summary>Pairs of the file that were looked at and have no votes of then or of now.</summary>
    public required int Missing { get; init; }

    /// <summary>Votes with a verdict on the compared pairs.</summary>
    public required long VotesBefore { get; init; }

    /// <summary>The same now.</summary>
    public required long VotesNow { get; init; }

    /// <summary>Votes for the better response; null without labels.</summary>
    public required CanaryShare Right { get; init; }

    /// <summary>Votes for the response shown first.</summary>
    public required CanaryShare ShownFirst { get; init; }

    /// <summary>What the judgments of now took.</summary>
    public required Usage Usage { get; init; }

    /// <summary>For files and programs: indented, names in snake case.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, CanaryJson.Indented.CanaryReport);
}

/// <summary>How canaries are written.</summary>
[JsonSerializable(typeof(CanaryReport))]
internal sealed partial class CanaryJson : JsonSerializerContext
{
    /// <summary>For people.</summary>
    public static CanaryJson Indented { get; } = new(JsonStyle.Of(indented: true, JsonStyle.Words<CanaryChange>()));
}
