using System.Collections.Concurrent;
using System.IO.Compression;
using System.Text.Json;
using RewardReasoning.Testing;
using RewardReasoning.Text.Tokenization;

namespace RewardReasoning.Text.Tests.Tokenization;

/// <summary>
/// A tokenizer with what Hugging Face's own code answers. Loaded once for all tests. The repository holds samples
/// (tests/Fixtures/tokenizers); where <c>../shared</c> lies beside the checkout, the whole sets are tested as well.
/// </summary>
public sealed class TokenizerFixture
{
    private const string Whole = "whole/";

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
        Chats = JsonDocument.Parse(ReadMaybeZipped(Path.Combine(folder, "chat.json"))).RootElement;
    }

    /// <summary>Samples by their names, whole sets as <c>whole/NAME</c>.</summary>
    public static IReadOnlyList<string> Names { get; } =
    ["qwen3", "deepseek-r1-distill-qwen", "tiny", "tiny-gpt2", .. FindWhole("qwen3", "deepseek-r1-distill-qwen", "llama3")];

    public string Folder { get; }

    public Tokenizer Tokenizer { get; }

    /// <summary><c>cases.json</c>.</summary>
    public JsonElement Cases { get; }

    /// <summary><c>chat.json</c>.</summary>
    public JsonElement Chats { get; }

    public static TokenizerFixture Get(string name) =>
        Loaded
            .GetOrAdd(
                name,
                _ =>
                    new(() =>
                        new(
                            name.StartsWith(Whole, StringComparison.Ordinal)
                                ? SharedFolder.PathOf($"fixtures/tokenizers/{name[Whole.Length..]}")
                                : Fixtures.PathOf($"tokenizers/{name}")
                        )
                    )
            )
            .Value;

    public static int[] Ids(JsonElement list) => [.. list.EnumerateArray().Select(id => id.GetInt32())];

    private static IEnumerable<string> FindWhole(params string[] names) =>
        names.Where(name => SharedFolder.TryFind($"fixtures/tokenizers/{name}", out _, out _)).Select(name => Whole + name);

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
