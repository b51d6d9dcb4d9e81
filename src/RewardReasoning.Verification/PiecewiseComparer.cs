using System.Numerics;
using RewardReasoning.Verification.Arithmetic;
using RewardReasoning.Verification.Evaluators;
using RewardReasoning.Verification.Parsing;

namespace RewardReasoning.Verification;

/// <summary>
/// Compares functions given by cases with one another and with single expressions: at each point where a case begins or ends, and at points
/// between and beyond these. Two closed forms that agree to 70 digits at several points of a stretch agree on it.
/// </summary>
internal static class PiecewiseComparer
{
    private const int MaxCritical = 40;
    private const int SameBits = FixedMath.Places - 140;

    public static AnswerVerdict Compare(Node a, Node b, WorkBudget budget)
    {
        string[] variables = [.. NodeRewriter.Variables(a).Union(NodeRewriter.Variables(b))];
        if (variables.Length != 1)
        {
            return AnswerVerdict.Unknown;
        }

        List<RealSet.Critical> critical = [];
        foreach (Node side in Conditions(a).Concat(Conditions(b)).SelectMany(Differences))
        {
            if (!RealSet.CriticalPoints.Add(side, critical, isRounded: false, budget))
            {
                return AnswerVerdict.Unknown;
            }
        }

        foreach (Node value in Values(a).Concat(Values(b)))
        {
            _ = RealSet.CriticalPoints.Add(value, critical, isRounded: false, budget);
        }

        if (critical.Count > MaxCritical)
        {
            return AnswerVerdict.Unknown;
        }

        AnswerVerdict verdict = AnswerVerdict.Equal;
        foreach (BigInteger at in Places([.. critical.Select(point => point.Value).Order()]))
        {
            (bool isKnownA, FixedComplex? x) = At(a, at, budget);
            (bool isKnownB, FixedComplex? y) = At(b, at, budget);
            if (!isKnownA || !isKnownB)
            {
                verdict = AnswerVerdict.Unknown;
            }
            else if ((x is null) != (y is null) || (x is { } p && y is { } q && (p - q).Magnitude.GetBitLength() > SameBits + Size(p)))
            {
                return AnswerVerdict.Different;
            }
        }

        return verdict;
    }

    private static long Size(FixedComplex value) => Math.Max(0, value.Magnitude.GetBitLength() - FixedMath.Places);

    private static IEnumerable<BigInteger> Places(BigInteger[] critical)
    {
        BigInteger[] edges =
        [
            critical.Length == 0 ? -FixedMath.One : critical[0] - (7 * FixedMath.One),
            .. critical,
            critical.Length == 0 ? FixedMath.One : critical[^1] + (7 * FixedMath.One),
        ];
        foreach (BigInteger point in critical)
        {
            yield return point;
        }

        for (int i = 0; i + 1 < edges.Length; i++)
        {
            if (edges[i + 1] - edges[i] is var width && width.GetBitLength() > SameBits)
            {
                yield return edges[i] + (width * 271 / 1000);
                yield return edges[i] + (width / 2);
                yield return edges[i] + (width * 911 / 1000);
            }
        }
    }

    private static IEnumerable<Node> Conditions(Node node) =>
        node is PiecewiseNode piecewise ? piecewise.Pieces.Select(piece => piece.Condition).OfType<Node>() : [];

    private static IEnumerable<Node> Values(Node node) =>
        node is PiecewiseNode piecewise ? piecewise.Pieces.Select(piece => piece.Value) : [node];

    /// <summary>The differences of neighbouring sides of all relations in a condition.</summary>
    private static IEnumerable<Node> Differences(Node condition) =>
        condition switch
        {
            ListNode list => list.Items.SelectMany(Differences),
            RelationNode relation => relation.Sides.Zip(
                relation.Sides.Skip(1),
                (left, right) => (Node)new SumNode([left, new NegateNode(right)])
            ),
            _ => [],
        };

    /// <summary>The value at a point, null if there is none; not known where a condition is not.</summary>
    private static (bool IsKnown, FixedComplex? Value) At(Node node, BigInteger at, WorkBudget budget)
    {
        if (node is not PiecewiseNode piecewise)
        {
            NumericEvaluator evaluator = new(budget, 0, at);
            FixedComplex? computed = evaluator.Evaluate(node);
            return (!evaluator.MetUnknown, computed);
        }

        foreach ((Node value, Node? condition) in piecewise.Pieces)
        {
            bool? holds = condition is null ? true : Holds(condition, at, budget);
            if (holds is null)
            {
                return (false, null);
            }

            if (holds == true)
            {
                return At(value, at, budget);
            }
        }

        return (true, null);
    }

    private static bool? Holds(Node condition, BigInteger at, WorkBudget budget)
    {
        switch (condition)
        {
            case ListNode list:
                bool?[] parts = [.. list.Items.Select(item => Holds(item, at, budget))];
                return parts.Contains(null) ? null
                    : list.Join == Join.Or ? parts.Contains(true)
                    : !parts.Contains(false);
            case RelationNode relation when relation.Relations.AsSpan().IndexOfAnyExcept(RealSet.Relations) < 0:
                for (int i = 0; i < relation.Relations.Length; i++)
                {
                    if (
                        new NumericEvaluator(budget, 0, at).Evaluate(relation.Sides[i]) is not { IsReal: true } left
                        || new NumericEvaluator(budget, 0, at).Evaluate(relation.Sides[i + 1]) is not { IsReal: true } right
                    )
                    {
                        return null;
                    }

                    BigInteger difference = left.Re - right.Re;
                    int sign = BigInteger.Abs(difference).GetBitLength() < SameBits ? 0 : difference.Sign;
                    bool holds = relation.Relations[i] switch
                    {
                        '<' => sign < 0,
                        '>' => sign > 0,
                        'l' => sign <= 0,
                        'g' => sign >= 0,
                        '=' => sign == 0,
                        _ => sign != 0,
                    };
                    if (!holds)
                    {
                        return false;
                    }
                }

                return true;
            default:
                return null;
        }
    }
}
