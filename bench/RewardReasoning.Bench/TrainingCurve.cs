using System.Text.Json.Nodes;
using RewardReasoning.Evaluation.Metrics;
using RewardReasoning.Evaluation.Plots;

namespace RewardReasoning.Bench;

/// <summary>
/// Draws metrics of training runs over their steps: <c>curve RUN[,RUN…] OUT.svg TITLE METRIC…</c>. What was measured on held-out data is
/// drawn as it is,
/// shares of items with Wilson's intervals at 95 %; all else as the mean over the last few steps, those that have it.
/// </summary>
internal static class TrainingCurve
{
    private const int Window = 8;
    private const string HeldOut = "evaluation/";

    public static Task<int> RunAsync(string[] args)
    {
        if (args.Length < 4)
        {
            Console.Error.WriteLine("curve needs the runs' folders, the picture's file, a title and at least one metric.");
            return Task.FromResult(2);
        }

        string[] runs = args[0].Split(','),
            metrics = args[3..];
        bool measured = Array.TrueForAll(metrics, metric => metric.StartsWith(HeldOut, StringComparison.Ordinal));
        Line[] lines =
        [
            .. runs.SelectMany(run =>
                metrics.Select(metric => Of(run, metric, runs.Length == 1 ? metric : Path.GetFileName(run.TrimEnd('/'))))
            ),
        ];
        new LineChart
        {
            Title = args[2],
            XTitle = "step",
            YTitle = measured ? "held-out" : $"mean over the last {Window} steps",
            Lines = lines,
        }.Save(args[1]);
        return Task.FromResult(0);
    }

    private static Line Of(string run, string metric, string name)
    {
        (double Step, double Value)[] points =
        [
            .. Rows(run, "metrics.jsonl")
                .Where(row => row[metric] is not null)
                .Select(row => (row["step"]?.GetValue<double>() ?? 0, row[metric]?.GetValue<double>() ?? 0)),
        ];
        double[] steps = [.. points.Select(point => point.Step)];
        if (!metric.StartsWith(HeldOut, StringComparison.Ordinal))
        {
            return new Line(
                name,
                steps,
                [
                    .. points.Select(last =>
                        points.Where(point => point.Step > last.Step - Window && point.Step <= last.Step).Average(point => point.Value)
                    ),
                ]
            );
        }

        Line line = new(name, steps, [.. points.Select(point => point.Value)]);
        int items = Rows(run, "held-out.jsonl").Count(row => row["step"]?.GetValue<double>() == steps[0] && row["right"] is not null);
        if (items == 0)
        {
            return line;
        }

        WilsonInterval[] intervals = [.. points.Select(point => WilsonInterval.At95((long)Math.Round(point.Value * items), items))];
        return line with { Low = [.. intervals.Select(interval => interval.Low)], High = [.. intervals.Select(interval => interval.High)] };
    }

    private static JsonObject[] Rows(string run, string file) =>
        File.Exists(Path.Combine(run, file))
            ? [.. File.ReadLines(Path.Combine(run, file)).Select(line => JsonNode.Parse(line)).OfType<JsonObject>()]
            : [];
}
