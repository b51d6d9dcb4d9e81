using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace RewardReasoning.Recipes;

/// <summary>
/// Reads and writes recipes: JSON with comments. Unknown, missing and unreadable fields are all reported at once, so that a misspelt
/// setting is never ignored.
/// </summary>
internal static class RecipeFile
{
    private static readonly JsonDocumentOptions Syntax = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    /// <summary>How recipes are read and written: snake_case names, enums by name, comments and trailing commas allowed.</summary>
    public static JsonSerializerOptions Format { get; } =
        new()
        {
            PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
            UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
            ReadCommentHandling = JsonCommentHandling.Skip,
            AllowTrailingCommas = true,
            AllowOutOfOrderMetadataProperties = true,
            WriteIndented = true,
            RespectNullableAnnotations = true,
            RespectRequiredConstructorParameters = true,
            TypeInfoResolver = new DefaultJsonTypeInfoResolver(),
            Converters = { new RecipeWordConverter() },
        };

    /// <summary>Writes a recipe with all its defaults filled in, as it is stored beside a run.</summary>
    public static string Resolve(object recipe)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        return JsonSerializer.Serialize(recipe, recipe.GetType(), Format);
    }

    /// <summary>Reads a recipe. Its values are not yet checked: that is <see cref="OptionsCheck.ThrowIfInvalidRecipe"/>.</summary>
    /// <param name="path">Its file.</param>
    /// <param name="text">Read in place of the file's own text, such as that text with other paths; null for the file's.</param>
    /// <exception cref="RewardReasoningException">The file is missing, is not JSON, or has unknown, missing or unreadable fields; the
    /// message lists all of them.</exception>
    public static T Load<T>(string path, string? text = null)
        where T : class => (T)Load(typeof(T), path, text);

    /// <inheritdoc cref="Load{T}"/>
    /// <param name="recipe">The type of the recipe.</param>
    /// <param name="path">Its file.</param>
    /// <param name="text">Read in place of the file's own text; null for the file's.</param>
    public static object Load(Type recipe, string path, string? text = null)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        ArgumentNullException.ThrowIfNull(path);
        return Parse(path, text ?? Read(path), recipe);
    }

    /// <summary>
    /// Compares a recipe with the one stored at <paramref name="path"/>: each field that differs, with both values. A field that an older
    /// version did not know counts as its default.
    /// </summary>
    /// <returns>One phrase a field; empty where both are the same.</returns>
    public static IReadOnlyList<string> Differences(string path, object recipe)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(recipe);
        try
        {
            object stored = Parse(path, WithoutUnset(Read(path), recipe.GetType()), recipe.GetType());
            JsonObject before = JsonSerializer.SerializeToNode(stored, recipe.GetType(), Format) as JsonObject ?? [];
            JsonObject now = JsonNode.Parse(Resolve(recipe)) as JsonObject ?? [];
            return
            [
                .. now.Where(field => !JsonNode.DeepEquals(before[field.Key], field.Value))
                    .Select(field => $"{field.Key} was {Short(before[field.Key])} and is {Short(field.Value)}"),
            ];
        }
        catch (RecipeException error)
        {
            return [$"the stored recipe is of another kind: {error.Message}"];
        }
    }

    /// <summary>Without fields that an older version wrote as null and this one no longer has.</summary>
    private static string WithoutUnset(string text, Type recipe)
    {
        if (JsonNode.Parse(text, null, Syntax) is not JsonObject stored)
        {
            return text;
        }

        HashSet<string> known = [.. Format.GetTypeInfo(recipe).Properties.Select(property => property.Name)];
        foreach (
            string unset in stored.Where(field => field.Value is null && !known.Contains(field.Key)).Select(field => field.Key).ToArray()
        )
        {
            stored.Remove(unset);
        }

        return stored.ToJsonString();
    }

    private static string Short(JsonNode? value) => value?.ToJsonString() ?? "null";

    private static object Parse(string path, string text, Type recipe)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(text, Syntax);
            IReadOnlyList<string> faults = RecipeFields.Faults(document.RootElement, recipe, Format);
            return faults.Count > 0
                ? throw new RecipeException(OptionsCheck.Report($"{path} has", faults))
                : document.RootElement.Deserialize(recipe, Format)
                    ?? throw new RecipeException($"{path} is the word null; it must be an object.");
        }
        catch (JsonException error)
        {
            string place = error.LineNumber is { } line ? $", line {line + 1}" : "";
            throw new RecipeException($"{path}{place} is not valid JSON: {WithoutPlace(error.Message)}", error);
        }
    }

    private static string WithoutPlace(string message) =>
        message.IndexOf(" LineNumber:", StringComparison.Ordinal) is var end and >= 0 ? message[..end] : message;

    private static string Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new RecipeException($"There is no recipe '{path}'.", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new RecipeException(
                Directory.Exists(path) ? $"{path} is a folder; a recipe is a JSON file." : $"{path} cannot be read: {error.Message}",
                error
            );
        }
    }
}
