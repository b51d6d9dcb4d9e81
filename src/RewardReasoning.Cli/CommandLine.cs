using System.CommandLine;
using RewardReasoning.Cli.Commands;
using RewardReasoning.Cli.Parsing;
using RewardReasoning.Cli.Terminals;

namespace RewardReasoning.Cli;

/// <summary>All verbs under one roof: parsing, exit codes and what becomes of exceptions.</summary>
internal static class CommandLine
{
    // @ belongs to texts (see TextArgument), so System.CommandLine's own response files are off; so is bundling: -21 is a number.
    private static readonly ParserConfiguration Parser = new() { ResponseFileTokenReplacer = null, EnablePosixBundling = false };

    private static readonly Option<bool> Verbose = new("--verbose") { Description = "Show where an error came from.", Recursive = true };

    /// <summary>Runs one command line and returns the exit code of <see cref="ExitCodes"/>; throws nothing.</summary>
    public static async Task<int> RunAsync(IReadOnlyList<string> args, Terminal terminal, CancellationToken cancellationToken)
    {
        ParseResult parsed = Parse(args, terminal);
        try
        {
            if (ParseFaults.Of(parsed) is { Count: > 0 } faults)
            {
                return ReportBadUsage(parsed, faults, terminal);
            }

            int exitCode = await parsed.InvokeAsync(
                new InvocationConfiguration
                {
                    EnableDefaultExceptionHandler = false,
                    ProcessTerminationTimeout = null,
                    Output = terminal.Out,
                    Error = terminal.Error,
                },
                cancellationToken
            );
            terminal.Flush();
            return exitCode;
        }
        catch (Exception exception)
        {
            return Failures.Report(exception, terminal, parsed.GetValue(Verbose), cancellationToken);
        }
    }

    /// <summary>What a command line says, without running it.</summary>
    internal static ParseResult Parse(IReadOnlyList<string> args, Terminal terminal) => Create(terminal).Parse(args, Parser);

    /// <summary>The whole tree of verbs.</summary>
    internal static Command Create(Terminal terminal)
    {
        Command root = Verb.Create(
            terminal,
            "rrm",
            "Reward reasoning models: judges that think before they choose.",
            """
            rrm judge --query "12*4+7" --response 55 --response 54
            rrm score pairs.jsonl --out judged.jsonl
            rrm judge --help
            """
        );
        root.Options.Add(new VersionOption());
        root.Options.Add(Verbose);
        root.Subcommands.Add(JudgeCommand.Create(terminal));
        root.Subcommands.Add(RankCommand.Create(terminal));
        root.Subcommands.Add(RateCommand.Create(terminal));
        root.Subcommands.Add(ScoreCommand.Create(terminal, TimeProvider.System));
        root.Subcommands.Add(LabelCommand.Create(terminal, TimeProvider.System));
        root.Subcommands.Add(BenchCommand.Create(terminal, TimeProvider.System));
        root.Subcommands.Add(CalibrateCommand.Create(terminal, TimeProvider.System));
        root.Subcommands.Add(ReportCommand.Create(terminal));
        root.Subcommands.Add(DataCommand.Create(terminal, TimeProvider.System));
        root.Subcommands.Add(TrainCommand.Create(terminal, TimeProvider.System));
        root.Subcommands.Add(LabCommand.Create(terminal, TimeProvider.System));
        root.Subcommands.Add(ExportCommand.Create(terminal, TimeProvider.System));
        root.Subcommands.Add(EndpointCommand.Create(terminal));
        root.Subcommands.Add(ModelCommand.Create(terminal));
        root.Subcommands.Add(ServeCommand.Create(terminal));
        root.Subcommands.Add(McpCommand.Create(terminal));
        root.Subcommands.Add(KeysCommand.Create(terminal, TimeProvider.System));
        root.Subcommands.Add(StoreCommand.Create(terminal, TimeProvider.System));
        return root;
    }

    private static int ReportBadUsage(ParseResult parsed, IReadOnlyList<string> faults, Terminal terminal)
    {
        foreach (string fault in faults)
        {
            terminal.Error.WriteLine($"rrm: {fault}");
        }

        Command command = parsed.CommandResult.Command;
        string path = string.Join(' ', Path(command));
        if (command is { Subcommands.Count: > 0, Arguments.Count: 0 })
        {
            terminal.Error.WriteLine(
                $"rrm: After `{path}` comes one of {string.Join(", ", command.Subcommands.Select(verb => verb.Name))}."
            );
        }

        terminal.Error.WriteLine($"rrm: `{path} --help` shows how it is used.");
        return ExitCodes.BadUsage;
    }

    private static IEnumerable<string> Path(Command command) =>
        command.Parents.OfType<Command>().Take(1).SelectMany(Path).Append(command.Name);
}
