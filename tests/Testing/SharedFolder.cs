namespace RewardReasoning.Testing;

/// <summary>
/// Large reference material that lies beside a checkout (<c>../shared</c>) and is not part of it. Tests that read it skip with a
/// printed reason where it is missing.
/// </summary>
public static class SharedFolder
{
    /// <summary>The root of the checkout: the first folder upwards of the test's own that holds the solution file.</summary>
    public static string RepositoryRoot { get; } = FindRoot();

    /// <summary>Full path of a file or folder in the shared material, whether it exists or not.</summary>
    public static string PathOf(string relativePath) => Path.GetFullPath(Path.Combine(RepositoryRoot, "..", "shared", relativePath));

    /// <summary>The path, or null with the reason to print when it is missing.</summary>
    public static bool TryFind(string relativePath, out string path, out string reason)
    {
        path = PathOf(relativePath);
        bool exists = File.Exists(path) || Directory.Exists(path);
        reason = exists
            ? ""
            : $"../shared/{relativePath} does not lie beside this checkout; this test compares with the reference numbers in it.";
        return exists;
    }

    private static string FindRoot()
    {
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, "RewardReasoning.slnx")))
            {
                return at.FullName;
            }
        }

        throw new DirectoryNotFoundException($"No RewardReasoning.slnx in {AppContext.BaseDirectory} or any folder above it.");
    }
}
