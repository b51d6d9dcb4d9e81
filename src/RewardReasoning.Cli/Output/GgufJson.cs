using RewardReasoning.Models.Gguf;

namespace RewardReasoning.Cli.Output;

/// <summary>
/// What <c>model info --json</c> and <c>model check --json</c> print of a GGUF file; no faults are named where its header alone was read.
/// </summary>
internal sealed record GgufJson(
    string File,
    string? Name,
    string Architecture,
    long Parameters,
    IReadOnlyList<string> StoredAs,
    long FileBytes,
    long? Layers,
    long? Hidden,
    long? FeedForward,
    long? Heads,
    long? KeyValueHeads,
    long? Vocabulary,
    long? MaxPositions,
    double? RopeTheta,
    string? RopeScaling,
    string? PreTokenizer,
    bool HasChatTemplate,
    IReadOnlyList<string>? Faults
)
{
    public static GgufJson Of(GgufFile file, IReadOnlyList<string>? faults)
    {
        string kind = file.Architecture;
        return new GgufJson(
            Path.GetFullPath(file.Path),
            file.Text(GgufSettings.NameKey),
            kind,
            file.Tensors.Sum(tensor => tensor.Count),
            [.. file.Types.Select(type => type.Type.Name)],
            new FileInfo(file.Path).Length,
            file.Whole($"{kind}.block_count"),
            file.Whole($"{kind}.embedding_length"),
            file.Whole($"{kind}.feed_forward_length"),
            file.Whole($"{kind}.attention.head_count"),
            file.Whole($"{kind}.attention.head_count_kv"),
            file.Texts(GgufTokenizer.TokensKey)?.Count,
            file.Whole($"{kind}.context_length"),
            file.Number($"{kind}.rope.freq_base"),
            file.Text($"{kind}.rope.scaling.type"),
            file.Text(GgufTokenizer.PreKey),
            file.Text(GgufTokenizer.TemplateKey) is not null,
            faults
        );
    }
}
