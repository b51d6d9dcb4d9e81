using System.Numerics;
using RewardReasoning.Verification.Arithmetic;
using RewardReasoning.Verification.Parsing;

namespace RewardReasoning.Verification.Evaluators;

/// <summary>Exact rational values, of bounded size; radicals where they come out whole.</summary>
/// <param name="budget">What work may still be done.</param>
/// <param name="variable">Value of every variable; null where variables have none.</param>
internal sealed class ExactEvaluator(WorkBudget budget, Fraction? variable = null) : Evaluator<Fraction>(budget)
{
    private const long MaxBits = 16_384;

    protected override int Cost => 2;

    protected override Fraction? From(Fraction value) => value;

    protected override Fraction? From(Constant constant) => null;

    protected override Fraction? Variable(string name) => variable;

    protected override Fraction? Add(Fraction a, Fraction b) => Sized(a, b) ? a + b : null;

    protected override Fraction? Multiply(Fraction a, Fraction b) => Sized(a, b) ? a * b : null;

    protected override Fraction? Divide(Fraction a, Fraction b) => b.Numerator.IsZero || !Sized(a, b) ? null : a / b;

    protected override Fraction? Power(Fraction value, BigInteger exponent)
    {
        if (exponent.IsZero)
        {
            return value.Numerator.IsZero ? null : new Fraction(1, 1);
        }

        if (BigInteger.Abs(value.Numerator) <= 1 && value.Denominator.IsOne)
        {
            return exponent.IsEven ? value * value : value;
        }

        BigInteger bits = exponent * Bits(value);
        if (bits > MaxBits)
        {
            return null;
        }

        Budget.Spend((long)bits / 8);
        return new Fraction(BigInteger.Pow(value.Numerator, (int)exponent), BigInteger.Pow(value.Denominator, (int)exponent));
    }

    protected override Fraction? Power(PowerNode power) =>
        Evaluate(power.Exponent) is { } exponent
        && exponent.Denominator <= 64
        && Evaluate(power.Base) is { } value
        && value.Numerator.Sign >= 0
        && Root(value, (int)exponent.Denominator) is { } root
            ? exponent.Numerator.Sign >= 0
                ? Power(root, exponent.Numerator)
                : Power(root, -exponent.Numerator) is { } below
                    ? Divide(new Fraction(1, 1), below)
                    : null
            : null;

    protected override Fraction? Root(Fraction value, int index) =>
        value.Numerator.Sign >= 0 && WholeRoot(value.Numerator, index) is { } above && WholeRoot(value.Denominator, index) is { } below
            ? new Fraction(above, below)
            : null;

    protected override Fraction? Call(string name, IReadOnlyList<Fraction> arguments) =>
        (name, arguments) switch
        {
            ("abs", [var x]) => x.Numerator.Sign < 0 ? -x : x,
            ("floor", [var x]) => new Fraction(Floor(x), 1),
            ("ceil", [var x]) => new Fraction(-Floor(-x), 1),
            ("max", [_, ..]) => arguments.MaxBy(x => x, Order),
            ("min", [_, ..]) => arguments.MinBy(x => x, Order),
            ("gcd", [_, ..]) when arguments.All(x => x.Denominator.IsOne) => new Fraction(
                arguments.Aggregate(BigInteger.Zero, (a, b) => BigInteger.GreatestCommonDivisor(a, b.Numerator)),
                1
            ),
            ("lcm", [_, ..]) when arguments.All(x => x.Denominator.IsOne && !x.Numerator.IsZero) => new Fraction(
                arguments.Aggregate(
                    BigInteger.One,
                    (a, b) => BigInteger.Abs(a * b.Numerator) / BigInteger.GreatestCommonDivisor(a, b.Numerator)
                ),
                1
            ),
            _ => null,
        };

    private static readonly Comparer<Fraction> Order = Comparer<Fraction>.Create((a, b) => (a - b).Numerator.Sign);

    private static BigInteger Floor(Fraction x) =>
        BigInteger.Divide(x.Numerator - (((x.Numerator % x.Denominator) + x.Denominator) % x.Denominator), x.Denominator);

    private static long Bits(Fraction value) => Math.Max(value.Numerator.GetBitLength(), value.Denominator.GetBitLength());

    private bool Sized(Fraction a, Fraction b)
    {
        long bits = Bits(a) + Bits(b);
        Budget.Spend(bits / 64);
        return bits <= MaxBits;
    }

    private BigInteger? WholeRoot(BigInteger value, int index)
    {
        Budget.Spend((value.GetBitLength() / 8) + 1);
        BigInteger root = FixedMath.FloorRoot(value, index);
        return BigInteger.Pow(root, index) == value ? root : null;
    }
}
