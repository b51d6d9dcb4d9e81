using TorchSharp;

namespace RewardReasoning.Models.Decoder;

/// <summary>Shape and settings of a decoder, as <c>config.json</c> gives them.</summary>
internal sealed record DecoderConfig
{
    /// <summary>Name of the file in a model folder.</summary>
    public const string FileName = "config.json";

    /// <summary>Family.</summary>
    public required DecoderArchitecture Architecture { get; init; }

    /// <summary>Rows of the embedding; may exceed the tokenizer's ids.</summary>
    public required int VocabularySize { get; init; }

    /// <summary>Width of the residual stream.</summary>
    public required int HiddenSize { get; init; }

    /// <summary>Width inside the SwiGLU block.</summary>
    public required int IntermediateSize { get; init; }

    /// <summary>Number of layers.</summary>
    public required int LayerCount { get; init; }

    /// <summary>Query heads.</summary>
    public required int HeadCount { get; init; }

    /// <summary>Key and value heads; divides <see cref="HeadCount"/>.</summary>
    public required int KeyValueHeadCount { get; init; }

    /// <summary>Width of one head; even. Heads times this may differ from <see cref="HiddenSize"/>.</summary>
    public required int HeadDimension { get; init; }

    /// <summary>Added to the mean square before its root.</summary>
    public double RmsNormEpsilon { get; init; } = 1e-6;

    /// <summary>Base of the rotary wavelengths.</summary>
    public double RopeTheta { get; init; } = 10_000;

    /// <summary>Null for plain rotary embeddings.</summary>
    public RopeScaling? RopeScaling { get; init; }

    /// <summary>Whether the head is the embedding; then no <c>lm_head.weight</c> is stored.</summary>
    public bool TieWordEmbeddings { get; init; }

    /// <summary>
    /// Whether the model ends in one score per token (<c>score.weight</c>) instead of logits: a reward model,
    /// <c>…ForSequenceClassification</c>
    /// with one label.
    /// </summary>
    public bool ScalarHead { get; init; }

    /// <summary>Whether query, key and value projections have biases: always in Qwen2, by <c>attention_bias</c> in the others.</summary>
    public bool QkvBias { get; init; }

    /// <summary>
    /// Whether the attention's output projection has a bias too: by <c>attention_bias</c> in Qwen3 and Llama. A loaded Llama whose output
    /// biases are all 0, which is how a Qwen2 is written as a Llama, has none: they are left out, not trained, and written as 0 again.
    /// </summary>
    public bool OutputBias { get; init; }

    /// <summary>Whether query and key of each head are normed: Qwen3.</summary>
    public bool QkNorm { get; init; }

    /// <summary>Longest sequence the model is meant for, lengthened by yarn.</summary>
    public required int MaxPositions { get; init; }

    /// <summary>Beginning of a text, if the model has such a token.</summary>
    public int? BosTokenId { get; init; }

    /// <summary>
    /// Every id that ends a completion: those of <c>generation_config.json</c> where it names any, else those of <c>config.json</c>.
    /// </summary>
    public IReadOnlyList<int> EosTokenIds { get; init; } = [];

    /// <summary>Filler of batches, if the model has such a token.</summary>
    public int? PadTokenId { get; init; }

    /// <summary>
    /// Reads <c>config.json</c>, in the classic or the transformers-5 layout, and the end tokens of <c>generation_config.json</c>.
    /// </summary>
    /// <exception cref="RewardReasoningException">
    /// A file is missing or broken, a key is missing or mistyped, or the model is of a kind that is not known here.
    /// </exception>
    public static DecoderConfig Load(string folder) => DecoderConfigReader.Load(folder);

    /// <summary>Writes <c>config.json</c> in the classic layout, which transformers, vLLM and llama.cpp's converter read.</summary>
    /// <param name="folder">Made where it does not exist.</param>
    /// <param name="type">The type of the weights beside it.</param>
    public void Save(string folder, torch.ScalarType type) => DecoderConfigWriter.Save(this, folder, type);

    /// <summary>Checks a config that was made in code; one that was read has been checked with its file named.</summary>
    /// <exception cref="ArgumentException">Settings that cannot go together; all faults in one message.</exception>
    internal void Validate()
    {
        List<string> faults = [];
        foreach (
            (string name, int value) in new[]
            {
                (nameof(VocabularySize), VocabularySize),
                (nameof(HiddenSize), HiddenSize),
                (nameof(IntermediateSize), IntermediateSize),
                (nameof(LayerCount), LayerCount),
                (nameof(HeadCount), HeadCount),
                (nameof(KeyValueHeadCount), KeyValueHeadCount),
                (nameof(HeadDimension), HeadDimension),
                (nameof(MaxPositions), MaxPositions),
            }
        )
        {
            if (value <= 0)
            {
                faults.Add($"{name} is {value}; it must be positive.");
            }
        }

        if (KeyValueHeadCount > 0 && HeadCount % KeyValueHeadCount != 0)
        {
            faults.Add($"KeyValueHeadCount is {KeyValueHeadCount}; it must divide HeadCount, {HeadCount}.");
        }

        if (HeadDimension % 2 != 0)
        {
            faults.Add($"HeadDimension is {HeadDimension}; rotary embeddings need an even width.");
        }

        bool biasesFit = Architecture switch
        {
            DecoderArchitecture.Qwen2 => QkvBias && !OutputBias,
            DecoderArchitecture.Llama => QkvBias || !OutputBias,
            _ => QkvBias == OutputBias,
        };
        if (!biasesFit || QkNorm != (Architecture == DecoderArchitecture.Qwen3))
        {
            faults.Add(
                $"QkvBias {QkvBias}, OutputBias {OutputBias} and QkNorm {QkNorm} are not those of a {Architecture}: only Qwen3 has QkNorm, "
                    + "Qwen2 has QkvBias without OutputBias, Qwen3 both or neither, Llama both, neither or QkvBias."
            );
        }

        if (faults.Count > 0)
        {
            throw new ArgumentException(string.Join(" ", faults));
        }
    }
}
