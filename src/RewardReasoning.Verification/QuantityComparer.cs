using RewardReasoning.Verification.Arithmetic;
using RewardReasoning.Verification.Parsing;

namespace RewardReasoning.Verification;

/// <summary>
/// Compares values with units as quantities. A missing unit is forgiven; units of one dimension are converted; units of different
/// dimensions make different answers; of words that are not units nobody knows whether they mean the same.
/// </summary>
internal sealed class QuantityComparer(ScalarComparer scalars, Func<Node, Node, AnswerVerdict> compare)
{
    public AnswerVerdict Compare(Node a, Node b)
    {
        (Node valueA, string unitA, bool vagueA) = WithUnit(a);
        (Node valueB, string unitB, bool vagueB) = WithUnit(b);
        if ((unitA == "%") != (unitB == "%"))
        {
            return ComparePercent(a, b, valueA, valueB);
        }

        if (unitA.Length == 0 || unitB.Length == 0)
        {
            return CompareWithNumber(valueA, valueB, unitA.Length > 0 ? unitA : unitB, unitA.Length > 0, vagueA || vagueB);
        }

        return unitA == unitB ? compare(valueA, valueB) : CompareUnits(valueA, unitA, valueB, unitB);
    }

    private AnswerVerdict CompareUnits(Node valueA, string unitA, Node valueB, string unitB)
    {
        IReadOnlyList<UnitReading> readingsA = Units.Find(unitA);
        IReadOnlyList<UnitReading> readingsB = Units.Find(unitB);
        if (readingsA.Count == 0 || readingsB.Count == 0)
        {
            AnswerVerdict same = compare(valueA, valueB);
            bool isOneKnown = readingsA.Count + readingsB.Count > 0;
            return (same == AnswerVerdict.Equal && !SameWords(unitA, unitB)) || isOneKnown ? AnswerVerdict.Unknown : same;
        }

        AnswerVerdict? first = null;
        foreach (UnitReading x in readingsA)
        {
            foreach (UnitReading y in readingsB)
            {
                if (x.Dimension == y.Dimension)
                {
                    // A unit may have two sizes of one kind, as GB has.
                    AnswerVerdict verdict = compare(InBase(valueA, x), InBase(valueB, y));
                    if (verdict == AnswerVerdict.Equal)
                    {
                        return verdict;
                    }

                    first ??= verdict;
                }

                if (AngleInRadians(valueA, x) is { } angleA && AngleInRadians(valueB, y) is { } angleB)
                {
                    return compare(angleA, angleB);
                }
            }
        }

        if (first is { } unequal)
        {
            return unequal;
        }

        // Without further knowledge two units may be the same; a year is not converted to seconds.
        return
            readingsA.Concat(readingsB).Any(reading => reading.Dimension.StartsWith("unit", StringComparison.Ordinal))
            || readingsA.Concat(readingsB).Any(reading => reading.Dimension == "year")
                && readingsA.Concat(readingsB).Any(reading => reading.Dimension == "s")
            ? AnswerVerdict.Unknown
            : AnswerVerdict.Different;
    }

    /// <summary>Percent against a plain number: equal by value; the number before the sign alone is not decided.</summary>
    private AnswerVerdict ComparePercent(Node a, Node b, Node valueA, Node valueB)
    {
        AnswerVerdict byValue = scalars.Compare(AsFactor(a), AsFactor(b));
        return byValue != AnswerVerdict.Different ? byValue
            : compare(valueA, valueB) == AnswerVerdict.Different ? AnswerVerdict.Different
            : AnswerVerdict.Unknown;
    }

    private AnswerVerdict CompareWithNumber(Node valueA, Node valueB, string unit, bool unitIsA, bool isVague)
    {
        AnswerVerdict verdict = compare(valueA, valueB);
        if (verdict == AnswerVerdict.Equal)
        {
            return isVague ? AnswerVerdict.Unknown : verdict;
        }

        (Node quantity, Node number) = unitIsA ? (valueA, valueB) : (valueB, valueA);
        if (verdict == AnswerVerdict.Different && unit == "deg")
        {
            // 90° equals π/2, the number, as well as 90.
            return scalars.Compare(InRadians(quantity), number);
        }

        // 5000 for 5 km may be meant in metres.
        return
            verdict == AnswerVerdict.Different
            && Units.Find(unit).Any(reading => compare(InBase(quantity, reading), number) == AnswerVerdict.Equal)
            ? AnswerVerdict.Unknown
            : verdict;
    }

    private static Node InBase(Node value, UnitReading unit)
    {
        Node scaled = unit.Factor == new Fraction(1, 1) ? value : new ProductNode([value, new NumberNode(unit.Factor)]);
        return unit.Offset.Numerator.IsZero ? scaled : new SumNode([scaled, new NumberNode(unit.Offset)]);
    }

    private static bool SameWords(string a, string b) => AnswerText.Normalize(a).TrimEnd('s') == AnswerText.Normalize(b).TrimEnd('s');

    private static (Node Value, string Unit, bool MayBeProduct) WithUnit(Node node) =>
        node switch
        {
            QuantityNode quantity => (quantity.Value, quantity.Unit, quantity.MayBeProduct),
            NegateNode { Value: QuantityNode quantity } => (new NegateNode(quantity.Value), quantity.Unit, quantity.MayBeProduct),
            _ => (node, "", false),
        };

    private static Node AsFactor(Node node) => node is QuantityNode { Unit: not "%" } quantity ? quantity.Value : node;

    private static Node? AngleInRadians(Node value, UnitReading unit) =>
        unit.Dimension switch
        {
            "deg" => InRadians(InBase(value, unit)),
            "rad" => InBase(value, unit),
            _ => null,
        };

    private static ProductNode InRadians(Node degrees) =>
        new([degrees, new QuotientNode(new ConstantNode(Constant.Pi), NumberNode.Of(180))]);
}
