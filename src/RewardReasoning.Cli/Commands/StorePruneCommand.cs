using System.CommandLine;
using System.Text.Json;
using RewardReasoning.Cli.Judging;
using RewardReasoning.Cli.Output;
using RewardReasoning.Cli.Parsing;
using RewardReasoning.Cli.Terminals;
using RewardReasoning.Storage;

namespace RewardReasoning.Cli.Commands;

/// <summary><c>rrm store prune</c>: removes completions by age, model or size.</summary>
internal static class StorePruneCommand
{
    public static Command Create(Terminal terminal, TimeProvider time)
    {
        StoreArgument argument = new();
        Option<string?> olderThan = new("--older-than")
        {
            Description = "Remove completions stored longer ago than this: 45m, 12h, 30d, 2w, 1y; 0d is everything.",
            HelpName = "AGE",
        };
        Option<string?> maxSize = new("--max-size")
        {
            Description = "Keep the newest completions up to this size (500MB, 2GB), remove older ones.",
            HelpName = "SIZE",
        };
        Option<string?> model = StoreCommand.ModelOption();
        Option<bool> dryRun = new("--dry-run") { Description = "Only say what would be removed." };
        Option<bool> json = new("--json") { Description = "Print it as one JSON object." };
        Command command = Verb.Create(
            terminal,
            "prune",
            "Remove completions by age, model or size, and free their space.",
            """
            rrm store prune --older-than 90d --dry-run
            rrm store prune --model rrm-mini
            rrm store prune --max-size 2GB
            rrm store prune --older-than 0d
            """
        );
        argument.AddTo(command);
        foreach (Option option in new Option[] { olderThan, maxSize, model, dryRun, json })
        {
            command.Options.Add(option);
        }

        command.SetAction(
            async (parsed, cancellationToken) =>
            {
                PruneRule rule = new()
                {
                    Model = parsed.GetValue(model),
                    Before = parsed.GetValue(olderThan) is { } age ? time.GetUtcNow() - Quantity.Age(age, olderThan.Name) : null,
                    MaxBytes = parsed.GetValue(maxSize) is { } size ? Quantity.Size(size, maxSize.Name) : null,
                };
                if (rule is { Model: null, Before: null, MaxBytes: null })
                {
                    throw new UsageException(
                        "Say what to remove: --older-than AGE, --max-size SIZE or --model NAME (everything: --older-than 0d)."
                    );
                }

                using ICompletionStore store = await argument.OpenExistingAsync(parsed, terminal, cancellationToken);
                bool dry = parsed.GetValue(dryRun);
                PruneReport report = await store.PruneAsync(rule, dry, cancellationToken);
                terminal.Out.WriteLine(
                    parsed.GetValue(json)
                        ? JsonSerializer.Serialize(
                            new PruneReportJson(report.Completions, report.Bytes, dry),
                            OutputJson.Indented.PruneReportJson
                        )
                        : $"{(dry ? "would remove" : "removed")} {report.Completions} completions ({Quantity.OfBytes(report.Bytes)})"
                );
                return ExitCodes.Done;
            }
        );
        return command;
    }
}
