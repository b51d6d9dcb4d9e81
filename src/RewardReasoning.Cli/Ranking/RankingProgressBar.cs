using RewardReasoning.Cli.Terminals;
using RewardReasoning.Rankings;
using Spectre.Console;

namespace RewardReasoning.Cli.Ranking;

/// <summary>The bar of a running ranking on stderr; nothing where stderr is no terminal.</summary>
internal static class RankingProgressBar
{
    public static async Task<Rankings.Ranking> RunAsync(
        Terminal terminal,
        Func<IProgress<RankingProgress>?, Task<Rankings.Ranking>> work
    ) =>
        !terminal.ErrorIsTerminal
            ? await work(null)
            : await terminal
                .Status.Progress()
                .AutoClear(true)
                .Columns(new ProgressBarColumn(), new TaskDescriptionColumn { Alignment = Justify.Left }, new RemainingTimeColumn())
                .StartAsync(async context =>
                {
                    ProgressTask bar = context.AddTask("first matches");
                    bar.IsIndeterminate = true;
                    return await work(new Bar(bar));
                });

    private sealed class Bar(ProgressTask bar) : IProgress<RankingProgress>
    {
        public void Report(RankingProgress value)
        {
            bar.IsIndeterminate = value.Planned is null;
            bar.MaxValue = Math.Max(value.Planned ?? value.Played, 1);
            bar.Value = value.Played;
            bar.Description = FormattableString.Invariant(
                $"{value.Played}{(value.Planned is { } planned ? $" of {planned}" : "")} matches, {value.Usage.OutputTokens} tokens"
            );
        }
    }
}
