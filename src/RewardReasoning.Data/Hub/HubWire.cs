using System.Text.Json.Serialization;

namespace RewardReasoning.Data.Hub;

// The fields of the hub's answers that are read.
internal sealed record RevisionWire(string? Sha);

internal sealed record EntryWire(string? Type, string? Path, string? Oid, long? Size, LargeFileWire? Lfs);

internal sealed record LargeFileWire(string? Oid, long? Size);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(RevisionWire))]
[JsonSerializable(typeof(List<EntryWire>))]
internal sealed partial class HubJson : JsonSerializerContext;
