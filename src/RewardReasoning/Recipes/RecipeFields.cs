using System.Collections;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace RewardReasoning.Recipes;

/// <summary>
/// Compares JSON with the type that it is to become, field by field, so that all faults can be named at once and without a word of .NET's.
/// </summary>
internal static class RecipeFields
{
    public static IReadOnlyList<string> Faults(JsonElement json, Type type, JsonSerializerOptions format) =>
        [.. Of(json, format.GetTypeInfo(type), "", format)];

    private static IEnumerable<string> Of(JsonElement json, JsonTypeInfo type, string path, JsonSerializerOptions format) =>
        (type.Kind, json.ValueKind) switch
        {
            (JsonTypeInfoKind.Object, JsonValueKind.Object) when type.PolymorphismOptions is { } kinds => OfKind(json, kinds, path, format),
            (JsonTypeInfoKind.Object, JsonValueKind.Object) => OfObject(json, type, path, format),
            (JsonTypeInfoKind.Dictionary, JsonValueKind.Object) when type.ElementType is { } element => json.EnumerateObject()
                .SelectMany(member => Of(member.Value, format.GetTypeInfo(element), Join(path, member.Name), format)),
            (JsonTypeInfoKind.None, JsonValueKind.Array) when ItemOf(type) is { } item => OfItems(json, item, path, format)
                .DefaultIfEmpty()
                .SelectMany(fault => fault is null ? OfValue(json, type, path, format) : [fault]),
            (_, JsonValueKind.Array) when ItemOf(type) is { } item => OfItems(json, item, path, format),
            _ => OfValue(json, type, path, format),
        };

    private static IEnumerable<string> OfItems(JsonElement json, Type item, string path, JsonSerializerOptions format) =>
        json.EnumerateArray().SelectMany((value, index) => Of(value, format.GetTypeInfo(item), $"{path}[{index}]", format));

    /// <summary>The faults of options whose fields depend on one of them, their kind.</summary>
    private static IEnumerable<string> OfKind(JsonElement json, JsonPolymorphismOptions kinds, string path, JsonSerializerOptions format)
    {
        string kind = kinds.TypeDiscriminatorPropertyName;
        string[] words = [.. kinds.DerivedTypes.Select(one => one.TypeDiscriminator as string).OfType<string>()];
        JsonElement given = json.TryGetProperty(kind, out JsonElement value) ? value : default;
        string? word = given.ValueKind == JsonValueKind.String ? given.GetString() : null;
        int index = Array.IndexOf(words, word);
        if (index >= 0)
        {
            return OfObject(json, format.GetTypeInfo(kinds.DerivedTypes[index].DerivedType), path, format, kind);
        }

        string found = given.ValueKind == JsonValueKind.Undefined ? "missing" : Shown(given);
        return [$"{Join(path, kind)} is {found}; it must be {Either(words)}.{Spelling.Suggest(word ?? "", words)}"];
    }

    // kind: the field that says the kind of these options, which was read already; null for none.
    private static IEnumerable<string> OfObject(
        JsonElement json,
        JsonTypeInfo type,
        string path,
        JsonSerializerOptions format,
        string? kind = null
    )
    {
        Dictionary<string, JsonPropertyInfo> known = type.Properties.ToDictionary(property => property.Name);
        HashSet<string> given = [];
        foreach (JsonProperty member in json.EnumerateObject())
        {
            string name = Join(path, member.Name);
            if (!given.Add(member.Name))
            {
                yield return $"{name} is given more than once; give it once.";
            }
            else if (member.Name == kind)
            {
                continue;
            }
            else if (!known.TryGetValue(member.Name, out JsonPropertyInfo? property))
            {
                yield return Unknown(member.Name, name, type.Type, known.Keys);
            }
            else if (member.Value.ValueKind == JsonValueKind.Null)
            {
                if (!AcceptsNull(property))
                {
                    yield return $"{name} is null; it must be {Demand(property.PropertyType, format)}.";
                }
            }
            else
            {
                foreach (string fault in Of(member.Value, format.GetTypeInfo(property.PropertyType), name, format))
                {
                    yield return fault;
                }
            }
        }

        foreach (JsonPropertyInfo missing in type.Properties.Where(property => property.IsRequired && !given.Contains(property.Name)))
        {
            yield return $"{Join(path, missing.Name)} is missing; it must be {Demand(missing.PropertyType, format)}.";
        }
    }

    private static string Unknown(string name, string path, Type type, IEnumerable<string> known)
    {
        if (type.GetCustomAttributes<MovedFieldAttribute>().FirstOrDefault(moved => moved.Name == name) is { } moved)
        {
            return $"{path} is no longer a field here. {moved.Advice}";
        }

        string suggestion = Spelling.Suggest(name, known);
        return suggestion.Length > 0
            ? $"{path} is not a field here.{suggestion}"
            : $"{path} is not a field here; the fields are {string.Join(", ", known)}.";
    }

    private static IEnumerable<string> OfValue(JsonElement json, JsonTypeInfo type, string path, JsonSerializerOptions format)
    {
        string name = path.Length == 0 ? "the whole" : path;
        string? fault = null;
        try
        {
            _ = json.Deserialize(type.Type, format);
        }
        catch (JsonException error)
        {
            // The words of our own converters are for users; the serializer's own end in a place and name types.
            string own = error.Message.Contains(" Path: ", StringComparison.Ordinal) ? "" : error.Message;
            fault =
                own.Length > 0 ? $"{name} is {Shown(json)}. {own}" : $"{name} is {Shown(json)}; it must be {Demand(type.Type, format)}.";
            if (json.ValueKind == JsonValueKind.String && WordsOf(type.Type, format) is { Length: > 0 } words)
            {
                fault += Spelling.Suggest(json.GetString() ?? "", words);
            }
        }

        return fault is null ? [] : [fault];
    }

    private static string Shown(JsonElement json)
    {
        const int LongestShown = 60;
        return json.ValueKind switch
        {
            JsonValueKind.Object => "an object",
            JsonValueKind.Array => "a list",
            _ when json.GetRawText() is var text => text.Length > LongestShown ? text[..LongestShown] + "…" : text,
            _ => "",
        };
    }

    private static string Demand(Type type, JsonSerializerOptions format)
    {
        Type held = Nullable.GetUnderlyingType(type) ?? type;
        return Type.GetTypeCode(held) switch
        {
            _ when WordsOf(held, format) is { Length: > 0 } words => Either(words),
            TypeCode.Boolean => "true or false",
            TypeCode.String => "a text",
            TypeCode.UInt16 or TypeCode.UInt32 or TypeCode.UInt64 => "a whole number of at least 0",
            TypeCode.Int16 or TypeCode.Int32 or TypeCode.Int64 => "a whole number",
            TypeCode.Single or TypeCode.Double or TypeCode.Decimal => "a number",
            _ when held == typeof(Uri) => "an address",
            _ when ItemOf(format.GetTypeInfo(held)) is { } item => format.GetTypeInfo(held).Kind == JsonTypeInfoKind.None
                ? $"a text or a list of {Plural(item, format)}"
                : $"a list of {Plural(item, format)}",
            _ => "an object",
        };
    }

    private static string Either(string[] words) => words.Length == 1 ? words[0] : $"{string.Join(", ", words[..^1])} or {words[^1]}";

    private static string Plural(Type item, JsonSerializerOptions format) =>
        Demand(item, format) switch
        {
            "a text" => "texts",
            "a number" => "numbers",
            "a whole number" => "whole numbers",
            "an object" => "objects",
            var one => one,
        };

    /// <summary>The words of an enumeration as recipes spell them.</summary>
    private static string[] WordsOf(Type type, JsonSerializerOptions format) =>
        (Nullable.GetUnderlyingType(type) ?? type) is { IsEnum: true } words
            ?
            [
                .. Enum.GetValues(words)
                    .Cast<object>()
                    .Select(word => JsonSerializer.SerializeToElement(word, words, format).GetString() ?? ""),
            ]
            : [];

    /// <summary>What a list holds; also for types with a converter of their own that take a list beside another form.</summary>
    private static Type? ItemOf(JsonTypeInfo type) =>
        type.Kind switch
        {
            JsonTypeInfoKind.Enumerable => type.ElementType,
            JsonTypeInfoKind.None when type.Type != typeof(string) && type.Type.IsAssignableTo(typeof(IEnumerable)) => type
                .Type.GetInterfaces()
                .FirstOrDefault(face => face.IsGenericType && face.GetGenericTypeDefinition() == typeof(IReadOnlyList<>))
                ?.GetGenericArguments()[0],
            _ => null,
        };

    private static bool AcceptsNull(JsonPropertyInfo property) =>
        property.PropertyType.IsValueType ? Nullable.GetUnderlyingType(property.PropertyType) is not null : property.IsSetNullable;

    private static string Join(string path, string name) => path.Length == 0 ? name : $"{path}.{name}";
}
