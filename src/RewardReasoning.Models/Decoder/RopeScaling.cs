namespace RewardReasoning.Models.Decoder;

/// <summary>How rotary frequencies are stretched beyond the trained length.</summary>
internal enum RopeScalingKind
{
    /// <summary>Llama 3.1: long wavelengths are divided by the factor, short ones unchanged, those between blended.</summary>
    Llama3,

    /// <summary>YaRN (arXiv 2309.00071): a linear ramp between interpolated and original frequencies, and a scaled attention.</summary>
    Yarn,
}

/// <summary>The <c>rope_scaling</c> of a config; the names follow its keys.</summary>
internal sealed record RopeScaling
{
    /// <summary>Which rule.</summary>
    public required RopeScalingKind Kind { get; init; }

    /// <summary><c>factor</c>: how many times longer than trained.</summary>
    public required double Factor { get; init; }

    /// <summary><c>original_max_position_embeddings</c>: the trained length.</summary>
    public required int OriginalMaxPositions { get; init; }

    /// <summary><c>low_freq_factor</c>, llama3 only.</summary>
    public double LowFrequencyFactor { get; init; } = 1;

    /// <summary><c>high_freq_factor</c>, llama3 only.</summary>
    public double HighFrequencyFactor { get; init; } = 4;

    /// <summary><c>beta_fast</c>, yarn only: rotations over the trained length above which a frequency is unchanged.</summary>
    public double BetaFast { get; init; } = 32;

    /// <summary><c>beta_slow</c>, yarn only: rotations below which a frequency is divided.</summary>
    public double BetaSlow { get; init; } = 1;

    /// <summary><c>attention_factor</c>, yarn only: multiplies cosine and sine; null computes it from the factor.</summary>
    public double? AttentionFactor { get; init; }

    /// <summary><c>mscale</c>, yarn only.</summary>
    public double? Mscale { get; init; }

    /// <summary><c>mscale_all_dim</c>, yarn only.</summary>
    public double? MscaleAllDimensions { get; init; }

    /// <summary><c>truncate</c>, yarn only: whether the ends of the ramp are rounded to whole dimensions.</summary>
    public bool Truncate { get; init; } = true;
}
