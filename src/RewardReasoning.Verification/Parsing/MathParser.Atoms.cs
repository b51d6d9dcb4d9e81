using System.Globalization;
using RewardReasoning.Verification.Arithmetic;

namespace RewardReasoning.Verification.Parsing;

// Atoms: numbers, letters, functions, brackets, matrices.
internal sealed partial class MathParser
{
    /// <summary>The letter i where it counts, and is not the imaginary unit.</summary>
    private const string CounterI = "counter i";

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
            && token.Text.All(digit => char.IsAsciiLetterOrDigit(digit) && BaseNumeralNode.DigitOf(digit) < (int)radix.Value.Numerator)
            ? new BaseNumeralNode(token.Text.TrimStart('0') is { Length: > 0 } digits ? digits : "0", (int)radix.Value.Numerator)
            : Fail();
    }

    private Node ParseLetter(string letter)
    {
        if (letter is "ℕ" or "ℤ" or "ℚ" or "ℝ" or "ℂ")
        {
            return new SymbolNode(letter + TakeSetSuffix());
        }

        if (letter is "C" or "P" && IsCount())
        {
            // C(6, 2) and P(5, 2) count combinations and permutations.
            _at++;
            List<Node> numbers = ParseItems("(", out char end);
            return end != ')' || numbers.Count != 2 ? Fail()
                : letter == "C" ? new CallNode("binom", numbers)
                : new ProductNode([new CallNode("binom", numbers), new CallNode("factorial", [numbers[1]])]);
        }

        string name = letter + TakeIndexAndPrimes();
        if (name == "e")
        {
            return new ConstantNode(Constant.E);
        }

        if (name == "i")
        {
            return new ConstantNode(Constant.I);
        }

        // f(x) is a call; so are W(n), with one letter in the brackets, and y(0); x(x+1) is a product.
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

        // f^{-1}(x): the inverse function, and no quotient.
        if (letter is "f" or "g" or "h" && TakeInverseMark())
        {
            return new CallNode($"@{name}^-1", ParseItems("(", out char end) is { } of && end == ')' ? of : [Fail()]);
        }

        return new SymbolNode(name);
    }

    private bool TakeInverseMark()
    {
        bool there =
            Current.Is(TokenKind.Operator, "^")
            && _at + 5 < _tokens.Count
            && Ahead.Is(TokenKind.Open, "group")
            && _tokens[_at + 2].Is(TokenKind.Operator, "-")
            && _tokens[_at + 3] is { Kind: TokenKind.Number, Text: "1" }
            && _tokens[_at + 4].Is(TokenKind.Close, "group")
            && _tokens[_at + 5].Is(TokenKind.Open, "(");
        _at += there ? 6 : 0;
        return there;
    }

    private bool IsCount() =>
        Current.Is(TokenKind.Open, "(")
        && _at + 5 < _tokens.Count
        && _tokens[_at + 1] is { Kind: TokenKind.Number, IsDecimal: false }
        && _tokens[_at + 2].Is(TokenKind.Separator, ",")
        && _tokens[_at + 3] is { Kind: TokenKind.Number, IsDecimal: false }
        && _tokens[_at + 4].Is(TokenKind.Close, ")")
        && _tokens[_at + 1].Number.Numerator >= _tokens[_at + 3].Number.Numerator;

    /// <summary>+ or * after the name of a set of numbers: ℤ⁺.</summary>
    private string TakeSetSuffix()
    {
        if (Current is not { Kind: TokenKind.Operator, Text: "^" or "_" })
        {
            return "";
        }

        int braced = Ahead.Is(TokenKind.Open, "group") ? 1 : 0;
        MathToken sign = _tokens[Math.Min(_at + 1 + braced, _tokens.Count - 1)];
        if (sign is not { Kind: TokenKind.Operator, Text: "+" or "*" or "-" })
        {
            return "";
        }

        _at += 2 + (2 * braced);
        return sign.Text;
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
                return ParseOverline();
            case "det":
                return new CallNode("det", [ParsePostfix(ParseAtom())]);
            case "angle" or "triangle":
                return new SymbolNode(name + " " + string.Concat(TakeLetters()));
            default:
                return ParseFunction(name);
        }
    }

    /// <summary>A line over capitals names a segment, over one letter a conjugate or a mean, over anything else a conjugate.</summary>
    private Node ParseOverline()
    {
        int start = _at;
        string raw = TakeRaw();
        if (_failed || raw.All(c => char.IsAsciiLetterUpper(c)) || (raw.Length == 1 && raw[0] != 'i'))
        {
            return new SymbolNode("segment " + raw);
        }

        int end = _at;
        _at = start;
        Node inner = ParseAtom();
        return _at == end ? new CallNode("conj", [inner]) : Fail();
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
            else if (lower is RelationNode { Relations: "=", Sides: [ConstantNode { Kind: Constant.I }, var first] })
            {
                (variable, lower) = (CounterI, first);
            }

            if (braced && !Take(TokenKind.Close, "group"))
            {
                return Fail();
            }
        }

        Node body = ParseProduct();
        return new RangeNode(
            name,
            variable,
            lower,
            upper,
            variable == CounterI
                ? NodeRewriter.Rewrite(body, at => at is ConstantNode { Kind: Constant.I } ? new SymbolNode(CounterI) : at)
                : body
        );
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
            case "{" when Current.Kind == TokenKind.Environment:
                // A brace before lines that belong together, closed by nothing.
                node = ParseAtom();
                node = node is MatrixNode rows ? SystemOf(rows) : node;
                break;
            case "{":
                node = ParseSet(ref _inSet);
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

    /// <summary>{1, 2, 3}, or {x | x > 3}.</summary>
    private Node ParseSet(ref bool inSet)
    {
        bool outer = inSet;
        inSet = true;
        int start = _at;
        if (!Current.Is(TokenKind.Close, "}"))
        {
            Node element = ParseItem();
            if (element is RatioNode && !_failed)
            {
                // {x : x > 3} has read "x : x" for a ratio.
                _at = start;
                element = ParseElement();
            }
            else if (element is RelationNode relation && relation.Sides.Any(side => side is RatioNode) && !_failed)
            {
                _at = start;
                element = ParseElement();
            }

            if (!_failed && (Take(TokenKind.Operator, "|") || Take(TokenKind.Operator, ":")))
            {
                inSet = false;
                Node condition = ParseAnswer();
                inSet = outer;
                return Take(TokenKind.Close, "}") ? new SetBuilderNode(element, condition) : Fail();
            }

            _at = _failed ? _at : start;
        }

        List<Node> items = ParseItems("{", out char close);
        inSet = outer;
        return new GroupNode('{', close, items);
    }

    /// <summary>What comes before the colon of a set: x, (x, y) or x ∈ ℝ.</summary>
    private Node ParseElement()
    {
        Node element = ParseSum();
        if (Current.Kind == TokenKind.Relation)
        {
            string relation = Current.Text;
            _at++;
            element = new RelationNode([element, ParseSum()], relation);
        }

        return element;
    }

    /// <summary>The lines of an array behind a brace: equations that hold together, or values with their conditions.</summary>
    private Node SystemOf(MatrixNode rows) =>
        rows.Rows.All(row => row.Count == 1) ? new ListNode([.. rows.Rows.Select(row => row[0])], Join.And)
        : rows.Rows.All(row => row.Count == 2) ? new PiecewiseNode([.. rows.Rows.Select(row => (row[0], ConditionOf(row[1])))])
        : Fail();

    private static Node? ConditionOf(Node condition) =>
        condition is TextNode text
        && text.Text.Trim(' ', '.', ',').ToLowerInvariant() is "otherwise" or "else" or "elsewhere" or "if otherwise"
            ? null
            : condition;

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
        return takeClosing() ? new CallNode(inner is MatrixNode ? "det" : "abs", [inner]) : Fail();
    }

    private Node ParseMatrix(string environment)
    {
        string name = environment.TrimEnd('*');
        if (name is "cases" or "dcases" or "rcases")
        {
            return ParseCases();
        }

        if (name is not ("pmatrix" or "bmatrix" or "vmatrix" or "Bmatrix" or "matrix" or "smallmatrix" or "array"))
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
            else if (!Take(TokenKind.Operator, "&") && Current.Kind != TokenKind.Separator)
            {
                row.Add(name == "array" ? ParseCell() : ParseSum());
            }
            else if (Current.Kind == TokenKind.Separator)
            {
                _at++;
                _failed |= name != "array";
            }
        }

        if (rows.Count == 0 || rows.Any(cells => cells.Count != rows[0].Count))
        {
            return Fail();
        }

        MatrixNode matrix = new(rows);
        return name == "vmatrix" ? new CallNode("det", [matrix]) : matrix;
    }

    /// <summary>A line of cases: a value and its condition, or one of several equations.</summary>
    private Node ParseCases()
    {
        List<List<Node>> rows = [];
        List<Node> row = [];
        bool end = false;
        while (!_failed && !end)
        {
            if (Current.Kind == TokenKind.EndEnvironment || Current.Is(TokenKind.Operator, "row"))
            {
                end = Current.Kind == TokenKind.EndEnvironment;
                _at++;
                if (row.Count > 0)
                {
                    rows.Add(row);
                    row = [];
                }
            }
            else if (Current.Kind == TokenKind.Separator || Current.Is(TokenKind.Operator, "&"))
            {
                _at++;
            }
            else
            {
                row.Add(ParseCell());
            }
        }

        return _failed || !end || rows.Count == 0 ? Fail()
            : rows.All(cells => cells.Count == 1) ? new ListNode([.. rows.Select(cells => cells[0])], Join.And)
            : rows.All(cells => cells.Count == 2) ? new PiecewiseNode([.. rows.Select(cells => (cells[0], ConditionOf(cells[1])))])
            : Fail();
    }

    /// <summary>The content of one cell of cases or of an array; "if", "for" and "when" before a condition say nothing.</summary>
    private Node ParseCell()
    {
        while (
            Current.Kind is TokenKind.Text or TokenKind.Word
            && Current.Text.Trim(' ', ',').ToLowerInvariant() is "if" or "for" or "when" or "where" or "for all"
            && _tokens[Math.Min(_at + 1, _tokens.Count - 1)].Kind is not (TokenKind.EndEnvironment or TokenKind.End)
        )
        {
            _at++;
        }

        return ParseItem();
    }
}
