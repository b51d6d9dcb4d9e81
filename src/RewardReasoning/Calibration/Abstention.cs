using System.Globalization;

namespace RewardReasoning.Calibration;

/// <summary>The threshold of uncertainty above which a judgment is withheld.</summary>
/// <param name="Target">What it was found for.</param>
/// <param name="Uncertainty">The greatest uncertainty of a judgment that is given.</param>
internal sealed record Abstention(AbstentionTarget Target, double Uncertainty)
{
    /// <summary>Room for rounding: an uncertainty that was computed in another order of votes is the same one.</summary>
    private const double Rounding = 1e-9;

    /// <summary>The judgment, or the same one withheld; a missing judgment stays missing.</summary>
    public Judgment Apply(Judgment judgment) =>
        judgment is not { Preferred: { } preferred, Uncertainty: { } uncertainty } || uncertainty <= Uncertainty + Rounding
            ? judgment
            : judgment with
            {
                Preferred = null,
                Withheld = preferred,
                MissingReason = string.Create(
                    CultureInfo.InvariantCulture,
                    $"The judge abstained: its uncertainty is {uncertainty:0.000} bits, and at most {Uncertainty:0.000} keeps the risk at "
                        + $"{Target.Risk:0.####%}."
                ),
            };
}
