using System.Text.Json;
using RewardReasoning.Models;
using RewardReasoning.Models.Decoder;
using RewardReasoning.Models.Gguf;
using RewardReasoning.Models.Tests.Checkpoints;
using RewardReasoning.Testing;
using RewardReasoning.Text.Tokenization;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace RewardReasoning.LlamaCpp.Tests;

/// <summary>What we export computes in llama.cpp what the folder computes in our engine.</summary>
public sealed class GgufExportTests : IDisposable
{
    private static readonly string[] Special = ["<|user|>", "<|assistant|>", "<|end|>"];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>Every family, tied and untied, sharded, with each rotary scaling: the checkpoints of the decoder's own parity tests.</summary>
    [Theory]
    [InlineData("llama-tied")]
    [InlineData("llama-rope-llama3")]
    [InlineData("qwen2-untied")]
    [InlineData("qwen2-tied")]
    [InlineData("qwen2-bf16-sharded")]
    [InlineData("qwen2-yarn")]
    [InlineData("qwen3")]
    [InlineData("qwen3-f16")]
    public void Export_EachFamily_HasTheLogitsOfOurEngine(string name)
    {
        CopyParity(name);
        ModelFolder.ExportGguf(_folder.Path, _folder["model.gguf"], "f32");
        int[] ids = [.. Enumerable.Range(0, 60).Select(i => ((i * 37) + 5) % 256)];
        Assert.InRange(LargestDifference(ids), 0, 2e-3);
    }

    [Theory]
    [InlineData("f16", 1e-3, 0.1, 2.0)]
    [InlineData("bf16", 1e-3, 0.6, 2.0)]
    [InlineData("q8_0", 1e-3, 1.2, 3.76)]
    public void Export_NarrowerType_IsSmallerAndStaysNear(string type, double least, double most, double smaller)
    {
        CopyParity("llama-tied");
        ModelFolder.ExportGguf(_folder.Path, _folder["model.gguf"], "f32");
        long whole = WeightBytes();
        ModelFolder.ExportGguf(_folder.Path, _folder["model.gguf"], type);
        Assert.InRange(LargestDifference([.. Enumerable.Range(0, 40).Select(i => ((i * 91) + 3) % 256)]), least, most);
        Assert.InRange((double)whole / WeightBytes(), smaller * 0.97, smaller); // norms stay as they are

        long WeightBytes() => GgufFile.Open(_folder["model.gguf"]).Tensors.Sum(tensor => tensor.ByteCount);
    }

    [Fact]
    public void Export_LlamaWithBiasesOfAttention_HasTheLogitsOfOurEngine()
    {
        WriteTokenizer("llama-bpe");
        DecoderConfig config = new()
        {
            Architecture = DecoderArchitecture.Llama,
            VocabularySize = 320,
            HiddenSize = 32,
            IntermediateSize = 64,
            LayerCount = 2,
            HeadCount = 4,
            KeyValueHeadCount = 2,
            HeadDimension = 16,
            QkvBias = true,
            OutputBias = true,
            MaxPositions = 128,
            EosTokenIds = [258],
        };
        using (DecoderModel model = DecoderModel.CreateRandom(config, seed: 3, CPU))
        {
            using (no_grad())
            {
                foreach (
                    (string name, Tensor value) in model.Parameters.Where(item => item.Name.EndsWith(".bias", StringComparison.Ordinal))
                )
                {
                    value.add_(linspace(-0.5, 0.5, value.numel()));
                }
            }

            model.Save(_folder.Path, ScalarType.Float32);
        }

        ModelFolder.ExportGguf(_folder.Path, _folder["model.gguf"]);
        Assert.InRange(LargestDifference([.. Enumerable.Range(0, 40).Select(i => ((i * 91) + 3) % 256)]), 0, 2e-3);
    }

    [Theory]
    [InlineData("gpt-2")]
    [InlineData("smollm")]
    [InlineData("llama-bpe")]
    [InlineData("dbrx")]
    [InlineData("qwen2")]
    public void Export_EachPreTokenizer_GivesLlamaCppTheIdsOfOurs(string pre)
    {
        CopyParity("llama-tied");
        LlamaCppTokenizers.Rewrite(_folder.Path, pre);
        ModelFolder.ExportGguf(_folder.Path, _folder["model.gguf"]);
        Tokenizer ours = Tokenizer.Load(_folder.Path);
        using NativeModel native = new(_folder["model.gguf"]);
        string[] texts =
        [
            "Assistant 1's answer, they'LL see: 1234567 + 89 = ½?\n\n  Two  blanks\tand a tab.\r\n",
            "日本語のテキスト и русский, naïve café — “quotes” … 👩‍👩‍👧 ١٢٣",
            "   leading and trailing   ",
            "a\n\n\nb \n c",
        ];
        Assert.All(texts, text => Assert.Equal(ours.EncodePlain(text), native.Tokenize(text, special: false)));
        const string Chat = "<|user|>Assistant 2<|end|><|assistant|>";
        Assert.Equal(ours.Encode(Chat), native.Tokenize(Chat, special: true));
    }

    [Fact]
    public void Export_SmolLm2_HasOurLogitsIdsAndGreedyText()
    {
        string folder = SmolLm2Folder.Get();
        ModelFolder.ExportGguf(folder, _folder["model.gguf"], "f32");
        using NativeModel native = new(_folder["model.gguf"]);
        using DecoderModel model = DecoderModel.Load(folder, ScalarType.Float32, CPU);
        Tokenizer tokenizer = Tokenizer.Load(folder);
        using JsonDocument expected = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "expected.json")));
        JsonElement[] prompts =
        [
            .. expected.RootElement.EnumerateArray().Where(item => item.GetProperty("ids").GetArrayLength() <= 100), // long ones take minutes
        ];
        Assert.NotEmpty(prompts);
        foreach (JsonElement prompt in prompts)
        {
            int[] ids = prompt.GetProperty("ids").Deserialize<int[]>() ?? [],
                greedy = prompt.GetProperty("greedy").Deserialize<int[]>() ?? [];
            string text = prompt.GetProperty("text").GetString() ?? "";
            Assert.Equal(ids, native.Tokenize(text, special: true));
            Assert.Equal(tokenizer.EncodePlain(text), native.Tokenize(text, special: false));
            Assert.Equal(greedy, native.Greedy(ids, greedy.Length));
            Assert.InRange(LargestDifference(model, native, ids), 0, 1e-2);
        }
    }

    private double LargestDifference(int[] ids)
    {
        using NativeModel native = new(_folder["model.gguf"]);
        using DecoderModel model = DecoderModel.Load(_folder.Path, ScalarType.Float32, CPU);
        return LargestDifference(model, native, ids);
    }

    /// <summary>Over the log-probs of all tokens at all places.</summary>
    private static double LargestDifference(DecoderModel model, NativeModel native, int[] ids)
    {
        using IDisposable noGrad = no_grad();
        using DisposeScope scope = NewDisposeScope();
        Tensor ours = model.Logits(model.Hidden(tensor(ids.Select(id => (long)id).ToArray()).unsqueeze(0)))[0].log_softmax(-1); // [T, V]
        Tensor theirs = stack(native.Logits(ids).Select(row => tensor(row))).log_softmax(-1);
        return ours.sub(theirs).abs().max().item<float>();
    }

    private void CopyParity(string name)
    {
        string source = Fixtures.PathOf($"hf-parity/{name}");
        foreach (
            string file in Directory
                .EnumerateFiles(source)
                .Where(file => !Path.GetFileName(file).StartsWith("expected", StringComparison.Ordinal))
        )
        {
            File.WriteAllBytes(_folder[Path.GetFileName(file)], File.ReadAllBytes(file));
        }

        WriteTokenizer(name.StartsWith("qwen", StringComparison.Ordinal) ? "qwen2" : "llama-bpe");
    }

    private void WriteTokenizer(string pre)
    {
        TokenizerBuilder.Write(
            _folder.Path,
            new TokenizerRecipe
            {
                MergedTexts = ["Assistant ", " answer", "the"],
                SpecialTokens = Special,
                ChatTemplate = "{% for message in messages %}<|user|>{{ message.content }}<|end|>{% endfor %}<|assistant|>",
                EosToken = "<|end|>",
            }
        );
        LlamaCppTokenizers.Rewrite(_folder.Path, pre);
    }
}
