namespace RewardReasoning.Data.Hub;

/// <summary>A file of a hub repository.</summary>
/// <param name="Path">Where it is in the repository.</param>
/// <param name="Size">Its length in bytes.</param>
/// <param name="Hash">SHA-256 of its bytes where it is large (<see cref="IsLarge"/>), else git's SHA-1 of it; lower-case
/// hexadecimal.</param>
/// <param name="IsLarge">Whether it is kept apart from the git repository.</param>
public sealed record HubFile(string Path, long Size, string Hash, bool IsLarge);

/// <summary>Files of a repository at one commit.</summary>
/// <param name="Address">What was asked for.</param>
/// <param name="Commit">The commit that its revision stands for.</param>
/// <param name="Files">Its files, in the order of their paths.</param>
public sealed record HubListing(HubAddress Address, string Commit, IReadOnlyList<HubFile> Files)
{
    /// <summary>The same with some of the files.</summary>
    public HubListing Where(Func<HubFile, bool> wanted) => this with { Files = [.. Files.Where(wanted)] };
}

/// <summary>How far a download is.</summary>
/// <param name="Bytes">Of all its files.</param>
/// <param name="BytesDone">Those that are here, from earlier attempts too.</param>
/// <param name="Files">How many there are.</param>
/// <param name="FilesDone">How many are here, whole and checked.</param>
/// <param name="Finished">The file that has just become so; null otherwise.</param>
public sealed record HubProgress(long Bytes, long BytesDone, int Files, int FilesDone, HubFile? Finished);
