using System.Text.Json;
using RewardReasoning.Models.Checkpoints;
using RewardReasoning.Testing;
using TorchSharp;
using Xunit;

namespace RewardReasoning.Models.Tests.Checkpoints;

/// <summary>A tiny checkpoint with the numbers that transformers computes from it.</summary>
internal sealed class ParityFolder
{
    private ParityFolder(string path) => Path = path;

    public static TheoryData<string> Names =>
        ["qwen2-untied", "qwen2-tied", "qwen2-bf16-sharded", "qwen3", "llama-rope-llama3", "llama-tied", "qwen2-yarn", "qwen3-f16"];

    public string Path { get; }

    public static ParityFolder Get(string name) => new(Fixtures.PathOf("hf-parity/" + name));

    public SafetensorsFile OpenExpected() => SafetensorsFile.Open(System.IO.Path.Combine(Path, "expected.safetensors"));

    public JsonElement ReadExpectedJson()
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(System.IO.Path.Combine(Path, "expected.json")));
        return document.RootElement.Clone();
    }

    /// <summary>
    /// A copy in a folder of the test's own, to be damaged at will; with config.json in the layout of transformers 5 if asked for.
    /// </summary>
    public TemporaryFolder Copy(bool version5Config = false)
    {
        TemporaryFolder copy = new();
        foreach (
            string file in Directory
                .EnumerateFiles(Path)
                .Where(file => !System.IO.Path.GetFileName(file).StartsWith("expected", StringComparison.Ordinal))
        )
        {
            File.WriteAllBytes(copy[System.IO.Path.GetFileName(file)], File.ReadAllBytes(file));
        }

        if (version5Config)
        {
            File.Copy(copy["config.v5.json"], copy["config.json"], overwrite: true);
        }

        return copy;
    }

    public static double LargestDifference(torch.Tensor a, torch.Tensor b) =>
        a.to(torch.float64).sub(b.to(torch.float64)).abs().max().item<double>();
}
