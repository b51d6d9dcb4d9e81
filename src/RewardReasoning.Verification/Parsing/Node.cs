using System.Numerics;
using RewardReasoning.Verification.Arithmetic;

namespace RewardReasoning.Verification.Parsing;

/// <summary>A piece of a parsed answer.</summary>
internal abstract record Node;

/// <summary>A number; <paramref name="IsDecimal"/> where it was written with a decimal point and may be rounded.</summary>
internal sealed record NumberNode(Fraction Value, bool IsDecimal = false) : Node
{
    public static NumberNode Of(long value) => new(new Fraction(value, 1));
}

/// <summary>A variable, with its index or primes in the name.</summary>
internal sealed record SymbolNode(string Name) : Node;

internal enum Constant
{
    Pi,
    E,
    I,
    Infinity,
}

internal sealed record ConstantNode(Constant Kind) : Node;

internal sealed record SumNode(IReadOnlyList<Node> Terms) : Node;

internal sealed record ProductNode(IReadOnlyList<Node> Factors) : Node;

internal sealed record QuotientNode(Node Numerator, Node Denominator) : Node;

internal sealed record NegateNode(Node Value) : Node;

internal sealed record PowerNode(Node Base, Node Exponent) : Node;

/// <summary>A function of arguments; an unknown name is a function about which nothing is known.</summary>
internal sealed record CallNode(string Name, IReadOnlyList<Node> Arguments) : Node;

/// <summary>A sum or product over a range of whole numbers; an integral, or a limit, where <paramref name="Name"/> says so.</summary>
internal sealed record RangeNode(string Name, string Variable, Node Lower, Node Upper, Node Body) : Node;

/// <summary>± (sign 1) or ∓ (sign −1) before a value.</summary>
internal sealed record PlusMinusNode(Node Value, int Sign) : Node;

/// <summary>Values in brackets: tuple, interval, set. One value in round brackets is just that value.</summary>
internal sealed record GroupNode(char Open, char Close, IReadOnlyList<Node> Items) : Node;

internal enum Join
{
    Comma,
    And,
    Or,
}

/// <summary>Several answers without brackets.</summary>
internal sealed record ListNode(IReadOnlyList<Node> Items, Join Join) : Node;

/// <summary>∪, ∩ or ∖ (as u, n and -) of two sets.</summary>
internal sealed record SetOperationNode(char Operation, Node Left, Node Right) : Node;

internal sealed record MatrixNode(IReadOnlyList<IReadOnlyList<Node>> Rows) : Node;

/// <summary>Sides with a relation between each two: =, ≈ (~), ≠ (!), &lt;, &gt;, ≤ (l), ≥ (g), ∈ (e).</summary>
internal sealed record RelationNode(IReadOnlyList<Node> Sides, string Relations) : Node;

/// <summary>{element | condition}.</summary>
internal sealed record SetBuilderNode(Node Element, Node Condition) : Node;

/// <summary>A function given by cases; a null condition is "otherwise".</summary>
internal sealed record PiecewiseNode(IReadOnlyList<(Node Value, Node? Condition)> Pieces) : Node;

/// <summary>A time of day in seconds; <paramref name="IsSure"/> where morning or afternoon is known.</summary>
internal sealed record ClockTimeNode(int Seconds, bool IsSure) : Node;

/// <summary>A day of the calendar; the year may be missing.</summary>
internal sealed record DateNode(int? Year, int Month, int Day) : Node;

/// <summary>left ≡ right modulo a number; <paramref name="Left"/> is null in "3 (mod 7)".</summary>
internal sealed record CongruenceNode(Node? Left, Node Right, Node Modulus) : Node;

/// <summary>Words.</summary>
internal sealed record TextNode(string Text) : Node;

/// <summary>
/// A value with a unit: "%", "deg", "$", or words. <paramref name="MayBeProduct"/>: written as 5m is, which may be five times m.
/// </summary>
internal sealed record QuantityNode(Node Value, string Unit, bool MayBeProduct = false) : Node;

/// <summary>A whole number written in a base.</summary>
internal sealed record BaseNumeralNode(string Digits, int Base) : Node
{
    public BigInteger Value => Digits.Aggregate(BigInteger.Zero, (value, digit) => (value * Base) + DigitOf(digit));

    /// <summary>What a digit counts: f counts 15.</summary>
    public static int DigitOf(char digit) => char.IsAsciiDigit(digit) ? digit - '0' : char.ToLowerInvariant(digit) - 'a' + 10;
}

/// <summary>a : b, or a time of day.</summary>
internal sealed record RatioNode(IReadOnlyList<Node> Parts, string Source) : Node;
