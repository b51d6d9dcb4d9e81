using System.Security.Cryptography;
using System.Text;
using RewardReasoning.Models.Checkpoints;

namespace RewardReasoning.Models;

/// <summary>
/// A name for what a folder computes: the SHA-256 of everything in it that its answers hang on, and the type it computes in.
/// </summary>
internal static class ModelIdentity
{
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
    /// <param name="hashes">Where hashes of large files are remembered; null for nowhere.</param>
    public static string Of(string folder, string computeType, FileHashes? hashes)
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

        return $"sha256:{Convert.ToHexStringLower(hash.GetHashAndReset())}:{computeType}";
    }
}
