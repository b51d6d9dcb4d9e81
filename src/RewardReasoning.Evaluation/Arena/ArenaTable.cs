namespace RewardReasoning.Evaluation.Arena;

/// <summary>
/// The battles by numbers, and the figures of any draw of their prompts: without control, at equal length, and at equal style.
/// </summary>
internal sealed class ArenaTable
{
    private readonly IReadOnlyList<Battle> _battles;
    private readonly string[] _models;
    private readonly int[] _promptOf;
    private readonly int[] _weights;
    private readonly StyleGame[] _games;
    private readonly StyleFit[] _fits;
    private readonly double[][] _starts;
    private readonly int _baseline;

    /// <param name="battles">With results, at least one.</param>
    /// <param name="baseline">The model that win rates are against; null for ratings.</param>
    public ArenaTable(IReadOnlyList<Battle> battles, string? baseline)
    {
        _battles = battles;
        Baseline = baseline;
        HasStyle = battles.All(battle => battle is { Style1: not null, Style2: not null });
        _models = [.. battles.SelectMany(battle => new[] { battle.Model1, battle.Model2 }).Distinct()];
        _baseline = Array.IndexOf(_models, baseline);
        Ranked = [.. _models.Where(model => model != baseline)];
        string[] prompts = [.. battles.Select(battle => battle.Prompt).Distinct()];
        Prompts = prompts.Length;
        Dictionary<string, int> places = prompts.Index().ToDictionary(entry => entry.Item, entry => entry.Index, StringComparer.Ordinal);
        _promptOf = [.. battles.Select(battle => places[battle.Prompt])];
        _weights = new int[battles.Count];
        double[][] features = HasStyle ? Scaled(battles) : [];
        _games =
        [
            .. battles.Select(
                (battle, at) =>
                    new StyleGame(
                        Array.IndexOf(_models, battle.Model1),
                        Array.IndexOf(_models, battle.Model2),
                        battle.Games,
                        battle.Points1,
                        HasStyle ? features[at] : []
                    )
            ),
        ];
        int[] counts = HasStyle ? [0, 1, AnswerStyle.Names.Count] : [0];
        _fits = [.. counts.Select(count => new StyleFit(_models.Length, _games, count))];

        // Every draw starts from the fit of all battles, near which its own is.
        Array.Fill(_weights, 1);
        _starts = [.. _fits.Zip(counts, (fit, count) => fit.Maximise(_weights, new double[_models.Length + count]))];
    }

    /// <summary>The model that win rates are against; null for ratings.</summary>
    public string? Baseline { get; }

    /// <summary>Whether the answers of all battles are known.</summary>
    public bool HasStyle { get; }

    /// <summary>All models but the baseline.</summary>
    public IReadOnlyList<string> Ranked { get; }

    /// <summary>Distinct prompts.</summary>
    public int Prompts { get; }

    /// <summary>γ by feature; null without style.</summary>
    public IReadOnlyDictionary<string, double>? StyleWeights =>
        HasStyle ? AnswerStyle.Names.Index().ToDictionary(entry => entry.Item, entry => _starts[^1][_models.Length + entry.Index]) : null;

    /// <summary>Mean length of a model's answers; null where they are not known.</summary>
    public double? MeanLength(string model)
    {
        int[] lengths =
        [
            .. _battles
                .Select(battle =>
                    battle.Model1 == model ? battle.Style1
                    : battle.Model2 == model ? battle.Style2
                    : null
                )
                .OfType<AnswerStyle>()
                .Select(style => style.Length),
        ];
        return lengths.Length == 0 ? null : lengths.Average();
    }

    /// <summary>
    /// Figures of the ranked models for each control in turn: win rates, or strengths in logits of mean 0. NaN for a model that no battle
    /// of the
    /// draw has.
    /// </summary>
    /// <param name="drawn">How often each prompt is drawn.</param>
    public double[] Figures(int[] drawn)
    {
        for (int i = 0; i < _weights.Length; i++)
        {
            _weights[i] = drawn[_promptOf[i]];
        }

        double[] points = new double[_models.Length];
        double[] games = new double[_models.Length];
        foreach ((StyleGame game, int weight) in _games.Zip(_weights))
        {
            points[game.Model1] += weight * game.Points1;
            points[game.Model2] += weight * (game.Games - game.Points1);
            games[game.Model1] += weight * game.Games;
            games[game.Model2] += weight * game.Games;
        }

        int[] ranked = [.. Enumerable.Range(0, _models.Length).Where(model => model != _baseline)];
        return
        [
            .. _fits
                .Index()
                .SelectMany(fit =>
                    Baseline is not null && fit.Index == 0
                        ? ranked.Select(model => points[model] / games[model])
                        : Strengths(fit.Item.Maximise(_weights, _starts[fit.Index]), ranked)
                            .Zip(ranked, (value, model) => games[model] == 0 ? double.NaN : value)
                ),
        ];
    }

    private IEnumerable<double> Strengths(double[] fitted, int[] ranked)
    {
        double mean = fitted.Take(_models.Length).Average();
        return ranked.Select(model => Baseline is null ? fitted[model] - mean : 1 / (1 + Math.Exp(fitted[_baseline] - fitted[model])));
    }

    /// <summary>The features of every battle by their root mean square: the standard deviation about equal style.</summary>
    private static double[][] Scaled(IReadOnlyList<Battle> battles)
    {
        double[][] features = [.. battles.Select(battle => battle is { Style1: { } first, Style2: { } second } ? first.Minus(second) : [])];
        for (int k = 0; k < AnswerStyle.Names.Count; k++)
        {
            double scale = Math.Sqrt(features.Average(feature => feature[k] * feature[k]));
            foreach (double[] feature in features)
            {
                feature[k] /= scale > 0 ? scale : 1;
            }
        }

        return features;
    }
}
