using System.Buffers;
using System.Text;

namespace RewardReasoning.Text.Tokenization;

/// <summary>
/// Rewrites a split pattern from the syntax of the reference (Oniguruma) to .NET's. A possessive quantifier (<c>?+</c>, <c>*+</c>,
/// <c>++</c>) keeps what it matched, as the atomic group <c>(?>…)</c> does; a plus behind <c>{n,m}</c> is in Oniguruma no possessive but
/// repeats the whole.
/// </summary>
internal static class OnigurumaPattern
{
    private static readonly SearchValues<char> CountCharacters = SearchValues.Create("0123456789,");

    /// <summary>The pattern for .NET; the same text where nothing is to be changed.</summary>
    public static string ToNet(string pattern)
    {
        StringBuilder net = new(pattern.Length);
        Stack<int> groups = new();
        int atom = 0; // where the last thing that a quantifier can stand behind begins
        for (int at = 0; at < pattern.Length; )
        {
            int length = LengthOfItem(pattern, at);
            char first = pattern[at];
            if (IsQuantifier(pattern, at, length))
            {
                net.Append(pattern, at, length);
                at += length;
                if (at < pattern.Length && pattern[at] == '+')
                {
                    net.Insert(atom, first == '{' ? "(?:" : "(?>").Append(first == '{' ? ")+" : ")");
                    at++;
                }
                else if (at < pattern.Length && pattern[at] == '?')
                {
                    net.Append('?');
                    at++;
                }

                continue;
            }

            switch (first)
            {
                case '(':
                    groups.Push(net.Length);
                    break;
                case ')':
                    atom = groups.TryPop(out int opened) ? opened : net.Length;
                    break;
                default:
                    atom = net.Length;
                    break;
            }

            net.Append(pattern, at, length);
            at += length;
        }

        return net.ToString();
    }

    /// <summary>Length of an escape, a class, the beginning of a group, a counted repetition, or a single character.</summary>
    private static int LengthOfItem(string pattern, int at) =>
        pattern[at] switch
        {
            '\\' => LengthOfEscape(pattern, at),
            '[' => LengthOfClass(pattern, at),
            '(' when at + 1 < pattern.Length && pattern[at + 1] == '?' => 2,
            '{' when pattern.IndexOf('}', at) is > 0 and int end && IsCount(pattern.AsSpan(at + 1, end - at - 1)) => end - at + 1,
            _ => 1,
        };

    private static bool IsQuantifier(string pattern, int at, int length) =>
        pattern[at] is '?' or '*' or '+' || (pattern[at] == '{' && length > 1);

    private static bool IsCount(ReadOnlySpan<char> inside) => inside.Length > 0 && !inside.ContainsAnyExcept(CountCharacters);

    private static int LengthOfEscape(string pattern, int at)
    {
        if (at + 1 == pattern.Length)
        {
            return 1;
        }

        bool braced = pattern[at + 1] is 'p' or 'P' or 'x' && at + 2 < pattern.Length && pattern[at + 2] == '{';
        int digits = pattern[at + 1] switch
        {
            'x' => 2,
            'u' => 4,
            _ => 0,
        };
        int length =
            braced && pattern.IndexOf('}', at) is > 0 and int end ? end - at + 1
            : digits > 0 ? 2 + digits
            : 2;
        return Math.Min(length, pattern.Length - at);
    }

    private static int LengthOfClass(string pattern, int at)
    {
        int i = at + 1;
        i += i < pattern.Length && pattern[i] == '^' ? 1 : 0;
        i += i < pattern.Length && pattern[i] == ']' ? 1 : 0;
        while (i < pattern.Length && pattern[i] != ']')
        {
            i += pattern[i] == '\\' ? 2 : 1;
        }

        return Math.Min(i + 1, pattern.Length) - at;
    }
}
