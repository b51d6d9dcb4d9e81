using System.Collections.Frozen;

namespace RewardReasoning.Verification.Parsing;

/// <summary>Functions that have a value here.</summary>
internal static class MathFunctions
{
    public static readonly FrozenSet<string> Known = FrozenSet.ToFrozenSet([
        "sin",
        "cos",
        "tan",
        "cot",
        "sec",
        "csc",
        "arcsin",
        "arccos",
        "arctan",
        "sinh",
        "cosh",
        "tanh",
        "log",
        "ln",
        "lg",
        "exp",
        "abs",
        "floor",
        "ceil",
        "max",
        "min",
        "gcd",
        "lcm",
        "factorial",
        "arccot",
        "arcsec",
        "arccsc",
        "det",
        "Re",
        "Im",
    ]);

    public static readonly FrozenSet<string> Trigonometric = FrozenSet.ToFrozenSet(["sin", "cos", "tan", "cot", "sec", "csc"]);
}
