using System.Text.Json;
using RewardReasoning.IO;

namespace RewardReasoning.Calibration;

/// <summary>
/// A <c>calibration.json</c>: fits of confidence, at most one for a model and its voting settings. A judge uses the one that was made for
/// just its own.
/// </summary>
public sealed record CalibrationFile
{
    /// <summary>The file's name in a model folder.</summary>
    public const string Name = "calibration.json";

    /// <summary>Where it was read from, for messages.</summary>
    public string Path { get; init; } = Name;

    /// <summary>The fits.</summary>
    public IReadOnlyList<CalibrationFit> Fits { get; init; } = [];

    /// <summary>Reads a file.</summary>
    /// <exception cref="FormatException">It is not one; the message names it and the fault.</exception>
    public static CalibrationFile Load(string path)
    {
        try
        {
            using FileStream stream = File.OpenRead(path);
            CalibrationFileJson? file = JsonSerializer.Deserialize(stream, CalibrationJson.Default.CalibrationFileJson);
            return new()
            {
                Path = path,
                Fits = [.. (file?.Fits ?? throw new JsonException("it has no list \"fits\".")).Select(fit => fit.ToFit())],
            };
        }
        catch (JsonException error)
        {
            throw new FormatException($"{path} is not a calibration file: {error.Message} `rrm calibrate` makes one.", error);
        }
    }

    /// <summary>Writes the file, over an existing one, whole or not at all.</summary>
    public void Save(string path) =>
        AtomicFile.Write(
            path,
            stream =>
            {
                JsonSerializer.Serialize(
                    stream,
                    new CalibrationFileJson([.. Fits.Select(CalibrationFitJson.Of)]),
                    CalibrationJson.Default.CalibrationFileJson
                );
                stream.Write("\n"u8);
            }
        );

    /// <summary>The file with this fit in place of the one for the same model and settings, if there was one.</summary>
    public CalibrationFile With(CalibrationFit fit)
    {
        ArgumentNullException.ThrowIfNull(fit);
        IReadOnlyList<ScreenFit> screens = Find(fit.Model, fit.Voting)?.Screens ?? [];
        fit = fit with { Screens = [.. screens.Where(other => fit.Screens.All(screen => screen.First != other.First)), .. fit.Screens] };
        return this with { Fits = [.. Fits.Where(other => other.Model != fit.Model || other.Voting != fit.Voting), fit] };
    }

    /// <summary>The fit for a model and settings; null if there is none.</summary>
    public CalibrationFit? Find(string model, VotingSettings voting) =>
        Fits.FirstOrDefault(fit => fit.Model == model && fit.Voting == voting);

    /// <summary>The map for a model and settings, or why there is none.</summary>
    public (ConfidenceMap? Map, string? Fault) MapFor(string model, VotingSettings voting) =>
        Find(model, voting) is { } fit ? (fit.Map, null) : (null, WhyNone(model, voting));

    /// <summary>The threshold for a model and settings at a target.</summary>
    /// <exception cref="CalibrationException">There is none; the message says why, and what to do.</exception>
    internal Abstention AbstentionFor(string model, VotingSettings voting, AbstentionTarget target)
    {
        CalibrationFit fit = Find(model, voting) ?? throw new CalibrationException($"The judge cannot abstain: {WhyNone(model, voting)}");
        AbstentionFit abstention =
            fit.Abstention
            ?? throw new CalibrationException(
                $"The judge cannot abstain: the fit for this model and these settings in {Path} is of an earlier version. "
                    + "`rrm calibrate` with this model and these settings replaces it."
            );
        return abstention.LevelFor(target) is { } level
            ? new Abstention(target, level.Uncertainty)
            : throw new CalibrationException($"The judge cannot abstain at {target} by the fit in {Path}. {abstention.WhyNone(target)}");
    }

    /// <summary>How sure a first stage must be to decide before this judge.</summary>
    /// <param name="model">The judge's model.</param>
    /// <param name="voting">How it votes.</param>
    /// <param name="first">Identity of the first stage.</param>
    /// <param name="target">The most accuracy that may be lost, and in what share of fits.</param>
    /// <exception cref="CalibrationException">There is no fit for it, or none that reaches the target; the message says what to
    /// do.</exception>
    internal double CertaintyFor(string model, VotingSettings voting, string first, AbstentionTarget target)
    {
        CalibrationFit fit = Find(model, voting) ?? throw new CalibrationException(WhyNone(model, voting));
        ScreenFit screen =
            fit.Screens.FirstOrDefault(screen => screen.First == first)
            ?? throw new CalibrationException(
                $"{Path} has a fit for this model and these settings, but not with the first stage '{first}'"
                    + (fit.Screens.Count == 0 ? "." : $"; it has {string.Join(", ", fit.Screens.Select(one => $"'{one.First}'"))}.")
            );
        return screen.LevelFor(target)?.Sureness ?? throw new CalibrationException($"By the fit in {Path}: {screen.WhyNone(target)}");
    }

    /// <summary>One sentence on why no fit holds for a model and settings, by the one that comes nearest, and what to do.</summary>
    public string WhyNone(string model, VotingSettings voting)
    {
        ArgumentNullException.ThrowIfNull(voting);
        CalibrationFit? nearest = Fits.OrderBy(fit => fit.Model == model ? 0 : 1)
            .ThenBy(fit => fit.Voting.DifferencesFrom(voting).Count())
            .FirstOrDefault();
        string why =
            nearest is null ? "it holds no fit"
            : nearest.Model != model ? $"it was made for the model {nearest.Model}, this is {model}"
            : $"it was made with {string.Join(", ", nearest.Voting.DifferencesFrom(voting))}";
        return $"{Path} does not hold here: {why}. Confidence stays uncalibrated; "
            + "`rrm calibrate` with this model and these settings adds a fit.";
    }
}
