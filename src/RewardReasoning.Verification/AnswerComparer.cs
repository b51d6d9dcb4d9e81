using System.Numerics;
using RewardReasoning.Verification.Arithmetic;
using RewardReasoning.Verification.Evaluators;
using RewardReasoning.Verification.Parsing;

namespace RewardReasoning.Verification;

/// <summary>Compares two parsed answers, each kind of answer by its own rule; the rules stand in docs/verifier.md.</summary>
internal sealed class AnswerComparer
{
    private readonly VerifierOptions _options;
    private readonly WorkBudget _budget;
    private readonly ScalarComparer _scalars;
    private readonly QuantityComparer _quantities;
    private readonly EquationComparer _equations;

    public AnswerComparer(VerifierOptions options, WorkBudget budget)
    {
        _options = options;
        _budget = budget;
        _scalars = new ScalarComparer(options, budget);
        _quantities = new QuantityComparer(_scalars, Compare);
        _equations = new EquationComparer(_scalars, budget, Compare);
    }

    public AnswerVerdict Compare(Node gold, Node prediction)
    {
        _budget.Spend(20);
        gold = MatrixAlgebra.Simplify(gold, _budget);
        prediction = MatrixAlgebra.Simplify(prediction, _budget);
        if (!_options.SetEqualsInequality && IsSet(gold) && IsInequality(prediction))
        {
            return AnswerVerdict.Different;
        }

        if (IsRealSet(gold) || IsRealSet(prediction))
        {
            AnswerVerdict asSets = CompareAsSets(Unlabelled(gold), Unlabelled(prediction));
            if (asSets != AnswerVerdict.Unknown)
            {
                return asSets;
            }
        }

        if (CompareAsFamilies(gold, prediction) is { } asFamilies)
        {
            return asFamilies;
        }

        List<LabelledAnswer> golds = Items(gold);
        List<LabelledAnswer> predictions = Items(prediction);
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
            : node is ListNode list
                && list.Items.Any(IsInequality)
                && list.Items.All(item => item is RelationNode or NumberNode or NegateNode);

    private static bool IsRealSet(Node node) =>
        IsInequality(node) || NodeRewriter.Any(node, at => at is SetOperationNode or SetBuilderNode or SymbolNode { Name: "ℝ" });

    private static bool IsSet(Node node) => Unlabelled(node) is GroupNode or SetOperationNode;

    /// <summary>The answers of a list, ± written out, each without its label.</summary>
    private static List<LabelledAnswer> Items(Node node) =>
        node is ListNode list ? [.. list.Items.SelectMany(Items)] : [.. NodeRewriter.Signs(node).Select(LabelledAnswer.Of)];

    private AnswerVerdict CompareAsSets(Node gold, Node prediction)
    {
        RealSet? a = RealSet.Read(gold, _scalars, _budget);
        RealSet? b = RealSet.Read(prediction, _scalars, _budget);
        return a is not null && b is not null ? a.Compare(b, _scalars)
            : (a is null) != (b is null) && IsNumber(a is null ? gold : prediction) ? AnswerVerdict.Different
            : AnswerVerdict.Unknown;
    }

    private static bool IsNumber(Node node) =>
        node is NumberNode or QuotientNode { Numerator: NumberNode, Denominator: NumberNode } or NegateNode { Value: NumberNode };

    private AnswerVerdict? CompareAsFamilies(Node gold, Node prediction)
    {
        if (!MayBeFamily(gold) && !MayBeFamily(prediction))
        {
            return null;
        }

        IntegerFamily? a = IntegerFamily.Read(gold, _scalars, isFamily: false, _budget);
        IntegerFamily? b = IntegerFamily.Read(prediction, _scalars, isFamily: a is { IsExplicit: true }, _budget);
        a ??= b is { IsExplicit: true } ? IntegerFamily.Read(gold, _scalars, isFamily: true, _budget) : null;
        if (a is not null && b is not null)
        {
            return a.Compare(b);
        }

        // 17 mod 5 is 2.
        (Node? congruence, Node? other) = gold is CongruenceNode ? (gold, prediction) : (prediction as CongruenceNode, (Node?)gold);
        return congruence is CongruenceNode { Left: null } remainder && IsNumber(other ?? congruence)
            ? CompareRemainder(remainder, other ?? congruence)
            : null;
    }

    private AnswerVerdict CompareRemainder(CongruenceNode remainder, Node number)
    {
        ExactEvaluator exact = new(_budget);
        return
            exact.Evaluate(remainder.Right) is { Denominator.IsOne: true } value
            && exact.Evaluate(remainder.Modulus) is { Denominator.IsOne: true, Numerator.Sign: > 0 } modulus
            && exact.Evaluate(number) is { } stated
            ? stated == new Fraction(((value.Numerator % modulus.Numerator) + modulus.Numerator) % modulus.Numerator, 1)
                ? AnswerVerdict.Equal
                : AnswerVerdict.Different
            : AnswerVerdict.Unknown;
    }

    private static bool MayBeFamily(Node node) =>
        NodeRewriter.Any(node, at => at is CongruenceNode or SymbolNode { Name: "ℤ" or "Z" or "k" or "n" or "m" });

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

        return IsOrder(golds) && golds.Count == predictions.Count
            ? Verdicts.Pairwise([.. golds.Select(answer => answer.Value)], [.. predictions.Select(answer => answer.Value)], Compare)
            : Verdicts.AsSets(Flatten(golds), Flatten(predictions), Compare);
    }

    /// <summary>
    /// Whether letters of options are put in order: whoever names the right ones of several does so from A on, so that C, A, B is a
    /// ranking.
    /// </summary>
    private static bool IsOrder(List<LabelledAnswer> answers)
    {
        const int Fewest = 3;
        string[] letters = [.. answers.Select(answer => AnswerText.LetterOf(answer.Value)).OfType<string>()];
        return letters.Length == answers.Count
            && letters.Length >= Fewest
            && letters.All(letter => char.IsAsciiLetterUpper(letter[0]))
            && !letters.SequenceEqual(letters.Order(StringComparer.Ordinal));
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
        (gold, prediction) = WithSameNames(gold, prediction);
        (Node a, Node b) = (gold.Value, prediction.Value);
        if (a is RelationNode || b is RelationNode)
        {
            return CompareRelations(gold, prediction);
        }

        AnswerVerdict verdict = CompareUnlabelled(a, b);

        // y = x/2 against x = 2y: each names another letter, and they may be one equation.
        return
            verdict is AnswerVerdict.Different or AnswerVerdict.Unknown
            && gold.Label is SymbolNode or ProductNode
            && prediction.Label is SymbolNode or ProductNode
            && NameOf(gold.Label) != NameOf(prediction.Label)
            && NodeRewriter.Variables(a).Any()
            && NodeRewriter.Variables(b).Any()
            && _equations.Compare(new RelationNode([gold.Label, a], "="), new RelationNode([prediction.Label, b], "="))
                == AnswerVerdict.Equal
            ? AnswerVerdict.Equal
            : verdict;
    }

    private AnswerVerdict CompareUnlabelled(Node a, Node b)
    {
        // A set of one answer is that answer.
        a = a is GroupNode { Open: '{', Items: [var onlyA] } && b is not GroupNode ? onlyA : a;
        b = b is GroupNode { Open: '{', Items: [var onlyB] } && a is not GroupNode ? onlyB : b;
        return (a, b) switch
        {
            (_, ListNode) or (ListNode, _) => Compare(a, b),
            (ClockTimeNode or DateNode, _) or (_, ClockTimeNode or DateNode) => CompareMoments(a, b),
            (_, TextNode) or (TextNode, _) => CompareTexts(a, b),
            (CongruenceNode x, CongruenceNode y) => CompareCongruences(x, y),
            (CongruenceNode, _) or (_, CongruenceNode) => AnswerVerdict.Unknown,
            (PiecewiseNode x, PiecewiseNode y) when AreSamePieces(x, y) => AnswerVerdict.Equal,
            (PiecewiseNode, _) or (_, PiecewiseNode) => PiecewiseComparer.Compare(a, b, _budget),
            (SetBuilderNode x, SetBuilderNode y) => Verdicts.All(Compare(x.Element, y.Element), Compare(x.Condition, y.Condition))
            == AnswerVerdict.Equal
                ? AnswerVerdict.Equal
                : AnswerVerdict.Unknown,
            (SetBuilderNode, _) or (_, SetBuilderNode) => AnswerVerdict.Unknown,
            _ when HasUnit(a) || HasUnit(b) => _quantities.Compare(a, b),
            (GroupNode, _) or (_, GroupNode) => CompareGroups(a, b),
            (MatrixNode x, MatrixNode y) => CompareMatrices(x, y),
            (MatrixNode matrix, _) => CompareWithUnitVectors(matrix, b),
            (_, MatrixNode matrix) => CompareWithUnitVectors(matrix, a),
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

    /// <summary>Whether two functions have the same values under the same conditions, in the same order.</summary>
    private bool AreSamePieces(PiecewiseNode a, PiecewiseNode b) =>
        Verdicts.Pairwise(
            a.Pieces,
            b.Pieces,
            (x, y) =>
                x.Condition is null || y.Condition is null
                    ? x.Condition is null && y.Condition is null
                        ? Compare(x.Value, y.Value)
                        : AnswerVerdict.Unknown
                    : Verdicts.All(Compare(x.Value, y.Value), Compare(x.Condition, y.Condition))
        ) == AnswerVerdict.Equal;

    private static bool HasUnit(Node node) => node is QuantityNode or NegateNode { Value: QuantityNode };

    /// <summary>
    /// f(x) = x² and f(t) = t² are one function, a_n = 2n and a_k = 2k one sequence: what is bound on the left is given one name on both
    /// sides.
    /// </summary>
    private static (LabelledAnswer Gold, LabelledAnswer Prediction) WithSameNames(LabelledAnswer gold, LabelledAnswer prediction)
    {
        string[] a = Bound(gold.Label);
        string[] b = Bound(prediction.Label);
        return a.Length == 0 || a.Length != b.Length || a.SequenceEqual(b)
            ? (gold, prediction)
            : (Renamed(gold, a), Renamed(prediction, b));

        static LabelledAnswer Renamed(LabelledAnswer answer, string[] names) =>
            answer with
            {
                Value = names
                    .Select((name, i) => (name, i))
                    .Aggregate(
                        answer.Value,
                        (value, one) =>
                            NodeRewriter.Replace(value, one.name, new SymbolNode(FormattableString.Invariant($"argument {one.i}")))
                    ),
            };

        static string[] Bound(Node? label) =>
            label switch
            {
                CallNode { Name: ['@', ..] } call when call.Arguments.All(argument => argument is SymbolNode) =>
                [
                    .. call.Arguments.Cast<SymbolNode>().Select(argument => argument.Name),
                ],
                SymbolNode { Name: [>= 'A' and <= 'z', '_', var index] } when char.IsAsciiLetterLower(index) => [index.ToString()],
                _ => [],
            };
    }

    private static AnswerVerdict CompareMoments(Node a, Node b)
    {
        switch (a, b)
        {
            case (ClockTimeNode x, ClockTimeNode y):
                return CompareTimes(x, y);
            case (ClockTimeNode x, RatioNode y) when Moments.Seconds(y) is { } seconds:
                return CompareTimes(x, new ClockTimeNode(seconds, seconds >= 13 * 3600));
            case (RatioNode x, ClockTimeNode y) when Moments.Seconds(x) is { } seconds:
                return CompareTimes(new ClockTimeNode(seconds, seconds >= 13 * 3600), y);
            case (DateNode x, DateNode y):
                return (x.Month, x.Day) != (y.Month, y.Day) ? AnswerVerdict.Different
                    : x.Year == y.Year ? AnswerVerdict.Equal
                    : x.Year is null || y.Year is null ? AnswerVerdict.Unknown
                    : AnswerVerdict.Different;
            default:
                return AnswerVerdict.Unknown;
        }
    }

    private static AnswerVerdict CompareTimes(ClockTimeNode a, ClockTimeNode b)
    {
        const int halfDay = 12 * 3600;
        return a.Seconds % halfDay != b.Seconds % halfDay ? AnswerVerdict.Different
            : a.IsSure && b.IsSure
                ? a.Seconds == b.Seconds ? AnswerVerdict.Equal
                    : AnswerVerdict.Different
            : a.IsSure == b.IsSure && a.Seconds == b.Seconds ? AnswerVerdict.Equal
            : AnswerVerdict.Unknown;
    }

    private AnswerVerdict CompareCongruences(CongruenceNode a, CongruenceNode b) =>
        a.Left is not null
        && b.Left is not null
        && Verdicts.All(Compare(a.Left, b.Left), Compare(a.Right, b.Right), Compare(a.Modulus, b.Modulus)) == AnswerVerdict.Equal
            ? AnswerVerdict.Equal
            : AnswerVerdict.Unknown;

    private AnswerVerdict CompareMatrices(MatrixNode a, MatrixNode b) =>
        a.Rows.Count != b.Rows.Count
            ? AnswerVerdict.Different
            : Verdicts.Pairwise(a.Rows, b.Rows, (p, q) => Verdicts.Pairwise(p, q, Compare));

    /// <summary>2i + 3j against a column of 2 and 3.</summary>
    private AnswerVerdict CompareWithUnitVectors(MatrixNode matrix, Node other)
    {
        Node[] entries =
            matrix.Rows.Count == 1 ? [.. matrix.Rows[0]]
            : matrix.Rows[0].Count == 1 ? [.. matrix.Rows.Select(row => row[0])]
            : [];
        return UnitVectors(entries) is { } vector && NodeRewriter.Any(other, at => at is SymbolNode { Name: "j" or "k" })
                ? CompareScalars(vector, other)
            : other is NumberNode or QuotientNode or ConstantNode or SymbolNode or NegateNode or PowerNode ? AnswerVerdict.Different
            : AnswerVerdict.Unknown;
    }

    private static SumNode? UnitVectors(Node[] entries)
    {
        Node[] units = [new ConstantNode(Constant.I), new SymbolNode("j"), new SymbolNode("k")];
        return entries.Length is 2 or 3
            ? new SumNode([.. entries.Zip(units, (entry, unit) => (Node)new ProductNode([entry, unit]))])
            : null;
    }

    private AnswerVerdict CompareScalars(Node a, Node b)
    {
        if (a is SymbolNode or ConstantNode && b is SymbolNode or ConstantNode)
        {
            return SameLetter(a, b) ? AnswerVerdict.Equal
                : a == b ? AnswerVerdict.Equal
                : AnswerVerdict.Different;
        }

        if (ConstantOfIntegration(a) is { } constantA && ConstantOfIntegration(b) is { } constantB)
        {
            return CompareAntiderivatives(a, constantA, b, constantB);
        }

        if (_options.Strict)
        {
            AnswerVerdict verdict = _scalars.Compare(a, b);

            // x² + C against x²: whether the constant may be missing depends on the question; j is what engineers call i.
            return verdict != AnswerVerdict.Different ? verdict
                : (ConstantOfIntegration(a) is null) != (ConstantOfIntegration(b) is null) && (HasVariables(a) || HasVariables(b))
                    ? AnswerVerdict.Unknown
                : AreImaginaryJ(a, b) ? _scalars.Compare(WithI(a), WithI(b))
                : verdict;
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

    private static bool HasVariables(Node node) => NodeRewriter.Variables(node).Skip(1).Any();

    private static bool AreImaginaryJ(Node a, Node b)
    {
        bool jInA = NodeRewriter.Variables(a).SequenceEqual(["j"]);
        bool jInB = NodeRewriter.Variables(b).SequenceEqual(["j"]);
        return jInA != jInB && NodeRewriter.Any(jInA ? b : a, at => at is ConstantNode { Kind: Constant.I });
    }

    private static Node WithI(Node node) => NodeRewriter.Replace(node, "j", new ConstantNode(Constant.I));

    /// <summary>The C of "x² + C": a term that is one letter of those that constants go by, and occurs nowhere else.</summary>
    private static string? ConstantOfIntegration(Node node) =>
        node is SumNode sum
        && sum.Terms.OfType<SymbolNode>().Where(term => term.Name is "C" or "c" or "K" or "C_1" or "c_1" or "const").ToList()
            is [var constant]
        && sum.Terms.Count(term => NodeRewriter.Variables(term).Contains(constant.Name)) == 1
        && NodeRewriter.Variables(node).Skip(1).Any()
            ? constant.Name
            : null;

    /// <summary>Two antiderivatives are the same answer where they differ by a constant.</summary>
    private AnswerVerdict CompareAntiderivatives(Node a, string constantA, Node b, string constantB)
    {
        Node difference = new SumNode([
            NodeRewriter.Replace(a, constantA, NumberNode.Of(0)),
            new NegateNode(NodeRewriter.Replace(b, constantB, NumberNode.Of(0))),
        ]);
        Node elsewhere = NodeRewriter
            .Variables(difference)
            .ToList()
            .Aggregate(difference, (node, name) => NodeRewriter.Replace(node, name, new SymbolNode(name + " elsewhere")));
        return _scalars.CompareExactly(difference, elsewhere);
    }

    private static bool SameLetter(Node a, Node b)
    {
        string? x = AnswerText.LetterOf(a);
        string? y = AnswerText.LetterOf(b);
        return x is not null && y is not null && string.Equals(x, y, StringComparison.OrdinalIgnoreCase);
    }

    private static AnswerVerdict CompareTexts(Node gold, Node prediction)
    {
        if (AnswerText.Of(gold) is not { } x || AnswerText.Of(prediction) is not { } y)
        {
            return AnswerVerdict.Unknown;
        }

        (string a, string b) = (AnswerText.Canonical(x), AnswerText.Canonical(y));
        return a == b ? AnswerVerdict.Equal
            : AnswerText.SaysOf(y, a) is { } says
                ? says ? AnswerVerdict.Equal
                    : AnswerVerdict.Different
            : AnswerText.IsWord(x) && AnswerText.IsWord(y) ? AnswerVerdict.Different
            : AnswerVerdict.Unknown;
    }

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

            if (setX != setY && _options.Strict)
            {
                return AnswerVerdict.Different;
            }

            AnswerVerdict items = Verdicts.Pairwise(x.Items, y.Items, Compare);
            bool sameBrackets = !_options.Strict || (SameEnd(x.Open, y.Open, x.Items[0]) && SameEnd(x.Close, y.Close, x.Items[^1]));
            return sameBrackets || x.Items.Count > 2 ? items : AnswerVerdict.Different;
        }

        GroupNode group = a as GroupNode ?? (GroupNode)b;
        Node other = a is GroupNode ? b : a;
        return other switch
        {
            // A vector may be written as a column, as a row, or as a tuple.
            // [[1, 2], [3, 4]] is a matrix in the way of programs.
            MatrixNode rows when group.Items.All(item => item is GroupNode { Open: '[' or '(' }) => Verdicts.Pairwise<IReadOnlyList<Node>>(
                [.. group.Items.Cast<GroupNode>().Select(item => item.Items)],
                rows.Rows,
                (items, cells) => Verdicts.Pairwise(items, cells, Compare)
            ),
            MatrixNode { Rows: [var row] } when group.Open is '(' or '[' => Verdicts.Pairwise(group.Items, row, Compare),
            MatrixNode matrix when matrix.Rows[0].Count == 1 && group.Open is '(' or '[' => Verdicts.Pairwise(
                group.Items,
                [.. ((MatrixNode)other).Rows.Select(cells => cells[0])],
                Compare
            ),
            _ when group.Open is '(' or '['
                    && UnitVectors([.. group.Items]) is { } vector
                    && NodeRewriter.Any(other, at => at is SymbolNode { Name: "j" }) => CompareScalars(vector, other),
            NumberNode or QuotientNode or ConstantNode or SymbolNode or NegateNode or SumNode or ProductNode or PowerNode or CallNode =>
                IsNamedPoint(other, out Node? point) ? Compare(group, point) : AnswerVerdict.Different,
            _ => AnswerVerdict.Unknown,
        };
    }

    /// <summary>A(1, 2) is the point (1, 2), called A.</summary>
    private static bool IsNamedPoint(Node node, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out Node? point)
    {
        point = node switch
        {
            ProductNode { Factors: [SymbolNode { Name: [>= 'A' and <= 'Z'] }, GroupNode { Open: '(' } coordinates] } => coordinates,
            CallNode { Name: ['@', >= 'A' and <= 'Z'], Arguments: { Count: > 1 } arguments } => new GroupNode('(', ')', arguments),
            _ => null,
        };
        return point is not null;
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

        BigInteger digits = numeral.Digits.Aggregate(BigInteger.Zero, (value, digit) => (value * 10) + BaseNumeralNode.DigitOf(digit));
        return number.Value == new Fraction(numeral.Value, 1) || number.Value == new Fraction(digits, 1)
            ? AnswerVerdict.Unknown
            : AnswerVerdict.Different;
    }

    /// <summary>2:4 and 1:2 are one ratio, but 12:00 and 1:00 two times of day.</summary>
    private AnswerVerdict CompareRatios(RatioNode a, RatioNode b)
    {
        AnswerVerdict same = Verdicts.Pairwise(a.Parts, b.Parts, Compare);
        if (same != AnswerVerdict.Different || a.Parts.Count != b.Parts.Count || (IsTime(a) && IsTime(b)))
        {
            return same;
        }

        return Verdicts.Pairwise(
            [.. a.Parts.Select(part => (Node)new QuotientNode(part, a.Parts[0]))],
            [.. b.Parts.Select(part => (Node)new QuotientNode(part, b.Parts[0]))],
            Compare
        );
    }

    private static bool IsTime(RatioNode ratio) => Moments.Seconds(ratio) is not null;

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
            return _equations.Compare(a, b);
        }

        // "y = 2x + 3" names its value; against an equation proper it is an equation again.
        if (gold.Value is RelationNode equation && prediction.Label is { } label)
        {
            return _equations.Compare(equation, new RelationNode([label, prediction.Value], "="));
        }

        if (prediction.Value is RelationNode predicted && gold.Label is { } name)
        {
            return _equations.Compare(new RelationNode([name, gold.Value], "="), predicted);
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
}
