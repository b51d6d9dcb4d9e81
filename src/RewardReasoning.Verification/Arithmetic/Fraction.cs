using System.Numerics;

namespace RewardReasoning.Verification.Arithmetic;

/// <summary>An exact rational number in lowest terms, denominator positive.</summary>
internal readonly record struct Fraction
{
    /// <summary>Reduces <paramref name="numerator"/> / <paramref name="denominator"/>.</summary>
    /// <exception cref="DivideByZeroException">The denominator is 0.</exception>
    public Fraction(BigInteger numerator, BigInteger denominator)
    {
        if (denominator.IsZero)
        {
            throw new DivideByZeroException();
        }

        BigInteger divisor = BigInteger.GreatestCommonDivisor(numerator, denominator) * denominator.Sign;
        Numerator = numerator / divisor;
        Denominator = denominator / divisor;
    }

    /// <summary>Signed numerator.</summary>
    public BigInteger Numerator { get; }

    /// <summary>Positive denominator.</summary>
    public BigInteger Denominator { get; }

    /// <summary>The exact value of a decimal.</summary>
    public static Fraction From(decimal value)
    {
        int scale = value.Scale;
        return new Fraction(new BigInteger(value * Power10(scale)), BigInteger.Pow(10, scale));
    }

    /// <summary>The value as a decimal, when its expansion ends within <paramref name="maximumDecimals"/> places and fits.</summary>
    public decimal? ToDecimal(int maximumDecimals)
    {
        BigInteger scale = BigInteger.Pow(10, maximumDecimals);
        BigInteger scaled = Numerator * scale;
        if (!(scaled % Denominator).IsZero)
        {
            return null;
        }

        BigInteger mantissa = scaled / Denominator;
        return BigInteger.Abs(mantissa) > new BigInteger(1e24) ? null : (decimal)mantissa / (decimal)scale;
    }

    /// <inheritdoc cref="Fraction"/>
    public static Fraction operator +(Fraction a, Fraction b) =>
        new((a.Numerator * b.Denominator) + (b.Numerator * a.Denominator), a.Denominator * b.Denominator);

    /// <inheritdoc cref="Fraction"/>
    public static Fraction operator -(Fraction a, Fraction b) =>
        new((a.Numerator * b.Denominator) - (b.Numerator * a.Denominator), a.Denominator * b.Denominator);

    /// <inheritdoc cref="Fraction"/>
    public static Fraction operator *(Fraction a, Fraction b) => new(a.Numerator * b.Numerator, a.Denominator * b.Denominator);

    /// <inheritdoc cref="Fraction"/>
    public static Fraction operator /(Fraction a, Fraction b) => new(a.Numerator * b.Denominator, a.Denominator * b.Numerator);

    /// <inheritdoc cref="Fraction"/>
    public static Fraction operator -(Fraction a) => new(-a.Numerator, a.Denominator);

    private static decimal Power10(int exponent)
    {
        decimal result = 1;
        for (int i = 0; i < exponent; i++)
        {
            result *= 10;
        }

        return result;
    }
}
