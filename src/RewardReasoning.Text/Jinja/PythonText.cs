using System.Globalization;
using System.Numerics;

namespace RewardReasoning.Text.Jinja;

/// <summary>Values as Python writes them: <c>str</c>, <c>repr</c> and <c>json.dumps</c> with <c>ensure_ascii=False</c>.</summary>
internal static class PythonText
{
    /// <summary>A value's type as Python's error messages name it.</summary>
    public static string TypeName(object? value) =>
        value switch
        {
            null => "none",
            bool => "a Boolean",
            long or BigInteger or double => "a number",
            MarkedText => "a string",
            List<object?> => "a list",
            JinjaDictionary => "a mapping",
            JinjaUndefined undefined => $"undefined ({undefined.Reason})",
            JinjaFunction function => $"the function '{function.Name}'",
            _ => "an object",
        };

    /// <summary>Python's <c>str</c>.</summary>
    public static MarkedText Str(object? value)
    {
        if (value is MarkedText text)
        {
            return text;
        }

        MarkedTextBuilder builder = new();
        WriteRepr(value, builder, depth: 0);
        return builder.ToText();
    }

    /// <summary>Python's <c>json.dumps</c>; with an indent, over several lines.</summary>
    public static MarkedText Json(object? value, int? indent, bool sortKeys, string itemSeparator, string keySeparator)
    {
        MarkedTextBuilder builder = new();
        WriteJson(value, builder, new JsonLayout(indent, sortKeys, itemSeparator, keySeparator), depth: 0);
        return builder.ToText();
    }

    /// <summary>Whether Python's <c>str.strip</c> removes the character.</summary>
    public static bool IsSpace(char unit) => char.IsWhiteSpace(unit) || unit is >= '\u001C' and <= '\u001F';

    private static void WriteRepr(object? value, MarkedTextBuilder builder, int depth)
    {
        CheckDepth(depth);
        switch (value)
        {
            case null:
                builder.Append("None");
                break;
            case JinjaUndefined:
                break;
            case MarkedText text:
                WriteQuoted(text, builder);
                break;
            case List<object?> list:
                builder.Append("[");
                WriteItems(list, builder, ", ", item => WriteRepr(item, builder, depth + 1));
                builder.Append("]");
                break;
            case JinjaDictionary dictionary:
                builder.Append("{");
                WriteItems(
                    dictionary.Entries,
                    builder,
                    ", ",
                    entry =>
                    {
                        WriteQuoted(entry.Key, builder);
                        builder.Append(": ");
                        WriteRepr(entry.Value, builder, depth + 1);
                    }
                );
                builder.Append("}");
                break;
            case bool flag:
                builder.Append(flag ? "True" : "False");
                break;
            default:
                builder.Append(Number(value) ?? throw new JinjaFailure($"{TypeName(value)} cannot be printed"));
                break;
        }
    }

    private static void WriteQuoted(MarkedText text, MarkedTextBuilder builder)
    {
        char quote = text.Value.Contains('\'') && !text.Value.Contains('"') ? '"' : '\'';
        builder.Append(quote.ToString());
        WriteEscaped(
            text,
            builder,
            unit =>
                unit switch
                {
                    '\\' => @"\\",
                    '\n' => @"\n",
                    '\r' => @"\r",
                    '\t' => @"\t",
                    _ when unit == quote => "\\" + quote,
                    < ' ' or (>= '\u007F' and < '\u00A1') => $"\\x{(int)unit:x2}",
                    _ => null,
                }
        );
        builder.Append(quote.ToString());
    }

    private sealed record JsonLayout(int? Indent, bool SortKeys, string ItemSeparator, string KeySeparator);

    private static void WriteJson(object? value, MarkedTextBuilder builder, JsonLayout layout, int depth)
    {
        CheckDepth(depth);
        switch (value)
        {
            case null:
                builder.Append("null");
                break;
            case bool flag:
                builder.Append(flag ? "true" : "false");
                break;
            case MarkedText text:
                WriteJsonString(text, builder);
                break;
            case List<object?> list:
                WriteJsonItems("[", list, "]", builder, layout, depth, item => WriteJson(item, builder, layout, depth + 1));
                break;
            case JinjaDictionary dictionary:
                IEnumerable<(MarkedText Key, object? Value)> entries = layout.SortKeys
                    ? dictionary.Entries.OrderBy(e => e.Key.Value, StringComparer.Ordinal)
                    : dictionary.Entries;
                WriteJsonItems(
                    "{",
                    entries,
                    "}",
                    builder,
                    layout,
                    depth,
                    entry =>
                    {
                        WriteJsonString(entry.Key, builder);
                        builder.Append(layout.KeySeparator);
                        WriteJson(entry.Value, builder, layout, depth + 1);
                    }
                );
                break;
            default:
                builder.Append(Number(value) ?? throw new JinjaFailure($"{TypeName(value)} cannot be written as JSON"));
                break;
        }
    }

    private static void WriteJsonItems<T>(
        string open,
        IEnumerable<T> items,
        string close,
        MarkedTextBuilder builder,
        JsonLayout layout,
        int depth,
        Action<T> write
    )
    {
        builder.Append(open);
        bool any = false;
        foreach (T item in items)
        {
            builder.Append(any ? layout.ItemSeparator : "");
            NewLine(depth + 1);
            write(item);
            any = true;
        }

        if (any)
        {
            NewLine(depth);
        }

        builder.Append(close);

        void NewLine(int level)
        {
            if (layout.Indent is { } indent)
            {
                builder.Append("\n" + new string(' ', indent * level));
            }
        }
    }

    private static void WriteJsonString(MarkedText text, MarkedTextBuilder builder)
    {
        builder.Append("\"");
        WriteEscaped(
            text,
            builder,
            unit =>
                unit switch
                {
                    '"' => "\\\"",
                    '\\' => @"\\",
                    '\n' => @"\n",
                    '\r' => @"\r",
                    '\t' => @"\t",
                    '\b' => @"\b",
                    '\f' => @"\f",
                    < ' ' => $"\\u{(int)unit:x4}",
                    _ => null,
                }
        );
        builder.Append("\"");
    }

    private static void WriteEscaped(MarkedText text, MarkedTextBuilder builder, Func<char, string?> escape)
    {
        int from = 0;
        for (int i = 0; i < text.Value.Length; i++)
        {
            if (escape(text.Value[i]) is { } escaped)
            {
                builder.Append(text.Slice(from, i));
                builder.Append(escaped, text, i, i + 1);
                from = i + 1;
            }
        }

        builder.Append(text.Slice(from, text.Value.Length));
    }

    private static void WriteItems<T>(IEnumerable<T> items, MarkedTextBuilder builder, string separator, Action<T> write)
    {
        bool any = false;
        foreach (T item in items)
        {
            builder.Append(any ? separator : "");
            write(item);
            any = true;
        }
    }

    private static string? Number(object? value) =>
        value switch
        {
            long number => number.ToString(CultureInfo.InvariantCulture),
            BigInteger number => number.ToString(CultureInfo.InvariantCulture),
            double number => Float(number),
            _ => null,
        };

    /// <summary>The shortest digits that give the number back, with an exponent where Python has one.</summary>
    private static string Float(double value)
    {
        if (!double.IsFinite(value))
        {
            return double.IsNaN(value) ? "nan"
                : value > 0 ? "inf"
                : "-inf";
        }

        // 0.d1d2d3... times ten to the power of point.
        string[] parts = value.ToString("R", CultureInfo.InvariantCulture).TrimStart('-').Split('E');
        string[] sides = parts[0].Split('.');
        string all = sides[0] + (sides.Length > 1 ? sides[1] : "");
        string digits = all.TrimStart('0');
        int point =
            sides[0].Length - (all.Length - digits.Length) + (parts.Length > 1 ? int.Parse(parts[1], CultureInfo.InvariantCulture) : 0);
        digits = digits.TrimEnd('0');
        string sign = double.IsNegative(value) ? "-" : "";
        if (digits.Length == 0)
        {
            return sign + "0.0";
        }

        if (point is > -4 and <= 16)
        {
            string whole = point > 0 ? digits[..Math.Min(point, digits.Length)].PadRight(point, '0') : "0";
            string fraction =
                point >= digits.Length ? "0"
                : point > 0 ? digits[point..]
                : new string('0', -point) + digits;
            return $"{sign}{whole}.{fraction}";
        }

        string rest = digits.Length > 1 ? "." + digits[1..] : "";
        return $"{sign}{digits[0]}{rest}e{(point < 1 ? '-' : '+')}{Math.Abs(point - 1):00}";
    }

    private static void CheckDepth(int depth)
    {
        if (depth > 100)
        {
            throw new JinjaFailure("a value is nested more than 100 levels deep");
        }
    }
}
