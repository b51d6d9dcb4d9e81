using System.Numerics;
using RewardReasoning.Verification.Arithmetic;
using RewardReasoning.Verification.Parsing;

namespace RewardReasoning.Verification.Evaluators;

/// <summary>A polynomial in one variable with rational coefficients, the constant first.</summary>
internal sealed class Polynomial
{
    private const int MaxDegree = 16;
    private const int MaxBits = 2_000;
    private const int Bisections = 300;

    private static readonly Fraction Zero = new(0, 1);

    private readonly Fraction[] _coefficients;

    private Polynomial(IEnumerable<Fraction> coefficients)
    {
        Fraction[] all = [.. coefficients];
        int length = all.Length;
        while (length > 0 && all[length - 1].Numerator.IsZero)
        {
            length--;
        }

        _coefficients = all[..length];
    }

    /// <summary>−1 for the zero polynomial.</summary>
    public int Degree => _coefficients.Length - 1;

    /// <summary>Numerator and denominator of a rational function of the only variable in it; null for what is not one.</summary>
    public static (Polynomial Above, Polynomial Below)? Read(Node node, WorkBudget budget)
    {
        budget.Spend(10);
        switch (node)
        {
            case NumberNode number:
                return (new Polynomial([number.Value]), One);
            case SymbolNode:
                return (new Polynomial([Zero, new Fraction(1, 1)]), One);
            case NegateNode negate:
                return Read(negate.Value, budget) is { } value
                    ? (value.Above.Times(new Polynomial([new Fraction(-1, 1)])), value.Below)
                    : null;
            case SumNode sum:
                return Fold(sum.Terms, budget, (a, b) => (a.Above.Times(b.Below).Plus(b.Above.Times(a.Below)), a.Below.Times(b.Below)));
            case ProductNode product:
                return Fold(product.Factors, budget, (a, b) => (a.Above.Times(b.Above), a.Below.Times(b.Below)));
            case QuotientNode quotient:
                return
                    Read(quotient.Numerator, budget) is { } above
                    && Read(quotient.Denominator, budget) is { } below
                    && below.Above.Degree >= 0
                    ? Checked(above.Above.Times(below.Below), above.Below.Times(below.Above))
                    : null;
            case PowerNode power when new ExactEvaluator(budget).Evaluate(power.Exponent) is { Denominator.IsOne: true } exponent:
                return Power(power.Base, exponent.Numerator, budget);
            case GroupNode { Items: [var only] }:
                return Read(only, budget);
            default:
                return new ExactEvaluator(budget).Evaluate(node) is { } constant ? (new Polynomial([constant]), One) : null;
        }
    }

    /// <summary>
    /// The real roots in fixed point, in order, each once; null where they are beyond its range. Between neighbouring roots of the
    /// derivative a polynomial is monotone, and has at most one.
    /// </summary>
    public IReadOnlyList<BigInteger>? Roots(WorkBudget budget)
    {
        if (Degree < 1)
        {
            return [];
        }

        if (Degree == 1)
        {
            return FixedComplex.From(-(_coefficients[0] / _coefficients[1])) is { } root ? [root.Re] : null;
        }

        if (Derivative().Roots(budget) is not { } turns || Scaled() is not { } scaled)
        {
            return null;
        }

        BigInteger bound = scaled.SkipLast(1).Max(c => BigInteger.Abs(c) / (BigInteger.Abs(scaled[^1]) + 1)) + 2;
        if (bound.GetBitLength() > 128)
        {
            return null;
        }

        List<BigInteger> roots = [];
        BigInteger[] places = [-(bound << FixedMath.Places), .. turns, bound << FixedMath.Places];
        for (int i = 0; i + 1 < places.Length; i++)
        {
            int low = SignAt(scaled, places[i], budget);
            int high = SignAt(scaled, places[i + 1], budget);
            if (low == 0)
            {
                roots.Add(places[i]);
            }
            else if (high != 0 && low != high)
            {
                roots.Add(Bisect(scaled, places[i], places[i + 1], low, budget));
            }
        }

        return roots;
    }

    private static Polynomial One { get; } = new([new Fraction(1, 1)]);

    private Polynomial Plus(Polynomial other) =>
        new(
            Enumerable
                .Range(0, Math.Max(_coefficients.Length, other._coefficients.Length))
                .Select(i => At(_coefficients, i) + At(other._coefficients, i))
        );

    private Polynomial Times(Polynomial other)
    {
        if (Degree < 0 || other.Degree < 0)
        {
            return new Polynomial([]);
        }

        Fraction[] product = [.. Enumerable.Repeat(Zero, Degree + other.Degree + 1)];
        for (int i = 0; i <= Degree; i++)
        {
            for (int j = 0; j <= other.Degree; j++)
            {
                product[i + j] += _coefficients[i] * other._coefficients[j];
            }
        }

        return new Polynomial(product);
    }

    private Polynomial Derivative() => new(_coefficients.Select((c, i) => c * new Fraction(i, 1)).Skip(1));

    private static Fraction At(Fraction[] coefficients, int i) => i < coefficients.Length ? coefficients[i] : Zero;

    private static (Polynomial, Polynomial)? Fold(
        IReadOnlyList<Node> nodes,
        WorkBudget budget,
        Func<(Polynomial Above, Polynomial Below), (Polynomial Above, Polynomial Below), (Polynomial Above, Polynomial Below)> combine
    )
    {
        (Polynomial Above, Polynomial Below)? total = Read(nodes[0], budget);
        foreach (Node node in nodes.Skip(1))
        {
            if (total is not { } sofar || Read(node, budget) is not { } next)
            {
                return null;
            }

            (Polynomial above, Polynomial below) = combine(sofar, next);
            budget.Spend(20 * (above.Degree + below.Degree + 2));
            total = Checked(above, below);
        }

        return total;
    }

    private static (Polynomial, Polynomial)? Power(Node node, BigInteger exponent, WorkBudget budget)
    {
        if (BigInteger.Abs(exponent) > MaxDegree || Read(node, budget) is not { } value)
        {
            return null;
        }

        (Polynomial Above, Polynomial Below)? power = (One, One);
        for (BigInteger i = 0; i < BigInteger.Abs(exponent) && power is { } sofar; i++)
        {
            budget.Spend(20 * (sofar.Above.Degree + sofar.Below.Degree + 2));
            power = Checked(sofar.Above.Times(value.Above), sofar.Below.Times(value.Below));
        }

        return power is not { } done ? null
            : exponent.Sign >= 0 ? done
            : done.Above.Degree < 0 ? null
            : (done.Below, done.Above);
    }

    private static (Polynomial, Polynomial)? Checked(Polynomial above, Polynomial below) =>
        above.Degree > MaxDegree
        || below.Degree > MaxDegree
        || above._coefficients.Concat(below._coefficients).Any(c => c.Numerator.GetBitLength() + c.Denominator.GetBitLength() > MaxBits)
            ? null
            : (above, below);

    /// <summary>The coefficients as whole numbers.</summary>
    private BigInteger[]? Scaled()
    {
        BigInteger common = _coefficients.Aggregate(
            BigInteger.One,
            (lcm, c) => lcm / BigInteger.GreatestCommonDivisor(lcm, c.Denominator) * c.Denominator
        );
        return common.GetBitLength() > MaxBits ? null : [.. _coefficients.Select(c => c.Numerator * (common / c.Denominator))];
    }

    /// <summary>The sign at a place in fixed point; 0 where the value is nothing but rounding.</summary>
    private static int SignAt(BigInteger[] coefficients, BigInteger x, WorkBudget budget)
    {
        budget.Spend(10 * coefficients.Length);
        BigInteger value = 0;
        BigInteger size = 0;
        BigInteger absolute = BigInteger.Abs(x);
        for (int i = coefficients.Length - 1; i >= 0; i--)
        {
            value = FixedMath.Multiply(value, x) + (coefficients[i] << FixedMath.Places);
            size = FixedMath.Multiply(size, absolute) + (BigInteger.Abs(coefficients[i]) << FixedMath.Places);
        }

        return BigInteger.Abs(value) <= (size >> 160) ? 0 : value.Sign;
    }

    private static BigInteger Bisect(BigInteger[] coefficients, BigInteger low, BigInteger high, int signAtLow, WorkBudget budget)
    {
        for (int i = 0; i < Bisections && high - low > 1; i++)
        {
            BigInteger middle = (low + high) >> 1;
            int sign = SignAt(coefficients, middle, budget);
            if (sign == 0)
            {
                return middle;
            }

            (low, high) = sign == signAtLow ? (middle, high) : (low, middle);
        }

        return low;
    }
}
