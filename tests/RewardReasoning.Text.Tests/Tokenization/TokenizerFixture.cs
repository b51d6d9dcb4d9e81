using System.Collections.Concurrent;
using System.IO.Compression;
using System.Text.Json;
using RewardReasoning.Testing;
using RewardReasoning.Text.Tokenization;
using Xunit;

namespace RewardReasoning.Text.Tests.Tokenization;

/// <summary>
/// One tokenizer of <c>shared/fixtures/tokenizers</c> with what Hugging Face's own code answers. Loaded once for all tests.
/// </summary>
public sealed class TokenizerFixture
{
    private static readonly ConcurrentDictionary<string, Lazy<TokenizerFixture>> Loaded = new();

    private TokenizerFixture(string folder)
    {
        Folder = folder;
        byte[] definition = ReadMaybeZipped(Path.Combine(folder, "tokenizer.json"));
        string unpacked = Directory.CreateTempSubdirectory("tokenizer-fixture").FullName;
        try
        {
            File.WriteAllBytes(Path.Combine(unpacked, "tokenizer.json"), definition);
            Tokenizer = Tokenizer.Load(unpacked);
        }
        finally
        {
            Directory.Delete(unpacked, recursive: true);
        }

        Cases = JsonDocument.Parse(ReadMaybeZipped(Path.Combine(folder, "cases.json"))).RootElement;
        Chats = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "chat.json"))).RootElement;
    }

    public static IReadOnlyList<string> Names { get; } = ["qwen3", "deepseek-r1-distill-qwen", "llama3", "tiny", "tiny-gpt2"];

    public string Folder { get; }

    public Tokenizer Tokenizer { get; }

    /// <summary><c>cases.json</c>.</summary>
    public JsonElement Cases { get; }

    /// <summary><c>chat.json</c>.</summary>
    public JsonElement Chats { get; }

    /// <summary>The fixture, or a skip where the shared material is missing.</summary>
    public static TokenizerFixture Get(string name)
    {
        Assert.SkipUnless(SharedFolder.TryFind($"fixtures/tokenizers/{name}", out string folder, out string reason), reason);
        return Loaded.GetOrAdd(name, _ => new Lazy<TokenizerFixture>(() => new TokenizerFixture(folder))).Value;
    }

    public static int[] Ids(JsonElement list) => [.. list.EnumerateArray().Select(id => id.GetInt32())];

    private static byte[] ReadMaybeZipped(string path)
    {
        if (File.Exists(path))
        {
            return File.ReadAllBytes(path);
        }

        using GZipStream zipped = new(File.OpenRead(path + ".gz"), CompressionMode.Decompress);
        using MemoryStream plain = new();
        zipped.CopyTo(plain);
        return plain.ToArray();
    }
}
