using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using RewardReasoning.IO;
using RewardReasoning.Models.Checkpoints;

namespace RewardReasoning.Models;

/// <summary>
/// A name for what a folder computes: the SHA-256 of every file that its answers depend on, and the type it computes in. A folder that was
/// written anew without changing what it computes names its former hash in <c>identity.json</c>, beside the hash of its files as they
/// are now: as long as that one is right it keeps the former name, so that stored completions still answer.
/// </summary>
internal static class ModelIdentity
{
    public const string FileName = "identity.json";

    private const string HashPrefix = "sha256:";
    private const string FilesKey = "files";
    private const string ComputesAsKey = "computes_as";

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    private static readonly string[] Patterns =
    [
        "config.json",
        "generation_config.json",
        "tokenizer.json",
        "tokenizer_config.json",
        "chat_template.jinja",
        SafetensorsFolder.IndexFileName,
    ];

    /// <param name="folder">The model's folder.</param>
    /// <param name="computeType">What it computes in.</param>
    /// <param name="templateVariables">Those of the chat template that were given.</param>
    /// <param name="hashes">Where hashes of large files are remembered; null for nowhere.</param>
    public static string Of(string folder, string computeType, IReadOnlyDictionary<string, object?> templateVariables, FileHashes? hashes)
    {
        return Of(NameOf(folder, hashes), computeType, templateVariables);
    }

    /// <summary>The identity of a model that is one file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="computeType">What computes it, and in what.</param>
    /// <param name="templateVariables">Those of the chat template that were given.</param>
    /// <param name="hashFolder">Where hashes of large files are remembered; null for nowhere.</param>
    public static string OfFile(string path, string computeType, IReadOnlyDictionary<string, object?> templateVariables, string? hashFolder)
    {
        byte[] hash = hashFolder is null ? FileHashes.Read(path) : new FileHashes(hashFolder, TimeProvider.System).Of(path);
        return Of(HashPrefix + Convert.ToHexStringLower(hash), computeType, templateVariables);
    }

    private static string Of(string name, string computeType, IReadOnlyDictionary<string, object?> templateVariables)
    {
        string identity = $"{name}:{computeType}";
        if (templateVariables.Count == 0)
        {
            return identity;
        }

        SortedDictionary<string, object?> sorted = new(templateVariables.ToDictionary(), StringComparer.Ordinal);
        return $"{identity}:{JsonSerializer.Serialize(sorted)}";
    }

    /// <summary>The identity without the compute type.</summary>
    public static string NameOf(string folder, FileHashes? hashes)
    {
        string files = HashOf(folder, hashes);
        return FormerName(folder, files) ?? files;
    }

    /// <summary>Declares that a folder, as it is now, computes what another did.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="name">The <see cref="NameOf"/> of the other.</param>
    public static void Declare(string folder, string name)
    {
        Dictionary<string, string> declared = new() { [ComputesAsKey] = name, [FilesKey] = HashOf(folder, hashes: null) };
        AtomicFile.Write(Path.Combine(folder, FileName), stream => JsonSerializer.Serialize(stream, declared, Indented));
    }

    private static string? FormerName(string folder, string files)
    {
        string path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
        {
            return null;
        }

        JsonSettings declared = JsonSettings.Load(path);
        return declared.OptionalText(FilesKey) == files ? declared.OptionalText(ComputesAsKey) : null;
    }

    private static string HashOf(string folder, FileHashes? hashes)
    {
        using SafetensorsFolder weights = SafetensorsFolder.Open(folder);
        string[] files =
        [
            .. Patterns
                .SelectMany(pattern => Directory.EnumerateFiles(folder, pattern))
                .Concat(weights.FilePaths)
                .OrderBy(file => Path.GetFileName(file), StringComparer.Ordinal),
        ];
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (
            (string file, byte[] content) in files
                .AsParallel()
                .AsOrdered()
                .Select(file => (file, hashes?.Of(file) ?? FileHashes.Read(file)))
        )
        {
            hash.AppendData(Encoding.UTF8.GetBytes(Path.GetFileName(file) + "\n"));
            hash.AppendData(content);
        }

        return HashPrefix + Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
