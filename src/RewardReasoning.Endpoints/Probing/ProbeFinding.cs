namespace RewardReasoning.Endpoints.Probing;

/// <summary>What a probe asks of a server.</summary>
public enum Capability
{
    /// <summary>The cap on generated tokens is honoured.</summary>
    TokenLimit,

    /// <summary>The same seed gives the same completion, another seed another one.</summary>
    Seeds,

    /// <summary>Log-probs of the tokens and of other candidates come back.</summary>
    LogProbs,

    /// <summary><c>n</c> gives that number of completions.</summary>
    Choices,

    /// <summary>Thoughts come back apart from the answer.</summary>
    ThoughtsApart,

    /// <summary>Thinking can be switched off for a request.</summary>
    ThinkingOff,

    /// <summary>A completion goes on from a beginning that the client wrote.</summary>
    Prefill,

    /// <summary>The server caps a thought by a field of the request.</summary>
    ThinkingCap,

    /// <summary>An answer comes in pieces.</summary>
    Streaming,

    /// <summary>The server says how much of a prompt came from its cache.</summary>
    CacheReport,

    /// <summary>The server reads the same tokens as the model's own tokenizer; only where that is at hand.</summary>
    Tokenization,
}

/// <summary>One line of a probe's report.</summary>
/// <param name="Capability">What was asked.</param>
/// <param name="Has">Whether the server has it; null where its answers do not show it, or nothing was asked.</param>
/// <param name="Detail">The evidence, for people.</param>
public sealed record ProbeFinding(Capability Capability, bool? Has, string Detail)
{
    /// <summary>Whether nothing is known because requests failed, so that probing again may tell.</summary>
    public bool Failed { get; init; }

    /// <summary>What the table of servers says of this kind; null where it says nothing.</summary>
    public bool? Expected { get; init; }

    /// <summary>Whether this server differs from its kind.</summary>
    public bool IsUnexpected => Has is { } has && Expected is { } expected && expected != has;
}
