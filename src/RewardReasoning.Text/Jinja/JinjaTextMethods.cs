using System.Globalization;

namespace RewardReasoning.Text.Jinja;

/// <summary>Python's methods of strings, with the marks kept.</summary>
internal static class JinjaTextMethods
{
    /// <summary>The method of a name bound to a text, or null where it is not known.</summary>
    public static JinjaFunction? Find(MarkedText text, string name)
    {
        Func<JinjaCall, object?>? body = name switch
        {
            "strip" => call => Strip(text, call.Text(0, "chars")?.Value, left: true, right: true),
            "lstrip" => call => Strip(text, call.Text(0, "chars")?.Value, left: true, right: false),
            "rstrip" => call => Strip(text, call.Text(0, "chars")?.Value, left: false, right: true),
            "split" => call => Split(text, call.Text(0, "sep")?.Value, call.Integer(1, "maxsplit") ?? -1),
            "rsplit" => call => SplitFromRight(text, call.Text(0, "sep")?.Value, call.Integer(1, "maxsplit") ?? -1),
            "splitlines" => _ => SplitLines(text),
            "startswith" => call => Affixes(call).Any(a => text.Value.StartsWith(a, StringComparison.Ordinal)),
            "endswith" => call => Affixes(call).Any(a => text.Value.EndsWith(a, StringComparison.Ordinal)),
            "removeprefix" => call =>
                call.RequireText(0, "prefix").Value is { } prefix && text.Value.StartsWith(prefix, StringComparison.Ordinal)
                    ? text.Slice(prefix.Length, text.Value.Length)
                    : text,
            "removesuffix" => call =>
                call.RequireText(0, "suffix").Value is { } suffix && text.Value.EndsWith(suffix, StringComparison.Ordinal)
                    ? text.Slice(0, text.Value.Length - suffix.Length)
                    : text,
            "replace" => call =>
                Replace(text, call.RequireText(0, "old").Value, call.RequireText(1, "new"), call.Integer(2, "count") ?? -1),
            "find" => call => (long)text.Value.IndexOf(call.RequireText(0, "sub").Value, StringComparison.Ordinal),
            "count" => call => (long)MarkedText.Occurrences(text.Value, call.RequireText(0, "sub").Value).Count(),
            "join" => call => Join(text, call.Require(0, "iterable")),
            "upper" => _ => Upper(text),
            "lower" => _ => Lower(text),
            "title" => _ => Title(text),
            "capitalize" => _ => Capitalize(text),
            "isdigit" => _ => text.Value.Length > 0 && text.Value.All(char.IsDigit),
            "isspace" => _ => text.Value.Length > 0 && text.Value.All(PythonText.IsSpace),
            "isupper" => _ => text.Value.Any(char.IsUpper) && !text.Value.Any(char.IsLower),
            "islower" => _ => text.Value.Any(char.IsLower) && !text.Value.Any(char.IsUpper),
            _ => null,
        };
        return body is null
            ? null
            : new JinjaFunction(
                name,
                call =>
                {
                    call.Allow(Parameters(name));
                    return body(call);
                }
            );
    }

    /// <summary>The text without white space, or without given characters, at its ends.</summary>
    public static MarkedText Strip(MarkedText text, string? characters, bool left = true, bool right = true)
    {
        int start = 0;
        int end = text.Value.Length;
        while (left && start < end && Strips(text.Value[start], characters))
        {
            start++;
        }

        while (right && end > start && Strips(text.Value[end - 1], characters))
        {
            end--;
        }

        return text.Slice(start, end);
    }

    /// <summary>The text with the first occurrences of a string replaced; all of them where <paramref name="most"/> is negative.</summary>
    public static MarkedText Replace(MarkedText text, string old, MarkedText by, long most)
    {
        if (old.Length == 0)
        {
            throw new JinjaFailure("'replace' needs a string that is not empty");
        }

        MarkedTextBuilder builder = new();
        int at = 0;
        foreach ((int start, int end) in MarkedText.Occurrences(text.Value, old).TakeWhile((_, i) => most < 0 || i < most))
        {
            builder.Append(text.Slice(at, start)).Append(by);
            at = end;
        }

        return builder.Append(text.Slice(at, text.Value.Length)).ToText();
    }

    /// <summary>The items as strings with a text between them.</summary>
    public static MarkedText Join(MarkedText separator, object? items)
    {
        MarkedTextBuilder builder = new();
        bool any = false;
        foreach (object? item in JinjaOperators.Items(items))
        {
            builder.Append(any ? separator : MarkedText.Empty).Append(PythonText.Str(item));
            any = true;
        }

        return builder.ToText();
    }

    /// <summary>In upper case.</summary>
    public static MarkedText Upper(MarkedText text) => text.WithValue(text.Value.ToUpperInvariant());

    /// <summary>In lower case.</summary>
    public static MarkedText Lower(MarkedText text) => text.WithValue(text.Value.ToLowerInvariant());

    /// <summary>Every word with a capital.</summary>
    public static MarkedText Title(MarkedText text) =>
        text.WithValue(CultureInfo.InvariantCulture.TextInfo.ToTitleCase(text.Value.ToLowerInvariant()));

    /// <summary>The first letter a capital, the others not.</summary>
    public static MarkedText Capitalize(MarkedText text) =>
        text.Value.Length == 0 ? text : text.WithValue(text.Value[..1].ToUpperInvariant() + text.Value[1..].ToLowerInvariant());

    private static string[] Parameters(string method) =>
        method switch
        {
            "strip" or "lstrip" or "rstrip" => ["chars"],
            "split" or "rsplit" => ["sep", "maxsplit"],
            "startswith" or "endswith" or "removeprefix" => ["prefix"],
            "removesuffix" => ["suffix"],
            "replace" => ["old", "new", "count"],
            "find" or "count" => ["sub"],
            "join" => ["iterable"],
            _ => [],
        };

    private static bool Strips(char unit, string? characters) => characters is null ? PythonText.IsSpace(unit) : characters.Contains(unit);

    private static IEnumerable<string> Affixes(JinjaCall call) =>
        call.Require(0, "prefix") switch
        {
            MarkedText one => [one.Value],
            List<object?> several => several.OfType<MarkedText>().Select(t => t.Value),
            var other => throw new JinjaFailure($"'{call.Name}' needs a string, found {PythonText.TypeName(other)}"),
        };

    private static List<object?> Split(MarkedText text, string? separator, long most)
    {
        if (separator is null)
        {
            return SplitAtSpace(text, most);
        }

        if (separator.Length == 0)
        {
            throw new JinjaFailure("'split' needs a separator that is not empty");
        }

        List<object?> parts = [];
        int at = 0;
        foreach ((int start, int end) in MarkedText.Occurrences(text.Value, separator).TakeWhile((_, i) => most < 0 || i < most))
        {
            parts.Add(text.Slice(at, start));
            at = end;
        }

        parts.Add(text.Slice(at, text.Value.Length));
        return parts;
    }

    private static List<object?> SplitAtSpace(MarkedText text, long most)
    {
        List<object?> parts = [];
        int at = 0;
        while (true)
        {
            while (at < text.Value.Length && PythonText.IsSpace(text.Value[at]))
            {
                at++;
            }

            if (at == text.Value.Length)
            {
                return parts;
            }

            int end = at;
            while (end < text.Value.Length && !PythonText.IsSpace(text.Value[end]))
            {
                end++;
            }

            if (most >= 0 && parts.Count >= most)
            {
                parts.Add(Strip(text.Slice(at, text.Value.Length), null, left: false));
                return parts;
            }

            parts.Add(text.Slice(at, end));
            at = end;
        }
    }

    private static List<object?> SplitFromRight(MarkedText text, string? separator, long most)
    {
        if (separator is null or "")
        {
            throw new JinjaFailure("'rsplit' needs a separator that is not empty");
        }

        List<object?> parts = [];
        int end = text.Value.Length;
        while (most < 0 || parts.Count < most)
        {
            int start = text.Value.AsSpan(0, end).LastIndexOf(separator, StringComparison.Ordinal);
            if (start < 0)
            {
                break;
            }

            parts.Add(text.Slice(start + separator.Length, end));
            end = start;
        }

        parts.Add(text.Slice(0, end));
        parts.Reverse();
        return parts;
    }

    private static List<object?> SplitLines(MarkedText text)
    {
        List<object?> lines = [];
        int at = 0;
        for (int i = 0; i < text.Value.Length; i++)
        {
            if (text.Value[i] is '\n' or '\r' or '\v' or '\f' or '\u001C' or '\u001D' or '\u001E' or '\u0085' or '\u2028' or '\u2029')
            {
                lines.Add(text.Slice(at, i));
                i += text.Value[i] == '\r' && i + 1 < text.Value.Length && text.Value[i + 1] == '\n' ? 1 : 0;
                at = i + 1;
            }
        }

        if (at < text.Value.Length)
        {
            lines.Add(text.Slice(at, text.Value.Length));
        }

        return lines;
    }
}
