using System.Text.Json;
using System.Text.Json.Serialization;

namespace RewardReasoning.Training.Runs;

/// <summary>Recipes are JSON with comments; unknown fields are faults, so that a misspelled setting is never ignored.</summary>
public static class RecipeFile
{
    /// <summary>How recipes are read and written: snake_case names, enums by name, comments and trailing commas allowed.</summary>
    public static JsonSerializerOptions Format { get; } = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        ReadCommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
        WriteIndented = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };

    /// <summary>Reads a recipe.</summary>
    /// <exception cref="RecipeException">The file is missing, no JSON, or has unknown or missing fields.</exception>
    public static T Load<T>(string path)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize<T>(File.ReadAllText(path), Format)
                ?? throw new RecipeException($"{path}: the recipe is the word null; it must be an object.");
        }
        catch (JsonException error)
        {
            throw new RecipeException($"{path}, line {error.LineNumber + 1}: {error.Message}", error);
        }
        catch (IOException error)
        {
            throw new RecipeException($"{path}: {error.Message}", error);
        }
    }
}
