using RewardReasoning.Models.Decoder;
using RewardReasoning.Testing;
using RewardReasoning.Text.Tokenization;
using static TorchSharp.torch;

namespace RewardReasoning.Models.Tests.Generation;

/// <summary>A small model folder with a tokenizer of bytes, think tags and a chat template, made for a test.</summary>
public sealed class ChatFolder : IDisposable
{
    public const string Template = """
        {%- for message in messages -%}{{ '<|system|>' if message['role'] == 'system' else '<|user|>' }}
        {{- message['content'] }}<|end|>{%- endfor -%}
        {%- if add_generation_prompt -%}<|assistant|>{%- endif -%}
        """;

    private readonly TemporaryFolder _folder = new();

    private ChatFolder(string template, bool thinks = true)
    {
        TokenizerBuilder.Write(
            _folder.Path,
            new TokenizerRecipe
            {
                SpecialTokens = ["<|system|>", "<|user|>", "<|assistant|>", "<|end|>"],
                VisibleTokens = thinks ? ["<think>", "</think>"] : [],
                MergedTexts = ["Assistant "],
                ChatTemplate = template,
                EosToken = "<|end|>",
            }
        );
        Tokenizer = Tokenizer.Load(_folder.Path);
    }

    public string Path => _folder.Path;

    public Tokenizer Tokenizer { get; }

    /// <summary>Random weights, with which any token can follow any other.</summary>
    public static ChatFolder Random(ulong seed = 5, string template = Template, int headDimension = 16)
    {
        ChatFolder folder = new(template);
        using DecoderModel model = DecoderModel.CreateRandom(folder.Config(width: 24, context: 256, headDimension), seed, CPU);
        using (no_grad())
        {
            foreach (
                (string name, Tensor value) in model.Parameters.Where(parameter =>
                    parameter.Name.Contains("embed", StringComparison.Ordinal)
                )
            )
            {
                value.mul_(8); // logits far enough apart to tell tokens from one another
            }
        }

        model.Save(folder.Path, ScalarType.Float32);
        return folder;
    }

    /// <summary>
    /// A model that says a text by heart: the most probable token after each token of it is the next one, and after the last one the end.
    /// No token may occur twice in the text.
    /// </summary>
    public static ChatFolder Saying(
        string text,
        string after = "<|assistant|>",
        string template = Template,
        int context = 256,
        bool thinks = true
    )
    {
        ChatFolder folder = new(template, thinks);
        int[] path = folder.Tokenizer.Encode(after + text + "<|end|>");
        if (path.Distinct().Count() != path.Length)
        {
            throw new ArgumentException($"A token occurs twice in \"{text}\".");
        }

        using DecoderModel model = DecoderModel.CreateRandom(folder.Config(width: 256, context), seed: 11, CPU);
        using (no_grad())
        using (NewDisposeScope())
        {
            Tensor embedding = Parameter("model.embed_tokens.weight"),
                head = Parameter("lm_head.weight");
            foreach (
                (string name, Tensor value) in model.Parameters.Where(parameter =>
                    parameter.Name.Contains("o_proj", StringComparison.Ordinal)
                    || parameter.Name.Contains("down_proj", StringComparison.Ordinal)
                )
            )
            {
                value.zero_(); // no layer adds anything, so that a token's embedding alone decides what follows
            }

            head.zero_();
            for (int i = 0; i + 1 < path.Length; i++)
            {
                head[path[i + 1]].add_(embedding[path[i]].div(embedding[path[i]].norm()));
            }

            Tensor Parameter(string name) => model.Parameters.Single(parameter => parameter.Name == name).Value;
        }

        model.Save(folder.Path, ScalarType.Float32);
        return folder;
    }

    public void Dispose() => _folder.Dispose();

    private DecoderConfig Config(int width, int context, int headDimension = 16) =>
        new()
        {
            Architecture = DecoderArchitecture.Qwen2,
            VocabularySize = Tokenizer.VocabularySize,
            HiddenSize = width,
            IntermediateSize = 40,
            LayerCount = 2,
            HeadCount = 4,
            KeyValueHeadCount = 2,
            HeadDimension = headDimension,
            QkvBias = true,
            MaxPositions = context,
            EosTokenIds = [Tokenizer.FindToken("<|end|>") ?? throw new InvalidOperationException("no end token")],
        };
}
