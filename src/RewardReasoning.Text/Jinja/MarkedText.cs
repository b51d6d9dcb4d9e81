using System.Text;

namespace RewardReasoning.Text.Jinja;

/// <summary>
/// A string of a template that remembers which of its characters came out of messages. Only the others can form control tokens.
/// Every operation on strings keeps the marks; comparisons ignore them, so a template renders the same text with and without.
/// </summary>
internal sealed class MarkedText
{
    /// <summary>The longest text a template may make.</summary>
    public const int LongestLength = 1 << 26;

    /// <summary>No characters.</summary>
    public static readonly MarkedText Empty = new("", []);

    private readonly (int Start, int End)[] _untrusted;

    internal MarkedText(string value, (int Start, int End)[] untrusted)
    {
        Value = value;
        _untrusted = untrusted;
    }

    /// <summary>The characters.</summary>
    public string Value { get; }

    /// <summary>The stretches that came out of messages, in order and apart from one another.</summary>
    public IReadOnlyList<(int Start, int End)> Untrusted => _untrusted;

    /// <summary>Text of the template itself or of its options.</summary>
    public static MarkedText Trust(string value) => new(value, []);

    /// <summary>Text out of a message.</summary>
    public static MarkedText Distrust(string value) => new(value, value.Length == 0 ? [] : [(0, value.Length)]);

    /// <summary>Text out of a message, but for every occurrence of some strings.</summary>
    public static MarkedText DistrustAllBut(string value, IEnumerable<string> trusted)
    {
        (int Start, int End)[] kept = [.. trusted.SelectMany(t => Occurrences(value, t)).Order()];
        List<(int Start, int End)> untrusted = [];
        int at = 0;
        foreach ((int start, int end) in kept)
        {
            if (start > at)
            {
                untrusted.Add((at, start));
            }

            at = Math.Max(at, end);
        }

        if (at < value.Length)
        {
            untrusted.Add((at, value.Length));
        }

        return new MarkedText(value, [.. untrusted]);
    }

    /// <summary>A part of the text, marks included.</summary>
    public MarkedText Slice(int start, int end)
    {
        if (start >= end)
        {
            return Empty;
        }

        List<(int, int)> marks = [];
        foreach ((int from, int to) in _untrusted)
        {
            int first = Math.Max(from, start);
            int last = Math.Min(to, end);
            if (first < last)
            {
                marks.Add((first - start, last - start));
            }
        }

        return new MarkedText(Value[start..end], [.. marks]);
    }

    /// <summary>One text after the other.</summary>
    public static MarkedText Concat(MarkedText first, MarkedText second)
    {
        MarkedTextBuilder builder = new();
        builder.Append(first);
        builder.Append(second);
        return builder.ToText();
    }

    /// <summary>
    /// The same marks on other characters, for changes of case; wholly marked where the length changed and any mark was there.
    /// </summary>
    public MarkedText WithValue(string value) =>
        value.Length == Value.Length ? new MarkedText(value, _untrusted)
        : _untrusted.Length == 0 ? Trust(value)
        : Distrust(value);

    /// <inheritdoc/>
    public override string ToString() => Value;

    /// <summary>Where a string occurs, without overlaps.</summary>
    public static IEnumerable<(int Start, int End)> Occurrences(string text, string part)
    {
        int from = 0;
        while (part.Length > 0 && text.IndexOf(part, from, StringComparison.Ordinal) is >= 0 and int at)
        {
            from = at + part.Length;
            yield return (at, from);
        }
    }
}

/// <summary>Puts a <see cref="MarkedText"/> together.</summary>
internal sealed class MarkedTextBuilder
{
    private readonly StringBuilder _value = new();
    private readonly List<(int Start, int End)> _untrusted = [];

    /// <summary>Adds a text with its marks.</summary>
    public MarkedTextBuilder Append(MarkedText text)
    {
        foreach ((int start, int end) in text.Untrusted)
        {
            Mark(_value.Length + start, _value.Length + end);
        }

        return Add(text.Value);
    }

    /// <summary>Adds characters of the template.</summary>
    public MarkedTextBuilder Append(string value) => Add(value);

    /// <summary>Adds characters that are as trusted as those of <paramref name="like"/> between two places.</summary>
    public MarkedTextBuilder Append(string value, MarkedText like, int start, int end)
    {
        if (like.Untrusted.Any(mark => mark.Start < end && mark.End > start))
        {
            Mark(_value.Length, _value.Length + value.Length);
        }

        return Add(value);
    }

    /// <summary>What was put together so far.</summary>
    public MarkedText ToText() => new(_value.ToString(), [.. _untrusted]);

    private MarkedTextBuilder Add(string value)
    {
        if (_value.Length + (long)value.Length > MarkedText.LongestLength)
        {
            throw new ChatTemplateException($"The chat template makes a text of more than {MarkedText.LongestLength} characters.");
        }

        _value.Append(value);
        return this;
    }

    private void Mark(int start, int end)
    {
        if (_untrusted.Count > 0 && _untrusted[^1].End == start)
        {
            _untrusted[^1] = (_untrusted[^1].Start, end);
        }
        else if (end > start)
        {
            _untrusted.Add((start, end));
        }
    }
}
