using System.Buffers;
using System.Numerics;
using RewardReasoning.Verification.Arithmetic;
using RewardReasoning.Verification.Evaluators;
using RewardReasoning.Verification.Parsing;

namespace RewardReasoning.Verification;

/// <summary>
/// A set of real numbers as an answer describes it: intervals, unions, finite sets, inequalities in one variable, {x | …}. Two sets are
/// compared at all of their critical points, between them and beyond them. Critical are the ends of intervals, the zeros and poles of
/// sides of inequalities, and the zeros of what is in |…| and under roots; between two of these no inequality changes.
/// </summary>
internal sealed class RealSet
{
    /// <summary>The relations that compare real numbers.</summary>
    internal static readonly SearchValues<char> Relations = SearchValues.Create("<>lg!=");

    private const int MaxCritical = 80;
    private const int MaxEliminations = 4;
    private const int ZeroBits = FixedMath.Places - 140;
    private const int MaxWholeNumbers = 400;

    private readonly Shape _shape;
    private readonly WorkBudget _budget;

    private RealSet(Shape shape, WorkBudget budget) => (_shape, _budget) = (shape, budget);

    /// <summary>The set that an answer describes; null where it does not describe one, or describes it by more than one variable.</summary>
    public static RealSet? Read(Node node, ScalarComparer scalars, WorkBudget budget) =>
        new Reader(scalars, budget).Read(node) is { } shape ? new RealSet(shape, budget) : null;

    /// <summary>Whether two sets have the same members.</summary>
    public AnswerVerdict Compare(RealSet other, ScalarComparer scalars)
    {
        if (_shape.Variable is { } a && other._shape.Variable is { } b && a != b)
        {
            return AnswerVerdict.Unknown;
        }

        List<Critical> mine = [];
        List<Critical> others = [];
        bool complete = _shape.AddCritical(mine, _budget) & other._shape.AddCritical(others, _budget);
        if (mine.Count + others.Count > MaxCritical)
        {
            return AnswerVerdict.Unknown;
        }

        AnswerVerdict verdict = AnswerVerdict.Equal;
        foreach ((BigInteger at, BigInteger atOther) in Places(Merged(mine, others, scalars), complete))
        {
            bool? here = _shape.Contains(at, _budget);
            bool? there = other._shape.Contains(atOther, _budget);
            if (here is null || there is null)
            {
                verdict = AnswerVerdict.Unknown;
            }
            else if (here != there)
            {
                return AnswerVerdict.Different;
            }
        }

        return verdict;
    }

    /// <summary>Critical points of both sets in order; those that are one point, or one point rounded, as a pair.</summary>
    private static List<(BigInteger Mine, BigInteger Other)> Merged(List<Critical> mine, List<Critical> others, ScalarComparer scalars)
    {
        List<(BigInteger Mine, BigInteger Other)> merged = [];
        foreach (Critical point in mine.Select(p => p with { IsMine = true }).Concat(others).OrderBy(p => p.Value))
        {
            int near = merged.FindIndex(pair => AreOne(point.IsMine ? pair.Other : pair.Mine, point, others.Concat(mine), scalars));
            if (near < 0)
            {
                merged.Add((point.Value, point.Value));
            }
            else if (merged[near].Mine == merged[near].Other)
            {
                merged[near] = point.IsMine ? (point.Value, merged[near].Other) : (merged[near].Mine, point.Value);
            }
        }

        return merged;
    }

    private static bool AreOne(BigInteger known, Critical point, IEnumerable<Critical> all, ScalarComparer scalars) =>
        BigInteger.Abs(known - point.Value).GetBitLength() < ZeroBits
        || (
            (point.IsRounded || all.Any(other => other.IsRounded && other.Value == known))
            && scalars.AreClose(new Fraction(known, FixedMath.One), new Fraction(point.Value, FixedMath.One))
        );

    /// <summary>The critical points, places between and beyond them; more of these where points may be missing.</summary>
    private static IEnumerable<(BigInteger Mine, BigInteger Other)> Places(
        List<(BigInteger Mine, BigInteger Other)> critical,
        bool complete
    )
    {
        int reach = complete ? 1000 : 8;
        BigInteger[] edges =
        [
            .. critical
                .SelectMany(pair => new[] { pair.Mine, pair.Other })
                .Append((critical.Count == 0 ? 0 : critical[0].Mine) - (reach * FixedMath.One))
                .Append((critical.Count == 0 ? 0 : critical[^1].Mine) + (reach * FixedMath.One))
                .Order(),
        ];
        foreach ((BigInteger, BigInteger) pair in critical)
        {
            yield return pair;
        }

        int[] parts = complete ? [500] : [3, 117, 271, 500, 618, 843, 991];
        for (int i = 0; i + 1 < edges.Length; i++)
        {
            BigInteger width = edges[i + 1] - edges[i];
            if (critical.Exists(pair => IsBetween(edges[i], edges[i + 1], pair)))
            {
                continue;
            }

            foreach (int part in parts)
            {
                BigInteger at = edges[i] + (width * part / 1000);
                yield return (at, at);
            }
        }
    }

    /// <summary>Whether a stretch is nothing but the rounding of one critical point.</summary>
    private static bool IsBetween(BigInteger low, BigInteger high, (BigInteger Mine, BigInteger Other) pair) =>
        low == BigInteger.Min(pair.Mine, pair.Other) && high == BigInteger.Max(pair.Mine, pair.Other);

    /// <summary>A point where membership may change.</summary>
    internal readonly record struct Critical(BigInteger Value, bool IsRounded, bool IsMine = false);

    /// <summary>One end of an interval; null is infinite.</summary>
    private sealed record Bound(Node Value, BigInteger Number, bool Closed);

    /// <summary>A set of real numbers, as it was written.</summary>
    private abstract record Shape
    {
        public virtual string? Variable => null;

        /// <summary>Whether a number belongs to the set; null where that is not known.</summary>
        public abstract bool? Contains(BigInteger at, WorkBudget budget);

        /// <summary>Adds the points where membership may change; false where some may be missing.</summary>
        public abstract bool AddCritical(List<Critical> points, WorkBudget budget);
    }

    private sealed record Line : Shape
    {
        public override bool? Contains(BigInteger at, WorkBudget budget) => true;

        public override bool AddCritical(List<Critical> points, WorkBudget budget) => true;
    }

    private sealed record Interval(Bound? Low, Bound? High) : Shape
    {
        public override bool? Contains(BigInteger at, WorkBudget budget) =>
            (Low is null || IsBeyond(at - Low.Number, Low.Closed)) && (High is null || IsBeyond(High.Number - at, High.Closed));

        public override bool AddCritical(List<Critical> points, WorkBudget budget)
        {
            foreach (Bound bound in new[] { Low, High }.OfType<Bound>())
            {
                points.Add(new Critical(bound.Number, ScalarComparer.IsDecimal(bound.Value)));
            }

            return true;
        }

        private static bool IsBeyond(BigInteger distance, bool closed) =>
            BigInteger.Abs(distance).GetBitLength() < ZeroBits ? closed : distance.Sign > 0;
    }

    private sealed record Combined(IReadOnlyList<Shape> Parts, bool All) : Shape
    {
        public override string? Variable => Parts.Select(part => part.Variable).FirstOrDefault(name => name is not null);

        public override bool? Contains(BigInteger at, WorkBudget budget)
        {
            bool?[] inside = [.. Parts.Select(part => part.Contains(at, budget))];
            return inside.Contains(!All) ? !All
                : inside.Contains(null) ? null
                : All;
        }

        public override bool AddCritical(List<Critical> points, WorkBudget budget) =>
            Parts.Aggregate(true, (complete, part) => part.AddCritical(points, budget) && complete);
    }

    private sealed record Complement(Shape Of) : Shape
    {
        public override string? Variable => Of.Variable;

        public override bool? Contains(BigInteger at, WorkBudget budget) => !Of.Contains(at, budget);

        public override bool AddCritical(List<Critical> points, WorkBudget budget) => Of.AddCritical(points, budget);
    }

    /// <summary>left relation right, in one variable.</summary>
    private sealed record Inequality(Node Left, char Relation, Node Right, string Name) : Shape
    {
        public override string? Variable => Name;

        public override bool? Contains(BigInteger at, WorkBudget budget)
        {
            NumericEvaluator left = new(budget, 0, at);
            NumericEvaluator right = new(budget, 0, at);
            FixedComplex? a = left.Evaluate(Left);
            FixedComplex? b = right.Evaluate(Right);
            if (left.MetUnknown || right.MetUnknown)
            {
                return null;
            }

            if (a is not { IsReal: true } x || b is not { IsReal: true } y)
            {
                return false;
            }

            BigInteger difference = x.Re - y.Re;
            long noise = ZeroBits + Math.Max(0, x.Re.GetBitLength() - FixedMath.Places);
            int sign = BigInteger.Abs(difference).GetBitLength() < noise ? 0 : difference.Sign;
            return Relation switch
            {
                '<' => sign < 0,
                '>' => sign > 0,
                'l' => sign <= 0,
                'g' => sign >= 0,
                '=' => sign == 0,
                _ => sign != 0,
            };
        }

        public override bool AddCritical(List<Critical> points, WorkBudget budget)
        {
            bool isRounded = ScalarComparer.IsDecimal(Left) || ScalarComparer.IsDecimal(Right);
            return CriticalPoints.Add(new SumNode([Left, new NegateNode(Right)]), points, isRounded, budget);
        }
    }

    /// <summary>Finds where an expression in one variable may change its sign, or be undefined.</summary>
    internal static class CriticalPoints
    {
        public static bool Add(Node node, List<Critical> points, bool isRounded, WorkBudget budget, int eliminations = 0)
        {
            if (eliminations > MaxEliminations || points.Count > MaxCritical)
            {
                return false;
            }

            CallNode? inner = Find(node, call => call.Name is "abs" or "root" && NodeRewriter.Variables(call).Any());
            if (inner is { Name: "abs", Arguments: [var absolute] })
            {
                // Of |E| both signs are tried; zeros too many do no harm.
                return Add(absolute, points, isRounded, budget, eliminations + 1)
                    & Add(NodeRewriter.Swap(node, inner, absolute), points, isRounded, budget, eliminations + 1)
                    & Add(NodeRewriter.Swap(node, inner, new NegateNode(absolute)), points, isRounded, budget, eliminations + 1);
            }

            if (inner is { Name: "root", Arguments: [var radicand, NumberNode { Value: var index }] } && index == new Fraction(2, 1))
            {
                // a + b √E is zero only where a² − b² E is.
                Node a = NodeRewriter.Swap(node, inner, NumberNode.Of(0));
                Node b = new SumNode([NodeRewriter.Swap(node, inner, NumberNode.Of(1)), new NegateNode(a)]);
                Node squared = new SumNode([
                    new PowerNode(a, NumberNode.Of(2)),
                    new NegateNode(new ProductNode([new PowerNode(b, NumberNode.Of(2)), radicand])),
                ]);
                return Add(radicand, points, isRounded, budget, eliminations + 1)
                    & Add(squared, points, isRounded, budget, eliminations + 1);
            }

            if (Polynomial.Read(node, budget) is not { } rational)
            {
                return AddLinear(node, points, isRounded, budget);
            }

            bool complete = true;
            foreach (Polynomial polynomial in new[] { rational.Above, rational.Below })
            {
                IReadOnlyList<BigInteger>? roots = polynomial.Roots(budget);
                complete &= roots is not null;
                points.AddRange((roots ?? []).Select(root => new Critical(root, isRounded)));
            }

            return complete;
        }

        /// <summary>The zero of what is linear, with coefficients such as √2 or π.</summary>
        private static bool AddLinear(Node node, List<Critical> points, bool isRounded, WorkBudget budget)
        {
            FixedComplex?[] values =
            [
                .. new[] { 0, 1, 2, 1003 }.Select(x => new NumericEvaluator(budget, 0, x * FixedMath.One).Evaluate(node)),
            ];
            if (values.Any(value => value is not { IsReal: true }))
            {
                return false;
            }

            BigInteger[] at = [.. values.Select(value => value?.Re ?? 0)];
            BigInteger slope = at[1] - at[0];
            if (
                BigInteger.Abs(slope).GetBitLength() < ZeroBits
                || BigInteger.Abs(at[2] - at[1] - slope).GetBitLength() > ZeroBits
                || BigInteger.Abs(at[3] - at[0] - (1003 * slope)).GetBitLength() > ZeroBits
            )
            {
                return false;
            }

            points.Add(new Critical(-FixedMath.Divide(at[0], slope), isRounded));
            return true;
        }

        private static CallNode? Find(Node node, Func<CallNode, bool> wanted)
        {
            CallNode? found = null;
            _ = NodeRewriter.Any(
                node,
                at =>
                {
                    found ??= at is CallNode call && wanted(call) ? call : null;
                    return found is not null;
                }
            );
            return found;
        }
    }

    private sealed class Reader(ScalarComparer scalars, WorkBudget budget)
    {
        public Shape? Read(Node node)
        {
            budget.Spend(50);
            return node switch
            {
                GroupNode { Open: '{', Items: var points } => Points(points),
                GroupNode { Open: '(' or '[', Items: [var low, var high] } group => IntervalOf(
                    low,
                    group.Open == '[',
                    high,
                    group.Close == ']'
                ),
                SymbolNode { Name: "ℝ" or "R" } => new Line(),
                SetOperationNode operation => Read(operation.Left) is { } left && Read(operation.Right) is { } right
                    ? operation.Operation switch
                    {
                        'u' => new Combined([left, right], All: false),
                        'n' => new Combined([left, right], All: true),
                        _ => new Combined([left, new Complement(right)], All: true),
                    }
                    : null,
                RelationNode { Relations: "e", Sides: [SymbolNode, var set] } => Read(set),
                SetBuilderNode builder => Builder(builder),
                RelationNode relation => InequalityOf(relation),
                ListNode list => ListOf(list),
                _ => null,
            };
        }

        private Shape? ListOf(ListNode list)
        {
            // x ≠ 1, 2: unequal to each.
            if (list.Items is [RelationNode { Relations: "!", Sides: [SymbolNode name, _] } first, ..] && list.Items.Skip(1).All(IsPlain))
            {
                return All([InequalityOf(first), .. list.Items.Skip(1).Select(item => InequalityOf(new RelationNode([name, item], "!")))]);
            }

            Shape?[] parts = [.. list.Items.Where(item => !IsRealness(item)).Select(Read)];
            if (parts.Length == 0 || parts.Contains(null))
            {
                return null;
            }

            Shape[] known = [.. parts.OfType<Shape>()];
            if (list.Join != Join.Comma)
            {
                return new Combined(known, All: list.Join == Join.And);
            }

            // A comma is "and" or "or": whichever leaves a set that says something.
            RealSet both = new(new Combined(known, All: true), budget);
            RealSet either = new(new Combined(known, All: false), budget);
            return both.Compare(new RealSet(new Complement(new Line()), budget), scalars) == AnswerVerdict.Equal ? either._shape
                : either.Compare(new RealSet(new Line(), budget), scalars) == AnswerVerdict.Equal ? both._shape
                : null;
        }

        private static bool IsPlain(Node node) => node is not (RelationNode or ListNode or TextNode) && !NodeRewriter.Variables(node).Any();

        /// <summary>x ∈ ℝ beside a condition says nothing more.</summary>
        private static bool IsRealness(Node node) => node is RelationNode { Relations: "e", Sides: [SymbolNode, SymbolNode { Name: "ℝ" }] };

        private static Combined? All(IReadOnlyList<Shape?> parts) =>
            parts.Contains(null) ? null : new Combined([.. parts.OfType<Shape>()], All: true);

        private Shape? Builder(SetBuilderNode builder)
        {
            string domain = builder.Element is RelationNode { Relations: "e", Sides: [SymbolNode, SymbolNode set] } ? set.Name : "ℝ";
            Node condition = builder.Condition;
            if (condition is ListNode { Items: var items } list)
            {
                Node? named = items.FirstOrDefault(item =>
                    item is RelationNode { Relations: "e", Sides: [_, SymbolNode { Name: [>= 'ℂ', ..] }] }
                );
                domain = named is RelationNode { Sides: [_, SymbolNode where] } ? where.Name : domain;
                Node[] rest = [.. items.Where(item => item != named)];
                condition = rest.Length == 1 ? rest[0] : new ListNode(rest, list.Join == Join.Or ? Join.Or : Join.And);
            }

            string? variable = builder.Element switch
            {
                SymbolNode symbol => symbol.Name,
                RelationNode { Sides: [SymbolNode symbol, _] } => symbol.Name,
                _ => null,
            };
            if (variable is null || Read(condition) is not { } shape || (shape.Variable is { } inside && inside != variable))
            {
                return null;
            }

            return domain switch
            {
                "ℝ" or "R" => new BuilderSet(shape),
                "ℤ" or "Z" => WholeNumbers(shape, null),
                "ℕ" or "N" or "ℕ+" or "ℕ*" or "ℤ+" => WholeNumbers(shape, domain is "ℕ" or "N" ? 0 : 1),
                _ => null,
            };
        }

        /// <summary>The whole numbers of a bounded set; null where it is not bounded, or has 0, which ℕ may have or not.</summary>
        private Combined? WholeNumbers(Shape shape, int? from)
        {
            List<Critical> critical = [];
            if (!shape.AddCritical(critical, budget))
            {
                return null;
            }

            BigInteger low = from ?? (critical.Count == 0 ? 0 : (critical.Min(point => point.Value) >> FixedMath.Places) - 1);
            BigInteger high = critical.Count == 0 ? 0 : (critical.Max(point => point.Value) >> FixedMath.Places) + 2;
            if (high - low > MaxWholeNumbers || shape.Contains((high + 1) << FixedMath.Places, budget) != false)
            {
                return null;
            }

            if (
                (from is null && shape.Contains((low - 1) << FixedMath.Places, budget) != false)
                || (from == 0 && shape.Contains(0, budget) != false)
            )
            {
                return null;
            }

            List<Shape> points = [];
            for (BigInteger n = low; n <= high; n++)
            {
                if (shape.Contains(n << FixedMath.Places, budget) == true)
                {
                    Bound bound = new(new NumberNode(new Fraction(n, 1)), n << FixedMath.Places, true);
                    points.Add(new Interval(bound, bound));
                }
            }

            return new Combined(points, All: false);
        }

        private Combined? Points(IReadOnlyList<Node> points)
        {
            List<Shape> shapes = [];
            foreach (Node point in points.SelectMany(NodeRewriter.Signs))
            {
                if (BoundOf(point, closed: true) is not { } bound)
                {
                    return null;
                }

                shapes.Add(new Interval(bound, bound));
            }

            return new Combined(shapes, All: false);
        }

        private Interval? IntervalOf(Node low, bool lowClosed, Node high, bool highClosed)
        {
            int? below = ScalarComparer.InfiniteSign(low);
            int? above = ScalarComparer.InfiniteSign(high);
            Bound? from = below is null ? BoundOf(low, lowClosed) : null;
            Bound? to = above is null ? BoundOf(high, highClosed) : null;
            return below > 0 || above < 0 || (below is null && from is null) || (above is null && to is null)
                ? null
                : new Interval(from, to);
        }

        private Bound? BoundOf(Node value, bool closed) =>
            !NodeRewriter.Variables(value).Any() && scalars.RealValue(value) is { } number ? new Bound(value, number, closed) : null;

        /// <summary>A chain of inequalities in one variable.</summary>
        private NamedSet? InequalityOf(RelationNode relation)
        {
            List<string> variables = [.. NodeRewriter.Variables(relation)];
            if (variables.Count != 1 || relation.Relations.AsSpan().IndexOfAnyExcept(Relations) >= 0)
            {
                return null;
            }

            List<Shape> steps = [];
            for (int i = 0; i < relation.Relations.Length; i++)
            {
                foreach (Node right in NodeRewriter.Signs(relation.Sides[i + 1]))
                {
                    Node left = relation.Sides[i];
                    char sign = relation.Relations[i];
                    if (ScalarComparer.InfiniteSign(right) is { } above && sign is '<' or 'l' && above > 0)
                    {
                        steps.Add(new Line());
                    }
                    else if (ScalarComparer.InfiniteSign(left) is { } below && sign is '<' or 'l' && below < 0)
                    {
                        steps.Add(new Line());
                    }
                    else if (left is SymbolNode && BoundOf(right, sign is 'l' or 'g' or '=' or '!') is { } bound)
                    {
                        steps.Add(Beside(bound, sign));
                    }
                    else if (right is SymbolNode && BoundOf(left, sign is 'l' or 'g' or '=' or '!') is { } start)
                    {
                        steps.Add(
                            Beside(
                                start,
                                sign switch
                                {
                                    '<' => '>',
                                    '>' => '<',
                                    'l' => 'g',
                                    'g' => 'l',
                                    _ => sign,
                                }
                            )
                        );
                    }
                    else
                    {
                        steps.Add(new Inequality(left, sign, right, variables[0]));
                    }
                }
            }

            return new NamedSet(new Combined(steps, All: true), variables[0]);
        }

        /// <summary>A half-line, a point, or all but a point.</summary>
        private static Shape Beside(Bound bound, char relation) =>
            relation switch
            {
                '<' or 'l' => new Interval(null, bound),
                '>' or 'g' => new Interval(bound, null),
                '=' => new Interval(bound, bound),
                _ => new Complement(new Interval(bound, bound)),
            };
    }

    /// <summary>The set of an inequality, which says what its variable is called.</summary>
    private sealed record NamedSet(Shape Set, string Name) : Shape
    {
        public override string? Variable => Name;

        public override bool? Contains(BigInteger at, WorkBudget budget) => Set.Contains(at, budget);

        public override bool AddCritical(List<Critical> points, WorkBudget budget) => Set.AddCritical(points, budget);
    }

    /// <summary>A set whose variable is bound: {x | x > 3} and {t | t > 3} are one set.</summary>
    private sealed record BuilderSet(Shape Set) : Shape
    {
        public override bool? Contains(BigInteger at, WorkBudget budget) => Set.Contains(at, budget);

        public override bool AddCritical(List<Critical> points, WorkBudget budget) => Set.AddCritical(points, budget);
    }
}
