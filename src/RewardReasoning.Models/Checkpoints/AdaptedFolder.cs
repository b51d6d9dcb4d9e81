namespace RewardReasoning.Models.Checkpoints;

/// <summary>A model folder made of links to adapters and to their base.</summary>
internal static class AdaptedFolder
{
    /// <summary>Makes the links; the folder appears whole.</summary>
    /// <param name="adapter">The adapters' folder.</param>
    /// <param name="baseFolder">The base's folder.</param>
    /// <param name="to">The folder to make.</param>
    /// <param name="names">Files that are linked, from the adapters' folder where it has them, else from the base's.</param>
    /// <param name="ownNames">Files that are linked from the adapters' folder alone.</param>
    public static void Make(string adapter, string baseFolder, string to, IReadOnlyList<string> names, IReadOnlyList<string> ownNames)
    {
        string[] sources = [Path.GetFullPath(adapter), Path.GetFullPath(baseFolder)];
        Dictionary<string, string> links = new(StringComparer.Ordinal)
        {
            [SafetensorsFolder.AdapterName] = sources[0],
            [SafetensorsFolder.BaseName] = sources[1],
        };
        foreach (string name in names.Concat(ownNames))
        {
            string[] among = ownNames.Contains(name) ? sources[..1] : sources;
            if (Array.Find(among, source => File.Exists(Path.Combine(source, name))) is { } source)
            {
                links[name] = Path.Combine(source, name);
            }
        }

        if (Holds(to, links))
        {
            return;
        }

        string aside = $"{Path.TrimEndingDirectorySeparator(Path.GetFullPath(to))}.{Environment.ProcessId}";
        Directory.CreateDirectory(aside);
        foreach ((string name, string target) in links)
        {
            string link = Path.Combine(aside, name);
            _ = Directory.Exists(target) ? Directory.CreateSymbolicLink(link, target) : File.CreateSymbolicLink(link, target);
        }

        Replace(aside, to);
    }

    /// <summary>The folder that a model's own further files go to: of adapters on a base that of the adapters, else the model's.</summary>
    public static string OwnOf(string folder) =>
        new DirectoryInfo(Path.Combine(folder, SafetensorsFolder.AdapterName)).LinkTarget ?? folder;

    /// <summary>Whether a folder consists of exactly these links.</summary>
    private static bool Holds(string folder, Dictionary<string, string> links) =>
        Directory.Exists(folder)
        && new DirectoryInfo(folder).GetFileSystemInfos() is var entries
        && entries.Length == links.Count
        && entries.All(entry => links.GetValueOrDefault(entry.Name) == entry.LinkTarget);

    private static void Replace(string aside, string to)
    {
        if (Directory.Exists(to))
        {
            if (new DirectoryInfo(to).EnumerateFileSystemInfos().Any(entry => entry.LinkTarget is null))
            {
                Directory.Delete(aside, recursive: true);
                throw new CheckpointException(to, "holds something else than links to adapters and their base; name another folder.");
            }

            Directory.Delete(to, recursive: true); // the links alone
        }

        Directory.Move(aside, to);
    }
}
