using System.Collections.Frozen;
using System.Text;
using System.Text.RegularExpressions;
using RewardReasoning.Verification.Parsing;

namespace RewardReasoning.Verification;

/// <summary>Answers in words.</summary>
internal static partial class AnswerText
{
    private static readonly FrozenSet<string> Formatting = FrozenSet.ToFrozenSet([
        "text",
        "mbox",
        "textbf",
        "textit",
        "textrm",
        "mathrm",
        "mathbf",
        "mathit",
        "operatorname",
        "left",
        "right",
        "displaystyle",
        "quad",
        "qquad",
        "boxed",
        "fbox",
    ]);

    private const int MaxWordsOfAnswer = 4;
    private const int MaxSentence = 200;

    private static readonly string[] Openings = ["a ", "an ", "the ", "there is ", "there are "];
    private static readonly string[] Verbs = [" is ", " are ", " was ", " be "];
    private static readonly string[] Negations =
    [
        " not ",
        "n't ",
        " never ",
        " neither ",
        " nor ",
        " no ",
        " false that ",
        " either ",
        " or ",
    ];

    private static readonly FrozenSet<(string, string)> Opposites = FrozenSet.ToFrozenSet([
        ("true", "false"),
        ("yes", "no"),
        ("even", "odd"),
        ("increasing", "decreasing"),
        ("convergent", "divergent"),
        ("rational", "irrational"),
    ]);

    private static readonly FrozenDictionary<string, string> Synonyms = new Dictionary<string, string>
    {
        ["no solutions"] = "no solution",
        ["∅"] = "no solution",
        ["{}"] = "no solution",
        ["{ }"] = "no solution",
        ["empty set"] = "no solution",
        ["no solution exists"] = "no solution",
        ["no solutions exist"] = "no solution",
        ["no real solutions"] = "no solution",
        ["no real solution"] = "no solution",
        ["no real roots"] = "no solution",
        ["no integer solutions"] = "no solution",
        ["dne"] = "does not exist",
        ["doesn't exist"] = "does not exist",
        ["limit does not exist"] = "does not exist",
        ["infinitely many solutions"] = "infinitely many",
        ["infinite solutions"] = "infinitely many",
        ["infinite number of solutions"] = "infinitely many",
        ["infinitely many"] = "infinitely many",
    }.ToFrozenDictionary();

    /// <summary>The words of a text or the name of a letter, in one spelling; null for anything else.</summary>
    public static string? Of(Node node) =>
        node switch
        {
            TextNode text => Normalize(text.Text),
            QuantityNode { Value: TextNode text } quantity => Normalize($"{text.Text} {quantity.Unit}"),
            GroupNode { Items: [var only] } => Of(only),
            GroupNode { Open: '{', Items: [] } => "no solution",
            _ => LetterOf(node)?.ToLowerInvariant(),
        };

    /// <summary>The letter that an answer is, as written; null where it is not a letter.</summary>
    public static string? LetterOf(Node node) =>
        node switch
        {
            SymbolNode { Name.Length: 1 } symbol => symbol.Name,
            ConstantNode { Kind: Constant.E } => "e",
            ConstantNode { Kind: Constant.I } => "i",
            TextNode text when text.Text.Trim().Trim('(', ')', '.', ' ') is { Length: 1 } letter && char.IsAsciiLetter(letter[0]) => letter,
            _ => null,
        };

    /// <summary>Words that mean the same, under one name; other texts as they are.</summary>
    public static string Canonical(string normal)
    {
        string text = normal;
        foreach (string opening in Openings)
        {
            text = text.StartsWith(opening, StringComparison.Ordinal) ? text[opening.Length..] : text;
        }

        return Synonyms.TryGetValue(text, out string? name) ? name : text;
    }

    /// <summary>
    /// Whether a sentence says that something is what the words of an answer say: "The curve is a hyperbola." of "hyperbola"; false where
    /// it
    /// says the opposite of them, null where neither is seen.
    /// </summary>
    public static bool? SaysOf(string sentence, string words)
    {
        if (words.Split(' ').Length > MaxWordsOfAnswer || sentence.Length > MaxSentence)
        {
            return null;
        }

        string first = sentence.Split([' ', ',', '.', ';', '\n'], 2)[0];
        if (words is "yes" or "no" && first is "yes" or "no")
        {
            return first == words;
        }

        if (words.Length > 2 && sentence.StartsWith(words, StringComparison.Ordinal) && IsNamed().IsMatch(sentence.AsSpan(words.Length)))
        {
            return true;
        }

        if (
            Negations.Any(negation => $" {sentence} ".Contains(negation, StringComparison.Ordinal))
            || sentence.Contains('.', StringComparison.Ordinal)
        )
        {
            return null;
        }

        if (
            words is "diverges" or "converges"
            && (sentence.EndsWith(" diverges", StringComparison.Ordinal) || sentence.EndsWith(" converges", StringComparison.Ordinal))
        )
        {
            return sentence.EndsWith(words, StringComparison.Ordinal);
        }

        foreach (string verb in Verbs)
        {
            int at = sentence.LastIndexOf(verb, StringComparison.Ordinal);
            if (at >= 0 && Canonical(sentence[(at + verb.Length)..].Trim('*', ' ', '"', '.')) is var said)
            {
                return said == words ? true
                    : Opposites.Contains((said, words)) || Opposites.Contains((words, said)) ? false
                    : null;
            }
        }

        return null;
    }

    /// <summary>"Evelyn is the fastest."</summary>
    [GeneratedRegex(
        @"^ (is|was) the ((\w+est|winner|answer|only \w+)|(most|least) \w+|(correct|right) (answer|choice|\w+))$",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex IsNamed();

    /// <summary>The "yes" or "no" that a text begins with; null for any other text.</summary>
    public static string? YesOrNo(string text)
    {
        ReadOnlySpan<char> start = text.AsSpan().TrimStart(" *\n");
        foreach (string word in (ReadOnlySpan<string>)["yes", "no"])
        {
            if (
                start.StartsWith(word, StringComparison.OrdinalIgnoreCase)
                && (start.Length == word.Length || start[word.Length] is ',' or '.' or ';' or ':' or '!' or '*' or '\n')
            )
            {
                return word;
            }
        }

        return null;
    }

    public static bool IsWord(string text) => text.Length > 0 && text.All(char.IsLetter);

    /// <summary>Lower case, single blanks, no punctuation around it.</summary>
    public static string Normalize(string text) =>
        string.Join(' ', text.ToLowerInvariant().Split([' ', '\t', '\n', '\r', '~'], StringSplitOptions.RemoveEmptyEntries))
            .Trim('.', ',', ';', ':', '!', '"', '\'', '(', ')', '*', ' ');

    /// <summary>
    /// A text without what does not change its meaning: blanks, dollar signs around it, text commands and their braces, sizes of brackets.
    /// Two answers with the same skeleton are the same answer.
    /// </summary>
    public static string Skeleton(string text)
    {
        StringBuilder skeleton = new(text.Length);
        Stack<bool> kept = new();
        bool dropNextBrace = false;
        bool blank = false;
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            if (c == '\\' && i + 1 < text.Length)
            {
                int end = i + 1;
                while (end < text.Length && char.IsAsciiLetter(text[end]))
                {
                    end++;
                }

                string name = text[(i + 1)..end];
                if (Formatting.Contains(name))
                {
                    dropNextBrace = end < text.Length && text[end] == '{';
                    blank = true;
                    i = end - 1;
                }
                else if (name.Length > 0)
                {
                    skeleton.Append('\\').Append(name is "dfrac" or "tfrac" or "cfrac" ? "frac" : name).Append(' ');
                    i = end - 1;
                }
                else if (text[i + 1] is ',' or ';' or '!' or ':' or ' ' or '(' or ')' or '[' or ']')
                {
                    blank |= text[i + 1] != '!';
                    i++;
                }
                else
                {
                    skeleton.Append(c).Append(text[++i]);
                }
            }
            else if (c == '{')
            {
                kept.Push(!dropNextBrace);
                skeleton.Append(dropNextBrace ? "" : "{");
                dropNextBrace = false;
            }
            else if (c == '}')
            {
                skeleton.Append(!kept.TryPop(out bool keep) || keep ? "}" : "");
            }
            else if (char.IsWhiteSpace(c) || c is '$' or '~' or '"')
            {
                blank = true;
            }
            else
            {
                // 3 1/2 is not 31/2: a blank before a digit, after a digit, stays.
                skeleton
                    .Append(blank && char.IsAsciiDigit(c) && skeleton.Length > 0 && char.IsAsciiDigit(skeleton[^1]) ? " " : "")
                    .Append(c);
                blank = false;
            }
        }

        return skeleton.ToString().TrimEnd('.', ',', ';');
    }
}
