using System.Text.Json;

namespace RewardReasoning.Models.Checkpoints;

/// <summary>
/// The settings of a JSON file of a model folder; whatever is missing or of the wrong kind is a <see cref="CheckpointException"/> that
/// names the key.
/// </summary>
internal sealed class JsonSettings
{
    private readonly string _path;
    private readonly string _prefix;
    private readonly JsonElement _root;

    private JsonSettings(string path, string prefix, JsonElement root) => (_path, _prefix, _root) = (path, prefix, root);

    public static JsonSettings Load(string path)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? new JsonSettings(path, "", document.RootElement.Clone())
                : throw new CheckpointException(path, $"holds a JSON {document.RootElement.ValueKind}; it must be an object.");
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new CheckpointException(
                path,
                "there is no such file. A model folder needs it; fetch it from where the weights came from.",
                error
            );
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException(path, $"cannot be read: {error.Message}", error);
        }
        catch (JsonException error)
        {
            throw new CheckpointException(
                path,
                $"is not JSON: {error.Message} It may not have been written to its end; fetch it again.",
                error
            );
        }
    }

    /// <summary>A key that is absent and one that is null are the same, as in transformers.</summary>
    public bool Has(string key) => TryGet(key, out _);

    public int PositiveInt(string key) => OptionalPositiveInt(key) ?? throw Missing(key, "a positive integer");

    public int? OptionalPositiveInt(string key) =>
        Optional<int>(key, "a positive integer", value => value.TryGetInt32(out int number) && number > 0 ? number : null);

    public int? OptionalId(string key) =>
        Optional<int>(key, "a token id", value => value.TryGetInt32(out int number) && number >= 0 ? number : null);

    /// <summary>A whole number, also where it is written as 50.0.</summary>
    public int? OptionalWholeNumber(string key) =>
        Optional<int>(
            key,
            "a whole number",
            value =>
                value.TryGetDouble(out double number) && number is >= int.MinValue and <= int.MaxValue && Math.Floor(number) == number
                    ? (int)number
                    : null
        );

    public double? OptionalNumberFrom0(string key) =>
        Optional<double>(
            key,
            "a number from 0 on",
            value => value.TryGetDouble(out double number) && number >= 0 && double.IsFinite(number) ? number : null
        );

    public double PositiveNumber(string key) => OptionalPositiveNumber(key) ?? throw Missing(key, "a positive number");

    public double? OptionalPositiveNumber(string key) =>
        Optional<double>(
            key,
            "a positive number",
            value => value.TryGetDouble(out double number) && number > 0 && double.IsFinite(number) ? number : null
        );

    public bool Flag(string key, bool whenAbsent) =>
        !TryGet(key, out JsonElement value)
            ? whenAbsent
            : value.ValueKind switch
            {
                JsonValueKind.True => true,
                JsonValueKind.False => false,
                _ => throw Wrong(key, value, "true or false"),
            };

    public string? OptionalText(string key) =>
        !TryGet(key, out JsonElement value) ? null
        : value.ValueKind == JsonValueKind.String ? value.GetString()
        : throw Wrong(key, value, "a string");

    public IReadOnlyList<string> Texts(string key) =>
        !TryGet(key, out JsonElement value) ? []
        : value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String)
            ? [.. value.EnumerateArray().Select(item => item.GetString() ?? "")]
        : throw Wrong(key, value, "a list of strings");

    /// <summary>One id or a list of them.</summary>
    public IReadOnlyList<int> Ids(string key)
    {
        if (!TryGet(key, out JsonElement value))
        {
            return [];
        }

        JsonElement[] items = value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray()] : [value];
        int[] ids = new int[items.Length];
        for (int i = 0; i < ids.Length; i++)
        {
            if (items[i].ValueKind != JsonValueKind.Number || !items[i].TryGetInt32(out ids[i]) || ids[i] < 0)
            {
                throw Wrong(key, value, "a token id or a list of them");
            }
        }

        return ids;
    }

    public JsonSettings? OptionalSection(string key) =>
        !TryGet(key, out JsonElement value) ? null
        : value.ValueKind == JsonValueKind.Object ? new JsonSettings(_path, $"{_prefix}{key}.", value)
        : throw Wrong(key, value, "an object");

    /// <summary>Whether it has no keys.</summary>
    public bool IsEmpty => !_root.EnumerateObject().Any();

    public CheckpointException Refuse(string key, string why) =>
        new(_path, TryGet(key, out JsonElement value) ? $"{_prefix}{key} is {Shorten(value)}; {why}" : $"{_prefix}{key} is missing; {why}");

    private bool TryGet(string key, out JsonElement value) => _root.TryGetProperty(key, out value) && value.ValueKind != JsonValueKind.Null;

    private T? Optional<T>(string key, string kind, Func<JsonElement, T?> read)
        where T : struct =>
        !TryGet(key, out JsonElement value)
            ? null
            : (value.ValueKind == JsonValueKind.Number ? read(value) : null) ?? throw Wrong(key, value, kind);

    private CheckpointException Missing(string key, string kind) => new(_path, $"{_prefix}{key} is missing; it must be {kind}.");

    private CheckpointException Wrong(string key, JsonElement value, string kind) =>
        new(_path, $"{_prefix}{key} is {Shorten(value)}; it must be {kind}.");

    private static string Shorten(JsonElement value)
    {
        string text = value.GetRawText().ReplaceLineEndings(" ");
        return text.Length <= 60 ? text : text[..60] + "...";
    }
}
