using System.Collections.Frozen;
using System.Text;
using RewardReasoning.Verification.Parsing;

namespace RewardReasoning.Verification;

/// <summary>Answers in words.</summary>
internal static class AnswerText
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

    /// <summary>The words of a text or the name of a letter, in one spelling; null for anything else.</summary>
    public static string? Of(Node node) =>
        node switch
        {
            TextNode text => Normalize(text.Text),
            QuantityNode { Value: TextNode text } quantity => Normalize($"{text.Text} {quantity.Unit}"),
            GroupNode { Items: [var only] } => Of(only),
            _ => LetterOf(node)?.ToLowerInvariant(),
        };

    /// <summary>The letter that an answer is, as written; null where it is none.</summary>
    public static string? LetterOf(Node node) =>
        node switch
        {
            SymbolNode { Name.Length: 1 } symbol => symbol.Name,
            ConstantNode { Kind: Constant.E } => "e",
            ConstantNode { Kind: Constant.I } => "i",
            TextNode text when text.Text.Trim().Trim('(', ')', '.', ' ') is { Length: 1 } letter && char.IsAsciiLetter(letter[0]) => letter,
            _ => null,
        };

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
