using System.CommandLine;
using RewardReasoning.Cli.Parsing;
using RewardReasoning.Cli.Runs;
using RewardReasoning.Cli.Terminals;
using RewardReasoning.Evaluation;
using RewardReasoning.Evaluation.Benchmarks;

namespace RewardReasoning.Cli.Commands;

/// <summary><c>rrm bench list</c>: the benchmarks, and how each of them counts.</summary>
internal static class BenchListCommand
{
    public static Command Create(Terminal terminal)
    {
        Argument<string?> name = new("NAME") { Description = "Describe this benchmark in full.", Arity = ArgumentArity.ZeroOrOne };
        Option<bool> json = BenchOptions.Json();
        Command command = Verb.Create(
            terminal,
            "list",
            "List the benchmarks; with a name, how that one counts.",
            """
            rrm bench list
            rrm bench list judgebench
            """
        );
        command.Arguments.Add(name);
        command.Options.Add(json);
        command.SetAction(parsed => Run(terminal, parsed.GetValue(name), parsed.GetValue(json)));
        return command;
    }

    private static int Run(Terminal terminal, string? name, bool json)
    {
        IReadOnlyList<Benchmark> benchmarks = name is null ? BenchmarkCatalog.All : [BenchmarkCatalog.Find(name)];
        IEnumerable<string> lines =
            json ? [BenchmarkCatalog.ToJson(benchmarks)]
            : name is null
                ? benchmarks.Select(benchmark => $"{benchmark.Name.PadRight(benchmarks.Max(one => one.Name.Length))}  {benchmark.Title}")
            : About(benchmarks[0]);
        foreach (string line in lines)
        {
            terminal.Out.WriteLine(line);
        }

        return ExitCodes.Done;
    }

    private static IEnumerable<string> About(Benchmark benchmark) =>
        [
            $"{benchmark.Name}: {benchmark.Title}",
            $"source: {benchmark.Source}",
            $"data: {benchmark.Data}",
            $"orders: {benchmark.Orders.ToString().ToLowerInvariant()}",
            $"counting: {benchmark.Counting}",
            .. benchmark.FigureMeanings.Select(measure => $"  {measure.Key}: {measure.Value}"),
        ];
}
