namespace RewardReasoning.Models.Decoder;

/// <summary>One of the sequences of a <see cref="KvCache"/>.</summary>
internal abstract class KvRow;
