using RewardReasoning.Cli.Terminals;
using RewardReasoning.Data.Hub;
using Spectre.Console;

namespace RewardReasoning.Cli.Hub;

/// <summary>How far a download is, on stderr: a bar on a terminal, elsewhere a line for each large file.</summary>
internal static class HubProgressBar
{
    private const long WorthALine = 1 << 20;

    public static Task<T> RunAsync<T>(Terminal terminal, Func<Action<HubProgress>, Task<T>> work) =>
        !terminal.ErrorIsTerminal
            ? work(progress => WriteLine(terminal, progress))
            : terminal
                .Status.Progress()
                .AutoClear(true)
                .Columns(
                    new ProgressBarColumn(),
                    new PercentageColumn(),
                    new TaskDescriptionColumn { Alignment = Justify.Left },
                    new DownloadedColumn(),
                    new TransferSpeedColumn(),
                    new RemainingTimeColumn()
                )
                .StartAsync(context =>
                {
                    ProgressTask bar = context.AddTask("files", maxValue: 1);
                    return work(progress =>
                    {
                        bar.MaxValue = Math.Max(1, progress.Bytes);
                        bar.Value = progress.BytesDone;
                        bar.Description = FormattableString.Invariant($"{progress.FilesDone} of {progress.Files} files");
                    });
                });

    private static void WriteLine(Terminal terminal, HubProgress progress)
    {
        if (progress.Finished is { Size: >= WorthALine } file)
        {
            terminal.Error.WriteLine(
                FormattableString.Invariant(
                    $"rrm: {file.Path}: {file.Size / 1e6:0.0} MB ({progress.BytesDone / 1e6:0.0} of {progress.Bytes / 1e6:0.0} MB)"
                )
            );
        }
    }
}
