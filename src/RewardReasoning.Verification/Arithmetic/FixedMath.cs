using System.Numerics;

namespace RewardReasoning.Verification.Arithmetic;

/// <summary>
/// Real functions in fixed point: a number is a whole number of units of 2^−256. Deterministic everywhere, and precise enough (some 70
/// digits) that two closed forms which agree are equal, where doubles could only guess.
/// </summary>
internal static class FixedMath
{
    /// <summary>Binary places.</summary>
    public const int Places = 256;

    private const int HalvingsOfExp = 8;

    /// <summary>1.</summary>
    public static readonly BigInteger One = BigInteger.One << Places;

    /// <summary>π by Machin's formula: 16 atan(1/5) − 4 atan(1/239).</summary>
    public static readonly BigInteger Pi = (16 * AtanOfInverse(5)) - (4 * AtanOfInverse(239));

    /// <summary>ln 2 = 2 artanh(1/3).</summary>
    public static readonly BigInteger Ln2 = 2 * Artanh(One / 3);

    public static BigInteger Multiply(BigInteger a, BigInteger b) => (a * b) >> Places;

    public static BigInteger Divide(BigInteger a, BigInteger b) => (a << Places) / b;

    public static BigInteger Sqrt(BigInteger x) => FloorRoot(x << Places, 2);

    /// <summary>The largest whole number whose n-th power is not above <paramref name="value"/>, by Newton's method from above.</summary>
    public static BigInteger FloorRoot(BigInteger value, int n)
    {
        if (value.IsZero || value.IsOne)
        {
            return value;
        }

        BigInteger root = BigInteger.One << (int)((value.GetBitLength() / n) + 1);
        while (true)
        {
            BigInteger next = (((n - 1) * root) + (value / BigInteger.Pow(root, n - 1))) / n;
            if (next >= root)
            {
                return root;
            }

            root = next;
        }
    }

    /// <summary>e^x for x up to a few hundred.</summary>
    public static BigInteger Exp(BigInteger x)
    {
        int twos = (int)BigInteger.Divide(x, Ln2);
        BigInteger rest = (x - (twos * Ln2)) >> HalvingsOfExp;
        BigInteger sum = One;
        BigInteger term = One;
        for (int i = 1; !term.IsZero && i < 200; i++)
        {
            term = Multiply(term, rest) / i;
            sum += term;
            if (BigInteger.Abs(term) <= 1)
            {
                break;
            }
        }

        for (int i = 0; i < HalvingsOfExp; i++)
        {
            sum = Multiply(sum, sum);
        }

        return twos >= 0 ? sum << twos : sum >> -twos;
    }

    /// <summary>The natural logarithm of a positive number: x = m · 2^k with m near 1, ln m = 2 artanh((m − 1)/(m + 1)).</summary>
    public static BigInteger Ln(BigInteger x)
    {
        int k = (int)x.GetBitLength() - Places;
        BigInteger m = k >= 0 ? x >> k : x << -k;
        return (2 * Artanh(Divide(m - One, m + One))) + (k * Ln2);
    }

    /// <summary>Sine and cosine.</summary>
    public static (BigInteger Sin, BigInteger Cos) SinCos(BigInteger x)
    {
        BigInteger turn = 2 * Pi;
        BigInteger rest = (x - (BigInteger.Divide(x, turn) * turn)) >> HalvingsOfExp;
        BigInteger square = Multiply(rest, rest);
        BigInteger sin = rest;
        BigInteger cos = One;
        BigInteger sinTerm = rest;
        BigInteger cosTerm = One;
        for (int i = 1; i < 100 && BigInteger.Abs(cosTerm) > 1; i++)
        {
            cosTerm = -Multiply(cosTerm, square) / ((2 * i) * ((2 * i) - 1));
            sinTerm = -Multiply(sinTerm, square) / ((2 * i) * ((2 * i) + 1));
            cos += cosTerm;
            sin += sinTerm;
        }

        for (int i = 0; i < HalvingsOfExp; i++)
        {
            (sin, cos) = (2 * Multiply(sin, cos), One - (2 * Multiply(sin, sin)));
        }

        return (sin, cos);
    }

    /// <summary>The angle of the point (x, y), from −π to π.</summary>
    public static BigInteger Atan2(BigInteger y, BigInteger x)
    {
        if (x.IsZero && y.IsZero)
        {
            return BigInteger.Zero;
        }

        if (BigInteger.Abs(x) >= BigInteger.Abs(y))
        {
            BigInteger angle = Atan(Divide(y, x));
            return x.Sign > 0 ? angle
                : y.Sign >= 0 ? angle + Pi
                : angle - Pi;
        }

        BigInteger other = Atan(Divide(x, y));
        return y.Sign > 0 ? (Pi / 2) - other : (-Pi / 2) - other;
    }

    /// <summary>The arc tangent of a number in [−1, 1], made small by halving the angle three times.</summary>
    private static BigInteger Atan(BigInteger x)
    {
        const int halvings = 3;
        for (int i = 0; i < halvings; i++)
        {
            x = Divide(x, One + Sqrt(One + Multiply(x, x)));
        }

        return Series(x, -Multiply(x, x)) << halvings;
    }

    private static BigInteger Artanh(BigInteger x) => Series(x, Multiply(x, x));

    /// <summary>x (1 + q/3 + q²/5 + …).</summary>
    private static BigInteger Series(BigInteger x, BigInteger q)
    {
        BigInteger sum = x;
        BigInteger power = x;
        for (int i = 3; i < 1000; i += 2)
        {
            power = Multiply(power, q);
            BigInteger term = power / i;
            if (term.IsZero)
            {
                break;
            }

            sum += term;
        }

        return sum;
    }

    private static BigInteger AtanOfInverse(int n) => Series(One / n, -Multiply(One / n, One / n));
}
