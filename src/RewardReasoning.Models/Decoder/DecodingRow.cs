namespace RewardReasoning.Models.Decoder;

/// <summary>One of the sequences of a <see cref="DecodingMemory"/>.</summary>
public abstract class DecodingRow
{
    /// <summary>Tokens kept, those of the prompt included.</summary>
    internal abstract int Length { get; }
}
