using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using RewardReasoning.Data.Rows;

namespace RewardReasoning.Data.Building;

/// <summary>An object of a recipe whose members are read one by one; every fault is kept, so that all are told at once.</summary>
internal sealed class RecipeObject(JsonElement value, string path, List<string> faults)
{
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);

    public static RecipeObject? Of(JsonElement value, string path, List<string> faults)
    {
        if (value.ValueKind == JsonValueKind.Object)
        {
            return new RecipeObject(value, path, faults);
        }

        faults.Add($"{(path.Length == 0 ? "The recipe" : path)} is {JsonRow.Describe(value)}; it must be an object.");
        return null;
    }

    /// <summary>Whether the member is there and not null. Asking makes it a known one.</summary>
    public bool Has(string name)
    {
        _known.Add(name);
        return value.TryGetProperty(name, out JsonElement member) && member.ValueKind != JsonValueKind.Null;
    }

    public string Text(string name)
    {
        string? text = OptionalText(name);
        if (text is null && !Has(name))
        {
            Fault(name, "is missing; it is a text.");
        }

        return text ?? "";
    }

    public string? OptionalText(string name)
    {
        if (Take(name) is not { } member)
        {
            return null;
        }

        if (member.ValueKind != JsonValueKind.String || member.GetString() is not { Length: > 0 } text)
        {
            Fault(name, $"is {JsonRow.Describe(member)}; it must be a text that is not empty.");
            return null;
        }

        return text;
    }

    public bool Flag(string name, bool byDefault)
    {
        if (Take(name) is not { } member)
        {
            return byDefault;
        }

        if (member.ValueKind is not (JsonValueKind.True or JsonValueKind.False))
        {
            Fault(name, $"is {JsonRow.Describe(member)}; it must be true or false.");
        }

        return member.ValueKind == JsonValueKind.True;
    }

    public double Number(string name, double byDefault, double low, double high)
    {
        if (Take(name) is not { } member)
        {
            return byDefault;
        }

        if (member.ValueKind == JsonValueKind.Number && member.GetDouble() is var number && number >= low && number <= high)
        {
            return number;
        }

        Fault(name, FormattableString.Invariant($"is {JsonRow.Describe(member)}; it must be a number from {low} to {high}."));
        return byDefault;
    }

    public int Integer(string name, int byDefault, int low, int high = int.MaxValue)
    {
        if (Take(name) is not { } member)
        {
            return byDefault;
        }

        if (member.ValueKind == JsonValueKind.Number && member.TryGetInt32(out int number) && number >= low && number <= high)
        {
            return number;
        }

        Fault(
            name,
            $"is {JsonRow.Describe(member)}; it must be a whole number from {low}{(high == int.MaxValue ? " up" : $" to {high}")}."
        );
        return byDefault;
    }

    /// <summary>A text, or a list of texts.</summary>
    public IReadOnlyList<string> Texts(string name, bool required)
    {
        if (Take(name) is not { } member)
        {
            if (required)
            {
                Fault(name, "is missing; it is a text or a list of texts.");
            }

            return [];
        }

        JsonElement[] items = member.ValueKind == JsonValueKind.Array ? [.. member.EnumerateArray()] : [member];
        if (items.Length == 0 || items.Any(item => item.ValueKind != JsonValueKind.String || item.GetString() is not { Length: > 0 }))
        {
            Fault(name, $"is {JsonRow.Describe(member)}; it must be a text or a list of texts, none of them empty.");
            return [];
        }

        return [.. items.Select(item => item.GetString() ?? "")];
    }

    /// <summary>One of the named values; false, with a fault, for any other value.</summary>
    public bool TryChoice<T>(string name, IReadOnlyList<(string Name, T Value)> choices, [MaybeNullWhen(false)] out T value)
    {
        string text = Text(name);
        foreach ((string known, T one) in choices)
        {
            if (known == text)
            {
                value = one;
                return true;
            }
        }

        if (text.Length > 0)
        {
            Fault(name, $"is '{text}'; it must be {string.Join(", ", choices.Select(choice => choice.Name))}.");
        }

        value = default;
        return false;
    }

    /// <summary>An object by its members' names and raw values.</summary>
    public IReadOnlyList<(string Name, JsonElement Value)> Members(string name)
    {
        if (Take(name) is not { } member)
        {
            return [];
        }

        if (member.ValueKind != JsonValueKind.Object)
        {
            Fault(name, $"is {JsonRow.Describe(member)}; it must be an object.");
            return [];
        }

        return [.. member.EnumerateObject().Select(one => (one.Name, one.Value))];
    }

    public RecipeObject? Object(string name) => Take(name) is { } member ? Of(member, PathOf(name), faults) : null;

    public IReadOnlyList<RecipeObject> Objects(string name, bool required)
    {
        if (Take(name) is not { } member)
        {
            if (required)
            {
                Fault(name, "is missing; it is a list of objects.");
            }

            return [];
        }

        if (member.ValueKind != JsonValueKind.Array || member.GetArrayLength() == 0)
        {
            Fault(
                name,
                $"is {(member.ValueKind == JsonValueKind.Array ? "an empty list" : JsonRow.Describe(member))}; it must be a list of "
                    + "objects."
            );
            return [];
        }

        return [.. member.EnumerateArray().Select((item, index) => Of(item, $"{PathOf(name)}[{index}]", faults)).OfType<RecipeObject>()];
    }

    public void Fault(string name, string fault) => faults.Add($"{PathOf(name)} {fault}");

    /// <summary>Members that were not asked for are faults: a misspelled setting is never ignored.</summary>
    public void RequireNoOthers()
    {
        foreach (JsonProperty member in value.EnumerateObject().Where(member => !_known.Contains(member.Name)))
        {
            Fault(member.Name, $"is unknown here; known are {string.Join(", ", _known)}.");
        }
    }

    private string PathOf(string name) => path.Length == 0 ? name : $"{path}.{name}";

    private JsonElement? Take(string name) => Has(name) ? value.GetProperty(name) : null;
}
