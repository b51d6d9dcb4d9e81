using RewardReasoning.Cli.Parsing;
using RewardReasoning.Data.Hub;

namespace RewardReasoning.Cli.Hub;

/// <summary>
/// Which files of a model's repository make its folder: configuration, tokenizer, safetensors, cards, and what the judge reads.
/// </summary>
internal static class HubModelFiles
{
    private const string Mark = "config.json";
    private const string AdapterMark = "adapter_config.json";
    private static readonly string[] Endings = [".json", ".txt", ".jinja", ".safetensors", ".md"];

    /// <exception cref="UsageException">The repository holds no such model.</exception>
    public static HubListing Of(HubListing listing)
    {
        HubListing model = listing.Where(file =>
            !file.Path.Contains('/')
            && (
                Endings.Any(end => file.Path.EndsWith(end, StringComparison.Ordinal))
                || file.Path.StartsWith("LICENSE", StringComparison.Ordinal)
            )
        );
        if (!model.Files.Any(file => file.Path is Mark or AdapterMark) || !model.Files.Any(IsWeights))
        {
            throw new UsageException(
                $"{listing.Address} holds no {Mark} or no weights in safetensors at its top; a model is a Hugging Face folder with both."
            );
        }

        // Some repositories hold the same weights a second time, in one file of their maker's own format.
        return model.Files.Count(IsWeights) > 1
            ? model.Where(file => !file.Path.StartsWith("consolidated", StringComparison.Ordinal))
            : model;
    }

    private static bool IsWeights(HubFile file) => file.Path.EndsWith(".safetensors", StringComparison.Ordinal);
}
