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

    public AnswerVerdict Compare(Node a, Node b)
    {
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

    private static AnswerVerdict Verdict(bool equal) => equal ? AnswerVerdict.Equal : AnswerVerdict.Different;

    private static bool IsVariable(Node node) => node is SymbolNode or CallNode { Name: ['@', ..] };

    private static bool HasNoValue(Node node) => NodeRewriter.Any(node, at => at is TextNode or RangeNode);

    private static bool IsDecimal(Node node) => NodeRewriter.Any(node, at => at is NumberNode { IsDecimal: true });

    private AnswerVerdict CompareExactly(Node a, Node b)
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

    private AnswerVerdict? CompareRounded(Node a, Node b)
    {
        if (new NumericEvaluator(budget, 0).Evaluate(a) is not { } x || new NumericEvaluator(budget, 0).Evaluate(b) is not { } y)
        {
            return null;
        }

        return Verdict(AreClose(Unit(x.Re), Unit(y.Re)) && AreClose(Unit(x.Im), Unit(y.Im)));

        static Fraction Unit(BigInteger value) => new(value, FixedMath.One);
    }

    /// <summary>Equal to the wanted number of decimal places, and to two significant digits fewer: 0.0000001 is not 0.0000002.</summary>
    private bool AreClose(Fraction a, Fraction b)
    {
        BigInteger power = BigInteger.Pow(10, options.Decimals);
        Fraction difference = Absolute(a - b);
        Fraction size = Absolute(a).Numerator.IsZero ? Absolute(b) : Absolute(a);
        return (new Fraction(1, 2 * power) - difference).Numerator.Sign >= 0
            && ((size * new Fraction(100, power)) - difference).Numerator.Sign >= 0;
    }

    private static Fraction Absolute(Fraction value) => value.Numerator.Sign < 0 ? -value : value;
}
