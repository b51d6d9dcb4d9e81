using System.Numerics;

namespace RewardReasoning.Text.Jinja;

/// <summary>The tests of <c>is</c>.</summary>
internal static class JinjaTests
{
    /// <summary>The answer of a test.</summary>
    public static bool Apply(string name, object? value, JinjaCall call) =>
        (Find(name) ?? throw new JinjaFailure($"the test '{name}' is not supported"))(value, call);

    private static Func<object?, JinjaCall, bool>? Find(string name) =>
        name switch
        {
            "defined" => (value, _) => value is not JinjaUndefined,
            "undefined" => (value, _) => value is JinjaUndefined,
            "none" => (value, _) => value is null,
            "true" => (value, _) => value is true,
            "false" => (value, _) => value is false,
            "boolean" => (value, _) => value is bool,
            "string" => (value, _) => value is MarkedText,
            "number" => (value, _) => value is bool or long or BigInteger or double,
            "integer" => (value, _) => value is long or BigInteger,
            "float" => (value, _) => value is double,
            "mapping" => (value, _) => value is JinjaDictionary,
            "sequence" => (value, _) => value is List<object?> or MarkedText or JinjaDictionary or JinjaUndefined,
            "iterable" => (value, _) => value is List<object?> or MarkedText or JinjaDictionary or JinjaUndefined,
            "callable" => (value, _) => value is JinjaFunction,
            "odd" => (value, _) => !Whole(value).IsEven,
            "even" => (value, _) => Whole(value).IsEven,
            "divisibleby" => (value, call) =>
                Whole(call.Require(0, "num")) is { IsZero: false } divisor
                    ? (Whole(value) % divisor).IsZero
                    : throw new JinjaFailure("'divisibleby' needs a number other than zero"),
            "lower" => (value, _) => PythonText.Str(value).Value is { } text && text.Any(char.IsLower) && !text.Any(char.IsUpper),
            "upper" => (value, _) => PythonText.Str(value).Value is { } text && text.Any(char.IsUpper) && !text.Any(char.IsLower),
            "in" => (value, call) => JinjaOperators.Contains(call.Require(0, "seq"), value),
            "sameas" => (value, call) => Same(value, call.Require(0, "other")),
            "eq" or "equalto" or "==" => (value, call) => JinjaOperators.Equal(value, call.Require(0, "other")),
            "ne" or "!=" => (value, call) => !JinjaOperators.Equal(value, call.Require(0, "other")),
            "lt" or "lessthan" or "<" => (value, call) => JinjaOperators.Compare(value, call.Require(0, "other")) < 0,
            "le" or "<=" => (value, call) => JinjaOperators.Compare(value, call.Require(0, "other")) <= 0,
            "gt" or "greaterthan" or ">" => (value, call) => JinjaOperators.Compare(value, call.Require(0, "other")) > 0,
            "ge" or ">=" => (value, call) => JinjaOperators.Compare(value, call.Require(0, "other")) >= 0,
            _ => null,
        };

    private static BigInteger Whole(object? value) =>
        JinjaOperators.AsInteger(value) ?? throw new JinjaFailure($"{PythonText.TypeName(value)} was given where a whole number must be");

    private static bool Same(object? left, object? right) =>
        (left, right) switch
        {
            (bool a, bool b) => a == b,
            (bool, _) or (_, bool) => false,
            (MarkedText a, MarkedText b) => a.Value == b.Value,
            _ when JinjaOperators.AsInteger(left) is { } a && JinjaOperators.AsInteger(right) is { } b => a == b,
            _ => ReferenceEquals(left, right),
        };
}
