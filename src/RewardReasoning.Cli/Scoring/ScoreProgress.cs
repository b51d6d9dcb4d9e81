using Spectre.Console;

namespace RewardReasoning.Cli.Scoring;

/// <summary>The bar of a running score on stderr; nothing where stderr is no terminal.</summary>
internal static class ScoreProgress
{
    /// <summary>Runs the work; it reports how many rows are done, how many of them missing, and how many are judged a second.</summary>
    public static Task RunAsync(Terminal terminal, long? total, Func<Action<long, long, double>, Task> work) => !terminal.ErrorIsTerminal
        ? work((_, _, _) => { })
        : terminal.Status.Progress()
            .AutoClear(true)
            .Columns(new ProgressBarColumn(), new PercentageColumn(), new TaskDescriptionColumn { Alignment = Justify.Left }, new RemainingTimeColumn())
            .StartAsync(async context =>
            {
                ProgressTask bar = context.AddTask("starting", maxValue: Math.Max(1, total ?? 1));
                bar.IsIndeterminate = total is null;
                await work((rows, missing, pairsPerSecond) =>
                {
                    bar.Value = rows;
                    bar.Description = FormattableString.Invariant($"{rows} rows, {missing} missing, {pairsPerSecond:0} pairs/s");
                });
            });
}
