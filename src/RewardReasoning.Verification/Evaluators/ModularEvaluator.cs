using System.Numerics;
using RewardReasoning.Verification.Arithmetic;
using RewardReasoning.Verification.Parsing;

namespace RewardReasoning.Verification.Evaluators;

/// <summary>A prime of 61 bits, 1 modulo 4, with a square root of −1.</summary>
internal readonly record struct PrimeField(ulong Prime, ulong RootOfMinusOne)
{
    public static IReadOnlyList<PrimeField> Fields { get; } =
    [new(2305843021559372857, 931174633093176241), new(2306830663534792753, 460643027531426094)];
}

/// <summary>
/// Values modulo a prime at a pseudo-random point. Two rational functions that agree at such points are the same one (Schwartz and
/// Zippel: a wrong agreement has a chance of about degree / 2^61), and two that do not are not, however large their numbers are. π, e and
/// functions without an exact value stand for free symbols: what is equal for all of them is equal for these.
/// </summary>
internal sealed class ModularEvaluator(WorkBudget budget, PrimeField field, ulong seed) : Evaluator<ulong>(budget)
{
    private readonly ulong _prime = field.Prime;

    /// <summary>Whether a symbol stood for something that has more properties than a free one: then disagreement proves nothing.</summary>
    public bool UsedKnownFunctions { get; private set; }

    protected override int Cost => 2;

    protected override ulong? From(Fraction value) => Divide(Reduce(value.Numerator), Reduce(value.Denominator));

    protected override ulong? From(Constant constant) =>
        constant switch
        {
            Constant.I => field.RootOfMinusOne,
            Constant.Infinity => null,
            _ => Hash(constant == Constant.Pi ? "constant pi" : "constant e", []),
        };

    protected override ulong? Variable(string name) => Hash(name, []);

    protected override ulong? Add(ulong a, ulong b) => (a + b) % _prime;

    protected override ulong? Multiply(ulong a, ulong b) => Times(a, b);

    protected override ulong? Divide(ulong a, ulong b) =>
        b == 0 ? null
        : a == 0 ? 0
        : b == 1 ? a
        : Times(a, Raise(b, _prime - 2));

    protected override ulong? Power(ulong value, BigInteger exponent) =>
        value == 0 ? (exponent.IsZero ? null : 0) : Raise(value, (ulong)(exponent % (_prime - 1)));

    protected override ulong? Power(PowerNode power)
    {
        UsedKnownFunctions = true;
        if (new ExactEvaluator(Budget).Evaluate(power.Exponent) is { } exact && exact.Denominator <= 64)
        {
            return
                Evaluate(power.Base) is { } radicand
                && Root(radicand, (int)exact.Denominator) is { } root
                && Power(root, BigInteger.Abs(exact.Numerator)) is { } raised
                ? exact.Numerator.Sign >= 0
                    ? raised
                    : Divide(1, raised)
                : null;
        }

        return Evaluate(power.Base) is { } value && Evaluate(power.Exponent) is { } exponent ? Hash("power", [value, exponent]) : null;
    }

    protected override ulong? Root(ulong value, int index)
    {
        UsedKnownFunctions = true;
        return Hash("root", [value, (ulong)index]);
    }

    protected override ulong? Call(string name, IReadOnlyList<ulong> arguments)
    {
        UsedKnownFunctions |= name[0] != '@';
        return Hash(name, arguments);
    }

    protected override ulong? Opaque(RangeNode range)
    {
        UsedKnownFunctions = true;
        Node body = range.Variable.Length == 0 ? range.Body : NodeRewriter.Replace(range.Body, range.Variable, new SymbolNode("bound"));
        ulong lower = range.Lower is TextNode ? 0 : Evaluate(range.Lower) ?? Hash("infinite", []);
        ulong upper = range.Upper is TextNode ? 0 : Evaluate(range.Upper) ?? Hash("infinite", []);
        return Evaluate(body) is { } inner ? Hash(range.Name, [lower, upper, inner]) : null;
    }

    private ulong Reduce(BigInteger value)
    {
        Budget.Spend(value.GetBitLength() / 64);
        BigInteger rest = value % _prime;
        return (ulong)(rest.Sign < 0 ? rest + _prime : rest);
    }

    private ulong Times(ulong a, ulong b) => (ulong)((UInt128)a * b % _prime);

    private ulong Raise(ulong value, ulong exponent)
    {
        Budget.Spend(60);
        ulong result = 1;
        for (; exponent > 0; exponent >>= 1)
        {
            result = (exponent & 1) == 1 ? Times(result, value) : result;
            value = Times(value, value);
        }

        return result;
    }

    private ulong Hash(string name, IReadOnlyList<ulong> arguments)
    {
        ulong hash = Mix(seed);
        foreach (char c in name)
        {
            hash = Mix(hash ^ c);
        }

        foreach (ulong argument in arguments)
        {
            hash = Mix(hash ^ argument);
        }

        return hash % _prime;
    }

    /// <summary>One step of SplitMix64: spreads every bit of the state over the result.</summary>
    private static ulong Mix(ulong state)
    {
        ulong z = state + 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
