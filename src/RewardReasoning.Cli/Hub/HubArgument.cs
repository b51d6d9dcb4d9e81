using RewardReasoning.Cli.Terminals;
using RewardReasoning.Data.Hub;
using RewardReasoning.Data.Rows;

namespace RewardReasoning.Cli.Hub;

/// <summary>
/// Arguments that may name files on the hub (<c>hf://…</c>): they are loaded, and what is here takes the argument's place.
/// </summary>
internal static class HubArgument
{
    /// <summary>The argument itself, or the name of the copy of what it stands for: a file, a folder or a pattern.</summary>
    /// <exception cref="HubException">It cannot be had.</exception>
    public static async Task<string> LocalAsync(string argument, Terminal terminal, CancellationToken cancellationToken)
    {
        if (!HubAddress.IsHub(argument))
        {
            return argument;
        }

        HubAddress address = HubAddress.Parse(argument);
        return Path.Combine(
            await FetchAsync(address, listing => OfData(address, listing), File.Exists, terminal, cancellationToken),
            address.Path
        );
    }

    /// <summary>Each of the arguments, as <see cref="LocalAsync"/> has it.</summary>
    public static async Task<IReadOnlyList<string>> AllLocalAsync(
        IReadOnlyList<string> arguments,
        Terminal terminal,
        CancellationToken cancellationToken
    )
    {
        List<string> local = [];
        foreach (string argument in arguments)
        {
            local.Add(await LocalAsync(argument, terminal, cancellationToken));
        }

        return local;
    }

    /// <summary>
    /// The argument itself, or the folder or GGUF file with the copy of the model that it names; adapters with their base.
    /// </summary>
    /// <exception cref="HubException">It cannot be had.</exception>
    /// <exception cref="RewardReasoningException">Adapters cannot be applied to their base.</exception>
    public static async Task<string> LocalModelAsync(string argument, Terminal terminal, CancellationToken cancellationToken)
    {
        if (GgufPath.Is(argument))
        {
            return await LocalAsync(argument, terminal, cancellationToken);
        }

        string folder = HubAddress.IsHub(argument)
            ? await FetchAsync(HubAddress.ParseModel(argument), HubModelFiles.Of, Directory.Exists, terminal, cancellationToken)
            : argument;
        return await AdapterModel.ResolveAsync(folder, terminal, cancellationToken);
    }

    /// <summary>
    /// Loads what is wanted of an address into the cache; where the hub is not there, an earlier copy does if it is surely whole.
    /// </summary>
    private static async Task<string> FetchAsync(
        HubAddress address,
        Func<HubListing, HubListing> wanted,
        Func<string, bool> isWhole,
        Terminal terminal,
        CancellationToken cancellationToken
    )
    {
        using HubClient hub = new(terminal.Hub());
        try
        {
            HubListing listing = wanted(await hub.ListAsync(address, cancellationToken));
            return await HubProgressBar.RunAsync(terminal, progress => hub.FetchAsync(listing, progress, cancellationToken));
        }
        catch (HubException absent) when (absent.IsUnreachable)
        {
            if (hub.FindKept(address) is not { } folder || !isWhole(Path.Combine(folder, address.Path)))
            {
                throw;
            }

            terminal.WriteStatus($"rrm: warning: the hub is not asked; {address} is the copy of an earlier download, {folder}.");
            return folder;
        }
    }

    private static HubListing OfData(HubAddress address, HubListing listing)
    {
        if (listing is { Files: [var only] } && only.Path == address.Path)
        {
            return listing;
        }

        HubListing data = listing.Where(file => RowFiles.IsData(file.Path));
        return data.Files.Count > 0
            ? data
            : throw new FileNotFoundException(
                $"{address} holds no data file ({string.Join(", ", RowFiles.Endings)}, packed as .gz or .zst or not)."
            );
    }
}
