using RewardReasoning.Recipes;

namespace RewardReasoning.Models.Generation;

/// <summary>How much an engine does at once.</summary>
public sealed record EngineOptions : ICheckedOptions
{
    /// <summary>
    /// Threads that each run a batch of their own over the same weights. Null: one per processor for models too small to gain from several
    /// threads in one product, else one.
    /// </summary>
    public int? Workers { get; init; }

    /// <summary>
    /// Threads of the tensor library within one product, a setting of the whole process. Null: the processors divided by the workers.
    /// </summary>
    public int? TensorThreads { get; init; }

    /// <summary>Most sequences in the batch of one worker. Null: 128 for small models, fewer for large ones.</summary>
    public int? MaxSequences { get; init; }

    /// <summary>Most prompt tokens computed in one step, padding included; longer prompts are prefilled in chunks.</summary>
    public int MaxPrefillTokens { get; init; } = 4096;

    /// <summary>
    /// Most bytes of KV cache allocated for the decode batch of one worker. Beyond it the youngest sequence is preempted and computed
    /// again later; a single sequence is never refused.
    /// </summary>
    public long MaxCacheBytes { get; init; } = 4L << 30;

    /// <summary>
    /// Whether equal requests get the same numbers to the last bit, and so the same text for the same seed, whatever other requests run.
    /// Each prompt is then computed by itself, and nothing is reused of earlier ones; decoding is not slower. Needs a model on the
    /// processor whose heads are a multiple of 16 wide. A sequence that is preempted is computed again in another shape, so the promise
    /// holds while <see cref="MaxCacheBytes"/> is enough for all that run.
    /// </summary>
    /// <value>false (prompts that wait are computed together).</value>
    public bool Deterministic { get; init; }

    /// <summary>Checks all values.</summary>
    /// <exception cref="ArgumentException">At least one cannot be used; the message lists every fault, a line each.</exception>
    public void Validate() => OptionsCheck.ThrowIfInvalid(this);

    /// <inheritdoc/>
    IEnumerable<string> ICheckedOptions.Faults(OptionNames names)
    {
        ArgumentNullException.ThrowIfNull(names);
        string[] faults =
        [
            .. new (string Name, long? Value)[]
            {
                (nameof(Workers), Workers),
                (nameof(TensorThreads), TensorThreads),
                (nameof(MaxSequences), MaxSequences),
                (nameof(MaxPrefillTokens), MaxPrefillTokens),
                (nameof(MaxCacheBytes), MaxCacheBytes),
            }
                .Where(option => option.Value < 1)
                .Select(option => FormattableString.Invariant($"{names[option.Name]} is {option.Value}; at least 1 is needed.")),
        ];
        return faults;
    }
}
