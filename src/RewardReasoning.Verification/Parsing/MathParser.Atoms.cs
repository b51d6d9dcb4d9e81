using System.Globalization;
using RewardReasoning.Verification.Arithmetic;

namespace RewardReasoning.Verification.Parsing;

// Atoms: numbers, letters, functions, brackets, matrices.
internal sealed partial class MathParser
{
    private Node ParseAtom()
    {
        MathToken token = Current;
        _at += token.Kind == TokenKind.End ? 0 : 1;
        switch (token.Kind)
        {
            case TokenKind.Number:
                return ParseNumber(token);
            case TokenKind.Letter:
                return ParseLetter(token.Text);
            case TokenKind.Name:
                return ParseName(token.Text);
            case TokenKind.Text or TokenKind.Word:
                return new TextNode(token.Text);
            case TokenKind.Environment:
                return ParseMatrix(token.Text);
            case TokenKind.Open:
                return ParseOpen(token.Text);
            case TokenKind.Operator when token.Text == "|":
                return ParseBars(() => Take(TokenKind.Operator, "|") || Take(TokenKind.Close, "|"));
            default:
                _at--;
                return Fail();
        }
    }

    private Node ParseNumber(MathToken token)
    {
        if (!Current.Is(TokenKind.Operator, "_") || token.IsDecimal)
        {
            return new NumberNode(token.Number, token.IsDecimal);
        }

        _at++;
        Node index = ParseAtom();
        index = index is GroupNode { Items: [var inner] } ? inner : index;
        return
            index is NumberNode { IsDecimal: false } radix
            && radix.Value.Denominator.IsOne
            && radix.Value.Numerator >= 2
            && radix.Value.Numerator <= 36
            && token.Text.All(digit => digit - '0' < (int)radix.Value.Numerator)
            ? new BaseNumeralNode(token.Text.TrimStart('0') is { Length: > 0 } digits ? digits : "0", (int)radix.Value.Numerator)
            : Fail();
    }

    private Node ParseLetter(string letter)
    {
        string name = letter + TakeIndexAndPrimes();
        if (name == "e")
        {
            return new ConstantNode(Constant.E);
        }

        if (name == "i")
        {
            return new ConstantNode(Constant.I);
        }

        // f(x) is a call; so are W(n), where one letter stands in the brackets, and y(0); x(x+1) is a product.
        MathToken closing = _tokens[Math.Min(_at + 2, _tokens.Count - 1)];
        bool oneLetter = Ahead.Kind == TokenKind.Letter && char.IsUpper(letter[0]) && closing.Is(TokenKind.Close, ")");
        bool oneNumber = Ahead.Kind == TokenKind.Number && closing.Is(TokenKind.Close, ")");
        if (
            Current.Is(TokenKind.Open, "(")
            && (letter is "f" or "g" or "h" or "F" or "G" or "H" || oneLetter || oneNumber || name.Contains('\''))
        )
        {
            _at++;
            return new CallNode("@" + name, ParseItems("(", out char close) is { } arguments && close == ')' ? arguments : [Fail()]);
        }

        return new SymbolNode(name);
    }

    private string TakeIndexAndPrimes()
    {
        string suffix = "";
        while (!_failed)
        {
            if (Take(TokenKind.Operator, "'"))
            {
                suffix += "'";
            }
            else if (Current.Is(TokenKind.Operator, "^") && Ahead.Is(TokenKind.Operator, "'"))
            {
                _at += 2;
                suffix += "'";
            }
            else if (Take(TokenKind.Operator, "_"))
            {
                suffix += "_" + TakeRaw();
            }
            else
            {
                break;
            }
        }

        return suffix;
    }

    /// <summary>The tokens of one braced group, or one token, as text.</summary>
    private string TakeRaw()
    {
        int start = _at;
        int depth = 0;
        do
        {
            depth +=
                Current.Is(TokenKind.Open, "group") ? 1
                : Current.Is(TokenKind.Close, "group") ? -1
                : 0;
            if (Current.Kind == TokenKind.End)
            {
                Fail();
                return "";
            }

            _at++;
        } while (depth > 0);
        return string.Concat(_tokens[start.._at].Where(token => token.Text != "group").Select(token => token.Text));
    }

    private Node ParseName(string name)
    {
        switch (name)
        {
            case "pi":
                return new ConstantNode(Constant.Pi);
            case "infty":
                return new ConstantNode(Constant.Infinity);
            case "emptyset":
                return new GroupNode('{', '}', []);
            case "frac":
                return ParseFraction();
            case "sqrt":
                return ParseRoot();
            case "binom":
                return new CallNode("binom", [ParseArgument(), ParseArgument()]);
            case "sum" or "prod" or "int" or "lim":
                return ParseRange(name);
            case "overline" or "bar":
                return new SymbolNode("segment " + TakeRaw());
            case "angle" or "triangle":
                return new SymbolNode(name + " " + string.Concat(TakeLetters()));
            default:
                return ParseFunction(name);
        }
    }

    private IEnumerable<string> TakeLetters()
    {
        while (Current.Kind == TokenKind.Letter)
        {
            yield return Current.Text;
            _at++;
        }
    }

    private QuotientNode ParseFraction() => new(ParseArgument(), ParseArgument());

    /// <summary>A braced group, or, as TeX has it, one character: \frac12 is one half.</summary>
    private Node ParseArgument() => Current.Kind == TokenKind.Number ? TakeOneDigit() : ParseAtom();

    private NumberNode TakeOneDigit()
    {
        MathToken number = Current;
        if (number.IsDecimal || number.Text.Length <= 1)
        {
            _at++;
            return new NumberNode(number.Number, number.IsDecimal);
        }

        string rest = number.Text[1..];
        _tokens[_at] = number with
        {
            Text = rest,
            Number = new Fraction(System.Numerics.BigInteger.Parse(rest, CultureInfo.InvariantCulture), 1),
            SpaceBefore = false,
        };
        return NumberNode.Of(number.Text[0] - '0');
    }

    private Node ParseRoot()
    {
        Node index = NumberNode.Of(2);
        if (Take(TokenKind.Open, "["))
        {
            index = ParseSum();
            if (!Take(TokenKind.Close, "]"))
            {
                return Fail();
            }
        }

        return new CallNode("root", [ParseAtom(), index]);
    }

    private Node ParseFunction(string name)
    {
        Node? exponent = null;
        Node? logBase = null;
        while (!_failed && Current is { Kind: TokenKind.Operator, Text: "^" or "_" })
        {
            bool isBase = Current.Text == "_";
            _at++;
            if (isBase)
            {
                logBase = ParseArgument();
            }
            else
            {
                exponent = ParseExponent();
            }
        }

        List<Node> arguments = ParseFunctionArguments();
        bool inverse =
            exponent is NegateNode { Value: NumberNode { Value.Numerator.IsOne: true, Value.Denominator.IsOne: true } }
            && name is "sin" or "cos" or "tan";
        arguments = MathFunctions.Trigonometric.Contains(name) && !inverse ? [.. arguments.Select(InRadians)] : arguments;
        Node call = name switch
        {
            "lg" => new CallNode("logbase", [.. arguments, NumberNode.Of(10)]),
            "log" when logBase is not null => new CallNode("logbase", [.. arguments, logBase]),
            "exp" => new PowerNode(new ConstantNode(Constant.E), arguments.Count == 1 ? arguments[0] : Fail()),
            _ => new CallNode(inverse ? "arc" + name : name, arguments),
        };
        return exponent is null || inverse ? call : new PowerNode(call, exponent);
    }

    private static Node InRadians(Node argument) =>
        argument is QuantityNode { Unit: "deg" } degrees
            ? new ProductNode([degrees.Value, new QuotientNode(new ConstantNode(Constant.Pi), NumberNode.Of(180))])
            : argument;

    /// <summary>Arguments in brackets, or factors up to the next sign or function: sin 2x cos y is sin(2x) · cos(y).</summary>
    private List<Node> ParseFunctionArguments()
    {
        if (Take(TokenKind.Open, "("))
        {
            return ParseItems("(", out char close) is { } arguments && close == ')' ? arguments : [Fail()];
        }

        if (Current.Is(TokenKind.Open, "group"))
        {
            return [ParseAtom()];
        }

        Node argument = ParsePower();
        while (
            !_failed
            && (
                Current.Kind == TokenKind.Letter
                || Current is { Kind: TokenKind.Name, Text: "pi" or "frac" or "sqrt" }
                || Take(TokenKind.Operator, "/")
            )
        )
        {
            argument = _tokens[_at - 1].Is(TokenKind.Operator, "/")
                ? new QuotientNode(argument, ParsePower())
                : Multiply(argument, ParsePower());
        }

        return [argument];
    }

    private Node ParseRange(string name)
    {
        Node lower = Nothing;
        Node upper = Nothing;
        string variable = "";
        while (!_failed && Current is { Kind: TokenKind.Operator, Text: "^" or "_" })
        {
            bool isLower = Current.Text == "_";
            _at++;
            if (!isLower)
            {
                upper = ParseArgument();
                continue;
            }

            bool braced = Take(TokenKind.Open, "group");
            lower = ParseItem();
            if (lower is RelationNode { Relations: "=", Sides: [SymbolNode index, var from] })
            {
                (variable, lower) = (index.Name, from);
            }

            if (braced && !Take(TokenKind.Close, "group"))
            {
                return Fail();
            }
        }

        return new RangeNode(name, variable, lower, upper, ParseProduct());
    }

    private Node ParseOpen(string open)
    {
        if (++_depth > MaxDepth)
        {
            return Fail();
        }

        int bars = _bars;
        _bars = 0;
        Node node;
        switch (open)
        {
            case "|" or "‖":
                _bars = bars;
                node = ParseBars(() => Take(TokenKind.Close, "|") || Take(TokenKind.Close, "‖") || Take(TokenKind.Operator, "|"));
                break;
            case "⌊" or "⌈":
                node = new CallNode(open == "⌊" ? "floor" : "ceil", [ParseSum()]);
                node = Take(TokenKind.Close, open) ? node : Fail();
                break;
            case "group":
                node = ParseAnswer();
                node = Take(TokenKind.Close, "group") ? node : Fail();
                break;
            default:
                List<Node> items = ParseItems(open, out char close);
                node =
                    items.Count == 1 && open != "{" && close is ')' or ']' && (open[0] == '(') == (close == ')')
                        ? items[0]
                        : new GroupNode(open[0], close, items);
                break;
        }

        _bars = bars;
        _depth--;
        return node;
    }

    /// <summary>The values up to a closing bracket, which need not be of the opening one's kind: [0, 1) is an interval.</summary>
    private List<Node> ParseItems(string open, out char close)
    {
        close = ' ';
        List<Node> items = [];
        while (!_failed)
        {
            if (Current is { Kind: TokenKind.Close, Text: not "group" and not "|" })
            {
                close = Current.Text[0];
                _at++;
                break;
            }

            if (items.Count > 0)
            {
                Join join = Join.Comma;
                if (!TakeSeparators(ref join))
                {
                    return [Fail()];
                }
            }

            items.Add(ParseItem());
        }

        return (open == "{") == (close == '}') ? items : [Fail()];
    }

    private Node ParseBars(Func<bool> takeClosing)
    {
        _bars++;
        Node inner = ParseSum();
        _bars--;
        return takeClosing() ? new CallNode("abs", [inner]) : Fail();
    }

    private Node ParseMatrix(string environment)
    {
        if (environment.TrimEnd('*') is not ("pmatrix" or "bmatrix" or "vmatrix" or "Bmatrix" or "matrix" or "smallmatrix" or "array"))
        {
            return Fail();
        }

        List<IReadOnlyList<Node>> rows = [];
        List<Node> row = [];
        while (!_failed)
        {
            if (Current.Kind == TokenKind.EndEnvironment || Current.Is(TokenKind.Operator, "row"))
            {
                bool end = Current.Kind == TokenKind.EndEnvironment;
                _at++;
                if (row.Count > 0)
                {
                    rows.Add(row);
                    row = [];
                }

                if (end)
                {
                    break;
                }
            }
            else if (!Take(TokenKind.Operator, "&"))
            {
                row.Add(ParseSum());
            }
        }

        return rows.Count == 0 || rows.Any(cells => cells.Count != rows[0].Count) ? Fail() : new MatrixNode(rows);
    }
}
