using System.Numerics;
using System.Text;

namespace RewardReasoning.Text.Jinja;

/// <summary>Operators on values, with Python's meaning.</summary>
internal static class JinjaOperators
{
    /// <summary>Whether a value counts as true.</summary>
    public static bool Truth(object? value) =>
        value switch
        {
            null or JinjaUndefined => false,
            bool flag => flag,
            long number => number != 0,
            double number => number != 0,
            BigInteger number => !number.IsZero,
            MarkedText text => text.Value.Length > 0,
            List<object?> list => list.Count > 0,
            JinjaDictionary dictionary => dictionary.Count > 0,
            _ => true,
        };

    /// <summary><c>==</c>.</summary>
    public static bool Equal(object? left, object? right) =>
        (left, right) switch
        {
            (null, null) => true,
            (MarkedText a, MarkedText b) => a.Value == b.Value,
            (List<object?> a, List<object?> b) => a.Count == b.Count && a.Zip(b).All(pair => Equal(pair.First, pair.Second)),
            (JinjaDictionary a, JinjaDictionary b) => a.Count == b.Count
                && a.Entries.All(entry => b.TryGet(entry.Key.Value, out object? other) && Equal(entry.Value, other)),
            (JinjaUndefined, JinjaUndefined) => true,
            _ when AsInteger(left) is { } a && AsInteger(right) is { } b => a == b,
            _ when AsFloat(left) is { } a && AsFloat(right) is { } b => a.Equals(b),
            _ => ReferenceEquals(left, right),
        };

    /// <summary>Less than zero where <paramref name="left"/> comes first; fails on values that have no order.</summary>
    public static int Compare(object? left, object? right) =>
        (left, right) switch
        {
            (MarkedText a, MarkedText b) => CompareCodePoints(a.Value, b.Value),
            _ when AsInteger(left) is { } a && AsInteger(right) is { } b => a.CompareTo(b),
            _ when AsFloat(left) is { } a && AsFloat(right) is { } b => a.CompareTo(b),
            (List<object?> a, List<object?> b) => CompareLists(a, b),
            _ => throw new JinjaFailure($"{PythonText.TypeName(left)} and {PythonText.TypeName(right)} cannot be ordered"),
        };

    /// <summary><c>in</c>.</summary>
    public static bool Contains(object? container, object? item) =>
        container switch
        {
            MarkedText text => item is MarkedText part
                ? text.Value.Contains(part.Value, StringComparison.Ordinal)
                : throw new JinjaFailure($"'in' of a string needs a string on its left, found {PythonText.TypeName(item)}"),
            List<object?> list => list.Exists(other => Equal(other, item)),
            JinjaDictionary dictionary => item is MarkedText key && dictionary.Contains(key.Value),
            JinjaUndefined => false,
            _ => throw new JinjaFailure($"'in' needs a string, list or mapping on its right, found {PythonText.TypeName(container)}"),
        };

    /// <summary>An arithmetic operator or <c>~</c>.</summary>
    public static object? Apply(string symbol, object? left, object? right)
    {
        if (symbol == "~")
        {
            return MarkedText.Concat(PythonText.Str(left), PythonText.Str(right));
        }

        return (symbol, left, right) switch
        {
            ("+", MarkedText a, MarkedText b) => MarkedText.Concat(a, b),
            ("+", List<object?> a, List<object?> b) => CheckLength([.. a, .. b]),
            ("*", MarkedText a, long times) => Repeat(a, times),
            ("*", long times, MarkedText a) => Repeat(a, times),
            (not "/", _, _) when AsInteger(left) is { } a && AsInteger(right) is { } b && (symbol != "**" || b >= 0) => Integers(
                symbol,
                a,
                b
            ),
            _ when AsFloat(left) is { } a && AsFloat(right) is { } b => Floats(symbol, a, b),
            _ => throw new JinjaFailure($"'{symbol}' cannot be applied to {PythonText.TypeName(left)} and {PythonText.TypeName(right)}"),
        };
    }

    /// <summary>The number with or without its sign changed.</summary>
    public static object Sign(bool negative, object? value) =>
        value switch
        {
            double number => negative ? -number : number,
            _ when AsInteger(value) is { } number => Normalize(negative ? -number : number),
            _ => throw new JinjaFailure($"a sign was put before {PythonText.TypeName(value)}; it must be a number"),
        };

    /// <summary>The items of something that can be gone through: a list's items, a mapping's keys, a string's characters.</summary>
    public static IReadOnlyList<object?> Items(object? value) =>
        value switch
        {
            List<object?> list => list,
            JinjaDictionary dictionary => [.. dictionary.Entries.Select(entry => (object?)entry.Key)],
            MarkedText text => [.. Characters(text)],
            JinjaUndefined => [],
            _ => throw new JinjaFailure($"{PythonText.TypeName(value)} cannot be gone through; it must be a list, mapping or string"),
        };

    /// <summary>Python's <c>len</c>; strings count code points.</summary>
    public static long Length(object? value) =>
        value switch
        {
            MarkedText text => text.Value.Length - text.Value.Where((unit, i) => i > 0 && IsPair(text.Value, i - 1)).LongCount(),
            List<object?> list => list.Count,
            JinjaDictionary dictionary => dictionary.Count,
            JinjaUndefined => 0,
            _ => throw new JinjaFailure($"{PythonText.TypeName(value)} has no length"),
        };

    /// <summary>A list as long as Python's <c>slice</c> makes it; of a string, a string.</summary>
    public static object? Slice(object? value, long? start, long? stop, long? step)
    {
        if (step == 0)
        {
            throw new JinjaFailure("a slice's step must not be 0");
        }

        if (value is JinjaUndefined undefined)
        {
            throw new JinjaFailure(undefined.Reason);
        }

        if (value is not (MarkedText or List<object?>))
        {
            throw new JinjaFailure($"{PythonText.TypeName(value)} cannot be sliced");
        }

        long by = step ?? 1;
        if (by == 1 && value is MarkedText text && !text.Value.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF'))
        {
            return text.Slice((int)Bound(start, 0, text.Value.Length, by), (int)Bound(stop, text.Value.Length, text.Value.Length, by));
        }

        IReadOnlyList<object?> items = Items(value);
        List<object?> taken = [];
        long from = Bound(start, by > 0 ? 0 : items.Count - 1, items.Count, by);
        long to = Bound(stop, by > 0 ? items.Count : -1, items.Count, by);
        for (long i = from; by > 0 ? i < to : i > to; i += by)
        {
            taken.Add(items[(int)i]);
        }

        return value is MarkedText ? Join(taken) : taken;
    }

    /// <summary>The number as an integer where Python counts it as one.</summary>
    public static BigInteger? AsInteger(object? value) =>
        value switch
        {
            long number => number,
            bool flag => flag ? 1 : 0,
            BigInteger number => number,
            _ => null,
        };

    /// <summary>A value for an integer of any size.</summary>
    public static object Normalize(BigInteger value) => value >= long.MinValue && value <= long.MaxValue ? (object)(long)value : value;

    /// <summary>The number as a float.</summary>
    public static double? AsFloat(object? value) =>
        value is double number ? number
        : AsInteger(value) is { } integer ? (double)integer
        : null;

    private static int CompareLists(List<object?> left, List<object?> right)
    {
        foreach ((object? a, object? b) in left.Zip(right))
        {
            if (!Equal(a, b))
            {
                return Compare(a, b);
            }
        }

        return left.Count.CompareTo(right.Count);
    }

    private static object Integers(string symbol, BigInteger a, BigInteger b)
    {
        if (symbol is "//" or "%" && b.IsZero)
        {
            throw new JinjaFailure("a number is divided by zero");
        }

        if (symbol == "**" && (b > 1024 || BigInteger.Abs(a) > long.MaxValue))
        {
            throw new JinjaFailure($"{a} ** {b} is too large");
        }

        // Python rounds quotients down, so the remainder has the divisor's sign.
        BigInteger remainder = symbol is "//" or "%" ? ((a % b) + b) % b : 0;
        BigInteger result = symbol switch
        {
            "+" => a + b,
            "-" => a - b,
            "*" => a * b,
            "//" => (a - remainder) / b,
            "%" => remainder,
            "**" => BigInteger.Pow(a, (int)b),
            _ => throw new JinjaFailure($"the operator '{symbol}' is not known"),
        };
        return result.GetBitLength() <= 1 << 16 ? Normalize(result) : throw new JinjaFailure("a number is too large");
    }

    private static double Floats(string symbol, double a, double b)
    {
        if (symbol is "/" or "//" or "%" && b == 0)
        {
            throw new JinjaFailure("a number is divided by zero");
        }

        return symbol switch
        {
            "+" => a + b,
            "-" => a - b,
            "*" => a * b,
            "/" => a / b,
            "//" => Math.Floor(a / b),
            "%" => a - (b * Math.Floor(a / b)),
            "**" => Math.Pow(a, b),
            _ => throw new JinjaFailure($"the operator '{symbol}' is not known"),
        };
    }

    private static MarkedText Repeat(MarkedText text, long times)
    {
        if (times > 0 && text.Value.Length > MarkedText.LongestLength / times)
        {
            throw new JinjaFailure($"a string of {text.Value.Length} characters is repeated {times} times, which is too long");
        }

        MarkedTextBuilder builder = new();
        for (long i = 0; i < times && text.Value.Length > 0; i++)
        {
            builder.Append(text);
        }

        return builder.ToText();
    }

    private static List<object?> CheckLength(List<object?> list) =>
        list.Count <= 1_000_000 ? list : throw new JinjaFailure("a list has more than 1,000,000 items");

    private static long Bound(long? given, long otherwise, long count, long step)
    {
        if (given is not { } at)
        {
            return otherwise;
        }

        at += at < 0 ? count : 0;
        return step > 0 ? Math.Clamp(at, 0, count) : Math.Clamp(at, -1, count - 1);
    }

    private static MarkedText Join(List<object?> characters)
    {
        MarkedTextBuilder builder = new();
        foreach (MarkedText character in characters.OfType<MarkedText>())
        {
            builder.Append(character);
        }

        return builder.ToText();
    }

    private static IEnumerable<MarkedText> Characters(MarkedText text)
    {
        for (int at = 0; at < text.Value.Length; )
        {
            int end = at + (IsPair(text.Value, at) ? 2 : 1);
            yield return text.Slice(at, end);
            at = end;
        }
    }

    private static bool IsPair(string text, int at) => at + 1 < text.Length && char.IsSurrogatePair(text[at], text[at + 1]);

    private static int CompareCodePoints(string left, string right)
    {
        StringRuneEnumerator a = left.EnumerateRunes();
        StringRuneEnumerator b = right.EnumerateRunes();
        while (a.MoveNext())
        {
            if (!b.MoveNext())
            {
                return 1;
            }

            if (a.Current != b.Current)
            {
                return a.Current.CompareTo(b.Current);
            }
        }

        return b.MoveNext() ? -1 : 0;
    }
}
