using System.CommandLine;
using RewardReasoning.Cli.Parsing;
using RewardReasoning.Cli.Runs;
using RewardReasoning.Cli.Terminals;
using RewardReasoning.Evaluation;
using RewardReasoning.Evaluation.Benchmarks;

namespace RewardReasoning.Cli.Commands;

/// <summary><c>rrm bench compare</c>: two runs of one benchmark, item by item.</summary>
internal static class BenchCompareCommand
{
    public static Command Create(Terminal terminal)
    {
        Argument<string> first = new("A") { Description = "Folder of a run (--out of rrm bench)." };
        Argument<string> second = new("B") { Description = "Folder of another run of the same benchmark." };
        Option<bool> json = BenchOptions.Json();
        Command command = Verb.Create(
            terminal,
            "compare",
            "Compare two runs of a benchmark: paired bootstrap of the difference, and McNemar's exact test.",
            "rrm bench compare runs/mini runs/rrm-7b"
        );
        command.Arguments.Add(first);
        command.Arguments.Add(second);
        command.Options.Add(json);
        command.SetAction(
            (parsed, cancellationToken) =>
                RunAsync(
                    terminal,
                    parsed.GetRequiredValue(first),
                    parsed.GetRequiredValue(second),
                    parsed.GetValue(json),
                    cancellationToken
                )
        );
        return command;
    }

    private static async Task<int> RunAsync(Terminal terminal, string first, string second, bool json, CancellationToken cancellationToken)
    {
        RunComparison comparison = await BenchmarkRunner.CompareAsync(first, second, cancellationToken);
        foreach (string line in json ? [comparison.ToJson()] : BenchmarkReportText.Lines(comparison))
        {
            terminal.Out.WriteLine(line);
        }

        return ExitCodes.Done;
    }
}
