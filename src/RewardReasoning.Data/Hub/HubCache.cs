using System.Text.RegularExpressions;
using RewardReasoning.IO;

namespace RewardReasoning.Data.Hub;

/// <summary>
/// Where files of the hub are kept, as Hugging Face's own tools lay them out: <c>blobs/</c> by hash, <c>snapshots/COMMIT/</c> with links to
/// them by name, <c>refs/</c> with the commit that a revision stood for last.
/// </summary>
internal sealed partial class HubCache(string root, HubAddress address)
{
    private readonly string _folder = Path.Combine(
        root,
        (address.Kind == HubRepositoryKind.DataSet ? "datasets--" : "models--")
            + address.Repository.Replace("/", "--", StringComparison.Ordinal)
    );

    /// <summary>The address, with its commit, of a file in a cache; null for any other file.</summary>
    public static string? AddressOf(string path) =>
        Kept().Match(path) is { Success: true } match
            ? $"hf://{(match.Groups["kind"].Value == "datasets" ? "datasets/" : "")}{match.Groups["owner"]}/{match.Groups["name"]}"
                + $"@{match.Groups["commit"]}/{match.Groups["path"].Value.Replace('\\', '/')}"
            : null;

    public string Snapshot(string commit) => Path.Combine(_folder, "snapshots", commit);

    public string Blob(HubFile file) => Path.Combine(_folder, "blobs", file.Hash);

    /// <summary>The commit of an earlier download; null where there was none.</summary>
    public string? Commit()
    {
        string reference = Reference();
        string? commit =
            HubClient.IsCommit(address.Revision) ? address.Revision
            : File.Exists(reference) ? File.ReadAllText(reference).Trim()
            : null;
        return commit is not null && HubClient.IsCommit(commit) && Directory.Exists(Snapshot(commit)) ? commit : null;
    }

    /// <summary>Notes what the revision stands for.</summary>
    public void Remember(string commit)
    {
        string reference = Reference();
        if (
            HubClient.IsCommit(address.Revision)
            || !HubAddress.IsPlain(address.Revision)
            || (File.Exists(reference) && File.ReadAllText(reference) == commit)
        )
        {
            return;
        }

        Directory.CreateDirectory(Path.GetDirectoryName(reference) ?? _folder);
        AtomicFile.WriteAllText(reference, commit);
    }

    /// <summary>Gives a blob its name in the snapshot of a commit.</summary>
    public void Link(HubFile file, string commit)
    {
        string name = Path.Combine(Snapshot(commit), file.Path);
        string folder = Path.GetDirectoryName(name) ?? _folder;
        Directory.CreateDirectory(folder);
        if (File.Exists(name))
        {
            return;
        }

        try
        {
            File.CreateSymbolicLink(name, Path.GetRelativePath(folder, Blob(file)));
        }
        catch (IOException) when (File.Exists(name))
        {
            // Another process was faster; the name is that of the same bytes.
        }
    }

    // Names on the hub hold no double hyphen.
    [GeneratedRegex(
        @"[/\\](?<kind>datasets|models)--(?<owner>[^/\\]+?)--(?<name>[^/\\]+)[/\\]snapshots[/\\](?<commit>[0-9a-f]{40})[/\\](?<path>.+)$"
    )]
    private static partial Regex Kept();

    private string Reference() => Path.Combine(_folder, "refs", address.Revision);
}
