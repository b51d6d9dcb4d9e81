using RewardReasoning.Models.Decoder;
using static TorchSharp.torch;

namespace RewardReasoning.Models;

/// <summary>
/// Whole conversations that are scored at once, padded on the right. A conversation's score is the head's at its last token that is no
/// padding token, as transformers takes it.
/// </summary>
internal sealed class ScoredRows
{
    private readonly Tensor _ends; // [B], of flattened rows

    public ScoredRows(IReadOnlyList<int[]> rows, int? padding, Device device)
    {
        int length = rows.Max(row => row.Length);
        long[,] ids = new long[rows.Count, length];
        long[] ends = new long[rows.Count];
        for (int row = 0; row < rows.Count; row++)
        {
            for (int i = 0; i < rows[row].Length; i++)
            {
                ids[row, i] = rows[row][i];
            }

            ends[row] = ((long)row * length) + Math.Max(0, Array.FindLastIndex(rows[row], id => id != padding));
        }

        Ids = tensor(ids, device: device);
        _ends = tensor(ends, device: device);
    }

    /// <summary>[B, T] int64.</summary>
    public Tensor Ids { get; }

    /// <summary>Scores [B], float32, of hidden states [B, T, H].</summary>
    public Tensor Scores(DecoderModel model, Tensor hidden) =>
        model.Logits(hidden.reshape(-1, hidden.shape[2]).index_select(0, _ends)).squeeze(1).to(ScalarType.Float32);
}
