using System.Globalization;
using System.Runtime.CompilerServices;

namespace RewardReasoning.Text.Jinja;

/// <summary>
/// Reads expressions, with Jinja's precedence: filters and tests bind closest, then <c>**</c>, <c>*</c>, <c>~</c>, <c>+</c>,
/// comparisons, <c>not</c>, <c>and</c>, <c>or</c>, <c>if</c>.
/// </summary>
internal sealed class JinjaExpressionParser(JinjaTokenStream tokens)
{
    private static readonly HashSet<string> Comparisons = ["==", "!=", "<", ">", "<=", ">="];

    /// <summary>Tests that take an argument without brackets: <c>x is divisibleby 3</c>.</summary>
    private static readonly HashSet<string> TestsOfTwo =
    [
        "divisibleby",
        "sameas",
        "equalto",
        "eq",
        "ne",
        "lt",
        "le",
        "gt",
        "ge",
        "greaterthan",
        "lessthan",
        "in",
    ];

    /// <summary>Whether a name is a constant, which no variable can be called.</summary>
    public static bool IsConstant(string name) => name is "true" or "True" or "false" or "False" or "none" or "None";

    /// <summary>An expression, or several with commas between, which make a list.</summary>
    public JinjaExpression ParseTuple()
    {
        int line = tokens.Current.Line;
        JinjaExpression first = Parse();
        if (!tokens.Is(","))
        {
            return first;
        }

        List<JinjaExpression> items = [first];
        while (tokens.TryTake(",") && !EndsTuple())
        {
            items.Add(Parse());
        }

        return new ListExpression(line, [.. items]);
    }

    /// <summary>An expression.</summary>
    public JinjaExpression Parse()
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw tokens.Fail("expressions are nested too deeply");
        }

        int line = tokens.Current.Line;
        JinjaExpression value = ParseWithoutCondition();
        while (tokens.TryTakeName("if"))
        {
            JinjaExpression condition = ParseWithoutCondition();
            value = new ConditionalExpression(line, condition, value, tokens.TryTakeName("else") ? Parse() : null);
        }

        return value;
    }

    /// <summary>An expression that leaves a following <c>if</c> alone.</summary>
    public JinjaExpression ParseWithoutCondition()
    {
        JinjaExpression left = ParseAnd();
        while (tokens.IsName("or"))
        {
            left = new BinaryExpression(tokens.Take().Line, "or", left, ParseAnd());
        }

        return left;
    }

    private bool EndsTuple() =>
        tokens.Current.Kind is JinjaTokenKind.OutputEnd or JinjaTokenKind.BlockEnd || tokens.Is(")") || tokens.Is("=");

    private JinjaExpression ParseAnd()
    {
        JinjaExpression left = ParseNot();
        while (tokens.IsName("and"))
        {
            left = new BinaryExpression(tokens.Take().Line, "and", left, ParseNot());
        }

        return left;
    }

    private JinjaExpression ParseNot()
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw tokens.Fail("expressions are nested too deeply");
        }

        return tokens.IsName("not") ? new NotExpression(tokens.Take().Line, ParseNot()) : ParseComparison();
    }

    private JinjaExpression ParseComparison()
    {
        int line = tokens.Current.Line;
        JinjaExpression first = ParseSum();
        List<(string, JinjaExpression)> rest = [];
        while (true)
        {
            if (tokens.Current.Kind == JinjaTokenKind.Operator && Comparisons.Contains(tokens.Current.Text))
            {
                rest.Add((tokens.Take().Text, ParseSum()));
            }
            else if (tokens.TryTakeName("in"))
            {
                rest.Add(("in", ParseSum()));
            }
            else if (tokens.TryTakeName("not"))
            {
                tokens.ExpectName("in");
                rest.Add(("not in", ParseSum()));
            }
            else
            {
                return rest.Count == 0 ? first : new CompareExpression(line, first, [.. rest]);
            }
        }
    }

    private JinjaExpression ParseSum() => ParseBinary(ParseConcatenation, "+", "-");

    private JinjaExpression ParseConcatenation() => ParseBinary(ParseProduct, "~");

    private JinjaExpression ParseProduct() => ParseBinary(ParsePower, "*", "/", "//", "%");

    private JinjaExpression ParsePower() => ParseBinary(() => ParseUnary(withFilters: true), "**");

    private JinjaExpression ParseBinary(Func<JinjaExpression> parseOperand, params string[] operators)
    {
        JinjaExpression left = parseOperand();
        while (tokens.Current.Kind == JinjaTokenKind.Operator && operators.Contains(tokens.Current.Text))
        {
            JinjaToken symbol = tokens.Take();
            left = new BinaryExpression(symbol.Line, symbol.Text, left, parseOperand());
        }

        return left;
    }

    private JinjaExpression ParseUnary(bool withFilters)
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw tokens.Fail("expressions are nested too deeply");
        }

        JinjaExpression value =
            tokens.Is("-") || tokens.Is("+")
                ? new SignExpression(tokens.Current.Line, tokens.Take().Text == "-", ParseUnary(withFilters: false))
                : ParsePostfix(ParsePrimary());
        return withFilters ? ParseFilters(value) : value;
    }

    private JinjaExpression ParseFilters(JinjaExpression value)
    {
        while (true)
        {
            int line = tokens.Current.Line;
            if (tokens.TryTake("|"))
            {
                string name = DottedName("a filter");
                value = ParsePostfix(new FilterExpression(line, value, name, tokens.Is("(") ? ParseArguments() : JinjaArguments.None));
            }
            else if (tokens.TryTakeName("is"))
            {
                value = ParseTest(line, value);
            }
            else
            {
                return value;
            }
        }
    }

    private JinjaExpression ParseTest(int line, JinjaExpression value)
    {
        bool negated = tokens.TryTakeName("not");
        string name = DottedName("a test");
        JinjaArguments arguments = JinjaArguments.None;
        if (tokens.Is("("))
        {
            arguments = ParseArguments();
        }
        else if (TestsOfTwo.Contains(name))
        {
            arguments = new JinjaArguments([ParsePostfix(ParsePrimary())], []);
        }

        JinjaExpression test = new TestExpression(line, value, name, arguments);
        return negated ? new NotExpression(line, test) : test;
    }

    private string DottedName(string expected)
    {
        string name = tokens.Expect(JinjaTokenKind.Name, $"the name of {expected}").Text;
        while (tokens.TryTake("."))
        {
            name += "." + tokens.Expect(JinjaTokenKind.Name, $"the name of {expected}").Text;
        }

        return name;
    }

    private JinjaExpression ParsePostfix(JinjaExpression value)
    {
        while (true)
        {
            int line = tokens.Current.Line;
            if (tokens.TryTake("."))
            {
                JinjaToken member = tokens.Take();
                value = member.Kind switch
                {
                    JinjaTokenKind.Name => new AttributeExpression(line, value, member.Text),
                    JinjaTokenKind.Integer => new IndexExpression(line, value, Integer(member)),
                    _ => throw new ChatTemplateException(line, $"a name is expected after '.', found {member.Shown}"),
                };
            }
            else if (tokens.TryTake("["))
            {
                value = ParseSubscript(line, value);
            }
            else if (tokens.Is("("))
            {
                value = new CallExpression(line, value, ParseArguments());
            }
            else
            {
                return value;
            }
        }
    }

    private JinjaExpression ParseSubscript(int line, JinjaExpression target)
    {
        JinjaExpression? start = tokens.Is(":") ? null : ParseTuple();
        if (start is not null && tokens.TryTake("]"))
        {
            return new IndexExpression(line, target, start);
        }

        tokens.Expect(":");
        JinjaExpression? stop = tokens.Is(":") || tokens.Is("]") ? null : Parse();
        JinjaExpression? step = tokens.TryTake(":") && !tokens.Is("]") ? Parse() : null;
        tokens.Expect("]");
        return new SliceExpression(line, target, start, stop, step);
    }

    private JinjaArguments ParseArguments()
    {
        List<JinjaExpression> positional = [];
        List<(string, JinjaExpression)> named = [];
        tokens.Expect("(");
        while (!tokens.TryTake(")"))
        {
            if (positional.Count + named.Count > 0)
            {
                tokens.Expect(",");
                if (tokens.TryTake(")"))
                {
                    break;
                }
            }

            if (tokens.Is("*") || tokens.Is("**"))
            {
                throw tokens.Fail("unpacking arguments with '*' is not supported");
            }

            JinjaToken first = tokens.Current;
            JinjaExpression value = Parse();
            if (value is NameExpression name && first.Text == name.Name && tokens.TryTake("="))
            {
                named.Add((name.Name, Parse()));
            }
            else if (named.Count > 0)
            {
                throw tokens.Fail("an argument without a name follows one with a name");
            }
            else
            {
                positional.Add(value);
            }
        }

        return new JinjaArguments([.. positional], [.. named]);
    }

    private JinjaExpression ParsePrimary()
    {
        JinjaToken token = tokens.Take();
        switch (token.Kind)
        {
            case JinjaTokenKind.Name:
                return Name(token);
            case JinjaTokenKind.Integer:
                return Integer(token);
            case JinjaTokenKind.Float:
                return new ConstantExpression(token.Line, double.Parse(token.Text, CultureInfo.InvariantCulture));
            case JinjaTokenKind.String:
                string text = token.Text;
                while (tokens.Current.Kind == JinjaTokenKind.String)
                {
                    text += tokens.Take().Text;
                }

                return new ConstantExpression(token.Line, MarkedText.Trust(text));
            case JinjaTokenKind.Operator when token.Text == "(":
                JinjaExpression inner = tokens.Is(")") ? new ListExpression(token.Line, []) : ParseTuple();
                tokens.Expect(")");
                return inner;
            case JinjaTokenKind.Operator when token.Text == "[":
                return ParseList(token.Line);
            case JinjaTokenKind.Operator when token.Text == "{":
                return ParseDictionary(token.Line);
            default:
                throw new ChatTemplateException(token.Line, $"a value is expected, found {token.Shown}");
        }
    }

    private static JinjaExpression Name(JinjaToken token) =>
        token.Text switch
        {
            "true" or "True" => new ConstantExpression(token.Line, true),
            "false" or "False" => new ConstantExpression(token.Line, false),
            "none" or "None" => new ConstantExpression(token.Line, null),
            "if" or "else" or "and" or "or" or "in" or "is" => throw new ChatTemplateException(
                token.Line,
                $"a value is expected, found '{token.Text}'"
            ),
            _ => new NameExpression(token.Line, token.Text),
        };

    private static ConstantExpression Integer(JinjaToken token) =>
        long.TryParse(token.Text, NumberStyles.None, CultureInfo.InvariantCulture, out long value)
            ? new ConstantExpression(token.Line, value)
            : throw new ChatTemplateException(token.Line, $"the number {token.Text} is too large");

    private ListExpression ParseList(int line)
    {
        List<JinjaExpression> items = [];
        while (!tokens.TryTake("]"))
        {
            if (items.Count > 0)
            {
                tokens.Expect(",");
                if (tokens.TryTake("]"))
                {
                    break;
                }
            }

            items.Add(Parse());
        }

        return new ListExpression(line, [.. items]);
    }

    private DictionaryExpression ParseDictionary(int line)
    {
        List<(JinjaExpression, JinjaExpression)> entries = [];
        while (!tokens.TryTake("}"))
        {
            if (entries.Count > 0)
            {
                tokens.Expect(",");
                if (tokens.TryTake("}"))
                {
                    break;
                }
            }

            JinjaExpression key = Parse();
            tokens.Expect(":");
            entries.Add((key, Parse()));
        }

        return new DictionaryExpression(line, [.. entries]);
    }
}
