using System.Security.Cryptography;
using System.Text;
using RewardReasoning.Cli.Parsing;
using RewardReasoning.Cli.Terminals;
using RewardReasoning.Data.Hub;
using RewardReasoning.Models;
using RewardReasoning.Models.Checkpoints;

namespace RewardReasoning.Cli.Hub;

/// <summary>
/// Folders of adapters where a model may stand: with their base, by its path or from the hub, they become a model folder of links in this
/// user's cache.
/// </summary>
internal static class AdapterModel
{
    /// <summary>The folder itself, or that of its adapters on their base.</summary>
    /// <exception cref="UsageException">The base is nowhere.</exception>
    /// <exception cref="RewardReasoningException">The adapters cannot be applied.</exception>
    public static async Task<string> ResolveAsync(string folder, Terminal terminal, CancellationToken cancellationToken)
    {
        if (!AdapterWeights.AreIn(folder))
        {
            return folder;
        }

        string named = AdapterWeights.BaseOf(folder),
            adapter = Path.GetFullPath(folder);
        string baseFolder = await BaseAsync(adapter, named, terminal, cancellationToken);
        byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{adapter}\n{Path.GetFullPath(baseFolder)}"));
        string to = Path.Combine(
            terminal.Folders.Cache ?? Path.Combine(Path.GetTempPath(), "rrm"),
            "adapters",
            Convert.ToHexStringLower(hash)[..16],
            Path.GetFileName(Path.TrimEndingDirectorySeparator(adapter))
        );
        ModelFolder.ApplyAdapter(adapter, baseFolder, to);
        return to;
    }

    private static async Task<string> BaseAsync(string adapter, string named, Terminal terminal, CancellationToken cancellationToken)
    {
        foreach (string candidate in new[] { named, Path.Combine(adapter, named) })
        {
            if (Path.GetFullPath(candidate) == adapter)
            {
                throw new UsageException(
                    $"{adapter} names itself as the base of its adapters; base_model_name_or_path is the model's folder."
                );
            }

            if (Directory.Exists(candidate))
            {
                return await ResolveAsync(candidate, terminal, cancellationToken);
            }
        }

        try
        {
            HubAddress address = HubAddress.ParseModel(named);
            return await HubArgument.LocalModelAsync($"{address}", terminal, cancellationToken);
        }
        catch (FormatException error)
        {
            throw new UsageException(
                $"{adapter} holds adapters of '{named}', which is no folder here and no name on the hub; put its path into "
                    + $"base_model_name_or_path of {AdapterWeights.ConfigFileName}.",
                error
            );
        }
    }
}
