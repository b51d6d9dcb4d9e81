using System.Buffers;
using System.Collections.Frozen;
using System.Globalization;
using System.Numerics;
using RewardReasoning.Verification.Arithmetic;

namespace RewardReasoning.Verification.Parsing;

/// <summary>Numbers in English words: "seven", "twenty-one", "three hundred and five", "two thirds", "one and a half", "a dozen".</summary>
internal static class NumberWords
{
    private const int MaxWords = 14;
    private static readonly SearchValues<char> Breaks = SearchValues.Create(".,;:!?");
    private static readonly char[] Marks = ['.', ',', ';', ':', '!', '?', '*', '(', ')', '"', '“', '”'];
    private const int MaxLength = 120;

    private static readonly FrozenDictionary<string, int> Small = new Dictionary<string, int>
    {
        ["zero"] = 0,
        ["one"] = 1,
        ["two"] = 2,
        ["three"] = 3,
        ["four"] = 4,
        ["five"] = 5,
        ["six"] = 6,
        ["seven"] = 7,
        ["eight"] = 8,
        ["nine"] = 9,
        ["ten"] = 10,
        ["eleven"] = 11,
        ["twelve"] = 12,
        ["thirteen"] = 13,
        ["fourteen"] = 14,
        ["fifteen"] = 15,
        ["sixteen"] = 16,
        ["seventeen"] = 17,
        ["eighteen"] = 18,
        ["nineteen"] = 19,
        ["twenty"] = 20,
        ["thirty"] = 30,
        ["forty"] = 40,
        ["fourty"] = 40,
        ["fifty"] = 50,
        ["sixty"] = 60,
        ["seventy"] = 70,
        ["eighty"] = 80,
        ["ninety"] = 90,
    }.ToFrozenDictionary();

    private static readonly FrozenDictionary<string, BigInteger> Scales = new Dictionary<string, BigInteger>
    {
        ["hundred"] = 100,
        ["thousand"] = 1000,
        ["lakh"] = 100_000,
        ["lakhs"] = 100_000,
        ["million"] = 1_000_000,
        ["millions"] = 1_000_000,
        ["crore"] = 10_000_000,
        ["crores"] = 10_000_000,
        ["billion"] = 1_000_000_000,
        ["billions"] = 1_000_000_000,
        ["trillion"] = 1_000_000_000_000,
        ["quadrillion"] = 1_000_000_000_000_000,
        ["dozen"] = 12,
        ["dozens"] = 12,
    }.ToFrozenDictionary();

    private static readonly FrozenDictionary<string, int> Parts = new Dictionary<string, int>
    {
        ["half"] = 2,
        ["halves"] = 2,
        ["third"] = 3,
        ["quarter"] = 4,
        ["fourth"] = 4,
        ["fifth"] = 5,
        ["sixth"] = 6,
        ["seventh"] = 7,
        ["eighth"] = 8,
        ["ninth"] = 9,
        ["tenth"] = 10,
        ["eleventh"] = 11,
        ["twelfth"] = 12,
        ["hundredth"] = 100,
        ["thousandth"] = 1000,
    }.ToFrozenDictionary();

    private static readonly FrozenDictionary<string, string> Ordinals = new Dictionary<string, string>
    {
        ["first"] = "one",
        ["second"] = "two",
        ["third"] = "three",
        ["fourth"] = "four",
        ["fifth"] = "five",
        ["sixth"] = "six",
        ["seventh"] = "seven",
        ["eighth"] = "eight",
        ["ninth"] = "nine",
        ["tenth"] = "ten",
        ["eleventh"] = "eleven",
        ["twelfth"] = "twelve",
        ["thirteenth"] = "thirteen",
        ["fourteenth"] = "fourteen",
        ["fifteenth"] = "fifteen",
        ["sixteenth"] = "sixteen",
        ["seventeenth"] = "seventeen",
        ["eighteenth"] = "eighteen",
        ["nineteenth"] = "nineteen",
        ["twentieth"] = "twenty",
        ["thirtieth"] = "thirty",
        ["fortieth"] = "forty",
        ["fiftieth"] = "fifty",
        ["sixtieth"] = "sixty",
        ["seventieth"] = "seventy",
        ["eightieth"] = "eighty",
        ["ninetieth"] = "ninety",
        ["hundredth"] = "hundred",
    }.ToFrozenDictionary();

    private static readonly FrozenSet<string> Places = FrozenSet.ToFrozenSet([
        "place",
        "position",
        "floor",
        "term",
        "row",
        "grade",
        "century",
        "day",
    ]);

    /// <summary>What a word after a number multiplies it by: million, lakh, dozen; null for other words.</summary>
    public static BigInteger? Scale(string word) => Scales.TryGetValue(word.ToLowerInvariant(), out BigInteger scale) ? scale : null;

    /// <summary>
    /// The number that a text begins with, and what follows it; null where it does not begin with one in words, or where the words do not
    /// form one number.
    /// </summary>
    public static (Fraction Value, string After)? Read(string text)
    {
        if (text.Length == 0 || !char.IsAsciiLetter(text[0]) || text.Length > MaxLength)
        {
            return null;
        }

        string[] words = text.Replace('-', ' ').Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (words is ["negative" or "minus", .. { Length: > 0 } positive])
        {
            return Read(string.Join(' ', positive)) is { } opposite ? (-opposite.Value, opposite.After) : null;
        }

        if (words is ["half", "a" or "an", var scaled, .. var behind] && Scale(scaled) is { } size)
        {
            return (new Fraction(size, 2), string.Join(' ', behind));
        }

        int at = 0;
        if (Whole(words, ref at) is not { } whole)
        {
            return null;
        }

        Fraction value = new(whole, 1);
        if (at < words.Length && PartOf(words[at]) is { } part && !(part > 20 && words[at].EndsWith('d')))
        {
            value = new Fraction(whole, part);
            at++;
        }
        else if (at + 2 < words.Length && words[at] is "and" && words[at + 1] is "a" or "one" && PartOf(words[at + 2]) is { } extra)
        {
            value += new Fraction(1, extra);
            at += 3;
        }

        return at > MaxWords ? null : (value, string.Join(' ', words[at..]));
    }

    /// <summary>The place that "3rd", "third" or "twenty-first" is; null for anything else, such as "one third".</summary>
    public static int? ReadOrdinal(string text)
    {
        if (text.Length is < 3 or > MaxLength)
        {
            return null;
        }

        string lower = text.ToLowerInvariant();
        lower = lower.StartsWith("the ", StringComparison.Ordinal) ? lower[4..] : lower;
        int blank = lower.LastIndexOf(' ');
        lower = blank > 0 && Places.Contains(lower[(blank + 1)..]) ? lower[..blank] : lower;
        if (lower.Length < 3)
        {
            return null;
        }

        if (char.IsAsciiDigit(lower[0]))
        {
            return
                lower[^2..] is "st" or "nd" or "rd" or "th"
                && int.TryParse(lower[..^2], NumberStyles.None, CultureInfo.InvariantCulture, out int number)
                ? number
                : null;
        }

        string[] words = lower.Split([' ', '-'], StringSplitOptions.RemoveEmptyEntries);
        return
            Ordinals.TryGetValue(words[^1], out string? cardinal)
            && (words.Length == 1 || words[^2].EndsWith("ty", StringComparison.Ordinal) || words[^2] is "hundred" or "thousand" or "and")
            && Read(string.Join(' ', [.. words[..^1], cardinal])) is ({ Denominator.IsOne: true } value, "")
            && value.Numerator <= int.MaxValue
            ? (int)value.Numerator
            : null;
    }

    /// <summary>
    /// The numbers that a sentence says in words, each with the words that belong to it. "one" counts only where it cannot be a pronoun or
    /// an article: after "exactly", "only", "just" or "is", and within a longer number.
    /// </summary>
    public static List<string> Find(string sentence)
    {
        List<string> found = [];
        string[] words = sentence.Split([' ', '\n', '\t'], StringSplitOptions.RemoveEmptyEntries);
        for (int i = 0; i < words.Length; )
        {
            int last = i;
            while (last < words.Length && last - i < MaxWords && BelongsToNumber(words[last], last > i))
            {
                last++;
                if (words[last - 1].AsSpan().ContainsAny(Breaks))
                {
                    break;
                }
            }

            string number = string.Join(' ', words[i..last]).Trim(Marks);
            if (number.EndsWith(" and", StringComparison.Ordinal))
            {
                number = number[..^4];
            }

            if (number.Length > 0 && Read(number) is (_, "") && !IsPronoun(words, i, number))
            {
                found.Add(number);
            }

            i = Math.Max(last, i + 1);
        }

        return found;
    }

    private static bool BelongsToNumber(string word, bool isInside)
    {
        string bare = word.Trim(Marks).ToLowerInvariant();
        return bare.Length > 0
            && (
                bare.Split('-').All(part => Small.ContainsKey(part) || Scales.ContainsKey(part) || PartOf(part) is not null)
                || bare is "minus" or "negative" or "a" or "an" or "half"
                || (isInside && bare is "and")
            );
    }

    private static bool IsPronoun(string[] words, int at, string number) =>
        number.Equals("one", StringComparison.OrdinalIgnoreCase)
        && !(
            at > 0
            && words[at - 1].ToLowerInvariant() is "exactly" or "only" or "just" or "is" or "are" or "equals" or "precisely" or "therefore"
        );

    private static int? PartOf(string word)
    {
        string lower = word.ToLowerInvariant();
        return Parts.TryGetValue(lower, out int part) || (lower.EndsWith('s') && Parts.TryGetValue(lower[..^1], out part)) ? part : null;
    }

    /// <summary>The whole number that words from a place on form; the place moves behind it.</summary>
    private static BigInteger? Whole(string[] words, ref int at)
    {
        BigInteger total = 0;
        BigInteger group = 0;
        int start = at;
        int last = int.MaxValue;
        for (; at < words.Length && at < MaxWords; at++)
        {
            string word = words[at].ToLowerInvariant();
            if (at == start && word is "a" or "an" && at + 1 < words.Length && Follows(words[at + 1]))
            {
                group = 1;
                last = 1;
            }
            else if (Small.TryGetValue(word, out int small))
            {
                // "twenty one" goes on, "one twenty" and "twenty thirty" do not.
                if (small >= last || (last < 20 && last != int.MaxValue) || (last is >= 20 and < 100 && small >= 10))
                {
                    return null;
                }

                group += small;
                last = small;
            }
            else if (word == "hundred" && last < 100)
            {
                group *= 100;
                last = 100;
            }
            else if (word != "hundred" && Scales.TryGetValue(word, out BigInteger scale) && at > start)
            {
                total = group.IsZero ? total * scale : total + (group * scale);
                group = 0;
                last = int.MaxValue;
            }
            else if (word != "and" || at == start || at + 1 == words.Length || !Small.ContainsKey(words[at + 1].ToLowerInvariant()))
            {
                break;
            }
        }

        return at == start ? null : total + group;

        static bool Follows(string next) => Scales.ContainsKey(next.ToLowerInvariant()) || PartOf(next) is not null;
    }
}
