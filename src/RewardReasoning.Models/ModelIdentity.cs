using System.Security.Cryptography;
using System.Text;

namespace RewardReasoning.Models;

/// <summary>A name for what a folder computes: the SHA-256 of everything in it that its answers hang on, and the type it computes in.</summary>
internal static class ModelIdentity
{
    private static readonly string[] Patterns =
        ["config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json", "chat_template.jinja", "model*.safetensors", "model.safetensors.index.json"];

    public static string Of(string folder, string computeType)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        IEnumerable<string> files = Patterns.SelectMany(pattern => Directory.EnumerateFiles(folder, pattern)).Distinct(StringComparer.Ordinal);
        foreach (string file in files.Order(StringComparer.Ordinal))
        {
            using FileStream stream = File.OpenRead(file);
            hash.AppendData(Encoding.UTF8.GetBytes(Path.GetFileName(file) + "\n"));
            hash.AppendData(SHA256.HashData(stream));
        }

        return $"sha256:{Convert.ToHexStringLower(hash.GetHashAndReset())}:{computeType}";
    }
}
