using System.Globalization;
using RewardReasoning.Models.Checkpoints;
using RewardReasoning.Models.Decoder;

namespace RewardReasoning.Models;

/// <summary>The model card of a folder that was trained here: what is known without asking anyone.</summary>
internal static class ModelCard
{
    public static string Of(string folder, string? baseModel)
    {
        DecoderConfig config = DecoderConfig.Load(folder);
        using SafetensorsFolder weights = SafetensorsFolder.Open(folder);
        SafetensorsEntry[] entries = [.. weights.Names.Select(weights.Find).OfType<SafetensorsEntry>()];
        long parameters = entries.Sum(entry => entry.Shape.Aggregate(1L, (product, size) => product * size));
        string name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)));
        string? trainedFrom = baseModel is null ? null : NameOf(baseModel);
        string task = config.ScalarHead ? "text-classification" : "text-generation";
        string use = config.ScalarHead ? "scores one response with a number" : "writes, one token after another";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"""
            ---
            library_name: transformers
            pipeline_tag: {task}
            tags: [rewardreasoning]
            ---
            # {name}

            {(trainedFrom is null ? "A model" : $"Trained from {trainedFrom}")} with RewardReasoning's `rrm train`. It {use}.

            | | |
            |---|---|
            | architecture | {config.Architecture}, {config.LayerCount} layers of width {config.HiddenSize}, {config.HeadCount} heads |
            | parameters | {parameters:N0}, stored as {string.Join(", ", entries.Select(entry => entry.Type).Distinct())} |
            | context | {config.MaxPositions:N0} tokens |

            The run's folder, beside this one, holds the recipe with the data it names (`recipe.json`) and the figures of every step
            (`metrics.jsonl`). Before you publish the model, add its licence, which those of the base model and the data bind, and its
            results.

            """
        );
    }

    /// <summary>A hub name as it is; of a path its last part, since others do not have the path.</summary>
    private static string NameOf(string model) =>
        Directory.Exists(model) ? Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(model))) : model;
}
