using System.Text.Json.Nodes;

namespace RewardReasoning.Endpoints.Probing;

/// <summary>What a server can do, and how it is best asked.</summary>
public sealed record EndpointProbeReport
{
    /// <summary>The server's address.</summary>
    public required Uri Url { get; init; }

    /// <summary>The model that was asked.</summary>
    public required string Model { get; init; }

    /// <summary>All models that the server names; none where it has no list.</summary>
    public required IReadOnlyList<string> Models { get; init; }

    /// <summary>The kind of server as which it is asked.</summary>
    public required ServerFlavour Server { get; init; }

    /// <summary>The name of that kind, for people.</summary>
    public string ServerName => ServerQuirks.Of(Server).Name;

    /// <summary>The most tokens of prompt and completion together; null where the server does not say.</summary>
    public int? ContextTokens { get; init; }

    /// <summary>Fields that every request has to set or (null) to leave out; null for none.</summary>
    public JsonObject? RequestFields { get; init; }

    /// <summary>One finding for each <see cref="Capability"/>, in its order.</summary>
    public required IReadOnlyList<ProbeFinding> Findings { get; init; }

    /// <summary>Whether every request had an answer or a refusal.</summary>
    public bool IsComplete => Findings.All(finding => !finding.Failed);

    /// <summary>The finding about a capability.</summary>
    /// <exception cref="KeyNotFoundException">It was not asked for.</exception>
    public ProbeFinding this[Capability capability] =>
        Findings.FirstOrDefault(finding => finding.Capability == capability)
        ?? throw new KeyNotFoundException($"The probe did not ask for {capability}.");
}
