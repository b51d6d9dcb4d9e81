using System.Globalization;
using RewardReasoning.Cli.Terminals;
using RewardReasoning.Evaluation.Running;
using Spectre.Console;

namespace RewardReasoning.Cli.Runs;

/// <summary>
/// A run as people follow it on stderr: a bar on a terminal, elsewhere a line every half minute; items without a result are named as they
/// come, equal reasons in one line at the end.
/// </summary>
internal sealed class RunView(Terminal terminal, TimeProvider time)
{
    private static readonly TimeSpan BetweenLines = TimeSpan.FromSeconds(30);

    /// <summary>Runs the work with the options that show it.</summary>
    public async Task<T> RunAsync<T>(Func<RunOptions, Task<T>> work)
    {
        MissingLog missing = new(terminal);
        RunOptions options = new()
        {
            Time = time,
            OnMissing = missing.Add,
            OnWarning = warning => terminal.WriteStatus($"rrm: warning: {warning}"),
        };
        try
        {
            return !terminal.ErrorIsTerminal
                ? await work(options with { Progress = new Lines(terminal, time) })
                : await ShowBarAsync(bar => work(options with { Progress = bar }));
        }
        finally
        {
            missing.Finish();
        }
    }

    private async Task<T> ShowBarAsync<T>(Func<IProgress<RunProgress>, Task<T>> work) =>
        await terminal
            .Status.Progress()
            .AutoClear(true)
            .Columns(
                new ProgressBarColumn { Width = 20 },
                new PercentageColumn(),
                new TaskDescriptionColumn { Alignment = Justify.Left },
                new RemainingTimeColumn()
            )
            .StartAsync(async context =>
            {
                ProgressTask bar = context.AddTask("starting");
                bar.IsIndeterminate = true;
                return await work(new Bar(bar, time));
            });

    /// <summary>Counts, speed and cost as one line; tokens and cost are those spent now, without what came from a store.</summary>
    internal static string Describe(RunProgress progress, TimeSpan elapsed)
    {
        double seconds = Math.Max(elapsed.TotalSeconds, 1e-3);
        Usage usage = progress.Usage;
        string cost = usage.Cost is { } all ? FormattableString.Invariant($", cost {all - (usage.KeptCost ?? 0):0.00}") : "";
        string missing = progress.Missing > 0 ? FormattableString.Invariant($", {progress.Missing} missing") : "";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{progress.Done}{missing}, {(progress.Done - progress.Missing) / seconds:0.0}/s, "
                + $"{(usage.OutputTokens - usage.KeptOutputTokens) / seconds:0} tokens/s{cost}"
        );
    }

    private sealed class Bar(ProgressTask bar, TimeProvider time) : IProgress<RunProgress>
    {
        private readonly long _start = time.GetTimestamp();

        public void Report(RunProgress value)
        {
            bar.IsIndeterminate = value.Total is null;
            bar.MaxValue = Math.Max(1, value.Total ?? 1);
            bar.Value = value.Done;
            bar.Description = Describe(value, time.GetElapsedTime(_start));
        }
    }

    private sealed class Lines(Terminal terminal, TimeProvider time) : IProgress<RunProgress>
    {
        private readonly long _start = time.GetTimestamp();
        private long _written = time.GetTimestamp();

        public void Report(RunProgress value)
        {
            if (time.GetElapsedTime(_written) < BetweenLines)
            {
                return;
            }

            _written = time.GetTimestamp();
            string total = value.Total is { } all ? FormattableString.Invariant($" of {all}") : "";
            terminal.WriteStatus(
                FormattableString.Invariant($"rrm: {value.Done}{total} done: {Describe(value, time.GetElapsedTime(_start))}")
            );
        }
    }
}
