using Spectre.Console;

namespace RewardReasoning.Cli.Scoring;

/// <summary>The bar of a running score on stderr; nothing where stderr is no terminal.</summary>
internal static class ScoreProgress
{
    /// <summary>Runs the work; it reports how many rows are done, how many of them missing, and what all of them took.</summary>
    public static Task RunAsync(Terminal terminal, TimeProvider time, long? total, Func<Action<long, long, Usage>, Task> work) =>
        !terminal.ErrorIsTerminal
            ? work((_, _, _) => { })
            : terminal
                .Status.Progress()
                .AutoClear(true)
                .Columns(
                    new ProgressBarColumn(),
                    new PercentageColumn(),
                    new TaskDescriptionColumn { Alignment = Justify.Left },
                    new RemainingTimeColumn()
                )
                .StartAsync(async context =>
                {
                    ProgressTask bar = context.AddTask("starting", maxValue: Math.Max(1, total ?? 1));
                    bar.IsIndeterminate = total is null;
                    long start = time.GetTimestamp();
                    await work(
                        (rows, missing, usage) =>
                        {
                            bar.Value = rows;
                            bar.Description = Describe(rows, missing, usage, time.GetElapsedTime(start));
                        }
                    );
                });

    /// <summary>Counts, speed and cost as one line; tokens and cost are those spent now, without what came from a store.</summary>
    internal static string Describe(long rows, long missing, Usage usage, TimeSpan elapsed)
    {
        double seconds = Math.Max(elapsed.TotalSeconds, 1e-3);
        string cost = usage.Cost is { } all ? FormattableString.Invariant($", cost {all - (usage.KeptCost ?? 0):0.00}") : "";
        return FormattableString.Invariant(
            $"{rows} rows, {missing} missing, {(rows - missing) / seconds:0.0} pairs/s, {(usage.OutputTokens - usage.KeptOutputTokens) / seconds:0} tokens/s{cost}"
        );
    }
}
