namespace RewardReasoning.Verification.Parsing;

/// <summary>Walks and rewrites of parsed answers.</summary>
internal static class NodeRewriter
{
    /// <summary>The nodes directly inside a node.</summary>
    public static IEnumerable<Node> Children(Node node) =>
        node switch
        {
            SumNode sum => sum.Terms,
            ProductNode product => product.Factors,
            QuotientNode quotient => [quotient.Numerator, quotient.Denominator],
            NegateNode negate => [negate.Value],
            PowerNode power => [power.Base, power.Exponent],
            CallNode call => call.Arguments,
            RangeNode range => [range.Lower, range.Upper, range.Body],
            PlusMinusNode plusMinus => [plusMinus.Value],
            GroupNode group => group.Items,
            ListNode list => list.Items,
            SetOperationNode operation => [operation.Left, operation.Right],
            MatrixNode matrix => matrix.Rows.SelectMany(row => row),
            RelationNode relation => relation.Sides,
            QuantityNode quantity => [quantity.Value],
            RatioNode ratio => ratio.Parts,
            SetBuilderNode set => [set.Element, set.Condition],
            PiecewiseNode piecewise => piecewise.Pieces.SelectMany(piece =>
                piece.Condition is null ? [piece.Value] : new[] { piece.Value, piece.Condition }
            ),
            CongruenceNode congruence => congruence.Left is null
                ? [congruence.Right, congruence.Modulus]
                : [congruence.Left, congruence.Right, congruence.Modulus],
            _ => [],
        };

    /// <summary>Whether a node, or one inside it, is what is looked for.</summary>
    public static bool Any(Node node, Func<Node, bool> wanted) => wanted(node) || Children(node).Any(child => Any(child, wanted));

    /// <summary>Names of the variables, each once, in the order they come in.</summary>
    public static IEnumerable<string> Variables(Node node) => All(node).OfType<SymbolNode>().Select(symbol => symbol.Name).Distinct();

    /// <summary>Puts a node in place of every occurrence of a variable.</summary>
    public static Node Replace(Node node, string variable, Node by) =>
        Rewrite(node, at => at is SymbolNode symbol && symbol.Name == variable ? by : at);

    /// <summary>The two readings of ±, upper signs first; the node itself where it has none.</summary>
    public static IReadOnlyList<Node> Signs(Node node) =>
        !Any(node, at => at is PlusMinusNode)
            ? [node]
            :
            [
                Rewrite(
                    node,
                    at =>
                        at is PlusMinusNode p
                            ? p.Sign > 0
                                ? p.Value
                                : new NegateNode(p.Value)
                            : at
                ),
                Rewrite(
                    node,
                    at =>
                        at is PlusMinusNode p
                            ? p.Sign > 0
                                ? new NegateNode(p.Value)
                                : p.Value
                            : at
                ),
            ];

    /// <summary>Rewrites a node from the leaves up.</summary>
    public static Node Rewrite(Node node, Func<Node, Node> rule) => rule(MapChildren(node, child => Rewrite(child, rule)));

    /// <summary>Puts a node in place of one of the nodes inside another, which is found by identity.</summary>
    public static Node Swap(Node node, Node what, Node by) =>
        ReferenceEquals(node, what) ? by : MapChildren(node, child => Swap(child, what, by));

    private static Node MapChildren(Node node, Func<Node, Node> map)
    {
        return node switch
        {
            SumNode sum => new SumNode(Each(sum.Terms)),
            ProductNode product => new ProductNode(Each(product.Factors)),
            QuotientNode quotient => new QuotientNode(map(quotient.Numerator), map(quotient.Denominator)),
            NegateNode negate => new NegateNode(map(negate.Value)),
            PowerNode power => new PowerNode(map(power.Base), map(power.Exponent)),
            CallNode call => new CallNode(call.Name, Each(call.Arguments)),
            RangeNode range => range with { Lower = map(range.Lower), Upper = map(range.Upper), Body = map(range.Body) },
            PlusMinusNode plusMinus => plusMinus with { Value = map(plusMinus.Value) },
            GroupNode group => group with { Items = Each(group.Items) },
            ListNode list => list with { Items = Each(list.Items) },
            SetOperationNode operation => operation with { Left = map(operation.Left), Right = map(operation.Right) },
            MatrixNode matrix => new MatrixNode([.. matrix.Rows.Select(Each)]),
            RelationNode relation => relation with { Sides = Each(relation.Sides) },
            QuantityNode quantity => quantity with { Value = map(quantity.Value) },
            RatioNode ratio => ratio with { Parts = Each(ratio.Parts) },
            SetBuilderNode set => new SetBuilderNode(map(set.Element), map(set.Condition)),
            PiecewiseNode piecewise => new PiecewiseNode([
                .. piecewise.Pieces.Select(piece => (map(piece.Value), piece.Condition is null ? null : map(piece.Condition))),
            ]),
            CongruenceNode congruence => new CongruenceNode(
                congruence.Left is null ? null : map(congruence.Left),
                map(congruence.Right),
                map(congruence.Modulus)
            ),
            _ => node,
        };

        IReadOnlyList<Node> Each(IReadOnlyList<Node> nodes) => [.. nodes.Select(map)];
    }

    private static IEnumerable<Node> All(Node node) => Children(node).SelectMany(All).Prepend(node);
}
