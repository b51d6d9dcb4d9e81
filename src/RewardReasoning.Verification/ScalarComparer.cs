using System.Numerics;
using RewardReasoning.Verification.Arithmetic;
using RewardReasoning.Verification.Evaluators;
using RewardReasoning.Verification.Parsing;

namespace RewardReasoning.Verification;

/// <summary>
/// Compares two values: exactly where both are rational; else modulo primes, which settles rational functions; else to 70 digits.
/// Numbers written as decimals are compared to a number of places.
/// </summary>
internal sealed class ScalarComparer(VerifierOptions options, WorkBudget budget)
{
    private const int Points = 4;

    // Of 256 binary places: what agrees to 150 is equal, what differs before 90 is not, and in between nobody knows.
    private const int EqualBits = FixedMath.Places - 150;
    private const int DifferentBits = FixedMath.Places - 90;
    private const int NoiseBits = 24;

    public AnswerVerdict Compare(Node a, Node b)
    {
        if (NodeRewriter.Any(a, IsBareLogarithm) || NodeRewriter.Any(b, IsBareLogarithm))
        {
            // log without a base is ln or the logarithm to base 10: what holds for both, holds.
            AnswerVerdict natural = Compare(WithBase(a, null), WithBase(b, null));
            return natural == AnswerVerdict.Unknown || natural != Compare(WithBase(a, 10), WithBase(b, 10))
                ? AnswerVerdict.Unknown
                : natural;
        }

        if (HasOpenRange(a) || HasOpenRange(b))
        {
            return CompareCounting(a, b);
        }

        if (InfiniteSign(a) is { } infiniteA)
        {
            return InfiniteSign(b) is { } other
                ? other == infiniteA
                    ? AnswerVerdict.Equal
                    : AnswerVerdict.Different
                : HasNoValue(b)
                    ? AnswerVerdict.Unknown
                    : AnswerVerdict.Different;
        }

        if (InfiniteSign(b) is not null)
        {
            return HasNoValue(a) ? AnswerVerdict.Unknown : AnswerVerdict.Different;
        }

        bool rounded = IsDecimal(a) || IsDecimal(b);
        if (new ExactEvaluator(budget).Evaluate(a) is { } exactA && new ExactEvaluator(budget).Evaluate(b) is { } exactB)
        {
            return Verdict(exactA == exactB || (rounded && AreClose(exactA, exactB)));
        }

        bool hasVariables = NodeRewriter.Any(a, IsVariable) || NodeRewriter.Any(b, IsVariable);
        if (rounded && !hasVariables && CompareRounded(a, b) is { } verdict)
        {
            return verdict;
        }

        return CompareExactly(a, b);
    }

    /// <summary>
    /// Whether a and b are proportional, and by a factor of which sign (0 where that is not known); null where they are not, where one of
    /// them is zero everywhere, and where that is not known.
    /// </summary>
    public int? Proportion(Node a, Node b)
    {
        Node zero = NumberNode.Of(0);
        if (CompareExactly(a, zero) != AnswerVerdict.Different || CompareExactly(b, zero) != AnswerVerdict.Different)
        {
            return null;
        }

        List<string> variables = [.. NodeRewriter.Variables(a).Union(NodeRewriter.Variables(b))];
        Node ratio = new QuotientNode(a, b);
        Node moved = variables.Aggregate(ratio, (node, name) => NodeRewriter.Replace(node, name, new SymbolNode(name + " moved")));
        if (CompareExactly(ratio, moved) != AnswerVerdict.Equal)
        {
            return null;
        }

        return new NumericEvaluator(budget, 0).Evaluate(ratio) is { IsReal: true } value ? value.Re.Sign : 0;
    }

    /// <summary>The value of a constant as a real number; null where it has none.</summary>
    public BigInteger? RealValue(Node node) => new NumericEvaluator(budget, 0).Evaluate(node) is { IsReal: true } value ? value.Re : null;

    /// <summary>1 for ∞, −1 for −∞, null for all else.</summary>
    public static int? InfiniteSign(Node node) =>
        node switch
        {
            ConstantNode { Kind: Constant.Infinity } => 1,
            NegateNode negate => -InfiniteSign(negate.Value),
            _ => null,
        };

    private static bool IsBareLogarithm(Node node) => node is CallNode { Name: "log", Arguments.Count: 1 };

    private static Node WithBase(Node node, int? radix) =>
        NodeRewriter.Rewrite(
            node,
            at =>
                !IsBareLogarithm(at) ? at
                : radix is { } known ? new CallNode("logbase", [.. ((CallNode)at).Arguments, NumberNode.Of(known)])
                : new CallNode("ln", ((CallNode)at).Arguments)
        );

    /// <summary>A sum or product up to n.</summary>
    private static bool HasOpenRange(Node node) =>
        NodeRewriter.Any(node, at => at is RangeNode { Name: "sum" or "prod" } range && NodeRewriter.Variables(range.Upper).Any());

    /// <summary>
    /// Sums and products up to n: the same at n = 1, 2, …, 8 exactly. Closed forms of sums are rational functions and exponentials of low
    /// degree, which these values settle.
    /// </summary>
    private AnswerVerdict CompareCounting(Node a, Node b)
    {
        string[] bounds = [.. new[] { a, b }.SelectMany(Ranges).SelectMany(range => NodeRewriter.Variables(range.Upper)).Distinct()];
        if (bounds is not [var bound])
        {
            return CompareExactly(a, b);
        }

        for (int n = 1; n <= 8; n++)
        {
            AnswerVerdict verdict = CompareExactly(
                NodeRewriter.Replace(a, bound, NumberNode.Of(n)),
                NodeRewriter.Replace(b, bound, NumberNode.Of(n))
            );
            if (verdict != AnswerVerdict.Equal)
            {
                return verdict;
            }
        }

        return AnswerVerdict.Equal;
    }

    private static IEnumerable<RangeNode> Ranges(Node node) =>
        NodeRewriter.Children(node).SelectMany(Ranges).Concat(node is RangeNode range ? [range] : []);

    private static AnswerVerdict Verdict(bool equal) => equal ? AnswerVerdict.Equal : AnswerVerdict.Different;

    private static bool IsVariable(Node node) => node is SymbolNode or CallNode { Name: ['@', ..] };

    private static bool HasNoValue(Node node) => NodeRewriter.Any(node, at => at is TextNode or RangeNode);

    /// <summary>Whether a number with a decimal point is in an expression: it may be rounded.</summary>
    public static bool IsDecimal(Node node) => NodeRewriter.Any(node, at => at is NumberNode { IsDecimal: true });

    /// <summary>The same, decimals taken as exact.</summary>
    public AnswerVerdict CompareExactly(Node a, Node b)
    {
        bool? same = AgreeModulo(a, b, out bool free);
        if (same == false && free)
        {
            return AnswerVerdict.Different;
        }

        // Agreement modulo two primes is confirmed by size: two numbers may differ by a multiple of both primes, if someone means them to.
        AnswerVerdict numeric = CompareNumerically(a, b, out bool comparable);
        return same == true
            ? numeric == AnswerVerdict.Different
                ? AnswerVerdict.Unknown
                : AnswerVerdict.Equal
            : comparable
                ? numeric
                : AnswerVerdict.Unknown;
    }

    /// <summary>
    /// Whether two expressions agree at every point; null where they have no value there. <paramref name="free"/>: nothing but free symbols
    /// is in them.
    /// </summary>
    private bool? AgreeModulo(Node a, Node b, out bool free)
    {
        free = true;
        bool? agree = null;
        for (int i = 0; i < PrimeField.Fields.Count; i++)
        {
            ModularEvaluator atA = new(budget, PrimeField.Fields[i], (ulong)i + 1);
            ModularEvaluator atB = new(budget, PrimeField.Fields[i], (ulong)i + 1);
            if (atA.Evaluate(a) is not { } valueA || atB.Evaluate(b) is not { } valueB)
            {
                return null;
            }

            free &= !atA.UsedKnownFunctions && !atB.UsedKnownFunctions;
            agree = valueA == valueB;
            if (agree == false)
            {
                return false;
            }
        }

        return agree;
    }

    private AnswerVerdict CompareNumerically(Node a, Node b, out bool comparable)
    {
        comparable = false;
        bool hasVariables = NodeRewriter.Any(a, IsVariable) || NodeRewriter.Any(b, IsVariable);
        int agreeing = 0;
        for (int point = 0; point < (hasVariables ? Points : 1); point++)
        {
            NumericEvaluator atA = new(budget, point);
            NumericEvaluator atB = new(budget, point);
            if (atA.Evaluate(a) is not { } valueA || atB.Evaluate(b) is not { } valueB)
            {
                continue;
            }

            if (hasVariables && (atA.LeftTheReals || atB.LeftTheReals))
            {
                continue;
            }

            if (atA.MetTiny || atB.MetTiny)
            {
                comparable = true;
                AnswerVerdict tiny = CompareTiny(valueA, valueB);
                if (tiny != AnswerVerdict.Equal)
                {
                    return tiny;
                }

                agreeing++;
                continue;
            }

            BigInteger scale = BigInteger.Max(FixedMath.One, valueA.Magnitude);
            long bits = (valueA - valueB).Magnitude.GetBitLength() - (scale.GetBitLength() - FixedMath.Places);
            comparable = true;
            if (bits > DifferentBits)
            {
                return AnswerVerdict.Different;
            }

            if (bits > EqualBits)
            {
                return AnswerVerdict.Unknown;
            }

            agreeing++;
        }

        return agreeing >= (hasVariables ? 2 : 1) ? AnswerVerdict.Equal : AnswerVerdict.Unknown;
    }

    /// <summary>Numbers of which few digits are left are compared by those: equal to 80 binary digits, different within 40.</summary>
    private static AnswerVerdict CompareTiny(FixedComplex a, FixedComplex b)
    {
        long size = BigInteger.Max(a.Magnitude, b.Magnitude).GetBitLength();
        long difference = (a - b).Magnitude.GetBitLength();
        return difference > size - 40 && difference > NoiseBits ? AnswerVerdict.Different
            : size - 80 > NoiseBits && difference < size - 80 ? AnswerVerdict.Equal
            : AnswerVerdict.Unknown;
    }

    private AnswerVerdict? CompareRounded(Node a, Node b)
    {
        NumericEvaluator atA = new(budget, 0);
        NumericEvaluator atB = new(budget, 0);
        if (atA.Evaluate(a) is not { } x || atB.Evaluate(b) is not { } y || atA.MetTiny || atB.MetTiny)
        {
            return null;
        }

        return Verdict(AreClose(Unit(x.Re), Unit(y.Re)) && AreClose(Unit(x.Im), Unit(y.Im)));

        static Fraction Unit(BigInteger value) => new(value, FixedMath.One);
    }

    /// <summary>Equal to the wanted number of decimal places, and to two significant digits fewer: 0.0000001 is not 0.0000002.</summary>
    public bool AreClose(Fraction a, Fraction b)
    {
        BigInteger power = BigInteger.Pow(10, options.Decimals);
        Fraction difference = Absolute(a - b);
        Fraction size = Absolute(a).Numerator.IsZero ? Absolute(b) : Absolute(a);
        return (new Fraction(1, 2 * power) - difference).Numerator.Sign >= 0
            && ((size * new Fraction(100, power)) - difference).Numerator.Sign >= 0;
    }

    private static Fraction Absolute(Fraction value) => value.Numerator.Sign < 0 ? -value : value;
}
