using System.Text.Json;
using System.Text.Json.Serialization;

namespace RewardReasoning.Server.Rewards;

/// <summary>Why a member has no reward. A failure is never a number.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<FailureClass>))]
internal enum FailureClass
{
    /// <summary>Too few members came in time.</summary>
    [JsonStringEnumMemberName("timeout_collect")]
    TimeoutCollect,

    /// <summary>The judge took too long.</summary>
    [JsonStringEnumMemberName("timeout_judge")]
    TimeoutJudge,

    /// <summary>No verdict could be read.</summary>
    [JsonStringEnumMemberName("unparsable")]
    Unparsable,

    /// <summary>The judge was cut at its token limit.</summary>
    [JsonStringEnumMemberName("cut")]
    Cut,

    /// <summary>The judge, or its server, refused the content or the credentials.</summary>
    [JsonStringEnumMemberName("refused")]
    Refused,

    /// <summary>The judge could not be reached, broke off, or its answer could not be kept.</summary>
    [JsonStringEnumMemberName("transport")]
    Transport,

    /// <summary>The judge, or this server, has too much to do.</summary>
    [JsonStringEnumMemberName("overload")]
    Overload,

    /// <summary>The group cannot be compared: it has one member.</summary>
    [JsonStringEnumMemberName("too_few")]
    TooFew,

    /// <summary>Another body under the same identity, or an attempt that a later one replaced.</summary>
    [JsonStringEnumMemberName("conflict")]
    Conflict,

    /// <summary>The judge abstained from every match: it was not sure enough of any.</summary>
    [JsonStringEnumMemberName("abstained")]
    Abstained,
}

/// <summary>Names of failure classes.</summary>
internal static class FailureClasses
{
    /// <summary>The name that clients know, such as <c>timeout_judge</c>.</summary>
    public static string NameOf(FailureClass failure) => JsonNamingPolicy.SnakeCaseLower.ConvertName(failure.ToString());
}

/// <summary>A typed failure.</summary>
/// <param name="Class">What it is.</param>
/// <param name="Stage">Where it arose: <c>submit</c>, <c>collect</c>, <c>judge</c> or <c>store</c>.</param>
/// <param name="Retryable">Whether asking again (with another attempt, where the cohort is closed) may help.</param>
/// <param name="Detail">The same in words; without any text of query or response.</param>
internal sealed record RewardFailure(FailureClass Class, string Stage, bool Retryable, string Detail);

/// <summary>How much of a cohort was there.</summary>
/// <param name="Members">Members that came.</param>
/// <param name="Expected">Members that were announced.</param>
/// <param name="Partial">Whether some were missing.</param>
internal sealed record CohortCount(int Members, int Expected, bool Partial);

/// <summary>The clocks that held for a cohort, in seconds.</summary>
internal sealed record RewardDeadline(double CollectS, double JudgeS);

/// <summary>What a member is answered, now or in the end.</summary>
internal sealed record RewardAnswer
{
    public const string Collecting = "collecting";
    public const string Judging = "judging";
    public const string Done = "done";

    /// <summary>Name for <c>GET /v1/rewards/{id}</c>; null where the member was not accepted.</summary>
    public string? Id { get; init; }

    public required string State { get; init; }

    public string? Group { get; init; }

    public int Attempt { get; init; }

    public int? Index { get; init; }

    /// <summary>In (0,1); null while it is open, and where there is none.</summary>
    public double? Reward { get; init; }

    /// <summary>From 1; equal rewards share a rank.</summary>
    public int? Rank { get; init; }

    public int Wins { get; init; }

    public int Losses { get; init; }

    /// <summary>Matches that the member's response took part in, those without a winner included.</summary>
    public int Matches { get; init; }

    public RewardFailure? Failure { get; init; }

    /// <summary>Whether a trainer must not learn from this member: true where there is no reward.</summary>
    public bool Mask => Reward is null;

    public CohortCount? Cohort { get; init; }

    public JudgeFingerprint? Judge { get; init; }

    /// <summary>What the matches of the member's response cost; a match counts for both who met.</summary>
    public Usage Usage { get; init; } = Usage.None;

    public RewardDeadline? Deadline { get; init; }

    /// <summary>Seconds from the member's arrival to its answer, or until now.</summary>
    public double WaitedS { get; init; }

    [JsonIgnore]
    public bool IsFinal => State == Done;

    /// <summary>Whether the server had no room for the member's group.</summary>
    [JsonIgnore]
    public bool IsTurnedAway => Failure is { Class: FailureClass.Overload, Stage: RewardStage.Submit };

    /// <summary>A member that is not accepted.</summary>
    public static RewardAnswer Refusal(RewardMember member, FailureClass failure, bool retryable, string detail) =>
        new()
        {
            State = Done,
            Group = member.Group,
            Attempt = member.Attempt,
            Index = member.Index,
            Failure = new(failure, RewardStage.Submit, retryable, detail),
        };
}

/// <summary>Where a failure arose.</summary>
internal static class RewardStage
{
    public const string Submit = "submit";
    public const string Collect = "collect";
    public const string Judge = "judge";
    public const string Store = "store";
}
