using System.Globalization;

namespace RewardReasoning.Calibration;

/// <summary>The most of the given judgments that may be wrong; a judge abstains from the others.</summary>
/// <param name="Risk">The share of the given judgments that may be wrong, above 0 and below 1.</param>
public sealed record AbstentionTarget(double Risk)
{
    private const double DefaultConfidence = 0.9;
    private const string OnAverage = "average";

    /// <summary>
    /// In what share of all fits the risk is kept, at least (learn then test, arXiv 2110.01052). Null for on average over fits (conformal
    /// risk control, arXiv 2602.13110): that takes fewer labels and gives more judgments, but up to every second fit is somewhat above the
    /// risk, and where a fit has few wrong judgments the average is too.
    /// </summary>
    /// <value>0.9; null, or above 0 and below 1.</value>
    public double? Confidence { get; init; } = DefaultConfidence;

    /// <summary>
    /// Reads a risk, alone or with a comma and the confidence: <c>0.05</c>, <c>0.05,0.99</c> or <c>0.05,average</c>, what <c>ToString</c>
    /// writes.
    /// </summary>
    /// <exception cref="FormatException">The text is none of these; the message says what it may be.</exception>
    public static AbstentionTarget Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        AbstentionTarget? target = text.Split(',') switch
        {
            [var risk] when Number(risk) is { } known => new(known),
            [var risk, OnAverage] when Number(risk) is { } known => new(known) { Confidence = null },
            [var risk, var confidence] when Number(risk) is { } known && Number(confidence) is { } share => new(known)
            {
                Confidence = share,
            },
            _ => null,
        };
        return target is { IsValid: true }
            ? target
            : throw new FormatException(
                $"'{text}' is not the share of the given judgments that may be wrong, such as 0.05, nor this with the share of fits that "
                    + $"keep it (0.05,0.99) or 0.05,{OnAverage}. Both numbers are above 0 and below 1."
            );

        static double? Number(string part) =>
            double.TryParse(part, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) ? value : null;
    }

    /// <inheritdoc/>
    public override string ToString() =>
        Confidence switch
        {
            null => string.Create(CultureInfo.InvariantCulture, $"{Risk},{OnAverage}"),
            DefaultConfidence => Risk.ToString(CultureInfo.InvariantCulture),
            { } confidence => string.Create(CultureInfo.InvariantCulture, $"{Risk},{confidence}"),
        };

    internal bool IsValid => Risk is > 0 and < 1 && Confidence is null or > 0 and < 1;
}
