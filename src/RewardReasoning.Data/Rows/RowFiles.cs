using System.IO.Enumeration;

namespace RewardReasoning.Data.Rows;

/// <summary>Files by name: one file, a folder with all below it, or a pattern.</summary>
internal static class RowFiles
{
    /// <summary>The endings of data, without those of packed files.</summary>
    public static IReadOnlyList<string> Endings { get; } = [".jsonl", ".ndjson", ".json", ".parquet", ".csv", ".tsv"];

    /// <summary>Whether a file has an ending of data, packed or not.</summary>
    public static bool IsData(string path) =>
        !FieldMap.IsMap(path) && Endings.Contains(Path.GetExtension(RowCompressions.WithoutEnding(path)).ToLowerInvariant());

    /// <summary>A data file's name without its endings; another file's name as it is.</summary>
    public static string NameOf(string path)
    {
        string name = Path.GetFileName(path);
        return IsData(name) ? Path.GetFileNameWithoutExtension(RowCompressions.WithoutEnding(name)) : name;
    }

    /// <summary>Whether an argument is a pattern.</summary>
    public static bool IsPattern(string argument) => argument.AsSpan().ContainsAny('*', '?');

    /// <summary>Whether a path matches a pattern, both with slashes.</summary>
    public static bool Matches(string path, string pattern)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(pattern);
        return Matches(path.Split('/'), pattern.Split('/'));
    }

    /// <summary>
    /// The files that <paramref name="argument"/> stands for, in ordinal order: itself; of a folder all files below it with an ending of
    /// data; of a pattern (<c>*</c> and <c>?</c> within a name, <c>**</c> for any folders) all that match.
    /// </summary>
    /// <exception cref="FileNotFoundException">There are none.</exception>
    public static IReadOnlyList<string> Find(string argument)
    {
        ArgumentException.ThrowIfNullOrEmpty(argument);
        if (File.Exists(argument))
        {
            return [argument];
        }

        if (Directory.Exists(argument))
        {
            string[] data = [.. Below(argument).Where(IsData)];
            return data.Length > 0
                ? data
                : throw new FileNotFoundException(
                    $"The folder '{argument}' holds no data file ({string.Join(", ", Endings)}, packed as .gz or .zst or not)."
                );
        }

        if (!IsPattern(argument))
        {
            throw new FileNotFoundException($"There is no file or folder '{argument}'.");
        }

        string[] parts = argument.Split('/', Path.DirectorySeparatorChar);
        int wild = Array.FindIndex(parts, IsPattern);
        string root =
            wild == 0 ? "."
            : wild == 1 && parts[0].Length == 0 ? "/"
            : string.Join('/', parts[..wild]);
        string[] pattern = parts[wild..];
        string[] found = Directory.Exists(root)
            ?
            [
                .. Below(root)
                    .Where(path => Matches(Path.GetRelativePath(root, path).Split(Path.DirectorySeparatorChar), pattern))
                    .Select(path => wild == 0 ? Path.GetRelativePath(root, path) : path),
            ]
            : [];
        return found.Length > 0 ? found : throw new FileNotFoundException($"No file matches '{argument}'.");
    }

    /// <summary>The files of all arguments, one after another.</summary>
    /// <exception cref="FileNotFoundException">One of the arguments finds none.</exception>
    public static IEnumerable<string> FindAll(IEnumerable<string> arguments) => arguments.SelectMany(Find);

    /// <summary>A sentence for each of the arguments that stands for no file.</summary>
    /// <param name="name">The field or option that holds them, as the user wrote it.</param>
    /// <param name="arguments">What it holds.</param>
    public static IEnumerable<string> Faults(string name, IEnumerable<string> arguments)
    {
        foreach (string argument in arguments)
        {
            string? fault = null;
            try
            {
                Find(argument);
            }
            catch (FileNotFoundException exception)
            {
                fault = $"{name} finds nothing: {exception.Message}";
            }

            if (fault is not null)
            {
                yield return fault;
            }
        }
    }

    private static IEnumerable<string> Below(string folder) =>
        Directory
            .EnumerateFiles(folder, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.Hidden })
            .Order(StringComparer.Ordinal);

    private static bool Matches(ReadOnlySpan<string> path, ReadOnlySpan<string> pattern)
    {
        if (pattern.IsEmpty || path.IsEmpty)
        {
            return pattern.IsEmpty && path.IsEmpty;
        }

        return pattern[0] == "**"
            ? (pattern.Length > 1 && Matches(path, pattern[1..])) || (pattern.Length == 1 ? path.Length > 0 : Matches(path[1..], pattern))
            : FileSystemName.MatchesSimpleExpression(pattern[0], path[0], ignoreCase: false) && Matches(path[1..], pattern[1..]);
    }
}
