namespace RewardReasoning.Testing;

/// <summary>Reference material in <c>tests/Fixtures</c>, which every clone has; README there names sources and licences.</summary>
public static class Fixtures
{
    /// <summary>Full path of a file or folder, such as <c>hf-parity/qwen3</c>.</summary>
    /// <exception cref="FileNotFoundException">There is no such file or folder.</exception>
    public static string PathOf(string relativePath)
    {
        string path = Path.TrimEndingDirectorySeparator(Path.Combine(SharedFolder.RepositoryRoot, "tests", "Fixtures", relativePath));
        return File.Exists(path) || Directory.Exists(path)
            ? path
            : throw new FileNotFoundException($"tests/Fixtures has no {relativePath}.", path);
    }

    /// <summary>
    /// Full path of public data, such as <c>mmlu-pro</c>: the whole set where it lies beside the checkout, else the repository's, which may
    /// be a
    /// sample.
    /// </summary>
    /// <param name="relativePath">Path below <c>data/</c>.</param>
    /// <param name="whole">Whether it is the whole set beside the checkout.</param>
    public static string Data(string relativePath, out bool whole)
    {
        whole = SharedFolder.TryFind($"data/{relativePath}", out string path, out _);
        return whole ? Path.TrimEndingDirectorySeparator(path) : PathOf($"data/{relativePath}");
    }

    /// <summary>Full path of public data that the repository holds whole.</summary>
    /// <param name="relativePath">Path below <c>data/</c>.</param>
    public static string Data(string relativePath) => PathOf($"data/{relativePath}");
}
