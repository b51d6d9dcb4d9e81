using System.Numerics;
using RewardReasoning.Verification.Arithmetic;
using RewardReasoning.Verification.Parsing;

namespace RewardReasoning.Verification;

/// <summary>Compares two parsed answers, each kind of answer by its own rule; the rules stand in docs/verifier.md.</summary>
internal sealed class AnswerComparer(VerifierOptions options, WorkBudget budget)
{
    private readonly ScalarComparer _scalars = new(options, budget);

    public AnswerVerdict Compare(Node gold, Node prediction)
    {
        budget.Spend(20);
        if (!options.SetEqualsInequality && IsSet(gold) && IsInequality(prediction))
        {
            return AnswerVerdict.Different;
        }

        List<LabelledAnswer> golds = Items(gold);
        List<LabelledAnswer> predictions = Items(prediction);
        if (
            (IsInequality(gold) || IsInequality(prediction) || HasSetOperation(gold) || HasSetOperation(prediction))
            && CompareAsIntervals(Unlabelled(gold), Unlabelled(prediction)) is { } asSets
        )
        {
            return asSets;
        }

        if (golds.Count == 1 && predictions.Count == 1)
        {
            return CompareValues(golds[0], predictions[0]);
        }

        return CompareLists(golds, predictions);
    }

    private static Node Unlabelled(Node node) => node is ListNode ? node : LabelledAnswer.Of(node).Value;

    private static bool IsInequality(Node node) =>
        node is RelationNode relation
            ? relation.Relations.AsSpan().IndexOfAny("<>lg!") >= 0
            : node is ListNode list && list.Items.All(IsInequality);

    private static bool HasSetOperation(Node node) => NodeRewriter.Any(node, at => at is SetOperationNode or SymbolNode { Name: "R" });

    private static bool IsSet(Node node) => Unlabelled(node) is GroupNode or SetOperationNode;

    /// <summary>The answers of a list, ± written out, each without its label.</summary>
    private static List<LabelledAnswer> Items(Node node) =>
        node is ListNode list ? [.. list.Items.SelectMany(Items)] : [.. NodeRewriter.Signs(node).Select(LabelledAnswer.Of)];

    private AnswerVerdict? CompareAsIntervals(Node gold, Node prediction)
    {
        IntervalSet? a = IntervalSet.Read(gold, _scalars, budget);
        IntervalSet? b = IntervalSet.Read(prediction, _scalars, budget);
        if (a is not null && b is not null)
        {
            return a.Compare(b, _scalars);
        }

        bool isValue = (a is null ? gold : prediction) is NumberNode or QuotientNode { Numerator: NumberNode, Denominator: NumberNode };
        return (a is null) == (b is null) ? null
            : isValue ? AnswerVerdict.Different
            : AnswerVerdict.Unknown;
    }

    private AnswerVerdict CompareLists(List<LabelledAnswer> golds, List<LabelledAnswer> predictions)
    {
        // (1, 3) and [1, 2, 3] keep their order; a bare list may be all that the other side wrote of them.
        if (golds is [{ Value: GroupNode { Open: not '{' } tuple }] && predictions.Count > 1)
        {
            if ((tuple.Open == '(') != (tuple.Close == ')'))
            {
                return AnswerVerdict.Different;
            }

            return Verdicts.Pairwise(tuple.Items, [.. predictions.Select(answer => answer.Value)], Compare);
        }

        if (predictions is [{ Value: GroupNode { Open: not '{' } predicted }] && golds.Count > 1)
        {
            AnswerVerdict inOrder = Verdicts.Pairwise([.. golds.Select(answer => answer.Value)], predicted.Items, Compare);
            bool isTuple = (predicted.Open, predicted.Close) == ('(', ')') || (predicted.Items.Count > 2 && predicted.Close == ']');
            return isTuple && (inOrder != AnswerVerdict.Different || golds.Count != predicted.Items.Count) ? inOrder
                : golds.Count == predicted.Items.Count ? AnswerVerdict.Unknown
                : AnswerVerdict.Different;
        }

        if (DistinctLabels(golds) || DistinctLabels(predictions))
        {
            return CompareLabelled(golds, predictions);
        }

        return Verdicts.AsSets(Flatten(golds), Flatten(predictions), Compare);
    }

    /// <summary>
    /// x = 1, y = 2: with labels on both sides each is compared with its namesake; with labels on one, order takes their place.
    /// </summary>
    private AnswerVerdict CompareLabelled(List<LabelledAnswer> golds, List<LabelledAnswer> predictions)
    {
        if (DistinctLabels(golds) && DistinctLabels(predictions) && golds.Count == predictions.Count)
        {
            Dictionary<string, Node> byLabel = predictions.ToDictionary(
                answer => NameOf(answer.Label),
                answer => answer.Value,
                StringComparer.Ordinal
            );
            if (golds.All(answer => byLabel.ContainsKey(NameOf(answer.Label))))
            {
                return Verdicts.Pairwise(
                    [.. golds.Select(answer => answer.Value)],
                    [.. golds.Select(answer => byLabel[NameOf(answer.Label)])],
                    Compare
                );
            }
        }

        AnswerVerdict inOrder = Verdicts.Pairwise(golds, predictions, (a, b) => Compare(a.Value, b.Value));
        return inOrder == AnswerVerdict.Different && Verdicts.AsSets(Flatten(golds), Flatten(predictions), Compare) == AnswerVerdict.Equal
            ? AnswerVerdict.Unknown
            : inOrder;
    }

    private static bool DistinctLabels(List<LabelledAnswer> answers) =>
        answers.Count > 1
        && answers.All(answer => answer.Label is not null)
        && answers.Select(answer => NameOf(answer.Label)).Distinct(StringComparer.Ordinal).Count() == answers.Count;

    private static string NameOf(Node? label) =>
        label switch
        {
            SymbolNode symbol => symbol.Name,
            ProductNode product => string.Concat(product.Factors.Select(NameOf)),
            CallNode call => $"{call.Name}({string.Join(',', call.Arguments.Select(NameOf))})",
            QuotientNode quotient => $"{NameOf(quotient.Numerator)}/{NameOf(quotient.Denominator)}",
            TextNode text => text.Text,
            GroupNode group => string.Join(',', group.Items.Select(NameOf)),
            RatioNode ratio => string.Join(':', ratio.Parts.Select(NameOf)),
            _ => "",
        };

    /// <summary>The members of a list, those of sets in it included.</summary>
    private static List<Node> Flatten(List<LabelledAnswer> answers) =>
        [
            .. answers.SelectMany(answer =>
                answer.Value is GroupNode { Open: '{' } set ? set.Items.SelectMany(NodeRewriter.Signs) : [answer.Value]
            ),
        ];

    private AnswerVerdict CompareValues(LabelledAnswer gold, LabelledAnswer prediction)
    {
        (Node a, Node b) = (gold.Value, prediction.Value);
        if (a is RelationNode || b is RelationNode)
        {
            return CompareRelations(gold, prediction);
        }

        // A set of one answer is that answer.
        a = a is GroupNode { Open: '{', Items: [var onlyA] } && b is not GroupNode ? onlyA : a;
        b = b is GroupNode { Open: '{', Items: [var onlyB] } && a is not GroupNode ? onlyB : b;
        return (a, b) switch
        {
            (_, ListNode) or (ListNode, _) => Compare(a, b),
            (_, TextNode) or (TextNode, _) => CompareTexts(a, b),
            (_, QuantityNode) or (QuantityNode, _) => CompareQuantities(a, b),
            (_, GroupNode) or (GroupNode, _) => CompareGroups(a, b),
            (MatrixNode x, MatrixNode y) => x.Rows.Count != y.Rows.Count
                ? AnswerVerdict.Different
                : Verdicts.Pairwise(x.Rows, y.Rows, (p, q) => Verdicts.Pairwise(p, q, Compare)),
            (MatrixNode, _) or (_, MatrixNode) => AnswerVerdict.Different,
            (BaseNumeralNode x, BaseNumeralNode y) => x.Value == y.Value
                ? x.Base == y.Base
                    ? AnswerVerdict.Equal
                    : AnswerVerdict.Unknown
                : AnswerVerdict.Different,
            (BaseNumeralNode numeral, _) => CompareBase(numeral, b),
            (_, BaseNumeralNode numeral) => CompareBase(numeral, a),
            (RatioNode x, RatioNode y) => CompareRatios(x, y),
            (RatioNode ratio, _) => CompareRatioWithValue(ratio, b),
            (_, RatioNode ratio) => CompareRatioWithValue(ratio, a),
            (SetOperationNode, _) or (_, SetOperationNode) => AnswerVerdict.Unknown,
            _ => CompareScalars(a, b),
        };
    }

    private AnswerVerdict CompareScalars(Node a, Node b)
    {
        if (a is SymbolNode or ConstantNode && b is SymbolNode or ConstantNode)
        {
            return SameLetter(a, b) ? AnswerVerdict.Equal
                : a == b ? AnswerVerdict.Equal
                : AnswerVerdict.Different;
        }

        if (options.Strict)
        {
            return _scalars.Compare(a, b);
        }

        AnswerVerdict asNamed = _scalars.Compare(a, b);
        return asNamed == AnswerVerdict.Equal ? asNamed : _scalars.Compare(Renamed(a), Renamed(b));

        static Node Renamed(Node node) =>
            NodeRewriter
                .Variables(node)
                .ToList()
                .Select((name, i) => (name, i))
                .Aggregate(
                    node,
                    (at, variable) =>
                        NodeRewriter.Replace(at, variable.name, new SymbolNode(FormattableString.Invariant($"variable {variable.i}")))
                );
    }

    private static bool SameLetter(Node a, Node b)
    {
        string? x = AnswerText.LetterOf(a);
        string? y = AnswerText.LetterOf(b);
        return x is not null && y is not null && string.Equals(x, y, StringComparison.OrdinalIgnoreCase);
    }

    private static AnswerVerdict CompareTexts(Node a, Node b)
    {
        string? x = AnswerText.Of(a);
        string? y = AnswerText.Of(b);
        if (x is not null && y is not null)
        {
            return x == y ? AnswerVerdict.Equal
                : AnswerText.IsWord(x) && AnswerText.IsWord(y) ? AnswerVerdict.Different
                : AnswerVerdict.Unknown;
        }

        return AnswerVerdict.Unknown;
    }

    /// <summary>
    /// A missing unit is forgiven, another one of the same kind converted; of other words nobody knows whether they mean the same. A
    /// percentage equals its value, and nothing else for certain.
    /// </summary>
    private AnswerVerdict CompareQuantities(Node a, Node b)
    {
        (Node valueA, string unitA) = WithUnit(a);
        (Node valueB, string unitB) = WithUnit(b);
        if ((unitA == "%") != (unitB == "%"))
        {
            AnswerVerdict byValue = Compare(a, b, asFactor: true);
            return byValue != AnswerVerdict.Different ? byValue
                : Compare(valueA, valueB) == AnswerVerdict.Different ? AnswerVerdict.Different
                : AnswerVerdict.Unknown;
        }

        if (Units.Find(unitA) is { } x && Units.Find(unitB) is { } y && (x.Kind != y.Kind || x.Factor != y.Factor))
        {
            return x.Kind == y.Kind
                    ? Compare(new ProductNode([valueA, new NumberNode(x.Factor)]), new ProductNode([valueB, new NumberNode(y.Factor)]))
                : AngleInRadians(valueA, x.Kind) is { } angleA && AngleInRadians(valueB, y.Kind) is { } angleB ? Compare(angleA, angleB)
                : AnswerVerdict.Different;
        }

        AnswerVerdict verdict = Compare(valueA, valueB);
        if (verdict == AnswerVerdict.Equal && unitA.Length * unitB.Length > 0 && !SameWords(unitA, unitB))
        {
            return Units.Find(unitA) is not null && Units.Find(unitB) is not null ? verdict : AnswerVerdict.Unknown;
        }

        return verdict == AnswerVerdict.Different && (unitA == "deg" || unitB == "deg") && unitA.Length * unitB.Length == 0
            ? CompareDegreesWithNumber(valueA, unitA, valueB, unitB)
            : verdict;
    }

    private static bool SameWords(string a, string b) => AnswerText.Normalize(a).TrimEnd('s') == AnswerText.Normalize(b).TrimEnd('s');

    /// <summary>Beside a quantity, "0.05 m" is one too, and no product.</summary>
    private static (Node Value, string Unit) WithUnit(Node node) =>
        node switch
        {
            QuantityNode quantity => (quantity.Value, quantity.Unit),
            ProductNode { Factors: [NumberNode number, SymbolNode { Name: "m" or "g" or "s" or "h" or "L" or "l" } unit] } => (
                number,
                unit.Name
            ),
            ProductNode
            {
                Factors: [
                    NumberNode number,
                    PowerNode { Base: SymbolNode { Name: "m" } unit, Exponent: NumberNode { IsDecimal: false } power },
                ]
            } => (number, $"{unit.Name}^{power.Value.Numerator}"),
            _ => (node, ""),
        };

    private AnswerVerdict Compare(Node a, Node b, bool asFactor) => asFactor ? _scalars.Compare(AsFactor(a), AsFactor(b)) : Compare(a, b);

    private static Node AsFactor(Node node) => node is QuantityNode { Unit: not "%" } quantity ? quantity.Value : node;

    /// <summary>90° equals π/2, the number, as well as 90.</summary>
    private AnswerVerdict CompareDegreesWithNumber(Node a, string unitA, Node b, string unitB) =>
        _scalars.Compare(unitA == "deg" ? InRadians(a) : a, unitB == "deg" ? InRadians(b) : b);

    private static Node? AngleInRadians(Node value, string kind) =>
        kind switch
        {
            "angle" => InRadians(value),
            "radians" => value,
            _ => null,
        };

    private static ProductNode InRadians(Node degrees) =>
        new([degrees, new QuotientNode(new ConstantNode(Constant.Pi), NumberNode.Of(180))]);

    private AnswerVerdict CompareGroups(Node a, Node b)
    {
        if (a is GroupNode x && b is GroupNode y)
        {
            bool setX = x.Open == '{';
            bool setY = y.Open == '{';
            if (setX && setY)
            {
                return x.Items.Count * y.Items.Count == 0
                    ? x.Items.Count == y.Items.Count
                        ? AnswerVerdict.Equal
                        : AnswerVerdict.Different
                    : Verdicts.AsSets([.. x.Items.SelectMany(NodeRewriter.Signs)], [.. y.Items.SelectMany(NodeRewriter.Signs)], Compare);
            }

            if (setX != setY && options.Strict)
            {
                return AnswerVerdict.Different;
            }

            AnswerVerdict items = Verdicts.Pairwise(x.Items, y.Items, Compare);
            bool sameBrackets = !options.Strict || (SameEnd(x.Open, y.Open, x.Items[0]) && SameEnd(x.Close, y.Close, x.Items[^1]));
            return sameBrackets || x.Items.Count > 2 ? items : AnswerVerdict.Different;
        }

        GroupNode group = a as GroupNode ?? (GroupNode)b;
        Node other = a is GroupNode ? b : a;
        return other switch
        {
            // A vector may be written as a column, as a row, or as a tuple.
            MatrixNode { Rows: [var row] } when group.Open is '(' or '[' => Verdicts.Pairwise(group.Items, row, Compare),
            MatrixNode matrix when matrix.Rows[0].Count == 1 && group.Open is '(' or '[' => Verdicts.Pairwise(
                group.Items,
                [.. ((MatrixNode)other).Rows.Select(cells => cells[0])],
                Compare
            ),
            NumberNode or QuotientNode or ConstantNode or SymbolNode or NegateNode or SumNode or ProductNode or PowerNode or CallNode =>
                AnswerVerdict.Different,
            _ => AnswerVerdict.Unknown,
        };
    }

    private static bool SameEnd(char a, char b, Node end) => a == b || ScalarComparer.InfiniteSign(end) is not null;

    /// <summary>
    /// A numeral in a base against a plain number: the value may agree, or the digits may; either way the form that was asked for is not
    /// known.
    /// </summary>
    private AnswerVerdict CompareBase(BaseNumeralNode numeral, Node other)
    {
        if (other is not NumberNode { IsDecimal: false } number)
        {
            return AnswerVerdict.Unknown;
        }

        BigInteger digits = numeral.Digits.Aggregate(BigInteger.Zero, (value, digit) => (value * 10) + (digit - '0'));
        return number.Value == new Fraction(numeral.Value, 1) || number.Value == new Fraction(digits, 1)
            ? AnswerVerdict.Unknown
            : AnswerVerdict.Different;
    }

    /// <summary>2:4 and 1:2 are one ratio, but 12:00 and 1:00 two times of day.</summary>
    private AnswerVerdict CompareRatios(RatioNode a, RatioNode b)
    {
        AnswerVerdict same = Verdicts.Pairwise(a.Parts, b.Parts, Compare);
        if (same != AnswerVerdict.Different || a.Parts.Count != b.Parts.Count || IsTime(a) || IsTime(b))
        {
            return same;
        }

        return Verdicts.Pairwise(
            [.. a.Parts.Select(part => (Node)new QuotientNode(part, a.Parts[0]))],
            [.. b.Parts.Select(part => (Node)new QuotientNode(part, b.Parts[0]))],
            Compare
        );
    }

    private static bool IsTime(RatioNode ratio) =>
        ratio.Source.Split(':') is [{ Length: 1 or 2 }, { Length: 2 } minutes] && minutes.All(char.IsAsciiDigit);

    private AnswerVerdict CompareRatioWithValue(RatioNode ratio, Node value) =>
        ratio.Parts.Count == 2
        && !IsTime(ratio)
        && _scalars.Compare(new QuotientNode(ratio.Parts[0], ratio.Parts[1]), value) == AnswerVerdict.Equal
            ? AnswerVerdict.Equal
        : value is TextNode ? AnswerVerdict.Unknown
        : AnswerVerdict.Different;

    private AnswerVerdict CompareRelations(LabelledAnswer gold, LabelledAnswer prediction)
    {
        if (gold.Value is RelationNode a && prediction.Value is RelationNode b)
        {
            return CompareRelations(a, b);
        }

        // "y = 2x + 3" names its value; against an equation proper it is an equation again.
        if (gold.Value is RelationNode equation && prediction.Label is { } label)
        {
            return CompareRelations(equation, new RelationNode([label, prediction.Value], "="));
        }

        if (prediction.Value is RelationNode predicted && gold.Label is { } name)
        {
            return CompareRelations(new RelationNode([name, gold.Value], "="), predicted);
        }

        Node other = gold.Value is RelationNode ? prediction.Value : gold.Value;
        RelationNode proper = gold.Value as RelationNode ?? (RelationNode)prediction.Value;
        return NodeRewriter.Any(other, at => at is TextNode or SymbolNode) ? AnswerVerdict.Unknown
            : gold.Value is not RelationNode
            && proper.Relations.All(relation => relation == '=')
            && Compare(other, proper.Sides[^1]) != AnswerVerdict.Different
                ? AnswerVerdict.Unknown
            : AnswerVerdict.Different;
    }

    private AnswerVerdict CompareRelations(RelationNode a, RelationNode b)
    {
        if (a.Relations.Length != 1 || b.Relations.Length != 1)
        {
            return Mirror(a) is var mirrored && a.Relations != b.Relations && mirrored.Relations == b.Relations
                ? Verdicts.Pairwise(mirrored.Sides, b.Sides, Compare) == AnswerVerdict.Equal
                    ? AnswerVerdict.Equal
                    : AnswerVerdict.Unknown
                : a.Relations == b.Relations && Verdicts.Pairwise(a.Sides, b.Sides, Compare) == AnswerVerdict.Equal
                    ? AnswerVerdict.Equal
                    : AnswerVerdict.Unknown;
        }

        bool flipped = a.Relations != b.Relations && Mirror(a).Relations == b.Relations;
        if (a.Relations != b.Relations && !flipped)
        {
            return AnswerVerdict.Different;
        }

        Node left = new SumNode([a.Sides[0], new NegateNode(a.Sides[1])]);
        Node right = new SumNode([b.Sides[0], new NegateNode(b.Sides[1])]);
        bool ordered = a.Relations is "<" or ">" or "l" or "g";
        int? sign = _scalars.Proportion(left, right);
        if (sign is { } known)
        {
            return !ordered ? AnswerVerdict.Equal
                : known == 0 ? AnswerVerdict.Unknown
                : (known < 0) == flipped ? AnswerVerdict.Equal
                : AnswerVerdict.Different;
        }

        // Polynomials that are no multiples of each other have other zeros, unless one is a power of the other or some such.
        int? degreeA = Degree(left);
        int? degreeB = Degree(right);
        return degreeA is not null && degreeA == degreeB ? AnswerVerdict.Different : AnswerVerdict.Unknown;
    }

    private static RelationNode Mirror(RelationNode relation) =>
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

    /// <summary>An upper bound of a polynomial's degree; null for what is none.</summary>
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
