using static TorchSharp.torch;

namespace RewardReasoning.Models.Decoder;

/// <summary>
/// Keys and values of sequences that grow by a token at a time and come and go as they please. Use it without gradients; tensors that it
/// returns
/// belong to the caller's dispose scope.
/// </summary>
internal abstract class KvCache : IDisposable
{
    /// <summary>
    /// The kind that suits the model's device: pages on the processor, where every sequence lies by itself; tensors over all rows
    /// elsewhere.
    /// </summary>
    public static KvCache For(DecoderModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return model.Device.type == TorchSharp.DeviceType.CPU && PagedAttention.Supports(model.Config)
            ? new PagedKvCache(model.Config)
            : new TensorKvCache();
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
    /// <returns>What stands behind each prompt, [prompts, H], and the sequences, those of prompt 0 first.</returns>
    public (Tensor Hidden, IReadOnlyList<KvRow> Rows) Begin(DecoderModel model, IReadOnlyList<int[]> prompts, int repeats)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(prompts);
        using TorchSharp.DisposeScope scope = NewDisposeScope();
        int longest = prompts.Max(prompt => prompt.Length);
        long[,] ids = new long[prompts.Count, longest];
        long[,] positions = new long[prompts.Count, longest];
        bool[,] real = new bool[prompts.Count, longest];
        for (int row = 0; row < prompts.Count; row++)
        {
            int padding = longest - prompts[row].Length;
            for (int i = padding; i < longest; i++)
            {
                (ids[row, i], positions[row, i], real[row, i]) = (prompts[row][i - padding], i - padding, true);
            }
        }

        KvTensors cache = new(model.Config, longest);
        Tensor? keyMask = prompts.Any(prompt => prompt.Length < longest) ? tensor(real, device: model.Device) : null;
        Tensor hidden = model.LastHiddenCached(tensor(ids, device: model.Device), tensor(positions, device: model.Device), keyMask, cache); // [P, 1, H]
        IReadOnlyList<KvRow> rows = Take(
            cache,
            keyMask,
            [.. Enumerable.Range(0, prompts.Count).SelectMany(prompt => Enumerable.Repeat((long)prompt, repeats))]
        );
        return (hidden.squeeze(1).MoveToOuterDisposeScope(), rows);
    }

    /// <summary>Begins sequences behind prompts that were computed.</summary>
    /// <param name="cache">The prompts; it belongs to this memory from now on.</param>
    /// <param name="keyMask">[prompts, tokens] bool, true where there is a token; null where nothing is padded.</param>
    /// <param name="prompts">The row of the cache behind which each sequence begins.</param>
    internal abstract IReadOnlyList<KvRow> Take(KvTensors cache, Tensor? keyMask, IReadOnlyList<long> prompts);

    /// <summary>Takes up the next token of sequences and computes what stands behind it.</summary>
    /// <param name="model">The model, or a view of it.</param>
    /// <param name="rows">Where rows are not independent, all that are not over, in any order.</param>
    /// <param name="ids">A token for each.</param>
    /// <returns>[rows, H].</returns>
    public abstract Tensor Next(DecoderModel model, IReadOnlyList<KvRow> rows, IReadOnlyList<int> ids);

    /// <summary>Lets go of a sequence that is over.</summary>
    public abstract void End(KvRow row);

    /// <summary>Lets go of all sequences.</summary>
    public abstract void Clear();

    /// <summary>
    /// Tokens for which there would be room, used or not, if more sequences began behind prompts of that length and all took up one token.
    /// </summary>
    internal abstract long TokensWith(int sequences, int promptLength);

    /// <inheritdoc/>
    public void Dispose()
    {
        Clear();
        GC.SuppressFinalize(this);
    }
}
