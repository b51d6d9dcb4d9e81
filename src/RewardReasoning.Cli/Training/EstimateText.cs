using System.Globalization;
using System.Text.Json.Nodes;
using RewardReasoning.Cli.Terminals;
using RewardReasoning.Training.Runs;

namespace RewardReasoning.Cli.Training;

/// <summary>Says what a run of training would take.</summary>
internal static class EstimateText
{
    private const double Gibi = 1024.0 * 1024 * 1024;

    /// <summary>Writes it for people, or as one JSON object.</summary>
    public static void Write(Terminal terminal, TrainingEstimate estimate, bool json)
    {
        if (json)
        {
            JsonObject row = new()
            {
                ["hours"] = estimate.Whole.TotalHours,
                ["peak_memory_bytes"] = estimate.PeakMemory,
                ["steps"] = estimate.Steps,
                ["step_seconds"] = estimate.Step.TotalSeconds,
                ["sampling_seconds"] = estimate.Sampling?.TotalSeconds,
                ["measurements"] = estimate.Measurements,
                ["measurement_seconds"] = estimate.Measurement?.TotalSeconds,
            };
            terminal.Out.WriteLine(row.ToJsonString());
            return;
        }

        terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"time     {Time(estimate.Whole)}"));
        string phases = estimate.Sampling is { } sampling
            ? string.Create(
                CultureInfo.InvariantCulture,
                $", of which {sampling.TotalSeconds:0.0} s to sample and {(estimate.Step - sampling).TotalSeconds:0.0} s to train"
            )
            : "";
        terminal.Out.WriteLine(
            string.Create(CultureInfo.InvariantCulture, $"         {estimate.Steps} steps of {estimate.Step.TotalSeconds:0.0} s{phases}")
        );
        if (estimate.Measurement is { } measurement)
        {
            terminal.Out.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"         {estimate.Measurements} measurements of {measurement.TotalSeconds:0.0} s"
                )
            );
        }

        terminal.Out.WriteLine(
            string.Create(CultureInfo.InvariantCulture, $"memory   {estimate.PeakMemory / Gibi:0.0} GiB at most, of main memory")
        );
    }

    private static string Time(TimeSpan whole) =>
        whole.TotalMinutes < 90
            ? string.Create(CultureInfo.InvariantCulture, $"about {Math.Max(1, Math.Round(whole.TotalMinutes)):0} minutes")
            : string.Create(CultureInfo.InvariantCulture, $"about {whole.TotalHours:0.0} hours");
}
