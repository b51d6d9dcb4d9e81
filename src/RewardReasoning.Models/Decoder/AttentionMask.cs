using RewardReasoning.Models.Tensors;
using static TorchSharp.torch;

namespace RewardReasoning.Models.Decoder;

/// <summary>Masks added to attention scores: 0 where a query may attend, minus infinity elsewhere.</summary>
internal static class AttentionMask
{
    /// <summary>
    /// Causal mask of the last <paramref name="queries"/> tokens over all keys, minus padding. A token may always attend to itself: the row
    /// of a padding query would otherwise be empty and its softmax NaN.
    /// </summary>
    /// <param name="keyMask">[B, keys] bool, true where there is a token.</param>
    /// <param name="queries">T; the keys before them come from a cache.</param>
    /// <param name="type">Type of the scores.</param>
    /// <returns>[B, 1, T, keys].</returns>
    public static Tensor Of(Tensor keyMask, long queries, ScalarType type)
    {
        long keys = keyMask.shape[1],
            cached = keys - queries;
        Tensor causal = ones([queries, keys], dtype: ScalarType.Bool, device: keyMask.device).tril(cached);
        Tensor before = causal.tril(cached - 1);
        Tensor visible = keyMask.unsqueeze(1).unsqueeze(1).logical_and(before).logical_or(causal.logical_xor(before)); // [B, 1, T, keys]
        return Additive(visible, type);
    }

    /// <summary>Causal mask within the documents of a row, for tokens without a cache.</summary>
    /// <param name="documents">[B, T] int64, the number of each token's document.</param>
    /// <param name="type">Type of the scores.</param>
    /// <returns>[B, 1, T, T].</returns>
    public static Tensor WithinDocuments(Tensor documents, ScalarType type)
    {
        long length = documents.shape[1];
        Tensor same = documents.unsqueeze(2).eq(documents.unsqueeze(1)); // [B, T, T]
        Tensor causal = ones([length, length], dtype: ScalarType.Bool, device: documents.device).tril();
        return Additive(same.logical_and(causal).unsqueeze(1), type);
    }

    private static Tensor Additive(Tensor visible, ScalarType type) =>
        zeros(visible.shape, dtype: type, device: visible.device).Filled(visible.logical_not(), double.NegativeInfinity);
}
