using System.CommandLine;
using RewardReasoning.Cli.Hub;
using RewardReasoning.Cli.Parsing;
using RewardReasoning.Cli.Terminals;
using RewardReasoning.Models;

namespace RewardReasoning.Cli.Commands;

/// <summary><c>rrm model rewrite</c>: writes a model folder so that other programs tokenize it as this one does.</summary>
internal static class ModelRewriteCommand
{
    public static Command Create(Terminal terminal)
    {
        Argument<string> folder = ModelCommand.FolderArgument();
        Option<string> output = new("--out")
        {
            Description = "Folder to write; it must not hold a model yet.",
            HelpName = "FOLDER",
            Required = true,
        };
        Command command = Verb.Create(
            terminal,
            "rewrite",
            "Rewrite a model folder so that transformers and vLLM tokenize it as rrm does. It computes the same to the bit, and stored "
                + "completions of the old folder hold for the new one.",
            "rrm model rewrite FOLDER --out NEW"
        );
        command.Arguments.Add(folder);
        command.Options.Add(output);
        command.SetAction(
            async (parsed, cancellationToken) =>
            {
                string from = await HubArgument.LocalModelAsync(parsed.GetRequiredValue(folder), terminal, cancellationToken);
                string to = parsed.GetRequiredValue(output);
                await Task.Run(() => ModelFolder.Rewrite(from, to), cancellationToken);
                WriteWarnings(terminal, to);
                terminal.Out.WriteLine(to);
                return ExitCodes.Done;
            }
        );
        return command;
    }

    /// <summary>Says how other programs would tokenize a folder otherwise than this one.</summary>
    public static void WriteWarnings(Terminal terminal, string folder)
    {
        foreach (string warning in ModelFolder.Warnings(folder))
        {
            terminal.Error.WriteLine($"rrm: {warning}");
        }
    }
}
