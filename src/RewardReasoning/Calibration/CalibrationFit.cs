namespace RewardReasoning.Calibration;

/// <summary>A map of confidences with all that it holds for, and how well it did where it was fitted.</summary>
public sealed record CalibrationFit
{
    /// <summary>The map.</summary>
    public required ConfidenceMap Map { get; init; }

    /// <summary>Identity of the model (<see cref="ChatOptionKeys.ModelIdentityOf"/>).</summary>
    public required string Model { get; init; }

    /// <summary>The settings of the judge.</summary>
    public required VotingSettings Voting { get; init; }

    /// <summary>Labelled judgments that it was fitted to.</summary>
    public required int Rows { get; init; }

    /// <summary>Share of them that is right.</summary>
    public required double Accuracy { get; init; }

    /// <summary>How far confidences were off without the map.</summary>
    public required CalibrationError Before { get; init; }

    /// <summary>How far they are off with it, each judged by a map that was fitted without its query (cross-validation).</summary>
    public required CalibrationError After { get; init; }

    /// <summary>Risk and coverage by uncertainty, for a judge that may abstain; null in files of earlier versions.</summary>
    internal AbstentionFit? Abstention { get; init; }

    /// <summary>What first stages before this judge cost in accuracy, one for each that was tried.</summary>
    internal IReadOnlyList<ScreenFit> Screens { get; init; } = [];
}

/// <summary>How far confidences are off.</summary>
/// <param name="Ece">
/// Expected calibration error over ten bins of equal width: Σ n_b/n · |share right in bin b - mean confidence in it|.
/// </param>
/// <param name="Brier">Brier score: the mean of (confidence - right)², right being 1 or 0.</param>
public readonly record struct CalibrationError(double Ece, double Brier);
