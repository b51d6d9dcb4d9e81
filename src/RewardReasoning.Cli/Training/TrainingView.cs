using System.Globalization;
using System.Text.Json.Nodes;
using RewardReasoning.Cli.Terminals;
using RewardReasoning.Training.Runs;
using Spectre.Console;

namespace RewardReasoning.Cli.Training;

/// <summary>A training run as people and machines follow it: a bar on a terminal, a line now and then in a log, JSON on stdout.</summary>
internal static class TrainingView
{
    private const int StepsPerLogLine = 10;
    private const int BarWidth = 16;

    /// <summary>Columns for the bar, the percentage, the time that is left, and the gaps between them.</summary>
    private const int OtherColumns = BarWidth + 20;

    /// <summary>What a line shows, in this order, where a step has it.</summary>
    private static readonly (string Metric, string Label, string Format)[] Shown =
    [
        ("train/loss", "loss", "0.0000"),
        ("reward/mean", "reward", "0.000"),
        ("judge/accuracy", "accuracy", "0.000"),
        ("pairs/accuracy", "accuracy", "0.000"),
        ("pairs/margin", "margin", "0.000"),
        ("length/mean", "length", "0"),
        ("guard/responses", "guarded", "0"),
        ("reward/missing", "unjudged", "0"),
        ("policy/entropy", "entropy", "0.000"),
        ("grpo/kl", "KL", "0.0000"),
        ("grpo/zero_variance_groups", "flat groups", "0.00"),
        ("time/tokens_per_second", "tokens/s", "0"),
        ("time/step_seconds", "s/step", "0.0"),
        ("evaluation/exact_match", "held-out", "0.000"),
        ("evaluation/accuracy", "held-out", "0.000"),
    ];

    /// <summary>Runs the work on a thread of its own while its steps are shown.</summary>
    public static Task RunAsync(Terminal terminal, bool json, string name, Action<Action<TrainingProgress>> work)
    {
        if (json || !terminal.ErrorIsTerminal)
        {
            return Task.Run(() => work(step => Log(terminal, json, step)));
        }

        return terminal
            .Status.Progress()
            .AutoClear(false)
            .Columns(
                new ProgressBarColumn { Width = BarWidth },
                new PercentageColumn(),
                new TaskDescriptionColumn { Alignment = Justify.Left },
                new RemainingTimeColumn()
            )
            .StartAsync(async context =>
            {
                ProgressTask bar = context.AddTask(name);
                await Task.Run(() =>
                    work(step =>
                    {
                        bar.MaxValue = step.TotalSteps;
                        bar.Value = step.Step;
                        bar.Description = Markup.Escape(Line(step, Math.Max(0, terminal.Status.Profile.Width - OtherColumns)));
                    })
                );
            });
    }

    private static void Log(Terminal terminal, bool json, TrainingProgress step)
    {
        if (json)
        {
            JsonObject row = new() { ["step"] = step.Step, ["steps"] = step.TotalSteps };
            foreach ((string metric, double value) in step.Metrics)
            {
                row[metric] = double.IsFinite(value) ? value : null;
            }

            terminal.Out.WriteLine(row.ToJsonString());
            terminal.Out.Flush(); // a step may be minutes away from the next
        }
        else if (step.Step % StepsPerLogLine == 0 || step.Step == step.TotalSteps)
        {
            terminal.Error.WriteLine(Line(step, int.MaxValue));
        }
    }

    /// <summary>The step and as many of its figures as fit, so that the bar never takes a second line.</summary>
    private static string Line(TrainingProgress step, int width)
    {
        string line = string.Create(CultureInfo.InvariantCulture, $"{step.Step}/{step.TotalSteps}");
        foreach ((string metric, string label, string format) in Shown.Where(entry => step.Metrics.ContainsKey(entry.Metric)))
        {
            string figure = $"  {label} {step.Metrics[metric].ToString(format, CultureInfo.InvariantCulture)}";
            if (line.Length + figure.Length > width)
            {
                break;
            }

            line += figure;
        }

        return line;
    }
}
