using System.Numerics;

namespace RewardReasoning.Verification.Arithmetic;

/// <summary>A complex number whose parts are in the fixed point of <see cref="FixedMath"/>.</summary>
internal readonly record struct FixedComplex(BigInteger Re, BigInteger Im)
{
    private const int MaxBits = FixedMath.Places + 512;

    public static FixedComplex One { get; } = new(FixedMath.One, 0);

    public static FixedComplex I { get; } = new(0, FixedMath.One);

    /// <summary>Whether the imaginary part is nothing but rounding.</summary>
    public bool IsReal => BigInteger.Abs(Im).GetBitLength() < 48;

    public bool IsZero => IsReal && BigInteger.Abs(Re).GetBitLength() < 48;

    public double RealPart => (double)(Re >> (FixedMath.Places - 512)) * Math.ScaleB(1, -512);

    public static FixedComplex? From(Fraction value) =>
        Bounded(new FixedComplex((value.Numerator << FixedMath.Places) / value.Denominator, 0));

    /// <summary>The number where its parts are small enough to work with, else null.</summary>
    public static FixedComplex? Bounded(FixedComplex value) =>
        value.Re.GetBitLength() > MaxBits || value.Im.GetBitLength() > MaxBits ? null : value;

    public static FixedComplex operator +(FixedComplex a, FixedComplex b) => new(a.Re + b.Re, a.Im + b.Im);

    public static FixedComplex operator -(FixedComplex a, FixedComplex b) => new(a.Re - b.Re, a.Im - b.Im);

    public static FixedComplex operator *(FixedComplex a, FixedComplex b) =>
        a.Im.IsZero && b.Im.IsZero
            ? new(FixedMath.Multiply(a.Re, b.Re), 0)
            : new(
                FixedMath.Multiply(a.Re, b.Re) - FixedMath.Multiply(a.Im, b.Im),
                FixedMath.Multiply(a.Re, b.Im) + FixedMath.Multiply(a.Im, b.Re)
            );

    /// <summary>The quotient; null where the divisor is zero or so small that the quotient would be rounding.</summary>
    public static FixedComplex? Divide(FixedComplex a, FixedComplex b)
    {
        BigInteger norm = FixedMath.Multiply(b.Re, b.Re) + FixedMath.Multiply(b.Im, b.Im);
        if (norm.GetBitLength() < 96)
        {
            return null;
        }

        return b.Im.IsZero && a.Im.IsZero
            ? Bounded(new FixedComplex(FixedMath.Divide(a.Re, b.Re), 0))
            : Bounded(
                new FixedComplex(
                    FixedMath.Divide(FixedMath.Multiply(a.Re, b.Re) + FixedMath.Multiply(a.Im, b.Im), norm),
                    FixedMath.Divide(FixedMath.Multiply(a.Im, b.Re) - FixedMath.Multiply(a.Re, b.Im), norm)
                )
            );
    }

    public BigInteger Magnitude => Im.IsZero ? BigInteger.Abs(Re) : FixedMath.FloorRoot((Re * Re) + (Im * Im), 2);

    public BigInteger Angle => FixedMath.Atan2(Im, Re);

    /// <summary>e^z; null where it is too large.</summary>
    public static FixedComplex? Exp(FixedComplex z)
    {
        if (BigInteger.Abs(z.Re) > FixedMath.One * 256 || z.Im.GetBitLength() > FixedMath.Places + 64)
        {
            return null;
        }

        BigInteger size = FixedMath.Exp(z.Re);
        (BigInteger sin, BigInteger cos) = z.Im.IsZero ? (BigInteger.Zero, FixedMath.One) : FixedMath.SinCos(z.Im);
        return Bounded(new FixedComplex(FixedMath.Multiply(size, cos), FixedMath.Multiply(size, sin)));
    }

    /// <summary>The principal logarithm; null of zero.</summary>
    public static FixedComplex? Ln(FixedComplex z) =>
        z.Magnitude.GetBitLength() < 64 ? null : new FixedComplex(FixedMath.Ln(z.Magnitude), z.Im.IsZero && z.Re.Sign > 0 ? 0 : z.Angle);
}
