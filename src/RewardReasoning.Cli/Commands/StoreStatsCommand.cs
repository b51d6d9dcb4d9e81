using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using RewardReasoning.Cli.Judging;
using RewardReasoning.Cli.Output;
using RewardReasoning.Cli.Parsing;
using RewardReasoning.Cli.Terminals;
using RewardReasoning.Storage;

namespace RewardReasoning.Cli.Commands;

/// <summary><c>rrm store stats</c>: how much is stored of each model.</summary>
internal static class StoreStatsCommand
{
    public static Command Create(Terminal terminal)
    {
        StoreArgument argument = new();
        Option<bool> json = new("--json") { Description = "Print it as one JSON object." };
        Command command = Verb.Create(
            terminal,
            "stats",
            "Show how much is stored of each model.",
            """
            rrm store stats
            rrm store stats --store postgres://judge@db.example/votes --json
            """
        );
        argument.AddTo(command);
        command.Options.Add(json);
        command.SetAction(
            async (parsed, cancellationToken) =>
            {
                using ICompletionStore store = await argument.OpenExistingAsync(parsed, terminal, cancellationToken);
                StoreStatistics statistics = await store.CountAsync(cancellationToken);
                if (parsed.GetValue(json))
                {
                    terminal.Out.WriteLine(
                        JsonSerializer.Serialize(
                            StoreStatisticsJson.Of(store.Location, statistics),
                            OutputJson.Indented.StoreStatisticsJson
                        )
                    );
                    return ExitCodes.Done;
                }

                terminal.Out.WriteLine(
                    $"{store.Location}: {statistics.Completions} completions, {Quantity.OfBytes(statistics.StoreBytes)} on disk"
                );
                foreach (ModelStatistics model in statistics.Models)
                {
                    terminal.Out.WriteLine(
                        string.Create(
                            CultureInfo.InvariantCulture,
                            $"{model.Model.Name}: {model.Completions} completions of {model.Prompts} prompts, "
                                + $"{Quantity.OfBytes(model.Bytes)}, {model.Oldest:yyyy-MM-dd} to {model.Newest:yyyy-MM-dd}"
                        )
                    );
                }

                return ExitCodes.Done;
            }
        );
        return command;
    }
}
