namespace RewardReasoning.Models.Decoder;

/// <summary>One of the sequences of a <see cref="DecodingMemory"/>.</summary>
public abstract class DecodingRow;
