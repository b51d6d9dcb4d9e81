using RewardReasoning.Models.Decoder;
using RewardReasoning.Text.Tokenization;
using TorchSharp;

namespace RewardReasoning.Cli.Tests;

/// <summary>
/// A model folder with random weights. Asked for no thought at all its verdict is forced, so it judges, by luck; it declares that it judges
/// numbers only. Nearly every token ends its turn, so that it adds nothing to the verdict that would make it unreadable.
/// </summary>
public sealed class TinyJudge : IDisposable
{
    public const string Sentence = "It judges numbers.";

    public TinyJudge()
    {
        Folder = Directory.CreateTempSubdirectory("rrm-tiny-").FullName;
        TokenizerBuilder.Write(
            Folder,
            new TokenizerRecipe
            {
                MergedTexts = [],
                SpecialTokens = ["<|end|>", "<|user|>", "<|assistant|>"],
                VisibleTokens = ["<think>", "</think>"],
                ChatTemplate =
                    "{% for message in messages %}<|user|>{{ message.content }}{% endfor %}{% if add_generation_prompt %}<|assistant|>"
                    + "{% if not plain %}<think>{% endif %}{% endif %}",
                EosToken = "<|end|>",
                PadToken = "<|end|>",
            }
        );
        Tokenizer tokenizer = Tokenizer.Load(Folder);
        DecoderConfig config = new()
        {
            Architecture = DecoderArchitecture.Qwen2,
            VocabularySize = tokenizer.VocabularySize,
            HiddenSize = 16,
            IntermediateSize = 32,
            LayerCount = 2,
            HeadCount = 2,
            KeyValueHeadCount = 1,
            HeadDimension = 8,
            QkvBias = true,
            MaxPositions = 512,
            EosTokenIds = [.. Enumerable.Range(0, 257).Where(id => id != tokenizer.FindToken("1") && id != tokenizer.FindToken("2"))],
        };
        using (DecoderModel model = DecoderModel.CreateRandom(config, seed: 7, torch.CPU))
        {
            model.Save(Folder, torch.ScalarType.Float32);
        }

        File.WriteAllText(Path.Combine(Folder, "judge-prompt.txt"), "[user]\n{query}|{response_1}|{response_2}");
        File.WriteAllText(
            Path.Combine(Folder, "judge-domain.json"),
            $$"""{ "query": "[0-9+]+", "response": "-?[0-9]+", "says": "{{Sentence}}" }"""
        );
    }

    public string Folder { get; }

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
