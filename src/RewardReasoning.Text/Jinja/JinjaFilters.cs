using System.Globalization;
using System.Numerics;

namespace RewardReasoning.Text.Jinja;

/// <summary>The filters of <c>|</c>.</summary>
internal static class JinjaFilters
{
    /// <summary>The value that a filter makes.</summary>
    public static object? Apply(string name, object? value, JinjaCall call)
    {
        object? made = Run(name, value, call);

        // These pass their arguments on to a filter or test of their own.
        if (name is not ("map" or "select" or "reject" or "selectattr" or "rejectattr"))
        {
            call.Allow(Parameters(name));
        }

        return made;
    }

    private static string[] Parameters(string filter) =>
        filter switch
        {
            "trim" => ["chars"],
            "tojson" => ["ensure_ascii", "indent", "separators", "sort_keys"],
            "default" or "d" => ["default_value", "boolean"],
            "join" => ["d", "attribute"],
            "replace" => ["old", "new", "count"],
            "indent" => ["width", "first", "blank"],
            "int" or "float" => ["default"],
            "sort" => ["reverse", "case_sensitive", "attribute"],
            _ => [],
        };

    private static object? Run(string name, object? value, JinjaCall call) =>
        name switch
        {
            "trim" => JinjaTextMethods.Strip(PythonText.Str(value), call.Text(0, "chars")?.Value),
            "length" or "count" => JinjaOperators.Length(value),
            "tojson" => ToJson(value, call),
            "default" or "d" => value is JinjaUndefined
            || (JinjaOperators.Truth(call.Get(1, "boolean", false)) && !JinjaOperators.Truth(value))
                ? call.Get(0, "default_value", MarkedText.Empty)
                : value,
            "join" => Join(value, call),
            "upper" => JinjaTextMethods.Upper(PythonText.Str(value)),
            "lower" => JinjaTextMethods.Lower(PythonText.Str(value)),
            "title" => JinjaTextMethods.Title(PythonText.Str(value)),
            "capitalize" => JinjaTextMethods.Capitalize(PythonText.Str(value)),
            "replace" => JinjaTextMethods.Replace(
                PythonText.Str(value),
                call.RequireText(0, "old").Value,
                call.RequireText(1, "new"),
                call.Integer(2, "count") ?? -1
            ),
            "indent" => Indent(PythonText.Str(value), call),
            "string" => PythonText.Str(value),
            "safe" => value,
            "int" => ToInteger(value, call.Get(0, "default", 0L)),
            "float" => ToFloat(value, call.Get(0, "default", 0.0)),
            "abs" => JinjaOperators.AsFloat(value) is { } number
                ? value is double
                    ? Math.Abs(number)
                    : JinjaOperators.Normalize(BigInteger.Abs(JinjaOperators.AsInteger(value) ?? 0))
                : throw new JinjaFailure($"'abs' needs a number, found {PythonText.TypeName(value)}"),
            "first" => JinjaOperators.Items(value) is [var first, ..] ? first : new JinjaUndefined("there is no first item"),
            "last" => JinjaOperators.Items(value) is [.., var last] ? last : new JinjaUndefined("there is no last item"),
            "list" => JinjaOperators.Items(value).ToList(),
            "reverse" => value is MarkedText ? JinjaOperators.Slice(value, null, null, -1) : JinjaOperators.Items(value).Reverse().ToList(),
            "items" => Items(value),
            "dictsort" => Items(value)
                .OrderBy(pair => (JinjaOperators.Items(pair)[0] as MarkedText)?.Value, StringComparer.OrdinalIgnoreCase)
                .ToList(),
            "sort" => Sort(value, call),
            "unique" => Unique(JinjaOperators.Items(value)),
            "sum" => JinjaOperators.Items(value).Aggregate((object?)0L, (sum, item) => JinjaOperators.Apply("+", sum, item)),
            "min" => Extreme(value, sign: 1),
            "max" => Extreme(value, sign: -1),
            "map" => JinjaOperators.Items(value).Select(Mapping(call)).ToList(),
            "select" => JinjaOperators.Items(value).Where(Selection(call, attributeFirst: false)).ToList(),
            "reject" => JinjaOperators.Items(value).Where(item => !Selection(call, attributeFirst: false)(item)).ToList(),
            "selectattr" => JinjaOperators.Items(value).Where(Selection(call, attributeFirst: true)).ToList(),
            "rejectattr" => JinjaOperators.Items(value).Where(item => !Selection(call, attributeFirst: true)(item)).ToList(),
            _ => throw new JinjaFailure($"the filter '{name}' is not supported"),
        };

    private static MarkedText ToJson(object? value, JinjaCall call)
    {
        if (JinjaOperators.Truth(call.Get(0, "ensure_ascii", false)))
        {
            throw new JinjaFailure("'tojson' with ensure_ascii=true is not supported");
        }

        long? indent = call.Integer(1, "indent");
        if (indent is < 0 or > 16)
        {
            throw new JinjaFailure($"'tojson' has indent {indent}; it must lie between 0 and 16");
        }

        List<object?>? separators = call.Get(2, "separators") as List<object?>;
        string between =
            separators is [MarkedText item, _] ? item.Value
            : indent is null ? ", "
            : ",";
        string after = separators is [_, MarkedText key] ? key.Value : ": ";
        return PythonText.Json(value, (int?)indent, JinjaOperators.Truth(call.Get(3, "sort_keys", false)), between, after);
    }

    private static MarkedText Join(object? value, JinjaCall call)
    {
        IReadOnlyList<object?> items = JinjaOperators.Items(value);
        if (call.Get(1, "attribute") is { } attribute)
        {
            items = [.. items.Select(item => Path(item, attribute))];
        }

        return JinjaTextMethods.Join(call.Text(0, "d") ?? MarkedText.Empty, items.ToList());
    }

    private static MarkedText Indent(MarkedText text, JinjaCall call)
    {
        MarkedText margin = call.Get(0, "width", 4L) switch
        {
            long width and >= 0 and <= 1000 => MarkedText.Trust(new string(' ', (int)width)),
            MarkedText given => given,
            var other => throw new JinjaFailure($"'indent' needs a width of 0 to 1000 or a string, found {PythonText.Str(other)}"),
        };
        bool first = JinjaOperators.Truth(call.Get(1, "first", false));
        bool blank = JinjaOperators.Truth(call.Get(2, "blank", false));
        MarkedTextBuilder builder = new();
        int at = 0;
        for (int line = 0; at <= text.Value.Length; line++)
        {
            int end = text.Value.IndexOf('\n', at);
            end = end < 0 ? text.Value.Length : end;
            builder.Append(line == 0 ? "" : "\n");
            if (line == 0 ? first : blank || end > at)
            {
                builder.Append(margin);
            }

            builder.Append(text.Slice(at, end));
            at = end + 1;
        }

        return builder.ToText();
    }

    private static object? ToInteger(object? value, object? otherwise) =>
        value switch
        {
            long or BigInteger => value,
            bool flag => flag ? 1L : 0L,
            double number when Math.Abs(number) < 1e18 => (long)number,
            MarkedText text
                when long.TryParse(text.Value.Trim(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number) =>
                number,
            MarkedText text
                when double.TryParse(text.Value.Trim(), NumberStyles.Float, CultureInfo.InvariantCulture, out double number)
                    && Math.Abs(number) < 1e18 => (long)number,
            _ => otherwise,
        };

    private static object? ToFloat(object? value, object? otherwise) =>
        value switch
        {
            _ when JinjaOperators.AsFloat(value) is { } number => number,
            MarkedText text when double.TryParse(text.Value.Trim(), NumberStyles.Float, CultureInfo.InvariantCulture, out double number) =>
                number,
            _ => otherwise,
        };

    private static List<object?> Items(object? value) =>
        value switch
        {
            JinjaDictionary dictionary => dictionary.Entries.Select(e => (object?)new List<object?> { e.Key, e.Value }).ToList(),
            JinjaUndefined => [],
            _ => throw new JinjaFailure($"'items' needs a mapping, found {PythonText.TypeName(value)}"),
        };

    private static List<object?> Sort(object? value, JinjaCall call)
    {
        bool ignoreCase = !JinjaOperators.Truth(call.Get(1, "case_sensitive", false));
        object? attribute = call.Get(2, "attribute");
        Comparer<object?> order = Comparer<object?>.Create(JinjaOperators.Compare);
        object? Key(object? item)
        {
            object? key = attribute is null ? item : Path(item, attribute);
            return ignoreCase && key is MarkedText text ? JinjaTextMethods.Lower(text) : key;
        }

        IEnumerable<object?> items = JinjaOperators.Items(value);
        try
        {
            return JinjaOperators.Truth(call.Get(0, "reverse", false))
                ? [.. items.OrderByDescending(Key, order)]
                : [.. items.OrderBy(Key, order)];
        }
        catch (InvalidOperationException error) when (error.InnerException is JinjaFailure)
        {
            throw new JinjaFailure(error.InnerException.Message);
        }
    }

    private static List<object?> Unique(IReadOnlyList<object?> items)
    {
        List<object?> unique = [];
        foreach (object? item in items)
        {
            if (unique.Count > 10_000)
            {
                throw new JinjaFailure("'unique' is asked for more than 10,000 items");
            }

            if (!unique.Exists(known => JinjaOperators.Equal(known, item)))
            {
                unique.Add(item);
            }
        }

        return unique;
    }

    private static object? Extreme(object? value, int sign)
    {
        IReadOnlyList<object?> items = JinjaOperators.Items(value);
        return items.Count == 0
            ? new JinjaUndefined("there is no item")
            : items.Aggregate((best, item) => JinjaOperators.Compare(item, best) * sign < 0 ? item : best);
    }

    private static Func<object?, object?> Mapping(JinjaCall call)
    {
        if (call.Named.TryGetValue("attribute", out object? attribute))
        {
            bool hasDefault = call.Named.TryGetValue("default", out object? otherwise);
            return item => Path(item, attribute) is var found && found is JinjaUndefined && hasDefault ? otherwise : found;
        }

        string filter = call.RequireText(0, "filter").Value;
        JinjaCall inner = new(filter, [.. call.Positional.Skip(1)], call.Named);
        return item => Apply(filter, item, inner);
    }

    private static Func<object?, bool> Selection(JinjaCall call, bool attributeFirst)
    {
        object? attribute = attributeFirst ? call.Require(0, "attribute") : null;
        int test = attributeFirst ? 1 : 0;
        string? name = call.Text(test, "test")?.Value;
        JinjaCall inner = new(name ?? "", [.. call.Positional.Skip(test + 1)], call.Named);
        return item =>
        {
            object? value = attribute is null ? item : Path(item, attribute);
            return name is null ? JinjaOperators.Truth(value) : JinjaTests.Apply(name, value, inner);
        };
    }

    /// <summary>An attribute, or several one inside the other with dots between.</summary>
    private static object? Path(object? value, object? path) =>
        path is MarkedText names
            ? names
                .Value.Split('.')
                .Aggregate(
                    value,
                    (inner, name) =>
                        long.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out long index)
                            ? JinjaMembers.Item(inner, index)
                            : JinjaMembers.Item(inner, MarkedText.Trust(name))
                )
            : JinjaMembers.Item(value, path);
}
