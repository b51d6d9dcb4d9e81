namespace RewardReasoning.Models.Gguf;

/// <summary>One tensor of a GGUF file.</summary>
/// <param name="Name">For example <c>blk.0.attn_q.weight</c>.</param>
/// <param name="Shape">The dimension whose numbers are neighbours comes first: a matrix is [in, out].</param>
/// <param name="Type">How its numbers are stored.</param>
/// <param name="Offset">First byte, counted from the start of the file.</param>
internal sealed record GgufTensor(string Name, IReadOnlyList<long> Shape, GgufTensorType Type, long Offset)
{
    /// <summary>How many numbers it has.</summary>
    public long Count => Shape.Aggregate(1L, (product, size) => product * size);

    /// <summary>Its length in the file.</summary>
    public long ByteCount => Type.BytesOf(Shape);
}
