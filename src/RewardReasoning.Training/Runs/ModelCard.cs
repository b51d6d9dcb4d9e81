using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using RewardReasoning.IO;
using RewardReasoning.Recipes;

namespace RewardReasoning.Training.Runs;

/// <summary>
/// The README.md of a trained model: front matter as the hub reads it, then base, data, method, last figures and the whole recipe.
/// </summary>
internal static partial class ModelCard
{
    private const string FileName = "README.md";

    /// <summary>Writes the card into a model's folder.</summary>
    /// <param name="folder">The trained model, or its adapters.</param>
    /// <param name="recipe">How it was trained.</param>
    /// <param name="metrics">Metrics of the last step; empty where none were logged.</param>
    /// <param name="isAdapter">Whether the folder holds adapters alone.</param>
    public static void Write(string folder, TrainingRecipe recipe, JsonObject metrics, bool isAdapter) =>
        AtomicFile.WriteAllText(Path.Combine(folder, FileName), Text(recipe, metrics, isAdapter));

    private static string Text(TrainingRecipe recipe, JsonObject metrics, bool isAdapter)
    {
        JsonObject resolved = JsonNode.Parse(RecipeFile.Resolve(recipe)) as JsonObject ?? [];
        resolved["model"] = recipe.BaseName;
        HidePaths(resolved);
        string licence = LicenceOf(recipe.Model) ?? "other";
        string figures = string.Concat(
            metrics
                .Where(metric => metric.Value is JsonValue && IsFigure(metric.Key))
                .Select(metric => $"| `{metric.Key}` | {metric.Value} |\n")
        );
        return $"""
            ---
            base_model: {recipe.BaseName}
            license: {licence}
            library_name: {(isAdapter ? "peft" : "transformers")}
            tags:
            - {recipe.Method.Tag}
            ---

            # {Path.GetFileName(Path.TrimEndingDirectorySeparator(recipe.Out))}

            {(isAdapter ? "Low-rank adapters" : "A model")} trained by `rrm`: {recipe.Method.Name}, {recipe.Steps} steps.

            - Base: `{recipe.BaseName}`
            - Data: {Data(resolved["data"])}
            - Licence: {(
                licence == "other"
                    ? "that of the base and of the data; the base's folder names none"
                    : $"{licence}, from the base; the data may have its own"
            )}

            ## Figures of the last step

            | metric | value |
            |---|---|
            {figures.TrimEnd()}

            ## Recipe

            ```json
            {resolved.ToJsonString(RecipeFile.Format)}
            ```

            """;
    }

    /// <summary>Absolute paths say nothing to others; the names of their files do.</summary>
    private static void HidePaths(JsonNode? node)
    {
        switch (node)
        {
            case JsonObject fields:
                foreach (KeyValuePair<string, JsonNode?> field in fields.ToArray())
                {
                    fields[field.Key] = Shown(field.Value);
                }

                break;
            case JsonArray items:
                for (int i = 0; i < items.Count; i++)
                {
                    items[i] = Shown(items[i]);
                }

                break;
        }

        static JsonNode? Shown(JsonNode? value)
        {
            if (value is JsonValue text && text.TryGetValue(out string? path) && Path.IsPathRooted(path))
            {
                return Path.GetFileName(Path.TrimEndingDirectorySeparator(path));
            }

            HidePaths(value);
            return value?.DeepClone();
        }
    }

    private static bool IsFigure(string metric) =>
        metric.Contains('/', StringComparison.Ordinal) && !metric.StartsWith("time/", StringComparison.Ordinal);

    private static string Data(JsonNode? data) =>
        data switch
        {
            JsonArray files => string.Join(
                ", ",
                files.Select(file => string.Create(CultureInfo.InvariantCulture, $"`{file?["path"]}` (weight {file?["weight"] ?? 1})"))
            ),
            _ => $"`{data}`",
        };

    /// <summary>The licence that the base's own card names; null without one.</summary>
    private static string? LicenceOf(string model)
    {
        string card = Path.Combine(model, FileName);
        return File.Exists(card) && Licence().Match(File.ReadAllText(card)) is { Success: true } found ? found.Groups[1].Value : null;
    }

    [GeneratedRegex(@"\A---\n(?:.*\n)*?license:[ ]*([A-Za-z0-9._-]+)", RegexOptions.CultureInvariant)]
    private static partial Regex Licence();
}
