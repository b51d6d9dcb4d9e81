namespace RewardReasoning.Storage;

/// <summary>A completion that was paid for, as a store keeps it.</summary>
public sealed record StoredCompletion
{
    /// <summary>What was asked.</summary>
    public required CompletionRequest Request { get; init; }

    /// <summary>What was answered (<see cref="ResponseEncoding"/>).</summary>
    public required ReadOnlyMemory<byte> Response { get; init; }

    /// <summary>When the answer was there.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>Time from asking to the last token.</summary>
    public required TimeSpan Elapsed { get; init; }
}
