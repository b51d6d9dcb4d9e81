using System.Globalization;
using System.Text.Json;
using RewardReasoning.Evaluation.Plots;

namespace RewardReasoning.Server.Runs;

/// <summary>What training runs wrote of their steps, as tables and plots; of two runs, each metric in one plot.</summary>
internal static class TrainingRuns
{
    private const int MostPoints = 400;
    private const int MostPlots = 24;
    private const string Step = "step";

    /// <summary>Metrics that people look for come first; times and rates of the machine last.</summary>
    private static readonly string[] Prefixes = ["evaluation/", "reward", "accuracy", "loss", "kl", "entropy"];

    private static readonly string[] LastPrefixes = ["time/", "speed/", "tokens_per_second"];

    /// <summary>The view of runs.</summary>
    /// <param name="runs">One or several training runs.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public static async Task<RunView> ReadAsync(IReadOnlyList<RunEntry> runs, CancellationToken cancellationToken)
    {
        List<(RunEntry Run, IReadOnlyDictionary<string, Series> Metrics)> read = [];
        foreach (RunEntry run in runs)
        {
            read.Add((run, await MetricsOfAsync(run, cancellationToken)));
        }

        string[] names =
        [
            .. read.SelectMany(run => run.Metrics.Keys)
                .Distinct(StringComparer.Ordinal)
                .OrderBy(PlaceOf)
                .ThenBy(name => name, StringComparer.Ordinal),
        ];
        return new(
            [.. runs.Select(run => run.Name)],
            [.. read.Select(run => Result(run.Run, run.Metrics, runs.Count > 1))],
            [.. read.Select(run => Table(run.Run, run.Metrics, names, runs.Count > 1))],
            [
                .. names
                    .Where(name => read.Exists(run => run.Metrics.TryGetValue(name, out Series? series) && series.Steps.Count > 1))
                    .Take(MostPlots)
                    .Select(name => Plot(name, read)),
            ]
        );
    }

    private static string Result(RunEntry run, IReadOnlyDictionary<string, Series> metrics, bool named)
    {
        double? last = metrics.Count == 0 ? null : metrics.Values.Max(series => series.Steps[^1]);
        string said = last is { } step
            ? FormattableString.Invariant($"The run is {run.State}; its last step is {step:0}.")
            : $"The run is {run.State} and has logged no step yet.";
        return named ? $"{run.Name}: {said}" : said;
    }

    private static RunTable Table(RunEntry run, IReadOnlyDictionary<string, Series> metrics, string[] names, bool named) =>
        new(
            named ? $"Metrics of {run.Name}" : "Metrics",
            [
                ["metric", "first", "last", "lowest", "highest"],
                .. names
                    .Where(metrics.ContainsKey)
                    .Select(name => metrics[name].Values)
                    .Zip(names.Where(metrics.ContainsKey))
                    .Select(one =>
                        (string[])[one.Second, Said(one.First[0]), Said(one.First[^1]), Said(one.First.Min()), Said(one.First.Max())]
                    ),
            ]
        );

    private static RunFigure Plot(string name, List<(RunEntry Run, IReadOnlyDictionary<string, Series> Metrics)> read)
    {
        LineChart chart = new()
        {
            XTitle = Step,
            YTitle = "",
            Width = 560,
            Height = 300,
            Lines =
            [
                .. read.Where(run => run.Metrics.ContainsKey(name))
                    .Select(run => Line(read.Count > 1 ? run.Run.Name : name, run.Metrics[name])),
            ],
        };
        return new(name, name, chart.Description, chart.ToSvg());
    }

    /// <summary>A line of few enough points: means of neighbours where there are more.</summary>
    private static Line Line(string name, Series series)
    {
        int width = (series.Steps.Count + MostPoints - 1) / MostPoints;
        return width <= 1
            ? new(name, series.Steps, series.Values)
            : new(
                name,
                [.. series.Steps.Chunk(width).Select(steps => steps.Average())],
                [.. series.Values.Chunk(width).Select(values => values.Average())]
            );
    }

    private static async Task<IReadOnlyDictionary<string, Series>> MetricsOfAsync(RunEntry run, CancellationToken cancellationToken)
    {
        Dictionary<string, Series> metrics = new(StringComparer.Ordinal);
        string path = Path.Combine(run.Path, "metrics.jsonl");
        if (!File.Exists(path))
        {
            return metrics;
        }

        await foreach (string line in File.ReadLinesAsync(path, cancellationToken))
        {
            if (Parse(line) is not { } row)
            {
                continue; // the last line of a run that is writing it, or was killed then
            }

            using (row)
            {
                AddTo(metrics, row.RootElement);
            }
        }

        return metrics;
    }

    private static void AddTo(Dictionary<string, Series> metrics, JsonElement row)
    {
        if (row.ValueKind != JsonValueKind.Object || !row.TryGetProperty(Step, out JsonElement step) || !step.TryGetDouble(out double at))
        {
            return;
        }

        foreach (JsonProperty metric in row.EnumerateObject())
        {
            if (metric.Name is not (Step or "time/unix_seconds") && metric.Value.ValueKind == JsonValueKind.Number)
            {
                if (!metrics.TryGetValue(metric.Name, out Series? series))
                {
                    series = metrics[metric.Name] = new();
                }

                series.Steps.Add(at);
                series.Values.Add(metric.Value.GetDouble());
            }
        }
    }

    private static JsonDocument? Parse(string line)
    {
        try
        {
            return JsonDocument.Parse(line);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static int PlaceOf(string name)
    {
        int first = Array.FindIndex(Prefixes, prefix => name.StartsWith(prefix, StringComparison.Ordinal));
        return first >= 0 ? first
            : Array.Exists(LastPrefixes, prefix => name.StartsWith(prefix, StringComparison.Ordinal)) ? Prefixes.Length + 1
            : Prefixes.Length;
    }

    private static string Said(double value) => value.ToString("0.####", CultureInfo.InvariantCulture);

    private sealed class Series
    {
        public List<double> Steps { get; } = [];

        public List<double> Values { get; } = [];
    }
}
