using System.Runtime.CompilerServices;

namespace RewardReasoning.Text.Jinja;

/// <summary>Runs a template's statements. For one rendering and one thread.</summary>
internal sealed class JinjaInterpreter
{
    // Far beyond any chat template, near enough to end one that was made to run for ever.
    private const int MostSteps = 3_000_000;
    private const int DeepestMacro = 100;
    private const string CallerName = "caller";

    /// <summary>Characters, and items, of a value that count as one step of the work with it.</summary>
    private const int CharactersPerStep = 1 << 10;
    private const int ItemsPerStep = 1 << 6;

    private JinjaScope _scope;
    private MarkedTextBuilder _output = new();
    private int _line = 1;
    private int _steps;
    private int _macroDepth;

    private JinjaInterpreter(JinjaScope globals) => _scope = new JinjaScope(globals);

    /// <summary>How a body ended: at its end, or by <c>break</c> or <c>continue</c>.</summary>
    private enum Flow
    {
        On,
        Break,
        Continue,
    }

    /// <summary>The text that a template makes of its variables.</summary>
    /// <exception cref="RewardReasoningException">The template fails, or asks for more than a template should.</exception>
    public static MarkedText Render(JinjaStatement[] template, IEnumerable<KeyValuePair<string, object?>> variables, TimeProvider clock)
    {
        JinjaScope globals = new(parent: null);
        foreach ((string name, object? value) in JinjaGlobals.All(clock).Concat(variables))
        {
            globals.Set(name, value);
        }

        JinjaInterpreter interpreter = new(globals);
        try
        {
            interpreter.Run(template);
            return interpreter._output.ToText();
        }
        catch (JinjaFailure failure)
        {
            throw new ChatTemplateException(interpreter._line, failure.Message);
        }
    }

    private Flow Run(JinjaStatement[] body)
    {
        foreach (JinjaStatement statement in body)
        {
            Step(statement.Line);
            Flow flow = Run(statement);
            if (flow != Flow.On)
            {
                return flow;
            }
        }

        return Flow.On;
    }

    private Flow Run(JinjaStatement statement)
    {
        switch (statement)
        {
            case DataStatement data:
                _output.Append(data.Text);
                return Flow.On;
            case OutputStatement output:
                _output.Append(PythonText.Str(Evaluate(output.Value)));
                return Flow.On;
            case IfStatement condition:
                return Run(JinjaOperators.Truth(Evaluate(condition.Condition)) ? condition.Then : condition.Else);
            case ForStatement loop:
                return RunLoop(loop);
            case SetStatement set:
                Assign(set.Targets, Evaluate(set.Value));
                return Flow.On;
            case SetBlockStatement set:
                Assign([set.Target], Capture(set.Body));
                return Flow.On;
            case MacroStatement macro:
                _scope.Set(macro.Name, MakeMacro(macro));
                return Flow.On;
            case CallBlockStatement block:
                _output.Append(PythonText.Str(Call(block.Call, MakeMacro(block.Caller))));
                return Flow.On;
            case GroupStatement group:
                return Run(group.Body);
            case BreakStatement:
                return Flow.Break;
            case ContinueStatement:
                return Flow.Continue;
            default:
                throw new JinjaFailure($"the statement {statement.GetType().Name} is not known");
        }
    }

    private Flow RunLoop(ForStatement loop)
    {
        IReadOnlyList<object?> items = JinjaOperators.Items(Evaluate(loop.Items));
        JinjaScope outer = _scope;
        try
        {
            if (loop.Filter is { } filter)
            {
                List<object?> kept = [];
                foreach (object? item in items)
                {
                    EnterScope(outer, loop, item);
                    if (JinjaOperators.Truth(Evaluate(filter)))
                    {
                        kept.Add(item);
                    }
                }

                items = kept;
            }

            for (int i = 0; i < items.Count; i++)
            {
                EnterScope(outer, loop, items[i]);
                _scope.Set("loop", new JinjaLoop(items, i));
                if (Run(loop.Body) == Flow.Break)
                {
                    break;
                }
            }
        }
        finally
        {
            _scope = outer;
        }

        return items.Count == 0 ? Run(loop.Else) : Flow.On;
    }

    private void EnterScope(JinjaScope outer, ForStatement loop, object? item)
    {
        _scope = new JinjaScope(outer);
        if (loop.Targets is [var name])
        {
            _scope.Set(name, item);
        }
        else
        {
            Assign([.. loop.Targets.Select(target => new SetTarget(target, null))], item);
        }
    }

    private void Assign(SetTarget[] targets, object? value)
    {
        if (targets.Length == 1)
        {
            Assign(targets[0], value);
            return;
        }

        IReadOnlyList<object?> values = JinjaOperators.Items(value);
        if (values.Count != targets.Length)
        {
            throw new JinjaFailure($"{values.Count} values are assigned to {targets.Length} names");
        }

        for (int i = 0; i < targets.Length; i++)
        {
            Assign(targets[i], values[i]);
        }
    }

    private void Assign(SetTarget target, object? value)
    {
        if (target.Attribute is null)
        {
            _scope.Set(target.Name, value);
        }
        else if (_scope.Find(target.Name) is JinjaNamespace space)
        {
            space.Members[target.Attribute] = value;
        }
        else
        {
            throw new JinjaFailure($"'{target.Name}.{target.Attribute}' is assigned to, but '{target.Name}' is no namespace");
        }
    }

    private MarkedText Capture(JinjaStatement[] body)
    {
        MarkedTextBuilder outer = _output;
        _output = new MarkedTextBuilder();
        try
        {
            Run(body);
            return _output.ToText();
        }
        finally
        {
            _output = outer;
        }
    }

    private JinjaFunction MakeMacro(MacroStatement macro)
    {
        JinjaScope defined = _scope;
        return new JinjaFunction(
            macro.Name,
            call =>
            {
                if (++_macroDepth > DeepestMacro)
                {
                    throw new JinjaFailure($"macros call one another more than {DeepestMacro} levels deep");
                }

                call.Allow([.. macro.Parameters.Select(p => p.Name), CallerName]);
                JinjaScope outer = _scope;
                _scope = new JinjaScope(defined);
                try
                {
                    for (int i = 0; i < macro.Parameters.Length; i++)
                    {
                        MacroParameter parameter = macro.Parameters[i];
                        bool given = i < call.Positional.Count || call.Named.ContainsKey(parameter.Name);
                        object? value =
                            given ? call.Get(i, parameter.Name)
                            : parameter.Default is { } otherwise ? Evaluate(otherwise)
                            : new JinjaUndefined($"parameter '{parameter.Name}' was not provided");
                        _scope.Set(parameter.Name, value);
                    }

                    if (call.Named.TryGetValue(CallerName, out object? caller))
                    {
                        _scope.Set(CallerName, caller);
                    }

                    return Capture(macro.Body);
                }
                finally
                {
                    _scope = outer;
                    _macroDepth--;
                }
            }
        );
    }

    private object? Evaluate(JinjaExpression expression)
    {
        Step(expression.Line);
        object? value = ValueOf(expression);
        if (expression is not ConstantExpression)
        {
            Charge(value);
        }

        return value;
    }

    private object? ValueOf(JinjaExpression expression)
    {
        switch (expression)
        {
            case ConstantExpression constant:
                return constant.Value;
            case NameExpression name:
                return _scope.Find(name.Name);
            case ListExpression list:
                return list.Items.Select(Evaluate).ToList();
            case DictionaryExpression dictionary:
                return EvaluateDictionary(dictionary);
            case AttributeExpression attribute:
                return JinjaMembers.Attribute(Evaluate(attribute.Target), attribute.Name);
            case IndexExpression index:
                return JinjaMembers.Item(Evaluate(index.Target), Evaluate(index.Index));
            case SliceExpression slice:
                return JinjaOperators.Slice(Evaluate(slice.Target), Bound(slice.Start), Bound(slice.Stop), Bound(slice.Step));
            case CallExpression call:
                return Call(call);
            case FilterExpression filter:
                object? filtered = Evaluate(filter.Target);
                return At(filter.Line, JinjaFilters.Apply(filter.Name, filtered, Arguments(filter.Name, filter.Arguments)));
            case TestExpression test:
                object? tested = Evaluate(test.Target);
                return JinjaTests.Apply(test.Name, tested, Arguments(test.Name, test.Arguments));
            case NotExpression not:
                return !JinjaOperators.Truth(Evaluate(not.Operand));
            case SignExpression sign:
                return JinjaOperators.Sign(sign.Negative, Defined(Evaluate(sign.Operand)));
            case BinaryExpression binary:
                return EvaluateBinary(binary);
            case CompareExpression comparison:
                return EvaluateComparison(comparison);
            case ConditionalExpression conditional:
                return JinjaOperators.Truth(Evaluate(conditional.Condition)) ? Evaluate(conditional.Then)
                    : conditional.Else is { } otherwise ? Evaluate(otherwise)
                    : new JinjaUndefined("the condition is false and there is no 'else'");
            default:
                throw new JinjaFailure($"the expression {expression.GetType().Name} is not known");
        }
    }

    private JinjaDictionary EvaluateDictionary(DictionaryExpression expression)
    {
        JinjaDictionary dictionary = new();
        foreach ((JinjaExpression keyExpression, JinjaExpression value) in expression.Entries)
        {
            object? key = Evaluate(keyExpression);
            dictionary.Set(
                key as MarkedText ?? throw new JinjaFailure($"a key is {PythonText.TypeName(key)}; it must be a string"),
                Evaluate(value)
            );
        }

        return dictionary;
    }

    private object? EvaluateBinary(BinaryExpression binary)
    {
        object? left = Evaluate(binary.Left);
        switch (binary.Operator)
        {
            case "and":
                return JinjaOperators.Truth(left) ? Evaluate(binary.Right) : left;
            case "or":
                return JinjaOperators.Truth(left) ? left : Evaluate(binary.Right);
            default:
                object? right = Evaluate(binary.Right);
                return binary.Operator == "~"
                    ? JinjaOperators.Apply("~", left, right)
                    : At(binary.Line, JinjaOperators.Apply(binary.Operator, Defined(left), Defined(right)));
        }
    }

    private bool EvaluateComparison(CompareExpression comparison)
    {
        object? left = Evaluate(comparison.First);
        foreach ((string symbol, JinjaExpression operand) in comparison.Rest)
        {
            object? right = Evaluate(operand);
            bool holds = symbol switch
            {
                "==" => JinjaOperators.Equal(left, right),
                "!=" => !JinjaOperators.Equal(left, right),
                "in" => JinjaOperators.Contains(right, left),
                "not in" => !JinjaOperators.Contains(right, left),
                "<" => JinjaOperators.Compare(Defined(left), Defined(right)) < 0,
                "<=" => JinjaOperators.Compare(Defined(left), Defined(right)) <= 0,
                ">" => JinjaOperators.Compare(Defined(left), Defined(right)) > 0,
                _ => JinjaOperators.Compare(Defined(left), Defined(right)) >= 0,
            };
            if (!holds)
            {
                return false;
            }

            left = right;
        }

        return true;
    }

    /// <param name="call">The call.</param>
    /// <param name="caller">The body of a <c>call</c> block, for a macro to render; null for a plain call.</param>
    private object? Call(CallExpression call, JinjaFunction? caller = null)
    {
        object? target = Evaluate(call.Target);
        JinjaFunction function =
            Defined(target) as JinjaFunction
            ?? throw new JinjaFailure($"{PythonText.TypeName(target)} is called; it must be a function, method or macro");
        JinjaCall arguments = Arguments(function.Name, call.Arguments);
        _line = call.Line;
        return function.Invoke(
            caller is null
                ? arguments
                : new JinjaCall(
                    function.Name,
                    arguments.Positional,
                    new Dictionary<string, object?>(arguments.Named) { [CallerName] = caller }
                )
        );
    }

    private JinjaCall Arguments(string name, JinjaArguments arguments) =>
        new(
            name,
            [.. arguments.Positional.Select(Evaluate)],
            arguments.Named.GroupBy(a => a.Name).ToDictionary(a => a.Key, a => Evaluate(a.Last().Value))
        );

    private long? Bound(JinjaExpression? expression) =>
        expression is null
            ? null
            : Evaluate(expression) switch
            {
                null => null,
                long number => number,
                object other => throw new JinjaFailure($"the bound of a slice is {PythonText.TypeName(other)}; it must be a whole number"),
            };

    private static object? Defined(object? value) => value is JinjaUndefined undefined ? throw new JinjaFailure(undefined.Reason) : value;

    /// <summary>Passes a value on; from here errors belong to the line of the whole expression again.</summary>
    private object? At(int line, object? value)
    {
        _line = line;
        return value;
    }

    /// <summary>Long texts and lists cost steps, for whatever is done with one goes through it.</summary>
    private void Charge(object? value)
    {
        _steps += value switch
        {
            MarkedText text => text.Value.Length / CharactersPerStep,
            List<object?> list => list.Count / ItemsPerStep,
            _ => 0,
        };
    }

    private void Step(int line)
    {
        _line = line;
        if (++_steps > MostSteps)
        {
            throw new JinjaFailure($"the template has taken more than {MostSteps} steps; it may run for ever");
        }

        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw new JinjaFailure("the template is nested too deeply");
        }
    }
}
