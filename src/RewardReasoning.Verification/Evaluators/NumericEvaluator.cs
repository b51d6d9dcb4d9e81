using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using RewardReasoning.Verification.Arithmetic;
using RewardReasoning.Verification.Parsing;

namespace RewardReasoning.Verification.Evaluators;

/// <summary>
/// Values to some 70 digits at a stated point: every variable gets a number made from its name and the point's number, so verdicts repeat.
/// Points from <see cref="FirstMixedPoint"/> on have variables of both signs.
/// </summary>
/// <param name="budget">What work may still be done.</param>
/// <param name="point">Number of the point.</param>
/// <param name="variable">The value of every variable, in place of one made from its name.</param>
internal sealed class NumericEvaluator(WorkBudget budget, int point, BigInteger? variable = null) : Evaluator<FixedComplex>(budget)
{
    private const int TinyBits = FixedMath.Places - 100;

    public const int FirstMixedPoint = 2;

    /// <summary>Whether a root or logarithm of a negative number was taken on the way: a matter of convention, not of the answer.</summary>
    public bool LeftTheReals { get; private set; }

    /// <summary>Whether a function without a value here was met.</summary>
    public bool MetUnknown { get; private set; }

    /// <summary>Whether a product, quotient or power came out so small that few of its digits are left.</summary>
    public bool MetTiny { get; private set; }

    protected override int Cost => 60;

    protected override FixedComplex? From(Fraction value) =>
        value.Numerator.GetBitLength() > 4096 || value.Denominator.GetBitLength() > 4096 || FixedComplex.From(value) is not { } number
            ? null
        : value.Numerator.IsZero ? number
        : Sized(number);

    private FixedComplex? Sized(FixedComplex value)
    {
        MetTiny |= BigInteger.Abs(value.Re).GetBitLength() < TinyBits && BigInteger.Abs(value.Im).GetBitLength() < TinyBits;
        return FixedComplex.Bounded(value);
    }

    protected override FixedComplex? From(Constant constant) =>
        constant switch
        {
            Constant.Pi => new FixedComplex(FixedMath.Pi, 0),
            Constant.E => new FixedComplex(FixedMath.Exp(FixedMath.One), 0),
            Constant.I => FixedComplex.I,
            _ => null,
        };

    protected override FixedComplex? Variable(string name)
    {
        if (variable is { } value)
        {
            return new FixedComplex(value, 0);
        }

        byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes(FormattableString.Invariant($"{name}\n{point}")));
        BigInteger unit = new BigInteger(hash, isUnsigned: true);
        BigInteger positive = (FixedMath.One / 2) + (2 * unit);
        return new FixedComplex(point >= FirstMixedPoint && (hash[0] & 1) == 1 ? -positive : positive, 0);
    }

    protected override FixedComplex? Add(FixedComplex a, FixedComplex b) => FixedComplex.Bounded(a + b);

    protected override FixedComplex? Multiply(FixedComplex a, FixedComplex b) =>
        a.IsZero || b.IsZero ? FixedComplex.Bounded(a * b) : Sized(a * b);

    protected override FixedComplex? Divide(FixedComplex a, FixedComplex b) =>
        FixedComplex.Divide(a, b) is not { } quotient ? null
        : a.IsZero ? quotient
        : Sized(quotient);

    protected override FixedComplex? Power(FixedComplex value, BigInteger exponent)
    {
        if (exponent > 100_000)
        {
            return null;
        }

        FixedComplex result = FixedComplex.One;
        for (int bit = (int)exponent.GetBitLength() - 1; bit >= 0; bit--)
        {
            Budget.Spend(Cost);
            result *= result;
            result = ((exponent >> bit) & 1) == 1 ? result * value : result;
            if (FixedComplex.Bounded(result) is null)
            {
                return null;
            }
        }

        return result;
    }

    protected override FixedComplex? Power(PowerNode power)
    {
        if (new ExactEvaluator(Budget).Evaluate(power.Exponent) is { } exact && exact.Denominator <= 64)
        {
            return
                Evaluate(power.Base) is { } radicand
                && Root(radicand, (int)exact.Denominator) is { } root
                && Power(root, BigInteger.Abs(exact.Numerator)) is { } raised
                ? exact.Numerator.Sign >= 0
                    ? raised
                    : Divide(FixedComplex.One, raised)
                : null;
        }

        Budget.Spend(40 * Cost);
        return
            Evaluate(power.Base) is { } value
            && Evaluate(power.Exponent) is { } exponent
            && Ln(value) is { } ln
            && Multiply(ln, exponent) is { } product
            && FixedComplex.Exp(product) is { } raisedTo
            ? Sized(raisedTo)
            : null;
    }

    protected override FixedComplex? Root(FixedComplex value, int index)
    {
        Budget.Spend(20 * Cost);
        if (value.IsReal && (value.Re.Sign >= 0 || index % 2 == 1))
        {
            BigInteger size = FixedMath.FloorRoot(BigInteger.Abs(value.Re) << (FixedMath.Places * (index - 1)), index);
            return new FixedComplex(value.Re.Sign < 0 ? -size : size, 0);
        }

        return Ln(value) is { } ln ? FixedComplex.Exp(new FixedComplex(ln.Re / index, ln.Im / index)) : null;
    }

    protected override FixedComplex? Call(string name, IReadOnlyList<FixedComplex> arguments)
    {
        Budget.Spend(40 * Cost);
        return (name, arguments) switch
        {
            ("sin", [var x]) => Sine(x),
            ("cos", [var x]) => Cosine(x),
            ("tan", [var x]) => Ratio(Sine(x), Cosine(x)),
            ("cot", [var x]) => Ratio(Cosine(x), Sine(x)),
            ("sec", [var x]) => Ratio(FixedComplex.One, Cosine(x)),
            ("csc", [var x]) => Ratio(FixedComplex.One, Sine(x)),
            ("arcsin", [var x]) when IsUnit(x) => new FixedComplex(FixedMath.Atan2(x.Re, Cathetus(x)), 0),
            ("arccos", [var x]) when IsUnit(x) => new FixedComplex(FixedMath.Atan2(Cathetus(x), x.Re), 0),
            ("arctan", [var x]) when x.IsReal => new FixedComplex(FixedMath.Atan2(x.Re, FixedMath.One), 0),
            ("sinh", [var x]) => Hyperbolic(x, -1),
            ("cosh", [var x]) => Hyperbolic(x, 1),
            ("tanh", [var x]) => Ratio(Hyperbolic(x, -1), Hyperbolic(x, 1)),
            ("ln", [var x]) => Ln(x),
            ("logbase", [var x, var b]) => Ratio(Ln(x), Ln(b)),
            ("conj", [var x]) => new FixedComplex(x.Re, -x.Im),
            ("Re", [var x]) => new FixedComplex(x.Re, 0),
            ("Im", [var x]) => new FixedComplex(x.Im, 0),
            ("arccot", [var x]) when x.IsReal => new FixedComplex(FixedMath.Atan2(FixedMath.One, x.Re), 0),
            ("abs", [var x]) => new FixedComplex(x.Magnitude, 0),
            ("floor", [var x]) when x.IsReal => Floor(x),
            ("ceil", [var x]) when x.IsReal => Floor(new FixedComplex(-x.Re, 0)) is { } floor ? new FixedComplex(-floor.Re, 0) : null,
            ("max", [_, ..]) when arguments.All(x => x.IsReal) => arguments.MaxBy(x => x.Re),
            ("min", [_, ..]) when arguments.All(x => x.IsReal) => arguments.MinBy(x => x.Re),
            _ => Unknown(),
        };
    }

    protected override FixedComplex? Opaque(RangeNode range) => Unknown();

    private FixedComplex? Unknown()
    {
        MetUnknown = true;
        return null;
    }

    private FixedComplex? Ln(FixedComplex value)
    {
        LeftTheReals |= !value.IsReal || value.Re.Sign < 0;
        return FixedComplex.Ln(value);
    }

    private static FixedComplex? Sine(FixedComplex x) =>
        !x.IsReal || x.Re.GetBitLength() > FixedMath.Places + 64 ? null : new FixedComplex(FixedMath.SinCos(x.Re).Sin, 0);

    private static FixedComplex? Cosine(FixedComplex x) =>
        !x.IsReal || x.Re.GetBitLength() > FixedMath.Places + 64 ? null : new FixedComplex(FixedMath.SinCos(x.Re).Cos, 0);

    private static FixedComplex? Ratio(FixedComplex? above, FixedComplex? below) =>
        above is { } a && below is { } b ? FixedComplex.Divide(a, b) : null;

    private static FixedComplex? Hyperbolic(FixedComplex x, int sign)
    {
        FixedComplex minus = new(-x.Re, -x.Im);
        return FixedComplex.Exp(x) is { } up && FixedComplex.Exp(minus) is { } down
            ? new FixedComplex((up.Re + (sign * down.Re)) / 2, (up.Im + (sign * down.Im)) / 2)
            : null;
    }

    private static bool IsUnit(FixedComplex x) => x.IsReal && BigInteger.Abs(x.Re) <= FixedMath.One;

    private static BigInteger Cathetus(FixedComplex x) => FixedMath.Sqrt(FixedMath.One - FixedMath.Multiply(x.Re, x.Re));

    private static FixedComplex? Floor(FixedComplex x)
    {
        // Within rounding of a whole number the floor is not known.
        BigInteger nearest = ((x.Re + (FixedMath.One / 2)) >> FixedMath.Places) << FixedMath.Places;
        return BigInteger.Abs(x.Re - nearest).GetBitLength() < 64
            ? null
            : new FixedComplex((x.Re >> FixedMath.Places) << FixedMath.Places, 0);
    }
}
