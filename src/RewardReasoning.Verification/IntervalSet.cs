using System.Numerics;
using RewardReasoning.Verification.Arithmetic;
using RewardReasoning.Verification.Evaluators;
using RewardReasoning.Verification.Parsing;

namespace RewardReasoning.Verification;

/// <summary>One end of an interval: its value as it was written and as a number; infinite ends have no number.</summary>
internal sealed record Bound(Node Value, BigInteger? Number, int Infinite, bool Closed)
{
    public int CompareTo(Bound other)
    {
        int infinite = Infinite.CompareTo(other.Infinite);
        return infinite != 0 || Infinite != 0 ? infinite : Nullable.Compare(Number, other.Number);
    }
}

/// <summary>An interval of real numbers; a point where both ends are the same.</summary>
internal sealed record RealInterval(Bound Low, Bound High);

/// <summary>A union of intervals of the real line, in order, as far as one can be read out of an answer.</summary>
internal sealed class IntervalSet
{
    private readonly IReadOnlyList<RealInterval> _intervals;

    private IntervalSet(IReadOnlyList<RealInterval> intervals) => _intervals = intervals;

    /// <summary>
    /// The set that an answer describes: intervals, unions, finite sets, inequalities in one variable; null where it is none.
    /// </summary>
    public static IntervalSet? Read(Node node, ScalarComparer scalars, WorkBudget budget) =>
        new Reader(scalars, budget).Read(node) is { } intervals ? new IntervalSet(Merge(intervals)) : null;

    /// <summary>Whether two sets have the same intervals with the same ends.</summary>
    public AnswerVerdict Compare(IntervalSet other, ScalarComparer scalars)
    {
        if (_intervals.Count != other._intervals.Count)
        {
            return AnswerVerdict.Different;
        }

        AnswerVerdict verdict = AnswerVerdict.Equal;
        foreach ((RealInterval a, RealInterval b) in _intervals.Zip(other._intervals))
        {
            verdict = Verdicts.All(verdict, CompareBounds(a.Low, b.Low, scalars), CompareBounds(a.High, b.High, scalars));
        }

        return verdict;
    }

    private static AnswerVerdict CompareBounds(Bound a, Bound b, ScalarComparer scalars) =>
        a.Infinite != b.Infinite || (a.Infinite == 0 && a.Closed != b.Closed) ? AnswerVerdict.Different
        : a.Infinite != 0 ? AnswerVerdict.Equal
        : scalars.Compare(a.Value, b.Value);

    /// <summary>Sorts intervals and joins those that touch or overlap.</summary>
    private static List<RealInterval> Merge(IEnumerable<RealInterval> intervals)
    {
        List<RealInterval> merged = [];
        foreach (
            RealInterval next in intervals.OrderBy(
                interval => interval.Low,
                Comparer<Bound>.Create((a, b) => a.CompareTo(b) is var order && order != 0 ? order : b.Closed.CompareTo(a.Closed))
            )
        )
        {
            if (
                merged.Count > 0
                && merged[^1] is { } last
                && next.Low.CompareTo(last.High) is var order
                && (order < 0 || (order == 0 && last.High.Infinite == 0 && (next.Low.Closed || last.High.Closed)))
            )
            {
                int high = next.High.CompareTo(last.High);
                merged[^1] = last with { High = high > 0 || (high == 0 && next.High.Closed) ? next.High : last.High };
            }
            else
            {
                merged.Add(next);
            }
        }

        return merged;
    }

    private sealed class Reader(ScalarComparer scalars, WorkBudget budget)
    {
        public IReadOnlyList<RealInterval>? Read(Node node)
        {
            budget.Spend(50);
            return node switch
            {
                GroupNode { Open: '{', Items: var points } => Points(points),
                GroupNode { Items: [var low, var high] } group => Interval(
                    BoundOf(low, group.Open == '['),
                    BoundOf(high, group.Close == ']')
                ),
                SymbolNode { Name: "R" } => [new RealInterval(Infinite(-1), Infinite(1))],
                SetOperationNode { Operation: 'u' } union => Read(union.Left) is { } left && Read(union.Right) is { } right
                    ? [.. left, .. right]
                    : null,
                SetOperationNode { Operation: 'n' } both => Read(both.Left) is { } left && Read(both.Right) is { } right
                    ? Intersect(left, right)
                    : null,
                SetOperationNode { Operation: '-' } without => Read(without.Left) is { } left && Read(without.Right) is { } right
                    ? Complement(right) is { } rest
                        ? Intersect(left, rest)
                        : null
                    : null,
                RelationNode { Relations: "e", Sides: [SymbolNode, var set] } => Read(set),
                RelationNode relation => Inequality(relation),
                ListNode { Join: Join.Or } list => list.Items.Select(Read).ToList() is var parts && parts.Contains(null)
                    ? null
                    : [.. parts.SelectMany(part => part ?? [])],
                ListNode { Join: Join.And } list => list.Items.Select(Read).ToList() is var parts && parts.Contains(null)
                    ? null
                    : parts.Aggregate((a, b) => Intersect(a ?? [], b ?? [])),
                _ => null,
            };
        }

        private List<RealInterval>? Points(IReadOnlyList<Node> points)
        {
            List<RealInterval> intervals = [];
            foreach (Node point in points.SelectMany(NodeRewriter.Signs))
            {
                if (BoundOf(point, closed: true) is not { Infinite: 0 } bound)
                {
                    return null;
                }

                intervals.Add(new RealInterval(bound, bound));
            }

            return intervals;
        }

        private static IReadOnlyList<RealInterval>? Interval(Bound? low, Bound? high) =>
            low is null || high is null ? null
            : low.CompareTo(high) < 0 || (low.CompareTo(high) == 0 && low.Closed && high.Closed) ? [new RealInterval(low, high)]
            : [];

        private Bound? BoundOf(Node value, bool closed) =>
            ScalarComparer.InfiniteSign(value) is { } sign ? Infinite(sign)
            : !NodeRewriter.Variables(value).Any() && scalars.RealValue(value) is { } number ? new Bound(value, number, 0, closed)
            : null;

        private static Bound Infinite(int sign) => new(new ConstantNode(Constant.Infinity), null, sign, false);

        private static List<RealInterval> Intersect(IReadOnlyList<RealInterval> left, IReadOnlyList<RealInterval> right)
        {
            List<RealInterval> common = [];
            foreach (RealInterval a in left)
            {
                foreach (RealInterval b in right)
                {
                    Bound low = a.Low.CompareTo(b.Low) is var l && (l > 0 || (l == 0 && !a.Low.Closed)) ? a.Low : b.Low;
                    Bound high = a.High.CompareTo(b.High) is var h && (h < 0 || (h == 0 && !a.High.Closed)) ? a.High : b.High;
                    common.AddRange(Interval(low, high) ?? []);
                }
            }

            return common;
        }

        private static List<RealInterval>? Complement(IReadOnlyList<RealInterval> set)
        {
            List<RealInterval> rest = [];
            Bound from = Infinite(-1);
            foreach (RealInterval interval in Merge(set))
            {
                rest.AddRange(Interval(from, interval.Low with { Closed = !interval.Low.Closed && interval.Low.Infinite == 0 }) ?? []);
                from = interval.High with { Closed = !interval.High.Closed && interval.High.Infinite == 0 };
            }

            rest.AddRange(Interval(from, Infinite(1)) ?? []);
            return rest;
        }

        /// <summary>A chain of inequalities in one variable, each linear in it.</summary>
        private IReadOnlyList<RealInterval>? Inequality(RelationNode relation)
        {
            List<string> variables = [.. NodeRewriter.Variables(relation)];
            if (variables.Count != 1 || relation.Relations.AsSpan().IndexOfAnyExcept("<>lg!") >= 0)
            {
                return null;
            }

            IReadOnlyList<RealInterval> set = [new RealInterval(Infinite(-1), Infinite(1))];
            for (int i = 0; i < relation.Relations.Length; i++)
            {
                if (Solve(relation.Sides[i], relation.Relations[i], relation.Sides[i + 1]) is not { } solutions)
                {
                    return null;
                }

                set = Intersect(set, solutions);
            }

            return set;
        }

        private IReadOnlyList<RealInterval>? Solve(Node left, char relation, Node right)
        {
            if (left is SymbolNode)
            {
                return HalfLine(right, relation);
            }

            if (right is SymbolNode)
            {
                return HalfLine(left, Flip(relation));
            }

            Node difference = new SumNode([left, new NegateNode(right)]);
            if (
                At(difference, 0) is not { } zero
                || At(difference, 1) is not { } one
                || At(difference, 2) is not { } two
                || !(two - one - one + zero).Numerator.IsZero
                || (one - zero).Numerator.IsZero
            )
            {
                return null;
            }

            // Linear at three points; that it is linear everywhere is checked at a fourth one.
            Fraction slope = one - zero;
            return At(difference, 1_000_003) is { } far && far == zero + (slope * new Fraction(1_000_003, 1))
                ? HalfLine(new NumberNode(-(zero / slope)), slope.Numerator.Sign > 0 ? relation : Flip(relation))
                : null;
        }

        private Fraction? At(Node node, long x) => new ExactEvaluator(budget, new Fraction(x, 1)).Evaluate(node);

        private IReadOnlyList<RealInterval>? HalfLine(Node at, char relation) =>
            BoundOf(at, relation is 'l' or 'g') is not { } bound
                ? null
                : relation switch
                {
                    '<' or 'l' => Interval(Infinite(-1), bound),
                    '>' or 'g' => Interval(bound, Infinite(1)),
                    _ => Complement([new RealInterval(bound with { Closed = true }, bound with { Closed = true })]),
                };

        private static char Flip(char relation) =>
            relation switch
            {
                '<' => '>',
                '>' => '<',
                'l' => 'g',
                'g' => 'l',
                _ => relation,
            };
    }
}
