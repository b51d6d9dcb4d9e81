using System.Globalization;
using RewardReasoning.Verification.Arithmetic;

namespace RewardReasoning.Verification.Parsing;

/// <summary>
/// Parses an answer: LaTeX or plain text, an expression, a relation, several answers. Strict: what it does not understand whole, it does
/// not understand at all, so that no part of an answer is ever compared in place of the answer.
/// </summary>
internal sealed partial class MathParser
{
    private const int MaxDepth = 60;
    private static readonly Node Nothing = new TextNode("");

    private readonly List<MathToken> _tokens;
    private readonly WorkBudget _budget;
    private int _at;
    private int _depth;
    private int _bars;
    private bool _failed;
    private bool _inSet;
    private bool _stop;

    private MathParser(List<MathToken> tokens, WorkBudget budget)
    {
        _tokens = tokens;
        _budget = budget;
    }

    /// <summary>The answer that a text states; null where none is understood.</summary>
    public static Node? Parse(string text, CommaReading commas, WorkBudget budget)
    {
        if (new MathLexer(UnicodeMath.ToLatex(text), commas).Read() is not { Count: > 1 } tokens)
        {
            return null;
        }

        MathParser parser = new(tokens, budget);
        Node answer = parser.ParseAnswer();
        return parser._failed || parser.Current.Kind != TokenKind.End ? null : answer;
    }

    private MathToken Current => _tokens[_at];

    private MathToken Ahead => _tokens[Math.Min(_at + 1, _tokens.Count - 1)];

    private Node Fail()
    {
        _failed = true;
        _at = _tokens.Count - 1;
        return Nothing;
    }

    private bool Take(TokenKind kind, string text)
    {
        bool there = Current.Is(kind, text);
        _at += there ? 1 : 0;
        return there;
    }

    /// <summary>answer := item (("," | ";" | and | or) item)*</summary>
    private Node ParseAnswer()
    {
        while (Current.Kind == TokenKind.Separator || Current.Is(TokenKind.Operator, "&"))
        {
            _at++;
        }

        List<Node> items = [ParseItem()];
        Join join = Join.Comma;
        while (!_failed && TakeSeparators(ref join) && Current.Kind != TokenKind.End)
        {
            items.Add(ParseItem());
        }

        return items.Count == 1 ? items[0] : new ListNode(items, join);
    }

    private bool TakeSeparators(ref Join join)
    {
        bool any = false;
        while (Current.Kind == TokenKind.Separator || Current.Is(TokenKind.Operator, "row") || Current.Is(TokenKind.Operator, "&"))
        {
            join = Current.Text switch
            {
                "and" => Join.And,
                "or" => Join.Or,
                _ => join,
            };
            any |= Current.Text != "&";
            _at++;
        }

        return any;
    }

    /// <summary>item := set (relation set)*</summary>
    private Node ParseItem()
    {
        List<Node> sides = [ParseSet()];
        string relations = "";
        while (!_failed)
        {
            while (Current.Is(TokenKind.Operator, "&"))
            {
                _at++;
            }

            if (Current.Kind != TokenKind.Relation)
            {
                break;
            }

            relations += Current.Text;
            _at++;
            while (Current.Is(TokenKind.Operator, "&"))
            {
                _at++;
            }

            sides.Add(ParseSet());
        }

        return ParseModulus() is { } modulus && !_failed
            ? sides.Count <= 2 && relations is "" or "="
                ? new CongruenceNode(sides.Count == 2 ? sides[0] : null, sides[^1], modulus)
                : Fail()
            : relations.Length == 0
                ? sides[0]
                : new RelationNode(sides, relations);
    }

    /// <summary>(mod 7), \pmod{7}, \mod 7; null where none follows.</summary>
    private Node? ParseModulus()
    {
        if (Take(TokenKind.Operator, "pmod"))
        {
            return ParseAtom();
        }

        if (Current.Is(TokenKind.Operator, "mod"))
        {
            _at++;
            return ParseSum();
        }

        if (Current.Is(TokenKind.Open, "(") && Ahead.Is(TokenKind.Operator, "pmod"))
        {
            _at += 2;
            Node modulus = ParseSum();
            return Take(TokenKind.Close, ")") ? modulus : Fail();
        }

        return null;
    }

    /// <summary>set := ratio ((∪ | ∩ | ∖) ratio)*</summary>
    private Node ParseSet()
    {
        Node left = ParseRatio();
        while (!_failed && Current is { Kind: TokenKind.Operator, Text: "u" or "n" or "-set" })
        {
            char operation = Current.Text[0];
            _at++;
            left = new SetOperationNode(operation, left, ParseRatio());
        }

        return left;
    }

    /// <summary>ratio := sum (":" sum)*</summary>
    private Node ParseRatio()
    {
        int start = _at;
        Node first = ParseSum();
        if (!Current.Is(TokenKind.Operator, ":"))
        {
            return first;
        }

        List<Node> parts = [first];
        while (!_failed && Take(TokenKind.Operator, ":"))
        {
            parts.Add(ParseSum());
        }

        return new RatioNode(parts, string.Concat(_tokens[start.._at].Select(token => token.Text)));
    }

    /// <summary>sum := product (("+" | "-" | "±" | "∓") product)*</summary>
    private Node ParseSum()
    {
        if (++_depth > MaxDepth)
        {
            return Fail();
        }

        _budget.Spend(10);
        List<Node> terms = [];
        bool first = true;
        while (!_failed)
        {
            string sign = Current is { Kind: TokenKind.Operator, Text: "+" or "-" or "pm" or "mp" } ? Current.Text : "";
            if (sign.Length == 0 && !first)
            {
                break;
            }

            _at += sign.Length == 0 ? 0 : 1;
            Node term = ParseProduct();
            terms.Add(
                sign switch
                {
                    "-" => new NegateNode(term),
                    "pm" => new PlusMinusNode(term, 1),
                    "mp" => new PlusMinusNode(term, -1),
                    _ => term,
                }
            );
            first = false;
        }

        _depth--;
        Node sum = terms.Count == 1 ? terms[0] : new SumNode(terms);
        if (Current is not { Kind: TokenKind.Operator, Text: "over" or "choose" })
        {
            return sum;
        }

        // {a + b \over 2}: everything before it in the braces is the numerator.
        bool isFraction = Current.Text == "over";
        _at++;
        Node below = ParseSum();
        return isFraction ? new QuotientNode(sum, below) : new CallNode("binom", [sum, below]);
    }

    /// <summary>product := factor (("*" | "/" | nothing) factor)*</summary>
    private Node ParseProduct()
    {
        Node left = ParseUnary();
        while (!_failed && !_stop)
        {
            if (left is TextNode words)
            {
                if (Current.Kind is not (TokenKind.Text or TokenKind.Word))
                {
                    break;
                }

                left = new TextNode($"{words.Text} {Current.Text}");
                _at++;
            }
            else if (Take(TokenKind.Operator, "*"))
            {
                left = Multiply(left, ParseUnary());
            }
            else if (Take(TokenKind.Operator, "/"))
            {
                left = new QuotientNode(left, ParseUnary());
            }
            else if (Current.Kind == TokenKind.Text)
            {
                left = ParseUnit(left);
            }
            else if (StartsFactor())
            {
                left = JoinWithoutSign(left);
            }
            else
            {
                break;
            }
        }

        _stop = false;
        return left;
    }

    private bool StartsFactor() =>
        Current.Kind switch
        {
            TokenKind.Letter or TokenKind.Name or TokenKind.Number or TokenKind.Environment or TokenKind.Open => true,
            TokenKind.Operator => Current.Text == "|" && _bars == 0 && !_inSet && _tokens[_at + 1].Kind != TokenKind.End,
            _ => false,
        };

    /// <summary>Factors side by side: a product, or a mixed number where a fraction below 1 follows a whole number.</summary>
    private Node JoinWithoutSign(Node left)
    {
        if (left is NumberNode { IsDecimal: false } whole && whole.Value.Denominator.IsOne)
        {
            if (
                Current.Kind == TokenKind.Number
                && Ahead.Is(TokenKind.Operator, "/")
                && _tokens[Math.Min(_at + 2, _tokens.Count - 1)] is { Kind: TokenKind.Number } below
                && below.Number.Numerator > Current.Number.Numerator
            )
            {
                Fraction part = Current.Number / below.Number;
                _at += 3;
                return new NumberNode(whole.Value + part);
            }

            if (Current.Is(TokenKind.Name, "frac"))
            {
                Node fraction = ParseAtom();
                return
                    fraction
                        is QuotientNode { Numerator: NumberNode { IsDecimal: false } n, Denominator: NumberNode { IsDecimal: false } d }
                    && n.Value.Numerator < d.Value.Numerator
                    && n.Value.Denominator.IsOne
                    && d.Value.Denominator.IsOne
                    ? ParsePostfix(new NumberNode(whole.Value + (n.Value / d.Value)))
                    : Multiply(left, ParsePostfix(fraction));
            }
        }

        // (mod 7) belongs to a congruence.
        if (Current.Is(TokenKind.Open, "(") && Ahead.Is(TokenKind.Operator, "pmod"))
        {
            _stop = true;
            return left;
        }

        // A number may follow only what cannot run into it: 2 3 and x2 are no products.
        return Current.Kind == TokenKind.Number && !EndsInFactorial(left) ? Fail() : Multiply(left, ParsePower());
    }

    private static bool EndsInFactorial(Node left) =>
        left is CallNode { Name: "factorial" or "doublefactorial" }
        || (left is ProductNode { Factors: [.., var last] } && EndsInFactorial(last));

    private static ProductNode Multiply(Node left, Node right) =>
        left is ProductNode product ? new ProductNode([.. product.Factors, right]) : new ProductNode([left, right]);

    private QuantityNode ParseUnit(Node value)
    {
        string unit = Current.Text;
        _at++;
        while (Current.Kind == TokenKind.Text)
        {
            unit += " " + Current.Text;
            _at++;
        }

        if (Take(TokenKind.Operator, "^"))
        {
            unit += "^" + (ParseAtom() is NumberNode power ? power.Value.Numerator.ToString(CultureInfo.InvariantCulture) : "?");
        }

        if (Current.Is(TokenKind.Operator, "/") && Ahead.Kind == TokenKind.Text)
        {
            unit += "/" + Ahead.Text;
            _at += 2;
        }

        return Units.IsPercentWord(unit) ? new QuantityNode(value, "%") : new QuantityNode(value, unit);
    }

    private Node ParseUnary()
    {
        if (++_depth > MaxDepth)
        {
            return Fail();
        }

        Node value = Current is { Kind: TokenKind.Operator, Text: "-" or "+" or "$" or "€" or "£" or "¥" or "₹" }
            ? ParseSigned()
            : ParsePower();
        _depth--;
        return value;
    }

    private Node ParseSigned()
    {
        string sign = Current.Text;
        _at++;
        Node value = ParseUnary();
        return sign switch
        {
            "-" => new NegateNode(value),
            "+" => value,
            _ => new QuantityNode(value, sign),
        };
    }

    /// <summary>power := atom postfix* ("^" exponent)*, where an exponent binds to the right.</summary>
    private Node ParsePower() => ParsePostfix(ParseAtom());

    private Node ParsePostfix(Node value)
    {
        _budget.Spend(5);
        while (!_failed)
        {
            if (Take(TokenKind.Operator, "!!"))
            {
                value = new CallNode("doublefactorial", [value]);
            }
            else if (Take(TokenKind.Operator, "!"))
            {
                value = new CallNode("factorial", [value]);
            }
            else if (Take(TokenKind.Operator, "%"))
            {
                value = new QuantityNode(value, "%");
            }
            else if (Current.Is(TokenKind.Operator, "$") && value is NumberNode or QuantityNode)
            {
                _at++;
                value = new QuantityNode(value, "$");
            }
            else if (Take(TokenKind.Operator, "deg"))
            {
                value = new QuantityNode(value, "deg");
            }
            else if (Take(TokenKind.Operator, "^"))
            {
                if (IsDegree())
                {
                    value = new QuantityNode(value, "deg");
                    continue;
                }

                value = new PowerNode(value, ParseExponent());
            }
            else
            {
                break;
            }
        }

        return value;
    }

    private bool IsDegree()
    {
        if (Take(TokenKind.Operator, "deg"))
        {
            return true;
        }

        bool inGroup =
            Current.Is(TokenKind.Open, "group")
            && Ahead.Is(TokenKind.Operator, "deg")
            && _tokens[Math.Min(_at + 2, _tokens.Count - 1)].Is(TokenKind.Close, "group");
        _at += inGroup ? 3 : 0;
        return inGroup;
    }

    private Node ParseExponent()
    {
        if (++_depth > MaxDepth)
        {
            return Fail();
        }

        Node exponent;
        if (Take(TokenKind.Operator, "-"))
        {
            exponent = new NegateNode(ParseExponent());
        }
        else
        {
            // x^12 is meant as it reads; TeX would raise the 1 alone, which nobody means.
            exponent = ParseAtom();
            exponent = Take(TokenKind.Operator, "^") ? new PowerNode(exponent, ParseExponent()) : exponent;
        }

        _depth--;
        return exponent;
    }
}
