using RewardReasoning.Models.Checking;

namespace RewardReasoning.Cli.Output;

/// <summary>What <c>model info --json</c> prints.</summary>
internal sealed record ModelInfoJson(
    string Folder,
    string Architecture,
    long Parameters,
    IReadOnlyList<string> StoredAs,
    long WeightBytes,
    int Layers,
    int Hidden,
    int FeedForward,
    int Heads,
    int KeyValueHeads,
    int HeadDimension,
    int Vocabulary,
    int MaxPositions,
    double RopeTheta,
    string? RopeScaling,
    bool TiedEmbeddings,
    int? TokenizerVocabulary,
    bool HasChatTemplate,
    bool HasJudgePrompt,
    string? Domain,
    IReadOnlyList<string> Warnings
);

/// <summary>What <c>model check --json</c> prints.</summary>
internal sealed record ModelCheckJson(bool Passed, IReadOnlyList<QuantityJson> Quantities, IReadOnlyList<string> Warnings);

/// <summary>One quantity; a difference that is no number is null.</summary>
internal sealed record QuantityJson(string Name, double? LargestDifference, double Tolerance, long Values, bool Passed)
{
    public static QuantityJson Of(ModelCheckQuantity quantity) =>
        new(
            quantity.Name,
            double.IsFinite(quantity.LargestDifference) ? quantity.LargestDifference : null,
            quantity.Tolerance,
            quantity.ValueCount,
            quantity.Passed
        );
}
