using System.Text.Json;
using RewardReasoning.Evaluation.Benchmarks;
using RewardReasoning.Evaluation.Metrics;
using RewardReasoning.Evaluation.Plots;

namespace RewardReasoning.Evaluation.Arena;

/// <summary>What a leaderboard's figures are.</summary>
public enum ArenaMeasure
{
    /// <summary>Share of the points against the one baseline, a tie counting half; with control, the probability of beating it.</summary>
    WinRate,

    /// <summary>Bradley-Terry strengths on the Elo scale around 1000.</summary>
    Rating,
}

/// <summary>A model of a leaderboard. The figures with control are null where some battles' answers are not known.</summary>
/// <param name="Model">Its name.</param>
/// <param name="Games">Games with a result.</param>
/// <param name="Figure">The figure, with its 95 % interval.</param>
/// <param name="EqualLength">The figure as it would be if answers were equally long.</param>
/// <param name="EqualStyle">The same, with equally many headings, list items and bold pieces besides.</param>
/// <param name="MeanLength">Mean length of its answers, in characters.</param>
public sealed record ArenaStanding(
    string Model,
    int Games,
    ArenaFigure Figure,
    ArenaFigure? EqualLength,
    ArenaFigure? EqualStyle,
    double? MeanLength
);

/// <summary>A figure with its 95 % bootstrap interval.</summary>
/// <param name="Value">The figure.</param>
/// <param name="Low">Lower bound.</param>
/// <param name="High">Upper bound.</param>
public sealed record ArenaFigure(double Value, double Low, double High);

/// <summary>A leaderboard of models by what a judge said of their answers.</summary>
public sealed record ArenaReport
{
    /// <summary>Draws the leaderboard into an SVG or PNG file.</summary>
    /// <exception cref="NotSupportedException">The file's ending is that of another format.</exception>
    public void Draw(string path) => Plot().Save(path);

    /// <summary>The report as JSON for files and programs: indented, names in snake case.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, ArenaJson.Indented.ArenaReport);

    private const double MeanRating = 1000;
    private static readonly double PerLogit = 400 / Math.Log(10);

    /// <summary>Who judged.</summary>
    public required string Judge { get; init; }

    /// <summary>The models that the others met.</summary>
    public required IReadOnlyList<string> Baselines { get; init; }

    /// <summary>What the figures are.</summary>
    public required ArenaMeasure Measure { get; init; }

    /// <summary>The models, best first; the one baseline of a win rate is not among them.</summary>
    public required IReadOnlyList<ArenaStanding> Standings { get; init; }

    /// <summary>Distinct prompts.</summary>
    public required int Prompts { get; init; }

    /// <summary>Battles with a result.</summary>
    public required int Battles { get; init; }

    /// <summary>Battles without one.</summary>
    public required int Missing { get; init; }

    /// <summary>
    /// By how many logits a difference of one root mean square moves the judge, for each feature of style; null without control.
    /// </summary>
    public IReadOnlyDictionary<string, double>? StyleWeights { get; init; }

    /// <summary>Share of the battles whose two orders have the same answer; null for replays.</summary>
    public double? Consistency { get; init; }

    /// <summary>How much more often than not the answer shown first is preferred, -0.5 to 0.5; null for replays.</summary>
    public double? PositionBias { get; init; }

    /// <summary>Tokens and time of all judgments.</summary>
    public Usage Usage { get; init; } = Usage.None;

    /// <summary>Computes a leaderboard.</summary>
    /// <param name="judge">Who judged.</param>
    /// <param name="battles">The battles with a result, at least one.</param>
    /// <param name="missing">How many battles have none.</param>
    /// <param name="baselines">The models that the others met; with just one, the figures are win rates against it.</param>
    /// <param name="bootstrap">Draws prompts.</param>
    /// <exception cref="ArgumentException">There is no battle.</exception>
    internal static ArenaReport Of(
        string judge,
        IReadOnlyList<Battle> battles,
        int missing,
        IReadOnlyList<string> baselines,
        Bootstrap bootstrap
    )
    {
        ArgumentNullException.ThrowIfNull(battles);
        ArgumentNullException.ThrowIfNull(baselines);
        ArgumentNullException.ThrowIfNull(bootstrap);
        if (battles.Count == 0)
        {
            throw new ArgumentException("There is no battle with a result; a leaderboard needs one.", nameof(battles));
        }

        ArenaTable table = new(battles, baselines is [var only] ? only : null);
        IReadOnlyList<Interval> figures = bootstrap.OfAll([table.Prompts], drawn => table.Figures(drawn[0]));
        int models = table.Ranked.Count;
        ArenaStanding[] standings =
        [
            .. table.Ranked.Select(
                (model, at) =>
                    new ArenaStanding(
                        model,
                        battles.Where(battle => battle.Model1 == model || battle.Model2 == model).Sum(battle => battle.Games),
                        FigureOf(at),
                        table.HasStyle ? FigureOf(models + at) : null,
                        table.HasStyle ? FigureOf((2 * models) + at) : null,
                        table.MeanLength(model)
                    )
            ),
        ];
        return new ArenaReport
        {
            Judge = judge,
            Baselines = baselines,
            Measure = table.Baseline is null ? ArenaMeasure.Rating : ArenaMeasure.WinRate,
            Standings =
            [
                .. standings
                    .OrderByDescending(standing => standing.Figure.Value)
                    .ThenBy(standing => standing.Model, StringComparer.Ordinal),
            ],
            Prompts = table.Prompts,
            Battles = battles.Count,
            Missing = missing,
            StyleWeights = table.StyleWeights,
        };

        ArenaFigure FigureOf(int at)
        {
            (double value, double low, double high) = (figures[at].Value, figures[at].Low, figures[at].High);
            return table.Baseline is null ? new(Rating(value), Rating(low), Rating(high)) : new(value, low, high);
        }
    }

    /// <summary>The report with what the judgments themselves say: position bias, consistency, cost.</summary>
    internal ArenaReport WithJudgments(IReadOnlyList<JudgedItem> judged)
    {
        ArgumentNullException.ThrowIfNull(judged);
        (double? consistency, double? bias) = BenchmarkReport.Position(judged.Select(one => one.Shown));
        return this with
        {
            Consistency = consistency,
            PositionBias = bias,
            Usage = judged.Aggregate(Usage.None, (sum, one) => sum + one.Usage),
        };
    }

    private static double Rating(double strength) => MeanRating + (PerLogit * strength);

    /// <summary>The leaderboard as a chart.</summary>
    internal IntervalChart Plot(int width = 800) =>
        new()
        {
            Title = "Leaderboard",
            Width = width,
            XTitle = Measure == ArenaMeasure.WinRate ? $"win rate against {Baselines[0]} (%)" : "rating (Elo points)",
            IsPercent = Measure == ArenaMeasure.WinRate,
            Rows =
            [
                .. Standings.SelectMany(standing =>
                    Rows(standing.Model, standing.Figure).Concat(Rows($"{standing.Model}, at equal style", standing.EqualStyle))
                ),
            ],
            Reference = Measure == ArenaMeasure.WinRate ? 0.5 : null,
            ReferenceName = Measure == ArenaMeasure.WinRate ? "as many wins as losses" : "",
        };

    private static IEnumerable<IntervalRow> Rows(string name, ArenaFigure? figure) =>
        figure is null ? [] : [new(name, figure.Value, figure.Low, figure.High)];
}
