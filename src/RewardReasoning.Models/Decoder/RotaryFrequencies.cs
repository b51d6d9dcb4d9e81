namespace RewardReasoning.Models.Decoder;

/// <summary>
/// Rotary angles per position. Plain: f_i = theta^(-2i/D), i = 0..D/2-1.
/// llama3: with wavelength w = 2 pi / f and trained length L, f is unchanged for w &lt; L/high, divided by the factor for w &gt; L/low, and
/// blended between by s = (L/w - low) / (high - low).
/// yarn (arXiv 2309.00071): f (1 - r) + f/factor r, with r a linear ramp over i between the dimensions that turn betaFast and betaSlow
/// times over L; cosine and sine are multiplied by 0.1 ln(factor) + 1 unless the config says otherwise.
/// </summary>
internal static class RotaryFrequencies
{
    /// <summary>Radians per position for each of the D/2 pairs, and the factor on cosine and sine.</summary>
    public static (float[] Frequencies, float Magnitude) Of(DecoderConfig config)
    {
        int pairs = config.HeadDimension / 2;
        double[] plain = [.. Enumerable.Range(0, pairs).Select(i => Math.Pow(config.RopeTheta, -2.0 * i / config.HeadDimension))];
        return config.RopeScaling switch
        {
            null => (ToSingle(plain), 1),
            { Kind: RopeScalingKind.Llama3 } scaling => (ToSingle(plain.Select(frequency => Llama3(frequency, scaling))), 1),
            { Kind: RopeScalingKind.Yarn } scaling => (ToSingle(Yarn(plain, scaling, config)), (float)YarnMagnitude(scaling)),
            { } other => throw new ArgumentException($"Rotary scaling {other.Kind} is not known."),
        };
    }

    private static float[] ToSingle(IEnumerable<double> values) => [.. values.Select(value => (float)value)];

    private static double Llama3(double frequency, RopeScaling scaling)
    {
        double turns = scaling.OriginalMaxPositions * frequency / (2 * Math.PI); // L / wavelength
        double smooth = (turns - scaling.LowFrequencyFactor) / (scaling.HighFrequencyFactor - scaling.LowFrequencyFactor);
        return turns > scaling.HighFrequencyFactor ? frequency
            : turns < scaling.LowFrequencyFactor ? frequency / scaling.Factor
            : ((1 - smooth) * frequency / scaling.Factor) + (smooth * frequency);
    }

    private static IEnumerable<double> Yarn(double[] plain, RopeScaling scaling, DecoderConfig config)
    {
        double low = Dimension(scaling.BetaFast),
            high = Dimension(scaling.BetaSlow);
        if (scaling.Truncate)
        {
            (low, high) = (Math.Floor(low), Math.Ceiling(high));
        }

        (low, high) = (Math.Max(low, 0), Math.Min(high, config.HeadDimension - 1));
        double width = high == low ? 0.001 : high - low;
        return plain.Select(
            (frequency, i) =>
            {
                double ramp = Math.Clamp((i - low) / width, 0, 1);
                return (frequency / scaling.Factor * ramp) + (frequency * (1 - ramp));
            }
        );

        // The pair (a real number) whose angle turns that many times over the trained length.
        double Dimension(double rotations) =>
            config.HeadDimension * Math.Log(scaling.OriginalMaxPositions / (rotations * 2 * Math.PI)) / (2 * Math.Log(config.RopeTheta));
    }

    /// <summary>What yarn multiplies cosine and sine by.</summary>
    internal static double YarnMagnitude(RopeScaling scaling)
    {
        return scaling switch
        {
            { AttentionFactor: { } given } => given,
            { Mscale: { } mscale, MscaleAllDimensions: { } all } => Magnitude(mscale) / Magnitude(all),
            _ => Magnitude(1),
        };

        double Magnitude(double mscale) => scaling.Factor <= 1 ? 1 : (0.1 * mscale * Math.Log(scaling.Factor)) + 1;
    }
}
