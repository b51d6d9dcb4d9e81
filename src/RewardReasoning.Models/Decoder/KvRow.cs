namespace RewardReasoning.Models.Decoder;

/// <summary>A sequence of a <see cref="KvCache"/>.</summary>
internal abstract class KvRow;
