using System.CommandLine;
using System.Globalization;
using RewardReasoning.Cli.Parsing;
using RewardReasoning.Cli.Terminals;
using RewardReasoning.Server.Keys;

namespace RewardReasoning.Cli.Commands;

/// <summary><c>rrm keys</c>: the keys that <c>rrm serve</c> lets in.</summary>
internal static class KeysCommand
{
    public static Command Create(Terminal terminal, TimeProvider time)
    {
        Command command = Verb.Create(
            terminal,
            "keys",
            "Make, list and remove the keys that rrm serve lets in. Their file holds hashes only.",
            """
            rrm keys add trainer --keys keys.json --at-once 64 --per-minute 6000
            rrm keys list --keys keys.json
            rrm keys remove trainer --keys keys.json
            """
        );
        command.Subcommands.Add(Add(terminal, time));
        command.Subcommands.Add(List(terminal));
        command.Subcommands.Add(Remove(terminal, time));
        return command;
    }

    private static Command Add(Terminal terminal, TimeProvider time)
    {
        Argument<string> name = Name("Whose key it is: letters, digits, dots, hyphens and underscores.");
        Option<string> file = File();
        Option<int?> atOnce = new("--at-once") { Description = "Most requests at once with this key.", HelpName = "N" };
        Option<int?> perMinute = new("--per-minute") { Description = "Most requests in any 60 seconds with this key.", HelpName = "N" };
        Command command = Verb.Create(
            terminal,
            "add",
            "Make a key and print it once: it cannot be had again. A running server lets it in at once.",
            """
            rrm keys add trainer --keys keys.json
            rrm keys add dashboard --keys keys.json --at-once 4 --per-minute 120
            """
        );
        command.Arguments.Add(name);
        foreach (Option option in new Option[] { file, atOnce, perMinute })
        {
            command.Options.Add(option);
        }

        command.SetAction(parsed =>
        {
            terminal.Out.WriteLine(
                KeyFile.Add(
                    parsed.GetRequiredValue(file),
                    parsed.GetRequiredValue(name),
                    parsed.GetValue(atOnce),
                    parsed.GetValue(perMinute),
                    time
                )
            );
            return ExitCodes.Done;
        });
        return command;
    }

    private static Command List(Terminal terminal)
    {
        Option<string> file = File();
        Command command = Verb.Create(
            terminal,
            "list",
            "List the keys: names, when they were made, limits.",
            "rrm keys list --keys keys.json"
        );
        command.Options.Add(file);
        command.SetAction(parsed =>
        {
            foreach (ServerKey key in KeyFile.Load(parsed.GetRequiredValue(file)))
            {
                string[] facts =
                [
                    key.Name,
                    string.Create(CultureInfo.InvariantCulture, $"made {key.Created:yyyy-MM-dd}"),
                    .. key.AtOnce is { } atOnce ? [$"{atOnce} at once"] : Array.Empty<string>(),
                    .. key.PerMinute is { } perMinute ? [$"{perMinute} a minute"] : Array.Empty<string>(),
                ];
                terminal.Out.WriteLine(string.Join(" · ", facts));
            }

            return ExitCodes.Done;
        });
        return command;
    }

    private static Command Remove(Terminal terminal, TimeProvider time)
    {
        Argument<string> name = Name("The key's name.");
        Option<string> file = File();
        Command command = Verb.Create(
            terminal,
            "remove",
            "Remove a key: a running server refuses it within a second.",
            "rrm keys remove trainer --keys keys.json"
        );
        command.Arguments.Add(name);
        command.Options.Add(file);
        command.SetAction(parsed =>
        {
            KeyFile.Remove(parsed.GetRequiredValue(file), parsed.GetRequiredValue(name), time);
            return ExitCodes.Done;
        });
        return command;
    }

    private static Argument<string> Name(string description) => new("NAME") { Description = description };

    private static Option<string> File() =>
        new("--keys")
        {
            Description = "The file of keys, made if it is not there.",
            HelpName = "FILE",
            Required = true,
        };
}
