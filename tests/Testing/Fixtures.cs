namespace RewardReasoning.Testing;

/// <summary>Reference material in <c>tests/Fixtures</c>, which every clone has; README there names sources and licences.</summary>
public static class Fixtures
{
    /// <summary>Full path of a file or folder, such as <c>hf-parity/qwen3</c>.</summary>
    /// <exception cref="FileNotFoundException">There is no such file or folder.</exception>
    public static string PathOf(string relativePath)
    {
        string path = Path.Combine(SharedFolder.RepositoryRoot, "tests", "Fixtures", relativePath);
        return File.Exists(path) || Directory.Exists(path)
            ? path
            : throw new FileNotFoundException($"tests/Fixtures has no {relativePath}.", path);
    }
}
