
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
    public static Node Rewrite(Node node, Func<Node, Node> rule)
    {
        return rule(
            node switch
            {
                SumNode sum => new SumNode(Each(sum.Terms)),
                ProductNode product => new ProductNode(Each(product.Factors)),
                QuotientNode quotient => new QuotientNode(Rewrite(quotient.Numerator, rule), Rewrite(quotient.Denominator, rule)),
                NegateNode negate => new NegateNode(Rewrite(negate.Value, rule)),
                PowerNode power => new PowerNode(Rewrite(power.Base, rule), Rewrite(power.Exponent, rule)),
                CallNode call => new CallNode(call.Name, Each(call.Arguments)),
                RangeNode range => range with
                {
                    Lower = Rewrite(range.Lower, rule),
                    Upper = Rewrite(range.Upper, rule),
                    Body = Rewrite(range.Body, rule),
                },
                PlusMinusNode plusMinus => plusMinus with { Value = Rewrite(plusMinus.Value, rule) },
                GroupNode group => group with { Items = Each(group.Items) },
                ListNode list => list with { Items = Each(list.Items) },
                SetOperationNode operation => operation with
                {
                    Left = Rewrite(operation.Left, rule),
                    Right = Rewrite(operation.Right, rule),
                },
                MatrixNode matrix => new MatrixNode([.. matrix.Rows.Select(Each)]),
                RelationNode relation => relation with { Sides = Each(relation.Sides) },
                QuantityNode quantity => quantity with { Value = Rewrite(quantity.Value, rule) },
                RatioNode ratio => ratio with { Parts = Each(ratio.Parts) },
                _ => node,
            }
        );

        IReadOnlyList<Node> Each(IReadOnlyList<Node> nodes) => [.. nodes.Select(child => Rewrite(child, rule))];
    }

    private static IEnumerable<Node> All(Node node) => Children(node).SelectMany(All).Prepend(node);
}
