namespace RewardReasoning.Text.Jinja;

/// <summary>A part of a template that makes text or changes variables.</summary>
internal abstract record JinjaStatement(int Line);

internal sealed record DataStatement(int Line, MarkedText Text) : JinjaStatement(Line);

internal sealed record OutputStatement(int Line, JinjaExpression Value) : JinjaStatement(Line);

internal sealed record IfStatement(int Line, JinjaExpression Condition, JinjaStatement[] Then, JinjaStatement[] Else)
    : JinjaStatement(Line);

/// <summary><c>for targets in items if filter ... else ...</c>.</summary>
internal sealed record ForStatement(
    int Line,
    string[] Targets,
    JinjaExpression Items,
    JinjaExpression? Filter,
    JinjaStatement[] Body,
    JinjaStatement[] Else
) : JinjaStatement(Line);

/// <summary><c>set targets = value</c>, where a target is a name or an attribute of a namespace.</summary>
internal sealed record SetStatement(int Line, SetTarget[] Targets, JinjaExpression Value) : JinjaStatement(Line);

/// <summary><c>set name ... endset</c>: the text of the body becomes the value.</summary>
internal sealed record SetBlockStatement(int Line, SetTarget Target, JinjaStatement[] Body) : JinjaStatement(Line);

internal sealed record MacroStatement(int Line, string Name, MacroParameter[] Parameters, JinjaStatement[] Body) : JinjaStatement(Line);

/// <summary><c>call(parameters) macro(arguments) ... endcall</c>: the macro may render the body by calling <c>caller</c>.</summary>
internal sealed record CallBlockStatement(int Line, CallExpression Call, MacroStatement Caller) : JinjaStatement(Line);

/// <summary>A body that is rendered unchanged: transformers' <c>generation</c> mark.</summary>
internal sealed record GroupStatement(int Line, JinjaStatement[] Body) : JinjaStatement(Line);

internal sealed record BreakStatement(int Line) : JinjaStatement(Line);

internal sealed record ContinueStatement(int Line) : JinjaStatement(Line);

/// <summary>What is assigned to: a variable, or with <paramref name="Attribute"/> a member of a namespace.</summary>
internal sealed record SetTarget(string Name, string? Attribute);

internal sealed record MacroParameter(string Name, JinjaExpression? Default);

/// <summary>A part of a template that has a value.</summary>
internal abstract record JinjaExpression(int Line);

internal sealed record ConstantExpression(int Line, object? Value) : JinjaExpression(Line);

internal sealed record NameExpression(int Line, string Name) : JinjaExpression(Line);

internal sealed record ListExpression(int Line, JinjaExpression[] Items) : JinjaExpression(Line);

internal sealed record DictionaryExpression(int Line, (JinjaExpression Key, JinjaExpression Value)[] Entries) : JinjaExpression(Line);

internal sealed record AttributeExpression(int Line, JinjaExpression Target, string Name) : JinjaExpression(Line);

internal sealed record IndexExpression(int Line, JinjaExpression Target, JinjaExpression Index) : JinjaExpression(Line);

internal sealed record SliceExpression(
    int Line,
    JinjaExpression Target,
    JinjaExpression? Start,
    JinjaExpression? Stop,
    JinjaExpression? Step
) : JinjaExpression(Line);

internal sealed record CallExpression(int Line, JinjaExpression Target, JinjaArguments Arguments) : JinjaExpression(Line);

internal sealed record FilterExpression(int Line, JinjaExpression Target, string Name, JinjaArguments Arguments) : JinjaExpression(Line);

internal sealed record TestExpression(int Line, JinjaExpression Target, string Name, JinjaArguments Arguments) : JinjaExpression(Line);

internal sealed record NotExpression(int Line, JinjaExpression Operand) : JinjaExpression(Line);

internal sealed record SignExpression(int Line, bool Negative, JinjaExpression Operand) : JinjaExpression(Line);

/// <summary>Two operands and an operator: arithmetic, <c>~</c>, <c>and</c> or <c>or</c>.</summary>
internal sealed record BinaryExpression(int Line, string Operator, JinjaExpression Left, JinjaExpression Right) : JinjaExpression(Line);

/// <summary>A chain of comparisons, each between neighbours, as in Python.</summary>
internal sealed record CompareExpression(int Line, JinjaExpression First, (string Operator, JinjaExpression Operand)[] Rest)
    : JinjaExpression(Line);

internal sealed record ConditionalExpression(int Line, JinjaExpression Condition, JinjaExpression Then, JinjaExpression? Else)
    : JinjaExpression(Line);

/// <summary>The arguments of a call, a filter or a test.</summary>
internal sealed record JinjaArguments(JinjaExpression[] Positional, (string Name, JinjaExpression Value)[] Named)
{
    /// <summary>No arguments.</summary>
    public static JinjaArguments None { get; } = new([], []);
}
