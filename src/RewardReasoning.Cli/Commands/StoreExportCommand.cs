using System.CommandLine;
using RewardReasoning.Cli.Judging;
using RewardReasoning.Cli.Output;
using RewardReasoning.Cli.Parsing;
using RewardReasoning.Cli.Terminals;
using RewardReasoning.Storage;

namespace RewardReasoning.Cli.Commands;

/// <summary><c>rrm store export</c>: every completion as a JSON line, with what it was asked.</summary>
internal static class StoreExportCommand
{
    public static Command Create(Terminal terminal)
    {
        StoreArgument argument = new();
        Option<string?> model = StoreCommand.ModelOption();
        Option<bool> logProbs = new("--logprobs") { Description = "Print the log-probs of tokens too, if they were stored." };
        Command command = Verb.Create(
            terminal,
            "export",
            "Print every completion as a JSON line, oldest first, with the messages and settings it was asked with.",
            """
            rrm store export >completions.jsonl
            rrm store export --model rrm-mini --logprobs >completions.jsonl
            rrm store export --store postgres://judge@db.example/votes | gzip >completions.jsonl.gz
            """
        );
        argument.AddTo(command);
        command.Options.Add(model);
        command.Options.Add(logProbs);
        command.SetAction(
            async (parsed, cancellationToken) =>
            {
                using ICompletionStore store = await argument.OpenExistingAsync(parsed, terminal, cancellationToken);
                StoredCompletionWriter writer = new(terminal.OutStream, parsed.GetValue(logProbs));
                long count = 0;
                await foreach (StoredCompletion completion in store.ReadAsync(parsed.GetValue(model), cancellationToken))
                {
                    writer.Write(completion);
                    count++;
                }

                terminal.Error.WriteLine($"rrm: {count} completions");
                return ExitCodes.Done;
            }
        );
        return command;
    }
}
