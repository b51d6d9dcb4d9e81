using static TorchSharp.torch;

namespace RewardReasoning.Models.Decoder;

/// <summary>
/// Keys and values of sequences that grow by a token at a time, several behind each prompt. Use it without gradients; tensors that it returns
/// belong to the caller's dispose scope.
/// </summary>
public abstract class DecodingMemory : IDisposable
{
    /// <summary>
    /// The kind that suits the model's device: pages on the processor, where every sequence lies by itself; tensors over all rows elsewhere.
    /// </summary>
    public static DecodingMemory For(DecoderModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return model.Device.type == TorchSharp.DeviceType.CPU && PageAttention.Supports(model.Config) ? new PagedDecodingMemory(model.Config) : new TensorDecodingMemory();
    }

    /// <summary>
    /// Whether threads may each compute some of the rows at the same time, with views of the model of their own
    /// (<see cref="DecoderModel.ShareWeights"/>), and others the next time.
    /// </summary>
    public abstract bool RowsAreIndependent { get; }

    /// <summary>Computes prompts and begins sequences behind them.</summary>
    /// <param name="model">The model, or a view of it.</param>
    /// <param name="prompts">Token ids, each at least one.</param>
    /// <param name="repeats">Sequences behind each.</param>
    /// <param name="room">Tokens that each sequence will grow by at most.</param>
    /// <returns>What stands behind each prompt, [prompts, H], and the sequences, those of prompt 0 first.</returns>
    public abstract (Tensor Hidden, IReadOnlyList<DecodingRow> Rows) Begin(DecoderModel model, IReadOnlyList<int[]> prompts, int repeats, int room);

    /// <summary>Takes up the next token of sequences and computes what stands behind it.</summary>
    /// <param name="model">The model, or a view of it.</param>
    /// <param name="rows">In the order in which they began. Where rows are not independent, one that is left out is over.</param>
    /// <param name="ids">A token for each.</param>
    /// <returns>[rows, H].</returns>
    public abstract Tensor Next(DecoderModel model, IReadOnlyList<DecodingRow> rows, IReadOnlyList<int> ids);

    /// <summary>Lets go of a sequence that is over.</summary>
    public abstract void End(DecodingRow row);

    /// <summary>Lets go of all prompts and sequences, so that others may begin.</summary>
    public abstract void Clear();

    /// <inheritdoc/>
    public void Dispose()
    {
        Clear();
        GC.SuppressFinalize(this);
    }

    /// <summary>Computes prompts, padded on the left, into a cache.</summary>
    /// <returns>[prompts, H], and the mask [prompts, longest + <paramref name="room"/>], true where there is or will be a token.</returns>
    private protected static (Tensor Hidden, Tensor KeyMask) Prefill(DecoderModel model, IReadOnlyList<int[]> prompts, int room, KeyValueCache cache)
    {
        int longest = prompts.Max(prompt => prompt.Length);
        long[,] ids = new long[prompts.Count, longest];
        long[,] positions = new long[prompts.Count, longest];
        bool[,] mask = new bool[prompts.Count, longest + room];
        for (int row = 0; row < prompts.Count; row++)
        {
            int pad = longest - prompts[row].Length;
            for (int i = pad; i < longest + room; i++)
            {
                mask[row, i] = true;
                if (i < longest)
                {
                    ids[row, i] = prompts[row][i - pad];
                    positions[row, i] = i - pad;
                }
            }
        }

        Tensor keyMask = tensor(mask, device: model.Device);
        bool padded = prompts.Any(prompt => prompt.Length < longest);
        Tensor hidden = model.LastHiddenCached(
            tensor(ids, device: model.Device), tensor(positions, device: model.Device), padded ? keyMask.narrow(1, 0, longest) : null, cache); // [P, 1, H]
        return (hidden.squeeze(1), keyMask);
    }
}
