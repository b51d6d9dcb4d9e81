using TorchSharp;

namespace RewardReasoning.Models.Checkpoints;

/// <summary>One tensor of a safetensors file as its header describes it; the header has been checked against the file.</summary>
/// <param name="Name">The key in the header.</param>
/// <param name="Type">Element type.</param>
/// <param name="Shape">Empty for a scalar.</param>
/// <param name="Offset">First byte, counted from the start of the file.</param>
/// <param name="ByteCount">Always the element count times the element size.</param>
internal sealed record SafetensorsEntry(string Name, torch.ScalarType Type, IReadOnlyList<long> Shape, long Offset, long ByteCount);
