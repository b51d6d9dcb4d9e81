using System.CommandLine;
using RewardReasoning.Cli.Hub;
using RewardReasoning.Cli.Parsing;
using RewardReasoning.Cli.Terminals;
using RewardReasoning.Data.Hub;

namespace RewardReasoning.Cli.Commands;

/// <summary><c>rrm model pull</c>: a model of the Hugging Face hub, into the cache or a folder.</summary>
internal static class ModelPullCommand
{
    public static Command Create(Terminal terminal)
    {
        Argument<string> model = new("MODEL")
        {
            Description = "OWNER/NAME of the model on the hub, with @REVISION for a revision other than main.",
        };
        Option<string?> folder = new("--out")
        {
            Description = "Folder that the files go to (default: the cache of Hugging Face's tools).",
            HelpName = "FOLDER",
        };
        Command command = Verb.Create(
            terminal,
            "pull",
            "Download a model from the Hugging Face hub, and print its folder. A second run resumes where the first one stopped.",
            """
            rrm model pull Qwen/Qwen3-0.6B
            rrm model pull Reward-Reasoning/RRM-7B@main --out models/rrm-7b
            """
        );
        command.Arguments.Add(model);
        command.Options.Add(folder);
        command.SetAction(
            async (parsed, cancellationToken) =>
            {
                HubAddress address = HubAddress.ParseModel(parsed.GetRequiredValue(model));
                terminal.Out.WriteLine(
                    parsed.GetValue(folder) is { } named
                        ? await PullAsync(address, named, terminal, cancellationToken)
                        : await HubArgument.LocalModelAsync($"{address}", terminal, cancellationToken)
                );
                return ExitCodes.Done;
            }
        );
        return command;
    }

    private static async Task<string> PullAsync(HubAddress address, string folder, Terminal terminal, CancellationToken cancellationToken)
    {
        using HubClient hub = new(terminal.Hub());
        HubListing files = HubModelFiles.Of(await hub.ListAsync(address, cancellationToken));
        return await HubProgressBar.RunAsync(
            terminal,
            async progress =>
            {
                await hub.FetchToAsync(files, folder, progress, cancellationToken);
                return Path.GetFullPath(folder);
            }
        );
    }
}
