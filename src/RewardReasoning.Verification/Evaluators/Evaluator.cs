using System.Numerics;
using RewardReasoning.Verification.Arithmetic;
using RewardReasoning.Verification.Parsing;

namespace RewardReasoning.Verification.Evaluators;

/// <summary>
/// Computes a parsed expression in some arithmetic. A null value is "no value here": undefined (a division by zero) or beyond this
/// arithmetic; it spreads to whatever holds it.
/// </summary>
/// <typeparam name="T">A number of the arithmetic.</typeparam>
internal abstract class Evaluator<T>(WorkBudget budget)
    where T : struct
{
    private const int MaxRange = 2_000;
    private const int MaxFactorial = 2_000;

    private readonly Dictionary<string, T> _bound = [];

    /// <summary>What work may still be done.</summary>
    protected WorkBudget Budget { get; } = budget;

    /// <summary>Steps that one operation costs.</summary>
    protected abstract int Cost { get; }

    protected abstract T? From(Fraction value);

    protected abstract T? From(Constant constant);

    protected abstract T? Variable(string name);

    protected abstract T? Add(T a, T b);

    protected abstract T? Multiply(T a, T b);

    protected abstract T? Divide(T a, T b);

    protected abstract T? Power(T value, BigInteger exponent);

    /// <summary>A power whose exponent is no whole number known exactly.</summary>
    protected abstract T? Power(PowerNode power);

    /// <summary>The n-th root, n a whole number from 2.</summary>
    protected abstract T? Root(T value, int index);

    /// <summary>A function of one or more values.</summary>
    protected abstract T? Call(string name, IReadOnlyList<T> arguments);

    /// <summary>A range that cannot be written out: symbolic bounds, integrals, limits.</summary>
    protected virtual T? Opaque(RangeNode range) => null;

    /// <summary>The value of a node; null where it has none.</summary>
    public T? Evaluate(Node node)
    {
        Budget.Spend(Cost);
        return node switch
        {
            NumberNode number => From(number.Value),
            ConstantNode constant => From(constant.Kind),
            SymbolNode symbol => _bound.TryGetValue(symbol.Name, out T bound) ? bound : Variable(symbol.Name),
            NegateNode negate => Evaluate(negate.Value) is { } value && From(new Fraction(-1, 1)) is { } minus
                ? Multiply(minus, value)
                : null,
            SumNode sum => Fold(sum.Terms, Add),
            ProductNode product => Fold(product.Factors, Multiply),
            QuotientNode quotient => Evaluate(quotient.Numerator) is { } a && Evaluate(quotient.Denominator) is { } b ? Divide(a, b) : null,
            PowerNode power => EvaluatePower(power),
            CallNode call => EvaluateCall(call),
            RangeNode range => EvaluateRange(range),
            BaseNumeralNode numeral => From(new Fraction(numeral.Value, 1)),
            QuantityNode { Unit: "%" } percent => Evaluate(percent.Value) is { } part && From(new Fraction(1, 100)) is { } hundredth
                ? Multiply(part, hundredth)
                : null,
            GroupNode { Items: [var only] } => Evaluate(only),
            _ => null,
        };
    }

    /// <summary>A whole number that a node is exactly, small enough to count with.</summary>
    protected BigInteger? WholeNumber(Node node)
    {
        Fraction? value = new ExactEvaluator(Budget).Evaluate(Substitute(node));
        return value is { } number && number.Denominator.IsOne ? number.Numerator : null;
    }

    /// <summary>Writes the values of counters into a node, where they are known exactly.</summary>
    private Node Substitute(Node node) =>
        _bound.Count == 0
            ? node
            : Counters.Aggregate(node, (at, counter) => NodeRewriter.Replace(at, counter.Key, NumberNode.Of(counter.Value)));

    private Dictionary<string, long> Counters { get; } = [];

    private T? Fold(IReadOnlyList<Node> nodes, Func<T, T, T?> combine)
    {
        T? total = Evaluate(nodes[0]);
        for (int i = 1; i < nodes.Count && total is { } value; i++)
        {
            total = Evaluate(nodes[i]) is { } next ? combine(value, next) : null;
        }

        return total;
    }

    private T? EvaluatePower(PowerNode power)
    {
        if (WholeNumber(power.Exponent) is { } exponent)
        {
            return Evaluate(power.Base) is not { } value ? null
                : exponent.Sign >= 0 ? Power(value, exponent)
                : Power(value, -exponent) is { } below && From(new Fraction(1, 1)) is { } one ? Divide(one, below)
                : null;
        }

        return power.Exponent is ConstantNode { Kind: Constant.Infinity } ? null : Power(power);
    }

    private T? EvaluateCall(CallNode call)
    {
        if (call is { Name: "root", Arguments: [var radicand, var index] })
        {
            return WholeNumber(index) is { } n && n >= 2 && n <= 64 && Evaluate(radicand) is { } value ? Root(value, (int)n) : null;
        }

        if (
            call is { Name: "factorial", Arguments: [var argument] }
            && WholeNumber(argument) is { } last
            && last.Sign >= 0
            && last <= MaxFactorial
        )
        {
            return Falling(last, (int)last);
        }

        if (call is { Name: "doublefactorial", Arguments: [var odd] } && WholeNumber(odd) is { Sign: >= 0 } n2 && n2 <= MaxFactorial)
        {
            return Falling(n2, (int)((n2 + 1) / 2), step: 2);
        }

        if (call is { Name: "binom", Arguments: [var above, var below] } && WholeNumber(below) is { } chosen && chosen.Sign >= 0)
        {
            if (WholeNumber(above) is not { } from || from.Sign < 0)
            {
                return chosen > MaxFactorial ? null
                    : Evaluate(above) is { } top && Falling(top, (int)chosen) is { } product && Falling(chosen, (int)chosen) is { } ways
                        ? Divide(product, ways)
                    : null;
            }

            chosen = BigInteger.Min(chosen, from - chosen);
            return chosen.Sign < 0 ? From(new Fraction(0, 1))
                : chosen > MaxFactorial ? null
                : Falling(from, (int)chosen) is { } ordered && Falling(chosen, (int)chosen) is { } orders ? Divide(ordered, orders)
                : null;
        }

        List<T> arguments = new(call.Arguments.Count);
        foreach (Node node in call.Arguments)
        {
            if (Evaluate(node) is not { } value)
            {
                return null;
            }

            arguments.Add(value);
        }

        return Call(call.Name, arguments);
    }

    /// <summary>from · (from − step) · …, count factors.</summary>
    private T? Falling(BigInteger from, int count, int step = 1)
    {
        T? product = From(new Fraction(1, 1));
        for (int i = 0; i < count && product is { } value; i++)
        {
            Budget.Spend(Cost);
            product = From(new Fraction(from - (i * step), 1)) is { } factor ? Multiply(value, factor) : null;
        }

        return product;
    }

    private T? Falling(T from, int count)
    {
        T? product = From(new Fraction(1, 1));
        for (int i = 0; i < count && product is { } value; i++)
        {
            Budget.Spend(2 * Cost);
            product = From(new Fraction(-i, 1)) is { } less && Add(from, less) is { } factor ? Multiply(value, factor) : null;
        }

        return product;
    }

    private T? EvaluateRange(RangeNode range)
    {
        if (
            range.Name is not ("sum" or "prod")
            || range.Variable.Length == 0
            || WholeNumber(range.Lower) is not { } from
            || WholeNumber(range.Upper) is not { } to
            || to - from > MaxRange
            || BigInteger.Abs(from) > int.MaxValue
        )
        {
            return Opaque(range);
        }

        bool isSum = range.Name == "sum";
        T? total = From(new Fraction(isSum ? 0 : 1, 1));
        for (long i = (long)from; i <= (long)to && total is { } sofar; i++)
        {
            if (From(new Fraction(i, 1)) is not { } counter)
            {
                return null;
            }

            _bound[range.Variable] = counter;
            Counters[range.Variable] = i;
            total = Evaluate(range.Body) is { } term
                ? isSum
                    ? Add(sofar, term)
                    : Multiply(sofar, term)
                : null;
        }

        _bound.Remove(range.Variable);
        Counters.Remove(range.Variable);
        return total;
    }
}
