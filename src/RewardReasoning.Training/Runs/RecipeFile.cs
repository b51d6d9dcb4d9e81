using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace RewardReasoning.Training.Runs;

/// <summary>Recipes are JSON with comments; unknown fields are faults, so that a misspelled setting is never ignored.</summary>
public static class RecipeFile
{
    /// <summary>How recipes are read and written: snake_case names, enums by name, comments and trailing commas allowed.</summary>
    public static JsonSerializerOptions Format { get; } =
        new()
        {
            PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
            UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
            ReadCommentHandling = JsonCommentHandling.Skip,
            AllowTrailingCommas = true,
            WriteIndented = true,
            Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
        };

    /// <summary>A recipe with all its defaults filled in, as it is kept beside a run.</summary>
    public static string Resolve(TrainingRecipe recipe)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        return JsonSerializer.Serialize(recipe, recipe.GetType(), Format);
    }

    /// <summary>
    /// Fields in which a recipe differs from the one kept at <paramref name="path"/>, with both values. A field that the older version did
    /// not know counts as its default.
    /// </summary>
    public static IReadOnlyList<string> Differences(string path, TrainingRecipe recipe)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        try
        {
            object? kept = JsonSerializer.Deserialize(File.ReadAllText(path), recipe.GetType(), Format);
            JsonObject before = JsonSerializer.SerializeToNode(kept, recipe.GetType(), Format) as JsonObject ?? [];
            JsonObject now = JsonNode.Parse(Resolve(recipe)) as JsonObject ?? [];
            return
            [
                .. now.Where(field => !JsonNode.DeepEquals(before[field.Key], field.Value))
                    .Select(field => $"{field.Key} was {Short(before[field.Key])} and is {Short(field.Value)}"),
            ];
        }
        catch (JsonException error)
        {
            return [$"it is no recipe of this kind: {error.Message}"];
        }
    }

    private static string Short(JsonNode? value) => value?.ToJsonString() ?? "null";

    /// <summary>Reads a recipe.</summary>
    /// <param name="path">Its file.</param>
    /// <param name="text">What is read in place of the file's own text, such as that text with other paths; null for the file's.</param>
    /// <exception cref="RecipeException">The file is missing, no JSON, or has unknown or missing fields.</exception>
    public static T Load<T>(string path, string? text = null)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize<T>(text ?? File.ReadAllText(path), Format)
                ?? throw new RecipeException($"{path}: the recipe is the word null; it must be an object.");
        }
        catch (JsonException error)
        {
            throw new RecipeException($"{path}, line {error.LineNumber + 1}: {error.Message}", error);
        }
        catch (FileNotFoundException error)
        {
            throw new RecipeException($"There is no recipe '{path}'.", error);
        }
        catch (IOException error)
        {
            throw new RecipeException($"{path}: {error.Message}", error);
        }
    }
}
