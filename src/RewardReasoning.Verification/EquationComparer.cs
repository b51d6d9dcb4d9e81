using RewardReasoning.Verification.Arithmetic;
using RewardReasoning.Verification.Parsing;

namespace RewardReasoning.Verification;

/// <summary>
/// Compares equations and inequalities as such. Two equations are the same answer where the differences of their sides, cleared of
/// fractions, are proportional: so one may be the other solved for a letter, scaled, or turned round.
/// </summary>
internal sealed class EquationComparer(ScalarComparer scalars, WorkBudget budget, Func<Node, Node, AnswerVerdict> compare)
{
    public AnswerVerdict Compare(RelationNode a, RelationNode b)
    {
        if (a.Relations.Length != 1 || b.Relations.Length != 1)
        {
            return CompareChains(a, b);
        }

        RelationNode mirrored = Mirror(a);
        bool flipped = a.Relations != b.Relations && mirrored.Relations == b.Relations;
        if (a.Relations != b.Relations && !flipped)
        {
            return AnswerVerdict.Different;
        }

        bool isOrdered = a.Relations is "<" or ">" or "l" or "g";
        Node left = Difference(a);
        Node right = Difference(b);
        if (scalars.Proportion(left, right) is { } sign)
        {
            return !isOrdered ? AnswerVerdict.Equal
                : sign == 0 ? AnswerVerdict.Unknown
                : (sign < 0) == flipped ? AnswerVerdict.Equal
                : AnswerVerdict.Different;
        }

        if (
            !isOrdered
            && Cleared(left) is var clearedA
            && Cleared(right) is var clearedB
            && scalars.Proportion(clearedA.Above, clearedB.Above) is not null
        )
        {
            return AnswerVerdict.Equal;
        }

        // Polynomials that are no multiples of each other have other zeros, unless one is a power of the other or some such.
        int? degreeA = Degree(left);
        int? degreeB = Degree(right);
        return degreeA is not null && degreeA == degreeB ? AnswerVerdict.Different : AnswerVerdict.Unknown;
    }

    /// <summary>Chains of relations: the same sides in the same or in the mirrored order.</summary>
    private AnswerVerdict CompareChains(RelationNode a, RelationNode b)
    {
        RelationNode mirrored = Mirror(a);
        return
            (a.Relations == b.Relations && Verdicts.Pairwise(a.Sides, b.Sides, compare) == AnswerVerdict.Equal)
            || (mirrored.Relations == b.Relations && Verdicts.Pairwise(mirrored.Sides, b.Sides, compare) == AnswerVerdict.Equal)
            ? AnswerVerdict.Equal
            : AnswerVerdict.Unknown;
    }

    private static SumNode Difference(RelationNode relation) => new([relation.Sides[0], new NegateNode(relation.Sides[1])]);

    /// <summary>An expression over one denominator.</summary>
    private (Node Above, Node Below) Cleared(Node node)
    {
        budget.Spend(10);
        Node one = NumberNode.Of(1);
        switch (node)
        {
            case NegateNode negate:
                (Node value, Node under) = Cleared(negate.Value);
                return (new NegateNode(value), under);
            case QuotientNode quotient:
                (Node a, Node b) = Cleared(quotient.Numerator);
                (Node c, Node d) = Cleared(quotient.Denominator);
                return (new ProductNode([a, d]), new ProductNode([b, c]));
            case ProductNode product:
                (Node Above, Node Below)[] factors = [.. product.Factors.Select(Cleared)];
                return (new ProductNode([.. factors.Select(f => f.Above)]), new ProductNode([.. factors.Select(f => f.Below)]));
            case SumNode sum:
                (Node Above, Node Below)[] terms = [.. sum.Terms.Select(Cleared)];
                if (terms.All(term => term.Below is NumberNode))
                {
                    return (node, one);
                }

                return (
                    new SumNode([
                        .. terms.Select(
                            (term, i) => (Node)new ProductNode([term.Above, .. terms.Where((_, j) => j != i).Select(other => other.Below)])
                        ),
                    ]),
                    new ProductNode([.. terms.Select(term => term.Below)])
                );
            default:
                return (node, one);
        }
    }

    public static RelationNode Mirror(RelationNode relation) =>
        new(
            [.. relation.Sides.Reverse()],
            string.Concat(
                relation
                    .Relations.Reverse()
                    .Select(r =>
                        r switch
                        {
                            '<' => '>',
                            '>' => '<',
                            'l' => 'g',
                            'g' => 'l',
                            _ => r,
                        }
                    )
            )
        );

    /// <summary>An upper bound of a polynomial's degree; null for what is not a polynomial.</summary>
    private static int? Degree(Node node) =>
        node switch
        {
            NumberNode or ConstantNode => 0,
            SymbolNode => 1,
            NegateNode negate => Degree(negate.Value),
            SumNode sum => sum.Terms.Select(Degree).Aggregate((x, y) => x is null || y is null ? null : Math.Max(x.Value, y.Value)),
            ProductNode product => product.Factors.Select(Degree).Aggregate((x, y) => x + y),
            QuotientNode quotient => Degree(quotient.Denominator) == 0 ? Degree(quotient.Numerator) : null,
            PowerNode { Exponent: NumberNode { Value: { Denominator.IsOne: true } exponent } } power
                when exponent.Numerator.Sign >= 0 && exponent.Numerator < 1000 => Degree(power.Base) * (int)exponent.Numerator,
            _ => null,
        };
}
