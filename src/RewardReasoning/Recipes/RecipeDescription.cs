using System.Collections;
using System.ComponentModel.DataAnnotations;
using System.Reflection;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace RewardReasoning.Recipes;

/// <summary>A field of a recipe, described for its users.</summary>
/// <param name="Name">As it is written in the file, dotted for options inside options; <c>[]</c> marks an item of a list.</param>
/// <param name="Type">The type of its value, or the words of an enumeration.</param>
/// <param name="Default">As JSON; null where the field must be given.</param>
/// <param name="Says">What it means.</param>
internal sealed record RecipeField(string Name, string Type, string? Default, string Says);

/// <summary>
/// Describes the fields of recipes: names, types, defaults and bounds by reflection, meanings from the XML documentation that the
/// compiler writes beside each assembly.
/// </summary>
internal static partial class RecipeDescription
{
    /// <summary>What a kind of recipe is for.</summary>
    /// <exception cref="FileNotFoundException">The documentation file is missing.</exception>
    public static string Summary(Type recipe)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        return Documentation(recipe, $"T:{recipe.FullName}", "summary") ?? "";
    }

    /// <summary>All fields; the fields of options inside options follow them.</summary>
    /// <exception cref="FileNotFoundException">The documentation file is missing.</exception>
    public static IReadOnlyList<RecipeField> Fields(Type recipe)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        return [.. Fields(recipe, "")];
    }

    private static IEnumerable<RecipeField> Fields(Type options, string path)
    {
        object? fresh = options.GetConstructor(Type.EmptyTypes) is null ? null : Activator.CreateInstance(options);
        foreach (
            PropertyInfo property in options
                .GetProperties()
                .Where(property => property.CanWrite)
                .OrderBy(IsOptional)
                .ThenBy(property => property.MetadataToken)
        )
        {
            string name = path + JsonNamingPolicy.SnakeCaseLower.ConvertName(property.Name);
            Type held = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
            Type? item = ItemOf(held);
            object? value = fresh is null ? null : property.GetValue(fresh);
            bool required =
                fresh is null || property.CustomAttributes.Any(attribute => attribute.AttributeType.Name == "RequiredMemberAttribute");
            yield return new RecipeField(
                name,
                Describe(held, item) + Bounds(property),
                required ? null : Default(value, held),
                Says(property)
            );
            if (item is not null && IsOptions(item))
            {
                foreach (RecipeField field in Fields(item, name + "[]."))
                {
                    yield return field;
                }
            }
            else if (IsOptions(held))
            {
                foreach (RecipeField field in Fields(held, name + "."))
                {
                    yield return field;
                }
            }
        }
    }

    private static bool IsOptional(PropertyInfo property) =>
        property.CustomAttributes.All(attribute => attribute.AttributeType.Name != "RequiredMemberAttribute");

    private static bool IsOptions(Type type) =>
        type.IsClass && type.Namespace?.StartsWith("RewardReasoning", StringComparison.Ordinal) == true;

    /// <summary>What a list holds; also for types of our own that are a list with another, shorter notation.</summary>
    private static Type? ItemOf(Type held) =>
        held == typeof(string) ? null
        : held.IsGenericType && held.IsAssignableTo(typeof(IEnumerable)) ? held.GetGenericArguments()[0]
        : held.GetInterfaces()
            .FirstOrDefault(face => face.IsGenericType && face.GetGenericTypeDefinition() == typeof(IReadOnlyList<>))
            ?.GetGenericArguments()[0];

    private static string Describe(Type held, Type? item) =>
        held switch
        {
            _ when item is not null && !held.IsGenericType => $"text, or list of {Describe(item, null)}",
            _ when item is not null => $"list of {Describe(item, null)}",
            { IsEnum: true } => string.Join('|', Enum.GetNames(held).Select(JsonNamingPolicy.SnakeCaseLower.ConvertName)),
            _ when held == typeof(string) => "text",
            _ when held == typeof(bool) => "true|false",
            _ when held == typeof(double) => "number",
            _ when IsOptions(held) => "object",
            _ => "whole number",
        };

    private static string Bounds(PropertyInfo property) =>
        property.GetCustomAttribute<RangeAttribute>() is not { } range
            ? ""
            : (Bound(range.Minimum), Bound(range.Maximum)) switch
            {
                (null, null) => "",
                ({ } low, null) => $", {(range.MinimumIsExclusive ? "above" : "at least")} {low}",
                (var low, var high) =>
                    $", {(range.MinimumIsExclusive ? "above" : "from")} {low} {(range.MaximumIsExclusive ? "to below" : "to")} {high}",
            };

    private static string? Bound(object bound) => bound is int.MaxValue or double.MaxValue ? null : JsonSerializer.Serialize(bound);

    private static string Default(object? value, Type held) =>
        value is not null && IsOptions(held) ? "as below" : JsonSerializer.Serialize(value, RecipeFile.Format);

    private static string Says(PropertyInfo property)
    {
        Type owner = property.DeclaringType ?? throw new InvalidOperationException($"{property.Name} belongs to no type.");
        return Documentation(owner, $"P:{owner.FullName}.{property.Name}", "summary")
            ?? Documentation(owner, $"T:{owner.FullName}", "param", property.Name)
            ?? "";
    }

    private static string? Documentation(Type owner, string member, string element, string? name = null)
    {
        XElement? documented = Documents(owner.Assembly)
            .Descendants("member")
            .FirstOrDefault(entry => entry.Attribute("name")?.Value == member);
        XElement? found = documented?.Elements(element).FirstOrDefault(entry => name is null || entry.Attribute("name")?.Value == name);
        return found is null ? null : Blanks().Replace(string.Concat(found.Nodes().Select(Text)), " ").Trim();
    }

    private static string Text(XNode node) =>
        node switch
        {
            XText text => text.Value,
            XElement { Name.LocalName: "see" or "paramref" } reference => Referenced(
                (reference.Attribute("cref") ?? reference.Attribute("name"))?.Value ?? ""
            ),
            XElement other => string.Concat(other.Nodes().Select(Text)),
            _ => "",
        };

    /// <summary>A property as the field it is; a type by its name.</summary>
    private static string Referenced(string name)
    {
        string last = name[(name.LastIndexOf('.') + 1)..];
        return name.StartsWith("T:", StringComparison.Ordinal) ? last : JsonNamingPolicy.SnakeCaseLower.ConvertName(last);
    }

    private static XDocument Documents(Assembly assembly)
    {
        string path = Path.Combine(AppContext.BaseDirectory, $"{assembly.GetName().Name}.xml");
        return File.Exists(path)
            ? XDocument.Load(path)
            : throw new FileNotFoundException(
                $"{path} is missing; every build writes it beside the program, and the descriptions of fields are read from it.",
                path
            );
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();
}
