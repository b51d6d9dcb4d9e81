using System.Buffers;
using System.Collections.Frozen;
using System.Globalization;
using RewardReasoning.Verification.Arithmetic;

namespace RewardReasoning.Verification.Parsing;

/// <summary>How a comma between digits is read outside brackets.</summary>
internal enum CommaReading
{
    /// <summary>It separates groups of three digits where they are such groups, else answers.</summary>
    Thousands,

    /// <summary>It always separates answers.</summary>
    Separator,

    /// <summary>It is a decimal point.</summary>
    Decimal,
}

/// <summary>
/// Cuts LaTeX or plain mathematical text into tokens. What it does not know fails the whole text: nothing is skipped by guess.
/// </summary>
internal sealed partial class MathLexer(string text, CommaReading commas)
{
    private static readonly FrozenDictionary<string, string> PlainNames = new Dictionary<string, string>
    {
        ["pi"] = "pi",
        ["Pi"] = "pi",
        ["sqrt"] = "sqrt",
        ["inf"] = "infty",
        ["infinity"] = "infty",
        ["oo"] = "infty",
        ["frac"] = "frac",
        ["arcsin"] = "arcsin",
        ["asin"] = "arcsin",
        ["acos"] = "arccos",
        ["atan"] = "arctan",
        ["arctg"] = "arctan",
        ["tg"] = "tan",
        ["ctg"] = "cot",
    }.ToFrozenDictionary();

    private const string WideBlank = "wide blank";

    private static readonly SearchValues<char> Closing = SearchValues.Create(" .$\n\r\t)}]\"*");

    private readonly List<MathToken> _tokens = new(32);
    private int _at;
    private int _depth;
    private bool _space;
    private bool _failed;

    /// <summary>The tokens, the last of them <see cref="TokenKind.End"/>; null where the text holds something unknown.</summary>
    public List<MathToken>? Read()
    {
        while (_at < text.Length && !_failed)
        {
            ReadOne();
        }

        Add(new MathToken(TokenKind.End, ""));
        return _failed ? null : _tokens;
    }

    private static MathToken Op(string name) => new(TokenKind.Operator, name);

    private static MathToken Rel(string name) => new(TokenKind.Relation, name);

    private void ReadOne()
    {
        char c = text[_at];
        if (char.IsWhiteSpace(c) || c is '$' or '~' or '&')
        {
            if (c == '&')
            {
                Add(Op("&"));
            }

            _space = true;
            _at++;
        }
        else if (char.IsAsciiDigit(c) || (c == '.' && Next(1) is >= '0' and <= '9'))
        {
            ReadNumber();
        }
        else if (char.IsAsciiLetter(c))
        {
            ReadLetters();
        }
        else if (c == '\\')
        {
            ReadCommand();
        }
        else
        {
            ReadSymbol(c);
        }
    }

    private void ReadSymbol(char c)
    {
        string two = _at + 1 < text.Length ? text.Substring(_at, 2) : "";
        (MathToken token, int length) = two switch
        {
            "<=" or "=<" => (Rel("l"), 2),
            ">=" => (Rel("g"), 2),
            "!=" => (Rel("!"), 2),
            "==" => (Rel("="), 2),
            "~=" => (Rel("~"), 2),
            "**" => (Op("^"), 2),
            "!!" when !Follows("!!!", 0) => (Op("!!"), 2),
            ".." when Follows("...", 0) => (Op("..."), 3),
            _ => c switch
            {
                '+' or '-' or '*' or '/' or '^' or '_' or '!' or '\'' or '%' or '|' or ':' => (Op(c.ToString()), 1),
                '=' or '<' or '>' => (Rel(c.ToString()), 1),
                '(' or '[' => (new MathToken(TokenKind.Open, c.ToString()), 1),
                ')' or ']' => (new MathToken(TokenKind.Close, c.ToString()), 1),
                '{' => (new MathToken(TokenKind.Open, "group"), 1),
                '}' => (new MathToken(TokenKind.Close, "group"), 1),
                ',' or ';' => (new MathToken(TokenKind.Separator, c.ToString()), 1),
                '"' => (default, 1),
                '.' when EndsHere(_at + 1) => (default, 1),
                '€' or '£' or '¥' or '₹' => (Op(c.ToString()), 1),
                _ => (default, 0),
            },
        };
        if (length == 0)
        {
            _failed = true;
        }
        else if (token.Text is not null)
        {
            Add(token);
        }

        _at += length;
    }

    /// <summary>Only closing brackets, punctuation and blanks are left: a full stop here ends the sentence.</summary>
    private bool EndsHere(int at) => text.AsSpan(at).IndexOfAnyExcept(Closing) < 0;

    private void ReadLetters()
    {
        int start = _at;
        while (_at < text.Length && char.IsAsciiLetter(text[_at]))
        {
            _at++;
        }

        string run = text[start.._at];
        bool afterNumber = _tokens.Count > 0 && _tokens[^1].Kind == TokenKind.Number;
        if (afterNumber && run is "x" or "X" && Follows("10^", Blanks()))
        {
            Add(Op("*"));
            return;
        }

        if (afterNumber && TryScale(run))
        {
            return;
        }

        if (
            afterNumber
            && !_space
            && run.Length > 2
            && (run.StartsWith("or", StringComparison.Ordinal) || run.StartsWith("and", StringComparison.Ordinal))
        )
        {
            // 1orx=2, run together.
            run = run[..(run[0] == 'o' ? 2 : 3)];
            _at = start + run.Length;
        }

        if (run.Length == 1)
        {
            Add(new MathToken(TokenKind.Letter, run));
        }
        else if (run is "mod" or "modulo")
        {
            Add(Op(_tokens.Count > 0 && _tokens[^1].Is(TokenKind.Open, "(") ? "pmod" : "mod"));
        }
        else if (run is "in" && (Follows("{", Blanks()) || Follows("[", Blanks())))
        {
            Add(Rel("e"));
        }
        else if (run is "and" or "or" or "And" or "Or" or "AND" or "OR")
        {
            Add(new MathToken(TokenKind.Separator, run.ToLowerInvariant()));
        }
        else if (PlainNames.TryGetValue(run, out string? name))
        {
            Add(new MathToken(TokenKind.Name, name));
        }
        else if (MathFunctions.Known.Contains(run))
        {
            Add(new MathToken(TokenKind.Name, run));
        }
        else if (
            Units.IsPercentWord(run)
            || (afterNumber && Units.IsUnitWord(run))
            || (_tokens.Count > 0 && _tokens[^1].Kind == TokenKind.Text)
        )
        {
            Add(new MathToken(TokenKind.Text, run));
        }
        else if (run.Length >= 4 && (_space || !afterNumber))
        {
            // "35 apples": a word after a number counts things, whatever they are.
            Add(new MathToken(afterNumber ? TokenKind.Text : TokenKind.Word, run));
        }
        else if (run.Length > 6)
        {
            _failed = true;
        }
        else
        {
            foreach (char letter in run)
            {
                Add(new MathToken(TokenKind.Letter, letter.ToString()));
            }
        }
    }

    private int Blanks()
    {
        int blanks = 0;
        while (Next(blanks) is ' ')
        {
            blanks++;
        }

        return blanks;
    }

    /// <summary>1.5 million is one number.</summary>
    private bool TryScale(string word)
    {
        if (NumberWords.Scale(word) is not { } scale)
        {
            return false;
        }

        MathToken number = _tokens[^1];
        Fraction value = number.Number * new Fraction(scale, 1);
        _tokens[^1] = number with
        {
            Text = value.Denominator.IsOne ? value.Numerator.ToString(CultureInfo.InvariantCulture) : number.Text,
            Number = value,
            IsDecimal = number.IsDecimal && !value.Denominator.IsOne,
        };
        _space = true;
        return true;
    }

    private void ReadCommand()
    {
        int start = ++_at;
        if (_at == text.Length)
        {
            return;
        }

        if (!char.IsAsciiLetter(text[_at]))
        {
            ReadCommandSymbol(text[_at++]);
            return;
        }

        while (_at < text.Length && char.IsAsciiLetter(text[_at]))
        {
            _at++;
        }

        string name = text[start.._at];
        if (name is "left" or "right" or "bigl" or "bigr" or "Bigl" or "Bigr" or "biggl" or "biggr" && NextVisible() is '|')
        {
            _at = text.IndexOf('|', _at) + 1;
            Add(new MathToken(name[^1] is 't' && name[0] == 'l' || name.EndsWith('l') ? TokenKind.Open : TokenKind.Close, "|"));
        }
        else if (name is "left" or "right" && NextVisible() is '.')
        {
            _at = text.IndexOf('.', _at) + 1;
        }
        else if (LatexCommands.Skipped.Contains(name) || LatexCommands.Transparent.Contains(name))
        {
            _space = true;
        }
        else if (name is "begin" or "end")
        {
            ReadEnvironment(name == "begin");
        }
        else if (LatexCommands.TextCommands.Contains(name))
        {
            ReadText(name);
        }
        else if (name == "mathbb")
        {
            _at += Blanks();
            string set = Next(0) == '{' ? TakeArgument().Trim() : text[_at..Math.Min(++_at, text.Length)];
            Add(
                new MathToken(
                    TokenKind.Letter,
                    set switch
                    {
                        "N" => "ℕ",
                        "Z" => "ℤ",
                        "Q" => "ℚ",
                        "R" => "ℝ",
                        "C" => "ℂ",
                        _ => set,
                    }
                )
            );
            _failed |= set.Length != 1;
        }
        else if (name is "dots" or "ldots" or "cdots" or "dotsc" or "dotsb" or "hdots")
        {
            Add(Op("..."));
        }
        else if (name is "textcolor" or "color" or "colorbox" or "hspace" or "vspace" or "phantom" or "hphantom" or "label" or "tag")
        {
            _ = TakeArgument();
        }
        else if (LatexCommands.Commands.TryGetValue(name, out MathToken token))
        {
            Add(token);
        }
        else if (LatexCommands.Greek.Contains(name))
        {
            Add(new MathToken(TokenKind.Letter, name));
        }
        else if (LatexCommands.Names.Contains(name))
        {
            Add(new MathToken(TokenKind.Name, name));
        }
        else if (name is "and" or "or")
        {
            Add(new MathToken(TokenKind.Separator, name));
        }
        else if (name.StartsWith("quad", StringComparison.Ordinal) || name.StartsWith("qquad", StringComparison.Ordinal))
        {
            // Run together with the next letters, as in \quadx.
            _at = start + (name[1] == 'q' ? 5 : 4);
            AddWideBlank();
        }
        else
        {
            _failed = true;
        }
    }

    private void ReadCommandSymbol(char c)
    {
        switch (c)
        {
            case ',' or ';' or ':' or '!' or ' ' or '(' or ')' or '[' or ']' or '>' or '\n' or '"':
                _space = true;
                break;
            case '{':
                Add(new MathToken(TokenKind.Open, "{"));
                break;
            case '}':
                Add(new MathToken(TokenKind.Close, "}"));
                break;
            case '%':
                Add(Op("%"));
                break;
            case '$':
                Add(Op("$"));
                break;
            case '|':
                Add(Op("|"));
                break;
            case '\\':
                Add(Op("row"));
                break;
            default:
                _failed = true;
                break;
        }
    }

    private void ReadEnvironment(bool begin)
    {
        string name = TakeArgument();
        if (name is "array" or "tabular" or "alignedat" or "alignat" or "alignat*" && begin && NextVisible() == '{')
        {
            _ = TakeArgument();
        }

        if (
            name.TrimEnd('*')
            is "align"
                or "aligned"
                or "alignat"
                or "alignedat"
                or "gather"
                or "gathered"
                or "split"
                or "equation"
                or "eqnarray"
                or "multline"
        )
        {
            return;
        }

        Add(new MathToken(begin ? TokenKind.Environment : TokenKind.EndEnvironment, name));
    }

    private void ReadText(string command)
    {
        string content =
            NextVisible() == '{' ? TakeArgument()
            : NextVisible() is { } single && char.IsLetterOrDigit(single) ? text[_at++..][..0] + single
            : "";
        string trimmed = content.Replace('~', ' ').Trim().Trim('$').Trim();
        if (trimmed.StartsWith('\\') && trimmed.Length < text.Length)
        {
            // A command inside: \mathbf{\alpha}, \text{\$}.
            List<MathToken>? inner = new MathLexer(trimmed, commas).Read();
            if (inner is null)
            {
                _failed = true;
                return;
            }

            inner.RemoveAt(inner.Count - 1);
            inner.ForEach(Add);
            return;
        }

        string lower = trimmed.ToLowerInvariant();
        if (command is "operatorname" && LatexCommands.Commands.TryGetValue(trimmed, out MathToken named) && named.Kind == TokenKind.Name)
        {
            Add(named);
        }
        else if (_tokens.Count > 0 && _tokens[^1].Kind == TokenKind.Number && TryScale(trimmed)) { }
        else if (trimmed is "mod" or "modulo")
        {
            Add(Op("mod"));
        }
        else if (trimmed.Length == 0 || trimmed is "." or "," or "\\,")
        {
            _space = true;
        }
        else if (lower is "and" or "or" or "," or ", and" or ", or")
        {
            Add(
                new MathToken(
                    TokenKind.Separator,
                    lower.EndsWith("or", StringComparison.Ordinal) ? "or"
                        : lower.EndsWith("and", StringComparison.Ordinal) ? "and"
                        : ","
                )
            );
        }
        else if (
            trimmed.Length == 1
            && char.IsAsciiLetter(trimmed[0])
            && !(command == "mbox" && _tokens.Count > 0 && _tokens[^1].Kind == TokenKind.Number)
        )
        {
            bool unit =
                command is "text" or "mathrm" or "mbox"
                && _tokens.Count > 0
                && _tokens[^1].Kind == TokenKind.Number
                && Units.IsUnitWord(trimmed);
            Add(unit ? new MathToken(TokenKind.Text, trimmed) : new MathToken(TokenKind.Letter, trimmed));
        }
        else if (MathFunctions.Known.Contains(trimmed))
        {
            Add(new MathToken(TokenKind.Name, trimmed));
        }
        else if (
            decimal.TryParse(
                trimmed,
                NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign,
                CultureInfo.InvariantCulture,
                out decimal number
            )
        )
        {
            Add(new MathToken(TokenKind.Number, trimmed, Fraction.From(number), trimmed.Contains('.')));
        }
        else
        {
            Add(new MathToken(TokenKind.Text, trimmed));
        }
    }

    private string TakeArgument()
    {
        while (_at < text.Length && text[_at] == ' ')
        {
            _at++;
        }

        if (_at == text.Length || text[_at] != '{')
        {
            _failed = true;
            return "";
        }

        int start = ++_at;
        int depth = 1;
        for (; _at < text.Length; _at++)
        {
            depth += text[_at] switch
            {
                '{' when text[_at - 1] != '\\' => 1,
                '}' when text[_at - 1] != '\\' => -1,
                _ => 0,
            };
            if (depth == 0)
            {
                return text[start.._at++];
            }
        }

        return text[start..];
    }

    private bool Follows(string expected, int offset) => string.CompareOrdinal(text, _at + offset, expected, 0, expected.Length) == 0;

    private char? Next(int offset) => _at + offset < text.Length ? text[_at + offset] : null;

    private char? NextVisible()
    {
        int at = _at;
        while (at < text.Length && text[at] == ' ')
        {
            at++;
        }

        if (at < text.Length && text[at] is not '{')
        {
            return text[at];
        }

        return at < text.Length ? '{' : null;
    }

    /// <summary>A wide blank between two answers separates them; anywhere else it is a blank.</summary>
    private void AddWideBlank()
    {
        _space = true;
        if (
            _depth == 0
            && _tokens.Count > 0
            && _tokens[^1].Kind is not (TokenKind.Operator or TokenKind.Relation or TokenKind.Open or TokenKind.Separator)
        )
        {
            Add(new MathToken(TokenKind.Separator, WideBlank));
        }
    }

    private void Add(MathToken token)
    {
        if (
            _tokens.Count > 0
            && _tokens[^1].Is(TokenKind.Separator, WideBlank)
            && token.Kind is not (TokenKind.Letter or TokenKind.Name or TokenKind.Number or TokenKind.Open)
        )
        {
            _tokens.RemoveAt(_tokens.Count - 1);
        }

        _depth += token.Kind switch
        {
            TokenKind.Open when token.Text != "group" => 1,
            TokenKind.Close when token.Text != "group" => -1,
            _ => 0,
        };
        _tokens.Add(token with { SpaceBefore = _space });
        _space = false;
    }
}
