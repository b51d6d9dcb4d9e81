using static TorchSharp.torch;

namespace RewardReasoning.Models.Decoder;

/// <summary>
/// Keys and values of sequences that grow by one token at a time and join and leave at any step. Use it without gradients; tensors that it
/// returns belong to the caller's dispose scope.
/// </summary>
internal abstract class KvCache : IDisposable
{
    /// <summary>
    /// The kind that suits the model's device: on the processor pages, each sequence separate; elsewhere tensors over all rows.
    /// </summary>
    public static KvCache For(DecoderModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return DecodeStep.Supports(model) ? new PagedKvCache(model.Config) : new TensorKvCache();
    }

    /// <summary>
    /// Whether threads may each compute some of the rows at the same time, with views of the model of their own
    /// (<see cref="DecoderModel.ShareWeights"/>), and others the next time.
    /// </summary>
    public abstract bool RowsAreIndependent { get; }

    /// <summary>Prefills prompts and begins sequences that continue them.</summary>
    /// <param name="model">The model, or a view of it.</param>
    /// <param name="prompts">Token ids, each at least one.</param>
    /// <param name="repeats">Sequences for each prompt.</param>
    /// <returns>Last hidden state of each prompt, [prompts, H], and the sequences, those of prompt 0 first.</returns>
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
        (Tensor tokens, Tensor places) = (tensor(ids, device: model.Device), tensor(positions, device: model.Device)); // [P, L]
        Tensor hidden = model.LastHiddenCached(tokens, places, keyMask, cache); // [P, 1, H]
        IReadOnlyList<KvRow> rows = Take(
            cache,
            keyMask,
            [.. Enumerable.Range(0, prompts.Count).SelectMany(prompt => Enumerable.Repeat((long)prompt, repeats))]
        );
        return (hidden.squeeze(1).MoveToOuterDisposeScope(), rows);
    }

    /// <summary>Begins sequences that continue prefilled prompts.</summary>
    /// <param name="cache">Keys and values of the prompts; this cache owns them from now on.</param>
    /// <param name="keyMask">[prompts, tokens] bool, true where there is a token; null where nothing is padded.</param>
    /// <param name="prompts">For each sequence the row of the prompt that it continues.</param>
    internal abstract IReadOnlyList<KvRow> Take(KvTensors cache, Tensor? keyMask, IReadOnlyList<long> prompts);

    /// <summary>Appends a token to each sequence and computes the logits of what follows.</summary>
    /// <param name="model">The model, or a view of it.</param>
    /// <param name="rows">The sequences, in any order; all unfinished ones where rows are not independent.</param>
    /// <param name="ids">A token for each.</param>
    /// <returns>[rows, vocabulary].</returns>
    public abstract Tensor Next(DecoderModel model, IReadOnlyList<KvRow> rows, IReadOnlyList<int> ids);

    /// <summary>Removes a finished sequence.</summary>
    public abstract void End(KvRow row);

    /// <summary>Removes all sequences.</summary>
    public abstract void Clear();

    /// <summary>
    /// Tokens that would be allocated, used or not, if more sequences with prompts of that length began and all grew by one token.
    /// </summary>
    internal abstract long TokensWith(int sequences, int promptLength);

    /// <inheritdoc/>
    public void Dispose()
    {
        Clear();
        GC.SuppressFinalize(this);
    }
}
