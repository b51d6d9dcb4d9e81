using System.Buffers;
using System.Collections.Frozen;
using System.Text.RegularExpressions;
using RewardReasoning.Verification.Parsing;

namespace RewardReasoning.Verification.Answers;

/// <summary>An expression inside a text: as long as it goes, so that a number is never taken out of √3, (3, 4) or x > 3.</summary>
internal readonly record struct AnswerPart(int Start, int End, string Text, bool IsFormula);

/// <summary>Finds the expressions of a text, set as formulas or in plain characters, and the words outside them.</summary>
internal static partial class AnswerTextParts
{
    private const int MaxFormula = 2_000;
    private static readonly SearchValues<char> Signs = SearchValues.Create("=√π∞<>≤≥");

    // Scripts from here on do not put blanks between words.
    private const char FirstIdeograph = '\u2E80';

    private static readonly FrozenSet<string> Functions = FrozenSet.ToFrozenSet([
        "sqrt",
        "pi",
        "sin",
        "cos",
        "tan",
        "log",
        "ln",
        "exp",
        "arctan",
        "arcsin",
        "arccos",
        "infinity",
        "inf",
        "mod",
        "cm",
        "km",
    ]);

    private enum PieceKind
    {
        Other,

        /// <summary>A formula, or characters that are mathematics by themselves.</summary>
        Math,

        /// <summary>One letter: mathematics beside mathematics.</summary>
        Letter,

        /// <summary>and, or: join the parts on both sides.</summary>
        Joint,

        /// <summary>million, km, percent: belong to the number before them.</summary>
        Unit,
    }

    private readonly record struct Piece(int Start, int End, PieceKind Kind, bool IsFormula, bool EndsItem);

    /// <summary>All expressions, in order.</summary>
    public static List<AnswerPart> Find(string text)
    {
        List<Piece> pieces = Pieces(text);
        List<AnswerPart> parts = [];
        for (int i = 0; i < pieces.Count; )
        {
            if (
                pieces[i].Kind != PieceKind.Math
                && !(pieces[i].Kind == PieceKind.Letter && i + 1 < pieces.Count && OpensRelation(text, pieces, i))
            )
            {
                i++;
                continue;
            }

            int last = Last(text, pieces, i);
            bool isFormula = pieces.Skip(i).Take(last - i + 1).Any(piece => piece.IsFormula);
            int end = pieces[last].End;
            string run = text[pieces[i].Start..end];
            if (isFormula || run.AsSpan().IndexOfAnyInRange('0', '9') >= 0 || run.AsSpan().ContainsAny(Signs))
            {
                parts.Add(new AnswerPart(pieces[i].Start, end, isFormula && i == last ? Content(run) : run, isFormula));
            }

            i = last + 1;
        }

        return parts;
    }

    /// <summary>The words outside expressions that are not joining words, units or names of functions.</summary>
    public static int CountWords(string text, IReadOnlyList<AnswerPart> parts)
    {
        int words = 0;
        int part = 0;
        string outside = text.Contains('\\') ? Commands().Replace(text, match => new string(' ', match.Length)) : text;
        foreach (ValueMatch match in Words().EnumerateMatches(outside))
        {
            while (part < parts.Count && parts[part].End <= match.Index)
            {
                part++;
            }

            if (part < parts.Count && parts[part].Start <= match.Index)
            {
                continue;
            }

            string word = text.Substring(match.Index, match.Length);
            words +=
                word is "and" or "or" or "per" or "squared" or "cubed"
                || Units.IsUnitWord(word)
                || NumberWords.Scale(word) is not null
                || MathFunctions.Known.Contains(word)
                || Functions.Contains(word)
                    ? 0
                : word[0] > FirstIdeograph ? 2
                : 1;
        }

        return words;
    }

    private static string Content(string run) =>
        run is ['`', _, ..] && run[^1] == '`' && run.Length > 2 ? run.Trim('`').Trim()
        : run.StartsWith("\\(", StringComparison.Ordinal) || run.StartsWith("\\[", StringComparison.Ordinal) ? run[2..^2].Trim()
        : run.StartsWith("$$", StringComparison.Ordinal) && run.Length > 4 ? run[2..^2].Trim()
        : run is ['$', _, ..] && run[^1] == '$' ? run[1..^1].Trim()
        : run;

    private static bool OpensRelation(string text, List<Piece> pieces, int i) =>
        pieces[i + 1].Kind == PieceKind.Math
        && text[pieces[i + 1].Start] is '=' or '<' or '>' or '≤' or '≥' or '≠' or '+' or '-' or '*' or '/' or '±' or '∈';

    /// <summary>The last piece of the expression that begins with a piece.</summary>
    private static int Last(string text, List<Piece> pieces, int first)
    {
        int last = first;
        for (int i = first + 1; i < pieces.Count; i++)
        {
            Piece before = pieces[last];
            Piece next = pieces[i];
            if (text.AsSpan(before.End, next.Start - before.End).ContainsAny("\n;"))
            {
                break;
            }

            bool isOpen = !before.EndsItem;
            if (isOpen && before.Kind == PieceKind.Unit && IsRate(text, pieces, i))
            {
                last = ++i;
            }
            else if (next.Kind == PieceKind.Unit && isOpen && before.Kind is PieceKind.Math or PieceKind.Unit)
            {
                last = i;
            }
            else if (
                next.Kind is PieceKind.Math or PieceKind.Letter
                && (before.EndsItem ? next.Kind == PieceKind.Math : Touches(text, before, next))
            )
            {
                last = i;
            }
            else if (
                next.Kind == PieceKind.Joint
                && i + 1 < pieces.Count
                && (
                    pieces[i + 1].Kind is PieceKind.Math
                    || (pieces[i + 1].Kind == PieceKind.Letter && i + 2 < pieces.Count && OpensRelation(text, pieces, i + 1))
                )
                && before.Kind is PieceKind.Math or PieceKind.Letter or PieceKind.Unit
            )
            {
                last = ++i;
            }
            else
            {
                break;
            }
        }

        return last;
    }

    /// <summary>Whether "per" and a unit follow one that is not of money: $5 per hour is $5 too.</summary>
    private static bool IsRate(string text, List<Piece> pieces, int i) =>
        i + 1 < pieces.Count
        && pieces[i + 1].Kind == PieceKind.Unit
        && text.AsSpan(pieces[i].Start, pieces[i].End - pieces[i].Start) is "per"
        && !Units.IsMoney(text[pieces[i - 1].Start..pieces[i - 1].End]);

    /// <summary>
    /// Whether two pieces side by side are one expression: something between them is open, or one of them is an operator.
    /// </summary>
    private static bool Touches(string text, Piece before, Piece next)
    {
        char end = text[before.End - 1];
        char start = text[next.Start];
        bool isJoined = IsOperator(end) || IsOperator(start) || end is '(' or '[' or '{' or '|' or ',' || start is ')' or ']' or '}' or '|';
        bool isMixed =
            char.IsAsciiDigit(end)
            && next.End - next.Start is >= 3 and <= 7
            && text.AsSpan(next.Start, next.End - next.Start).Contains('/');
        bool isOpen =
            text.AsSpan(before.Start, before.End - before.Start) is var written
            && written.Count('(') + written.Count('[') + written.Count('{') > written.Count(')') + written.Count(']') + written.Count('}');
        return !(before.IsFormula && next.IsFormula)
            && (
                isJoined
                || isMixed
                || isOpen
                || (before.Kind == PieceKind.Letter && next.Kind == PieceKind.Math && IsOperator(start))
                || IsGroup(text, before, next)
            );
    }

    /// <summary>1 234: groups of three digits.</summary>
    private static bool IsGroup(string text, Piece before, Piece next) =>
        next.End - next.Start == 3
        && text.AsSpan(next.Start, 3).IndexOfAnyExceptInRange('0', '9') < 0
        && before.End - before.Start <= 3
        && text.AsSpan(before.Start, before.End - before.Start).IndexOfAnyExceptInRange('0', '9') < 0;

    private static bool IsOperator(char c) =>
        c
            is '+'
                or '-'
                or '−'
                or '*'
                or '/'
                or '^'
                or '='
                or '<'
                or '>'
                or '≤'
                or '≥'
                or '≠'
                or '±'
                or '×'
                or '·'
                or '÷'
                or ':'
                or '≈'
                or '∈'
                or '∪';

    private static List<Piece> Pieces(string text)
    {
        List<Piece> pieces = [];
        int at = 0;
        while (at < text.Length)
        {
            if (char.IsWhiteSpace(text[at]))
            {
                at++;
                continue;
            }

            if (text[at] is '$' or '\\' or '`' && Formula(text, at) is { } end)
            {
                int after = end < text.Length && text[end] == ',' ? end + 1 : end;
                pieces.Add(new Piece(at, end, PieceKind.Math, true, after > end));
                at = after;
                continue;
            }

            int next = WordEnd(text, at);
            Add(text, at, next, pieces);
            at = Math.Max(next, at + 1);
        }

        return pieces;
    }

    private static int WordEnd(string text, int from)
    {
        int end = from;
        while (
            end < text.Length
            && !char.IsWhiteSpace(text[end])
            && text[end] is not ('`' or '—')
            && !(text[end] is '$' or '\\' && end > from && Formula(text, end) is not null)
        )
        {
            if (end > from && text[end] > FirstIdeograph != text[end - 1] > FirstIdeograph)
            {
                break;
            }

            end++;
        }

        return end;
    }

    /// <summary>A word without the punctuation around it, as what it is.</summary>
    private static void Add(string text, int start, int end, List<Piece> pieces)
    {
        while (
            start < end && text[start] is '*' or '"' or '“' or '\'' or '~' or '_'
            || (start < end && text[start] == '(' && !IsMath(text[start..end].TrimEnd('.', ',', ';', ':', '?', '!', '*')))
        )
        {
            start++;
        }

        bool comma = false;
        while (
            end > start
            && text[end - 1] is '.' or ',' or ';' or ':' or '?' or '!' or '*' or '"' or '”' or '\'' or '~' or '_' or '。' or '，'
        )
        {
            comma |= text[end - 1] == ',';
            if (text[end - 1] == '!' && end - 2 >= start && char.IsAsciiDigit(text[end - 2]))
            {
                break;
            }

            if (text[end - 1] == '.' && end - 3 >= start && text[end - 2] == '.' && text[end - 3] == '.')
            {
                break;
            }

            end--;
        }

        if (
            end > start
            && text[end - 1] == ')'
            && text[start..end].Count(c => c == ')') > text[start..end].Count(c => c == '(')
            && !HasOpenBracket(text, pieces)
        )
        {
            end--;
        }

        if (start >= end)
        {
            return;
        }

        string word = text[start..end];
        PieceKind kind =
            word.Length == 1 && char.IsAsciiLetter(word[0])
                ? word[0] is 'a' or 'A' or 'I'
                    ? PieceKind.Other
                    : PieceKind.Letter
                : word is "and" or "or"
                    ? PieceKind.Joint
                    : word is "squared" or "cubed"
                    || NumberWords.Scale(word) is not null
                    || Units.IsPercentWord(word)
                    || (IsUnit(word) && word is not "in")
                        ? PieceKind.Unit
                        : IsMath(word)
                            ? PieceKind.Math
                            : PieceKind.Other;
        pieces.Add(new Piece(start, end, kind, false, comma));
    }

    /// <summary>km, m2, °C; not 5km, nor $5, which is a price and no fifth power of dollars.</summary>
    private static bool IsUnit(string word) =>
        (char.IsLetter(word[0]) || (!char.IsAsciiDigit(word[0]) && word.AsSpan().IndexOfAnyInRange('0', '9') < 0))
        && Units.Find(word).Count > 0;

    private static bool HasOpenBracket(string text, List<Piece> pieces) =>
        pieces.Count > 0
        && pieces[^1].Kind == PieceKind.Math
        && pieces
            .TakeLast(6)
            .Sum(piece =>
                text[piece.Start..piece.End]
                    .Sum(c =>
                        c is '(' or '[' ? 1
                        : c is ')' or ']' ? -1
                        : 0
                    )
            ) > 0;

    /// <summary>
    /// Whether a word is made of mathematics: digits, operators and brackets, single letters, names of functions, units at its end.
    /// </summary>
    private static bool IsMath(string word)
    {
        bool any = false;
        for (int i = 0; i < word.Length; i++)
        {
            char c = word[i];
            if (char.IsLetter(c) && c < FirstIdeograph)
            {
                int end = i;
                while (end < word.Length && char.IsLetter(word[end]))
                {
                    end++;
                }

                string letters = word[i..end];
                bool isKnown = letters.Length == 1 || Functions.Contains(letters) || MathFunctions.Known.Contains(letters);
                bool isTail = end == word.Length && i > 0 && (Units.Find(letters).Count > 0 || letters is "k" or "M" or "B" or "bn");
                if (!isKnown && !isTail && !(letters.Length == 2 && any && !word.Contains('-')))
                {
                    return false;
                }

                any |= letters is "pi" or "π";
                i = end - 1;
            }
            else
            {
                any |=
                    char.IsAsciiDigit(c)
                    || "+*/^=<>≤≥≠±×·÷≈∈∪√∞π°%()[]{}|".Contains(c)
                    || (c is '-' or '−' && (i > 0 || word.Length == 1))
                    || char.IsDigit(c)
                    || "½¼¾⅓⅔²³$€£¥₹¢".Contains(c);
                if (c > '\u3000')
                {
                    return false;
                }
            }
        }

        return any && !Hyphenated().IsMatch(word) && word is not ("-" or "–" or "()" or "[]" or "/");
    }

    /// <summary>Where the formula ends that opens at a place; null where none does.</summary>
    private static int? Formula(string text, int start)
    {
        (string open, string close) = text[start] switch
        {
            '`' when string.CompareOrdinal(text, start, "```", 0, 3) != 0 => ("`", "`"),
            '$' when string.CompareOrdinal(text, start, "$$", 0, 2) == 0 => ("$$", "$$"),
            '$' => ("$", "$"),
            '\\' when start + 1 < text.Length && text[start + 1] == '(' => ("\\(", "\\)"),
            '\\' when start + 1 < text.Length && text[start + 1] == '[' => ("\\[", "\\]"),
            _ => ("", ""),
        };
        if (open.Length == 0)
        {
            return null;
        }

        int from = start + open.Length;
        int end = text.IndexOf(close, from, Math.Min(MaxFormula, text.Length - from), StringComparison.Ordinal);
        while (close == "$" && end > 0 && text[end - 1] == '\\')
        {
            end = text.IndexOf(close, end + 1, Math.Min(MaxFormula, text.Length - end - 1), StringComparison.Ordinal);
        }

        return end < 0 || (open is "$" or "`" && !IsFormula(text[from..end])) ? null : end + close.Length;
    }

    /// <summary>Whether the text between two dollar signs is a formula, and not the text between two prices.</summary>
    private static bool IsFormula(string content)
    {
        string trimmed = content.Trim();
        return trimmed.Length > 0
            && !content.Contains("\n\n", StringComparison.Ordinal)
            && trimmed[^1] is not ('+' or '-' or '=' or '*' or '(' or '?')
            && trimmed[0] is not ('?' or '.' or ',')
            && PlainWords().Count(Commands().Replace(trimmed, " ")) < 2;
    }

    [GeneratedRegex(@"\p{L}{2,}", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Words();

    [GeneratedRegex(@"[A-Za-z]{3,}", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex PlainWords();

    [GeneratedRegex(@"^[A-Za-z]+-[A-Za-z]+$|^\d+-[A-Za-z]{2,}$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Hyphenated();

    /// <summary>Commands, with the words in the braces of those that take words.</summary>
    [GeneratedRegex(
        @"\\(text|mbox|mathrm|mathbf|textbf|textit|textrm|operatorname|begin|end)\s*\{[^{}]*\}|\\[A-Za-z]+",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking
    )]
    private static partial Regex Commands();
}
