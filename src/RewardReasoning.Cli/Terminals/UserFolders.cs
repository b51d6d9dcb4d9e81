namespace RewardReasoning.Cli.Terminals;

/// <summary>
/// Where the command keeps things of its own for this user, by the XDG base directory specification; null where the environment names no
/// place. Nothing is made here.
/// </summary>
/// <param name="Data">What cannot be made again: the store.</param>
/// <param name="Cache">What can be.</param>
internal sealed record UserFolders(string? Data, string? Cache)
{
    private const string Name = "rewardreasoning";

    /// <summary>The folders of this process's user.</summary>
    public static UserFolders OfProcess() => Of(Environment.GetEnvironmentVariable);

    /// <summary>The folders that an environment names; as the specification asks, relative paths in it are ignored.</summary>
    public static UserFolders Of(Func<string, string?> variable) =>
        new(Folder(variable, "XDG_DATA_HOME", ".local/share"), Folder(variable, "XDG_CACHE_HOME", ".cache"));

    private static string? Folder(Func<string, string?> variable, string name, string belowHome) =>
        variable(name) is { Length: > 0 } folder && Path.IsPathRooted(folder) ? Path.Combine(folder, Name)
        : variable("HOME") is { Length: > 0 } home && Path.IsPathRooted(home) ? Path.Combine(home, belowHome, Name)
        : null;
}
