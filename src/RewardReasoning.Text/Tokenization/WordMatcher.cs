// The two split patterns that nearly all byte-level tokenizers use, read by hand: exact on code points above U+FFFF, linear on any
// text, and without the start-up cost of a regular expression. Both cover every text without gaps, so every piece is a match.
//
// Gpt2:  's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
// Llama: (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,k}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+
//        with k = 3 (Llama 3, GPT-4) or 1, written \p{N} (Qwen).
namespace RewardReasoning.Text.Tokenization;

/// <summary>Splits text into words as GPT-2 does, or as Llama 3 and Qwen do.</summary>
internal sealed class WordMatcher : IPieceMatcher
{
    /// <summary>GPT-2's pattern, as byte-level pre-tokenizers with <c>use_regex</c> have it built in.</summary>
    public const string Gpt2Pattern = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    /// <summary>Llama 3's pattern: numbers by at most three digits.</summary>
    public const string Llama3Pattern = LlamaHead + @"\p{N}{1,3}" + LlamaTail;

    /// <summary>Qwen's pattern: every digit by itself.</summary>
    public const string QwenPattern = LlamaHead + @"\p{N}" + LlamaTail;

    private const string LlamaHead = @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|";
    private const string LlamaTail = @"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    private readonly bool _gpt2;
    private readonly int _digits;

    private WordMatcher(bool gpt2, int digits)
    {
        _gpt2 = gpt2;
        _digits = digits;
    }

    /// <summary>The matcher for one of the patterns above, or null for any other.</summary>
    public static WordMatcher? For(string pattern) =>
        pattern switch
        {
            Gpt2Pattern => new WordMatcher(gpt2: true, digits: int.MaxValue),
            Llama3Pattern => new WordMatcher(gpt2: false, digits: 3),
            QwenPattern => new WordMatcher(gpt2: false, digits: 1),
            _ => null,
        };

    /// <inheritdoc/>
    public void FindMatches(ReadOnlySpan<char> text, List<Piece> matches)
    {
        for (int at = 0; at < text.Length; )
        {
            int end = _gpt2 ? EndOfGpt2Word(text, at) : EndOfLlamaWord(text, at);
            matches.Add(new Piece(at, end - at));
            at = end;
        }
    }

    private int EndOfLlamaWord(ReadOnlySpan<char> text, int at)
    {
        int contraction = EndOfContraction(text, at, ignoreCase: true);
        if (contraction > at)
        {
            return contraction;
        }

        CharacterKind kind = CharacterClass.At(text, at, out int width);
        int after = at + width;
        if (kind == CharacterKind.Letter)
        {
            return CharacterClass.EndOfRun(text, after, CharacterKind.Letter);
        }

        if (kind == CharacterKind.Number)
        {
            return CharacterClass.EndOfRun(text, after, CharacterKind.Number, _digits - 1);
        }

        bool lineBreak = IsLineBreak(text[at]);
        if (!lineBreak && after < text.Length && CharacterClass.At(text, after, out _) == CharacterKind.Letter)
        {
            return CharacterClass.EndOfRun(text, after, CharacterKind.Letter);
        }

        int symbols = EndOfRunAfterBlank(text, at, CharacterKind.Other);
        if (symbols > at)
        {
            while (symbols < text.Length && IsLineBreak(text[symbols]))
            {
                symbols++;
            }

            return symbols;
        }

        int space = CharacterClass.EndOfRun(text, at, CharacterKind.Space);
        int lastBreak = text[at..space].LastIndexOfAny('\r', '\n');
        return lastBreak >= 0 ? at + lastBreak + 1 : EndOfSpace(text, at, space);
    }

    private static int EndOfGpt2Word(ReadOnlySpan<char> text, int at)
    {
        int contraction = EndOfContraction(text, at, ignoreCase: false);
        if (contraction > at)
        {
            return contraction;
        }

        int first = text[at] == ' ' && at + 1 < text.Length ? at + 1 : at;
        CharacterKind kind = CharacterClass.At(text, first, out _);
        return kind == CharacterKind.Space
            ? EndOfSpace(text, at, CharacterClass.EndOfRun(text, at, CharacterKind.Space))
            : CharacterClass.EndOfRun(text, first, kind);
    }

    /// <summary>The end of <c> ?x+</c>, or <paramref name="at"/> where it does not match.</summary>
    private static int EndOfRunAfterBlank(ReadOnlySpan<char> text, int at, CharacterKind kind)
    {
        int first = text[at] == ' ' ? at + 1 : at;
        int end = CharacterClass.EndOfRun(text, first, kind);
        return end > first ? end : at;
    }

    /// <summary>White space before a word leaves its last character to the word; at the end of the text it is taken whole.</summary>
    private static int EndOfSpace(ReadOnlySpan<char> text, int at, int end) => end < text.Length && end - at > 1 ? end - 1 : end;

    private static int EndOfContraction(ReadOnlySpan<char> text, int at, bool ignoreCase)
    {
        if (text[at] != '\'' || at + 1 == text.Length)
        {
            return at;
        }

        char first = Fold(text[at + 1], ignoreCase);
        if (first is 's' or 't' or 'm' or 'd')
        {
            return at + 2;
        }

        char second = at + 2 < text.Length ? Fold(text[at + 2], ignoreCase) : '\0';
        return (first, second) is ('r', 'e') or ('v', 'e') or ('l', 'l') ? at + 3 : at;
    }

    // Unicode's simple case folding maps the long s (U+017F) to s; no other letter outside ASCII folds to one of these.
    private static char Fold(char unit, bool ignoreCase) =>
        !ignoreCase ? unit
        : unit == '\u017F' ? 's'
        : char.ToLowerInvariant(unit);

    private static bool IsLineBreak(char unit) => unit is '\r' or '\n';
}
