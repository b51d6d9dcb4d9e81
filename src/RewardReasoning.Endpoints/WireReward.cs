using System.Text.Json;
using System.Text.Json.Serialization;

namespace RewardReasoning.Endpoints;

/// <summary>Why a member has no reward, as the service writes it.</summary>
internal sealed record WireRewardFailure(string Class, string Stage, bool Retryable, string? Detail)
{
    public const string Conflict = "conflict";
    public const string Overload = "overload";
    public const string Submit = "submit";
}

/// <summary>A member's answer as the service writes it, of which fields that nobody here reads are left out.</summary>
internal sealed record WireReward
{
    private const string Done = "done";

    public required string State { get; init; }

    public double? Reward { get; init; }

    public int? Rank { get; init; }

    public int Wins { get; init; }

    public int Losses { get; init; }

    public int Matches { get; init; }

    public WireRewardFailure? Failure { get; init; }

    public Usage? Usage { get; init; }

    public bool IsFinal => State == Done;

    /// <summary>Whether the service has no room for the member now; it was not accepted.</summary>
    public bool IsTurnedAway => Failure is { Class: WireRewardFailure.Overload, Stage: WireRewardFailure.Submit };

    /// <summary>Whether a later attempt at the group may have what this one has not.</summary>
    public bool WantsAttempt => Failure is { Retryable: true } or { Class: WireRewardFailure.Conflict };

    public MemberReward ToMemberReward() =>
        new()
        {
            Reward = Reward,
            Rank = Rank,
            Wins = Wins,
            Losses = Losses,
            Matches = Matches,
            Failure = Failure?.Class,
            FailureDetail = Failure?.Detail,
            Usage = Usage ?? Usage.None,
        };
}

/// <summary>What the service says of its judge.</summary>
/// <param name="Judge">Its fingerprint, which is compared as text.</param>
/// <param name="Domain">What it can judge; null for anything.</param>
internal sealed record WireJudge(JsonElement Judge, WireDomain? Domain);

/// <summary>The patterns of a judge's domain.</summary>
internal sealed record WireDomain(string Query, string Response, string Says);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(WireReward[]))]
[JsonSerializable(typeof(WireJudge))]
internal sealed partial class RewardWire : JsonSerializerContext;
