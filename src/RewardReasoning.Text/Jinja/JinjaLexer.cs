// Cuts a template into tokens under transformers' settings: trim_blocks (the newline after a block tag goes), lstrip_blocks (the
// blanks before one that begins a line go), one newline at the end of the source dropped.
using System.Globalization;
using System.Text;

namespace RewardReasoning.Text.Jinja;

/// <summary>Reads a template's source into tokens.</summary>
internal sealed class JinjaLexer
{
    private static readonly string[] LongOperators = ["==", "!=", "<=", ">=", "//", "**"];
    private const string ShortOperators = "+-*/%~<>=()[]{},:.|";

    private readonly string _source;
    private readonly List<JinjaToken> _tokens = [];
    private int _at;
    private int _line = 1;

    private JinjaLexer(string source)
    {
        string lines = source.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');
        _source = lines.EndsWith('\n') ? lines[..^1] : lines;
    }

    /// <summary>The tokens of a template, ended by one of kind <see cref="JinjaTokenKind.End"/>.</summary>
    /// <exception cref="RewardReasoningException">A tag, comment or string is not closed, or holds a character that Jinja does not
    /// know.</exception>
    public static List<JinjaToken> Tokenize(string source)
    {
        JinjaLexer lexer = new(source);
        lexer.Run();
        return lexer._tokens;
    }

    private void Run()
    {
        bool lineStarts = true;
        while (_at < _source.Length)
        {
            int tag = NextTag();
            if (tag < 0)
            {
                AddData(_source[_at..]);
                _at = _source.Length;
                break;
            }

            char kind = _source[tag + 1];
            char sign = tag + 2 < _source.Length ? _source[tag + 2] : ' ';
            string data = _source[_at..tag];
            AddData(
                sign == '-' ? data.TrimEnd()
                    : kind != '{' && sign != '+' ? TrimLastLine(data, lineStarts)
                    : data,
                data
            );
            _at = tag + (sign is '-' or '+' ? 3 : 2);
            lineStarts = kind switch
            {
                '#' => ReadComment(),
                '%' when TryReadRaw(out bool ended) => ended,
                '%' => ReadTag(JinjaTokenKind.BlockBegin, JinjaTokenKind.BlockEnd, "%}", trimsNewline: true),
                _ => ReadTag(JinjaTokenKind.OutputBegin, JinjaTokenKind.OutputEnd, "}}", trimsNewline: false),
            };
        }

        _tokens.Add(new JinjaToken(JinjaTokenKind.End, "", _line));
    }

    private int NextTag()
    {
        for (int at = _source.IndexOf('{', _at); at >= 0 && at + 1 < _source.Length; at = _source.IndexOf('{', at + 1))
        {
            if (_source[at + 1] is '%' or '{' or '#')
            {
                return at;
            }
        }

        return -1;
    }

    /// <summary>Drops the blanks after the last newline, where nothing else is on that line.</summary>
    private static string TrimLastLine(string data, bool lineStarts)
    {
        int line = data.LastIndexOf('\n') + 1;
        return (line > 0 || lineStarts) && data.AsSpan(line).IsWhiteSpace() ? data[..line] : data;
    }

    private void AddData(string data) => AddData(data, data);

    private void AddData(string data, string source)
    {
        if (data.Length > 0)
        {
            _tokens.Add(new JinjaToken(JinjaTokenKind.Data, data, _line));
        }

        _line += source.AsSpan().Count('\n');
    }

    private bool ReadComment()
    {
        int end = _source.IndexOf("#}", _at, StringComparison.Ordinal);
        if (end < 0)
        {
            throw Fail("the comment is not closed by '#}'");
        }

        char sign = end > _at ? _source[end - 1] : ' ';
        _line += _source.AsSpan(_at, end - _at).Count('\n');
        _at = end + 2;
        return SkipAfterTag(sign, trimsNewline: true);
    }

    /// <summary>Skips the white space that a closing tag swallows; true where a new line begins after it.</summary>
    private bool SkipAfterTag(char sign, bool trimsNewline)
    {
        int from = _at;
        if (sign == '-')
        {
            while (_at < _source.Length && char.IsWhiteSpace(_source[_at]))
            {
                _at++;
            }
        }
        else if (sign != '+' && trimsNewline && _at < _source.Length && _source[_at] == '\n')
        {
            _at++;
        }

        _line += _source.AsSpan(from, _at - from).Count('\n');
        return _at > from && _source[_at - 1] == '\n';
    }

    /// <summary>Reads <c>raw %}...{% endraw %}</c> as data, if it is here.</summary>
    private bool TryReadRaw(out bool lineStarts)
    {
        lineStarts = false;
        int at = _at;
        if (!TryReadWordTag("raw", ref at, out char sign))
        {
            return false;
        }

        _at = at;
        SkipAfterTag(sign, trimsNewline: false);
        for (
            int tag = _source.IndexOf("{%", _at, StringComparison.Ordinal);
            tag >= 0;
            tag = _source.IndexOf("{%", tag + 2, StringComparison.Ordinal)
        )
        {
            int end = tag + 2;
            char opening = end < _source.Length ? _source[end] : ' ';
            end += opening is '-' or '+' ? 1 : 0;
            if (TryReadWordTag("endraw", ref end, out char closing))
            {
                string data = _source[_at..tag];
                AddData(
                    opening == '-' ? data.TrimEnd()
                        : opening == '+' ? data
                        : TrimLastLine(data, lineStarts: false),
                    data
                );
                _at = end;
                lineStarts = SkipAfterTag(closing, trimsNewline: true);
                return true;
            }
        }

        throw Fail("'raw' is not closed by 'endraw'");
    }

    private bool TryReadWordTag(string word, ref int at, out char sign)
    {
        sign = ' ';
        int end = at;
        while (end < _source.Length && char.IsWhiteSpace(_source[end]))
        {
            end++;
        }

        if (string.CompareOrdinal(_source, end, word, 0, word.Length) != 0)
        {
            return false;
        }

        end += word.Length;
        while (end < _source.Length && char.IsWhiteSpace(_source[end]))
        {
            end++;
        }

        if (end < _source.Length && _source[end] is '-' or '+')
        {
            sign = _source[end++];
        }

        if (string.CompareOrdinal(_source, end, "%}", 0, 2) != 0)
        {
            return false;
        }

        at = end + 2;
        return true;
    }

    private bool ReadTag(JinjaTokenKind begin, JinjaTokenKind end, string closing, bool trimsNewline)
    {
        int opened = _line;
        _tokens.Add(new JinjaToken(begin, begin == JinjaTokenKind.BlockBegin ? "{%" : "{{", _line));
        int depth = 0;
        while (_at < _source.Length)
        {
            char unit = _source[_at];
            char sign = unit is '-' or '+' ? unit : ' ';
            int close = sign == ' ' ? _at : _at + 1;

            // Within brackets "}}" closes two dictionaries and not the tag.
            if (depth == 0 && string.CompareOrdinal(_source, close, closing, 0, 2) == 0)
            {
                _tokens.Add(new JinjaToken(end, closing, _line));
                _at = close + 2;
                return SkipAfterTag(sign, trimsNewline);
            }

            if (char.IsWhiteSpace(unit))
            {
                _line += unit == '\n' ? 1 : 0;
                _at++;
            }
            else
            {
                ReadToken(unit, ref depth);
            }
        }

        throw new ChatTemplateException(opened, $"the tag is not closed by '{closing}'");
    }

    private void ReadToken(char unit, ref int depth)
    {
        if (unit is '\'' or '"')
        {
            ReadString(unit);
        }
        else if (char.IsAsciiDigit(unit))
        {
            ReadNumber();
        }
        else if (unit == '_' || char.IsLetter(unit))
        {
            int start = _at;
            while (_at < _source.Length && (_source[_at] == '_' || char.IsLetterOrDigit(_source[_at])))
            {
                _at++;
            }

            _tokens.Add(new JinjaToken(JinjaTokenKind.Name, _source[start.._at], _line));
        }
        else
        {
            string text = Array.Find(LongOperators, o => string.CompareOrdinal(_source, _at, o, 0, 2) == 0) ?? unit.ToString();
            if (text.Length == 1 && !ShortOperators.Contains(unit))
            {
                throw Fail($"the character '{unit}' means nothing here");
            }

            depth +=
                unit is '(' or '[' or '{' ? 1
                : unit is ')' or ']' or '}' ? -1
                : 0;
            _tokens.Add(new JinjaToken(JinjaTokenKind.Operator, text, _line));
            _at += text.Length;
        }
    }

    private void ReadNumber()
    {
        int start = _at;
        SkipDigits();
        bool isFloat = false;
        if (_at + 1 < _source.Length && _source[_at] == '.' && char.IsAsciiDigit(_source[_at + 1]))
        {
            isFloat = true;
            _at++;
            SkipDigits();
        }

        int exponent = _at < _source.Length && _source[_at] is 'e' or 'E' ? _at + 1 : -1;
        exponent += exponent > 0 && exponent < _source.Length && _source[exponent] is '-' or '+' ? 1 : 0;
        if (exponent > 0 && exponent < _source.Length && char.IsAsciiDigit(_source[exponent]))
        {
            isFloat = true;
            _at = exponent;
            SkipDigits();
        }

        string digits = _source[start.._at].Replace("_", "", StringComparison.Ordinal);
        _tokens.Add(new JinjaToken(isFloat ? JinjaTokenKind.Float : JinjaTokenKind.Integer, digits, _line));
    }

    private void SkipDigits()
    {
        while (_at < _source.Length && (char.IsAsciiDigit(_source[_at]) || _source[_at] == '_'))
        {
            _at++;
        }
    }

    private void ReadString(char quote)
    {
        int line = _line;
        StringBuilder text = new();
        for (_at++; _at < _source.Length && _source[_at] != quote; )
        {
            char unit = _source[_at++];
            _line += unit == '\n' ? 1 : 0;
            if (unit != '\\' || _at == _source.Length)
            {
                text.Append(unit);
            }
            else
            {
                ReadEscape(text);
            }
        }

        if (_at >= _source.Length)
        {
            throw new ChatTemplateException(line, "a string is not closed");
        }

        _at++;
        _tokens.Add(new JinjaToken(JinjaTokenKind.String, text.ToString(), line));
    }

    /// <summary>Python's escapes; an unknown one keeps its backslash.</summary>
    private void ReadEscape(StringBuilder text)
    {
        char unit = _source[_at++];
        _line += unit == '\n' ? 1 : 0;
        switch (unit)
        {
            case '\n':
                break;
            case '\\' or '\'' or '"':
                text.Append(unit);
                break;
            case 'n':
                text.Append('\n');
                break;
            case 't':
                text.Append('\t');
                break;
            case 'r':
                text.Append('\r');
                break;
            case 'b':
                text.Append('\b');
                break;
            case 'f':
                text.Append('\f');
                break;
            case 'v':
                text.Append('\v');
                break;
            case 'a':
                text.Append('\a');
                break;
            case '0':
                text.Append('\0');
                break;
            case 'x':
                AppendCodePoint(text, digits: 2);
                break;
            case 'u':
                AppendCodePoint(text, digits: 4);
                break;
            case 'U':
                AppendCodePoint(text, digits: 8);
                break;
            default:
                text.Append('\\').Append(unit);
                break;
        }
    }

    private void AppendCodePoint(StringBuilder text, int digits)
    {
        if (
            _at + digits > _source.Length
            || !int.TryParse(_source.AsSpan(_at, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int codePoint)
            || !(Rune.IsValid(codePoint) || codePoint is >= 0xD800 and <= 0xDFFF)
        )
        {
            throw Fail($"an escape in a string must have {digits} hexadecimal digits of a character");
        }

        _at += digits;
        text.Append(codePoint < 0x10000 ? ((char)codePoint).ToString() : char.ConvertFromUtf32(codePoint));
    }

    private ChatTemplateException Fail(string message) => new(_line, message);
}
