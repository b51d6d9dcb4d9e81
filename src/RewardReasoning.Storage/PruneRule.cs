using RewardReasoning.Recipes;

namespace RewardReasoning.Storage;

/// <summary>
/// Which completions are removed: those of <see cref="Model"/> (of all models if null) that are too old or too many; of a model alone, all.
/// </summary>
public sealed record PruneRule : ICheckedOptions
{
    /// <summary>Name or identity of the model whose completions are looked at.</summary>
    public string? Model { get; init; }

    /// <summary>Completions from before this are removed.</summary>
    public DateTimeOffset? Before { get; init; }

    /// <summary>The newest completions up to this number of bytes stay (each prompt counted once), older ones are removed.</summary>
    public long? MaxBytes { get; init; }

    /// <summary>Checks all values.</summary>
    /// <exception cref="ArgumentException">At least one cannot be used; the message lists every fault, a line each.</exception>
    public void Validate() => OptionsCheck.ThrowIfInvalid(this);

    /// <inheritdoc/>
    IEnumerable<string> ICheckedOptions.Faults(OptionNames names)
    {
        ArgumentNullException.ThrowIfNull(names);
        if (this is { Model: null, Before: null, MaxBytes: null })
        {
            yield return "The rule names neither an age, nor a size, nor a model; name at least one, for it would remove everything.";
        }

        if (MaxBytes < 0)
        {
            yield return $"{names[nameof(MaxBytes)]} is {MaxBytes}; it is 0 or more.";
        }
    }

    /// <summary>
    /// The moment before which everything goes, in milliseconds since 1970: the end of time for a rule that names a model alone.
    /// </summary>
    internal long? BeforeMilliseconds => this is { Before: null, MaxBytes: null } ? long.MaxValue : Before?.ToUnixTimeMilliseconds();
}

/// <summary>What was removed, or would be.</summary>
/// <param name="Completions">How many completions.</param>
/// <param name="Bytes">Their bytes, with those of prompts that no other completion answers.</param>
public sealed record PruneReport(long Completions, long Bytes);
