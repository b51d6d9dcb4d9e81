using System.CommandLine;
using System.Text.Json;
using RewardReasoning.Cli.Benchmarks;
using RewardReasoning.Evaluation.Benchmarks;
using RewardReasoning.Evaluation.BestOf;
using RewardReasoning.Evaluation.Metrics;

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
        BenchmarkReport report = await new BenchmarkRunFolder(first).ReadReportAsync(cancellationToken);
        BenchmarkReport otherReport = await new BenchmarkRunFolder(second).ReadReportAsync(cancellationToken);
        if (report.Benchmark != otherReport.Benchmark)
        {
            throw new UsageException(
                $"'{first}' is a run of {report.Benchmark}, '{second}' one of {otherReport.Benchmark}; only runs of one benchmark can be compared."
            );
        }

        Benchmark benchmark = BenchOptions.Find(report.Benchmark);
        RunComparison comparison = RunComparison.Of(
            benchmark.Name,
            (report.Judge, await CreditsAsync(benchmark, first, cancellationToken)),
            (otherReport.Judge, await CreditsAsync(benchmark, second, cancellationToken)),
            new Bootstrap()
        );
        foreach (
            string line in json
                ? [JsonSerializer.Serialize(comparison, BenchmarkJson.Indented.RunComparison)]
                : BenchmarkReportText.Lines(comparison)
        )
        {
            terminal.Out.WriteLine(line);
        }

        return ExitCodes.Done;
    }

    private static async Task<IReadOnlyList<ItemCredit>> CreditsAsync(
        Benchmark benchmark,
        string folder,
        CancellationToken cancellationToken
    )
    {
        BenchmarkRunFolder run = new(folder);
        return benchmark is BenchmarkDefinition definition
            ? await run.ReadJudgmentsAsync(cancellationToken)
                .Select(judgment => ItemCredit.Of(definition, judgment.ToItem()))
                .ToListAsync(cancellationToken)
            : await run.ReadRankingsAsync(cancellationToken)
                .Select(ranking => BestOfScore.Of(ranking).ToCredit())
                .ToListAsync(cancellationToken);
    }
}
