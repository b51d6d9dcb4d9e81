using System.Runtime.CompilerServices;

namespace RewardReasoning.Text.Jinja;

/// <summary>Reads the statements of a template; expressions are read by <see cref="JinjaExpressionParser"/>.</summary>
internal sealed class JinjaParser
{
    private static readonly HashSet<string> Closing = ["elif", "else", "endif", "endfor", "endset", "endmacro", "endcall", "endgeneration"];

    private readonly JinjaTokenStream _tokens;
    private readonly JinjaExpressionParser _expressions;
    private int _loops;

    private JinjaParser(JinjaTokenStream tokens)
    {
        _tokens = tokens;
        _expressions = new JinjaExpressionParser(tokens);
    }

    /// <summary>The statements of a template.</summary>
    /// <exception cref="RewardReasoningException">The source is no Jinja, or holds a statement that is not supported.</exception>
    public static JinjaStatement[] Parse(string source)
    {
        JinjaParser parser = new(new JinjaTokenStream(JinjaLexer.Tokenize(source)));
        JinjaStatement[] statements = parser.ParseBody(closedBy: null, out _);
        return statements;
    }

    /// <summary>Statements up to a closing tag, whose name is read and whose rest is left; or up to the end of the template.</summary>
    private JinjaStatement[] ParseBody(string? closedBy, out string closing)
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw _tokens.Fail("statements are nested too deeply");
        }

        List<JinjaStatement> body = [];
        int opened = _tokens.Current.Line;
        while (true)
        {
            JinjaToken token = _tokens.Take();
            switch (token.Kind)
            {
                case JinjaTokenKind.Data:
                    body.Add(new DataStatement(token.Line, MarkedText.Trust(token.Text)));
                    break;
                case JinjaTokenKind.OutputBegin:
                    body.Add(new OutputStatement(token.Line, _expressions.ParseTuple()));
                    _tokens.Expect(JinjaTokenKind.OutputEnd, "}}");
                    break;
                case JinjaTokenKind.BlockBegin when _tokens.Current.Kind == JinjaTokenKind.Name && Closing.Contains(_tokens.Current.Text):
                    closing = _tokens.Current.Text;
                    if (closedBy is null)
                    {
                        throw _tokens.Fail($"'{closing}' closes nothing here");
                    }

                    _tokens.Take();
                    return [.. body];
                case JinjaTokenKind.BlockBegin:
                    body.Add(ParseStatement());
                    break;
                default:
                    closing = "";
                    return closedBy is null ? [.. body] : throw new ChatTemplateException(opened, $"a block is not closed by '{closedBy}'");
            }
        }
    }

    private JinjaStatement ParseStatement()
    {
        JinjaToken tag = _tokens.Expect(JinjaTokenKind.Name, "the name of a statement");
        switch (tag.Text)
        {
            case "if":
                return ParseIf(tag.Line);
            case "for":
                return ParseFor(tag.Line);
            case "set":
                return ParseSet(tag.Line);
            case "macro":
                return ParseMacro(tag.Line);
            case "call":
                return ParseCallBlock(tag.Line);
            case "generation":
                EndTag();
                return new GroupStatement(tag.Line, ParseClosedBody("endgeneration"));
            case "break" or "continue" when _loops == 0:
                throw new ChatTemplateException(tag.Line, $"'{tag.Text}' is outside of any loop");
            case "break":
                EndTag();
                return new BreakStatement(tag.Line);
            case "continue":
                EndTag();
                return new ContinueStatement(tag.Line);
            default:
                throw new ChatTemplateException(
                    tag.Line,
                    $"the statement '{tag.Text}' is not supported; known are if, for, set, macro, call, break, continue, generation and raw"
                );
        }
    }

    private IfStatement ParseIf(int line)
    {
        JinjaExpression condition = _expressions.Parse();
        EndTag();
        JinjaStatement[] then = ParseBody("endif", out string closing);
        switch (closing)
        {
            case "elif":
                return new IfStatement(line, condition, then, [ParseIf(_tokens.Current.Line)]);
            case "else":
                EndTag();
                return new IfStatement(line, condition, then, ParseClosedBody("endif"));
            default:
                Closes(closing, "endif");
                return new IfStatement(line, condition, then, []);
        }
    }

    private ForStatement ParseFor(int line)
    {
        List<string> targets = [TargetName()];
        while (_tokens.TryTake(","))
        {
            targets.Add(TargetName());
        }

        _tokens.ExpectName("in");
        JinjaExpression items = _expressions.ParseWithoutCondition();
        JinjaExpression? filter = _tokens.TryTakeName("if") ? _expressions.Parse() : null;
        if (_tokens.IsName("recursive"))
        {
            throw _tokens.Fail("recursive loops are not supported");
        }

        EndTag();
        _loops++;
        JinjaStatement[] body = ParseBody("endfor", out string closing);
        _loops--;
        JinjaStatement[] otherwise = [];
        if (closing == "else")
        {
            EndTag();
            otherwise = ParseClosedBody("endfor");
        }
        else
        {
            Closes(closing, "endfor");
        }

        return new ForStatement(line, [.. targets], items, filter, body, otherwise);
    }

    private JinjaStatement ParseSet(int line)
    {
        List<SetTarget> targets = [ParseTarget()];
        while (_tokens.TryTake(","))
        {
            targets.Add(ParseTarget());
        }

        if (_tokens.TryTake("="))
        {
            JinjaExpression value = _expressions.ParseTuple();
            EndTag();
            return new SetStatement(line, [.. targets], value);
        }

        if (targets.Count > 1 || _tokens.Current.Kind != JinjaTokenKind.BlockEnd)
        {
            throw _tokens.Fail($"'set' needs '=' after its target, found {_tokens.Current.Shown}");
        }

        EndTag();
        return new SetBlockStatement(line, targets[0], ParseClosedBody("endset"));
    }

    private SetTarget ParseTarget()
    {
        string name = TargetName();
        return new SetTarget(name, _tokens.TryTake(".") ? _tokens.Expect(JinjaTokenKind.Name, "an attribute").Text : null);
    }

    private string TargetName()
    {
        JinjaToken name = _tokens.Expect(JinjaTokenKind.Name, "a variable's name");
        return JinjaExpressionParser.IsConstant(name.Text)
            ? throw new ChatTemplateException(name.Line, $"'{name.Text}' cannot be assigned to")
            : name.Text;
    }

    private MacroStatement ParseMacro(int line)
    {
        string name = _tokens.Expect(JinjaTokenKind.Name, "the macro's name").Text;
        _tokens.Expect("(");
        MacroParameter[] parameters = ParseParameters();
        return new MacroStatement(line, name, parameters, ParseMacroBody("endmacro"));
    }

    private CallBlockStatement ParseCallBlock(int line)
    {
        MacroParameter[] parameters = _tokens.TryTake("(") ? ParseParameters() : [];
        CallExpression call =
            _expressions.Parse() as CallExpression
            ?? throw new ChatTemplateException(line, "'call' needs a call of a macro, such as call card('x')");
        return new CallBlockStatement(line, call, new MacroStatement(line, "caller", parameters, ParseMacroBody("endcall")));
    }

    private MacroParameter[] ParseParameters()
    {
        List<MacroParameter> parameters = [];
        while (!_tokens.TryTake(")"))
        {
            if (parameters.Count > 0)
            {
                _tokens.Expect(",");
            }

            string parameter = TargetName();
            parameters.Add(new MacroParameter(parameter, _tokens.TryTake("=") ? _expressions.Parse() : null));
        }

        return [.. parameters];
    }

    /// <summary>A body that runs outside of the loops around it.</summary>
    private JinjaStatement[] ParseMacroBody(string closedBy)
    {
        EndTag();
        int outer = _loops;
        _loops = 0;
        JinjaStatement[] body = ParseClosedBody(closedBy);
        _loops = outer;
        return body;
    }

    private JinjaStatement[] ParseClosedBody(string closedBy)
    {
        JinjaStatement[] body = ParseBody(closedBy, out string closing);
        Closes(closing, closedBy);
        return body;
    }

    private void Closes(string closing, string expected)
    {
        if (closing != expected)
        {
            throw _tokens.Fail($"'{expected}' is expected, found '{closing}'");
        }

        EndTag();
    }

    private void EndTag() => _tokens.Expect(JinjaTokenKind.BlockEnd, "%}");
}
