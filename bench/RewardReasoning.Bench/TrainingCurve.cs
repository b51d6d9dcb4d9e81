using System.Text.Json.Nodes;
using RewardReasoning.Evaluation.Plots;

namespace RewardReasoning.Bench;

/// <summary>Draws metrics of a training run over its steps, each the mean over the last few steps, those that have it: <c>curve RUN OUT.svg TITLE METRIC…</c>.</summary>
internal static class TrainingCurve
{
    private const int Window = 8;

    public static Task<int> RunAsync(string[] args)
    {
        if (args.Length < 4)
        {
            Console.Error.WriteLine("curve needs the run's folder, the picture's file, a title and at least one metric.");
            return Task.FromResult(2);
        }

        JsonObject[] rows = [.. File.ReadLines(Path.Combine(args[0], "metrics.jsonl")).Select(line => JsonNode.Parse(line)).OfType<JsonObject>()];
        new LineChart
        {
            Title = args[2],
            XTitle = "step",
            YTitle = $"mean over the last {Window} steps",
            Lines = [.. args[3..].Select(metric => Of(rows, metric))],
        }.Save(args[1]);
        return Task.FromResult(0);
    }

    private static Line Of(JsonObject[] rows, string metric)
    {
        (double Step, double Value)[] points =
        [
            .. rows.Where(row => row[metric] is not null).Select(row => (row["step"]?.GetValue<double>() ?? 0, row[metric]?.GetValue<double>() ?? 0)),
        ];
        return new Line(metric, [.. points.Select(point => point.Step)], [.. points.Select(last => points.Where(point => point.Step > last.Step - Window && point.Step <= last.Step).Average(point => point.Value))]);
    }
}
