using System.Globalization;
using System.Text.Json;

namespace RewardReasoning.Recipes;

/// <summary>
/// Writes the names and values of options in the user's own notation: fields of a recipe (<c>judge.votes</c>), options of the command
/// line (<c>--votes</c>), or members of C# (<c>Judge.Votes</c>).
/// </summary>
internal sealed class OptionNames
{
    private readonly Func<string, string> _convert;
    private readonly string _before;
    private readonly string _between;

    private OptionNames(Func<string, string> convert, string before, string between)
    {
        _convert = convert;
        _before = before;
        _between = between;
    }

    /// <summary>Fields of a recipe: <c>judge.votes</c>.</summary>
    public static OptionNames RecipeFields { get; } = new(JsonNamingPolicy.SnakeCaseLower.ConvertName, "", ".");

    /// <summary>Options of the command line: <c>--votes</c>; an option inside another one is joined to it with a hyphen.</summary>
    public static OptionNames CommandLine { get; } = new(JsonNamingPolicy.KebabCaseLower.ConvertName, "--", "-");

    /// <summary>Members of C#: <c>Judge.Votes</c>.</summary>
    public static OptionNames Members { get; } = new(name => name, "", ".");

    /// <summary>The name of a member, or of a member inside other members.</summary>
    /// <param name="path">C# names from the outside in, such as <c>nameof(Recipe.Judge), nameof(Judge.Votes)</c>.</param>
    public string this[params string[] path] => _before + string.Join(_between, path.Select(_convert));

    /// <summary>The same notation, with other names for some members.</summary>
    /// <param name="names">C# names with the words in the user's notation.</param>
    public OptionNames With(IReadOnlyDictionary<string, string> names) =>
        new(name => names.TryGetValue(name, out string? given) ? given : _convert(name), _before, _between);

    /// <summary>The names of the members of the options that <paramref name="member"/> holds.</summary>
    /// <param name="member">C# name of the member.</param>
    /// <param name="index">Position in a list; null where the member is not a list.</param>
    public OptionNames Inside(string member, int? index = null)
    {
        ArgumentNullException.ThrowIfNull(member);
        string position = index is { } number ? string.Create(CultureInfo.InvariantCulture, $"[{number}]") : "";
        return new OptionNames(_convert, this[member] + position + _between, _between);
    }

    /// <summary>A value: words of enumerations in the notation, numbers with a point, "missing" for null.</summary>
    public string Value(object? value) =>
        value switch
        {
            null => "missing",
            bool flag => flag ? "true" : "false",
            Enum word => _convert(word.ToString()),
            string text => $"'{text}'",
            IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
            _ => value.ToString() ?? "",
        };
}
