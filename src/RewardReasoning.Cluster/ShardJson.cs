using System.Text.Json;
using System.Text.Json.Serialization;
using RewardReasoning.Server.Http;
using RewardReasoning.Server.Rewards;

namespace RewardReasoning.Cluster;

/// <summary>A member that asks for its place.</summary>
/// <param name="Hold">Name of its hold, which who asks has chosen.</param>
/// <param name="Member">What was sent.</param>
internal sealed record ShardEntry(string Hold, RewardMember Member);

/// <summary>What a server that has a shard says of a member.</summary>
internal sealed record ShardReply
{
    /// <summary>What is known; null where there is no such member.</summary>
    public RewardAnswer? Answer { get; init; }

    /// <summary>Whether the member was not accepted.</summary>
    public bool IsRefused { get; init; }

    /// <summary>The mean of the rewards of its group.</summary>
    public double? Mean { get; init; }

    /// <summary>Whether nothing is known of the hold: the shard has moved since.</summary>
    public bool IsForgotten { get; init; }

    /// <summary>Why the request cannot be served.</summary>
    public ShardProblem? Problem { get; init; }
}

/// <summary>A failure on its way between servers.</summary>
/// <param name="Status">As of HTTP.</param>
/// <param name="Message">For people.</param>
/// <param name="Code">For programs.</param>
/// <param name="Field">The field at fault.</param>
/// <param name="RetryAfterS">When to try again, in seconds.</param>
internal sealed record ShardProblem(int Status, string Message, string? Code, string? Field, double? RetryAfterS)
{
    /// <summary>Whether another try, or another server, may do better.</summary>
    public bool IsPassing => Status >= 500;

    public static ShardProblem Of(Exception failure)
    {
        ApiException api = ApiException.Of(failure);
        return new(api.Status, api.Message, api.Code, api.Parameter, api.RetryAfter?.TotalSeconds);
    }

    public ApiException ToException() =>
        new(Status, Message, Code, Field) { RetryAfter = RetryAfterS is { } seconds ? TimeSpan.FromSeconds(seconds) : null };
}

/// <summary>Messages between servers of one version.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, UseStringEnumConverter = true)]
[JsonSerializable(typeof(IReadOnlyList<ShardEntry>))]
[JsonSerializable(typeof(IReadOnlyList<ShardReply>))]
[JsonSerializable(typeof(ShardReply))]
internal sealed partial class ShardJson : JsonSerializerContext
{
    public static byte[] Bytes(IReadOnlyList<ShardEntry> entries) =>
        JsonSerializer.SerializeToUtf8Bytes(entries, Default.IReadOnlyListShardEntry);

    public static byte[] Bytes(IReadOnlyList<ShardReply> replies) =>
        JsonSerializer.SerializeToUtf8Bytes(replies, Default.IReadOnlyListShardReply);

    public static byte[] Bytes(ShardReply reply) => JsonSerializer.SerializeToUtf8Bytes(reply, Default.ShardReply);

    public static IReadOnlyList<ShardEntry> Entries(byte[] bytes) =>
        JsonSerializer.Deserialize(bytes, Default.IReadOnlyListShardEntry) ?? throw new JsonException("There are no entries.");

    public static IReadOnlyList<ShardReply> Replies(byte[] bytes) =>
        JsonSerializer.Deserialize(bytes, Default.IReadOnlyListShardReply) ?? throw new JsonException("There are no replies.");

    public static ShardReply Reply(byte[] bytes) =>
        JsonSerializer.Deserialize(bytes, Default.ShardReply) ?? throw new JsonException("There is no reply.");
}
