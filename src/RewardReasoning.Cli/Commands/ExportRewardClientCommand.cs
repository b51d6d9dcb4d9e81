using System.CommandLine;
using RewardReasoning.Cli.Parsing;
using RewardReasoning.Cli.Terminals;
using RewardReasoning.IO;
using RewardReasoning.Server.Trainers;

namespace RewardReasoning.Cli.Commands;

/// <summary><c>rrm export reward-client</c>: the file with which a trainer asks <c>rrm serve</c> for rewards.</summary>
internal static class ExportRewardClientCommand
{
    public static Command Create(Terminal terminal)
    {
        Argument<string> name = new("NAME") { Description = "The trainer; slime is for miles too." };
        name.AcceptOnlyFromAmong([.. RewardClients.Names]);
        Option<string?> output = new("--out") { Description = "The file (default: rrm_NAME.py in the current folder).", HelpName = "FILE" };
        Option<bool> force = new("--force") { Description = "Replace a file that holds something else." };
        Command command = Verb.Create(
            terminal,
            "reward-client",
            "Write the Python file with which a trainer asks rrm serve for rewards; its first lines say how to use it.",
            """
            rrm export reward-client trl
            rrm export reward-client verl --out rewards/rrm_verl.py
            """
        );
        command.Arguments.Add(name);
        command.Options.Add(output);
        command.Options.Add(force);
        command.SetAction(parsed =>
        {
            string trainer = parsed.GetRequiredValue(name);
            string path = parsed.GetValue(output) ?? RewardClients.FileNameOf(trainer);
            string text = RewardClients.Read(trainer);
            if (!parsed.GetValue(force) && File.Exists(path) && File.ReadAllText(path) != text)
            {
                throw new UsageException(
                    $"{path} exists and holds something else. Name another file with --out, or replace it with --force."
                );
            }

            AtomicFile.WriteAllText(path, text);
            terminal.WriteStatus($"rrm: {path} is written; its first lines say how to use it (docs/rewards.md).");
            return ExitCodes.Done;
        });
        return command;
    }
}
