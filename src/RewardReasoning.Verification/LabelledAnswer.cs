using RewardReasoning.Verification.Parsing;

namespace RewardReasoning.Verification;

/// <summary>An answer and what it is said to be the value of: x in "x = 5".</summary>
/// <param name="Label">The text before the equals sign, where that only names something.</param>
/// <param name="Value">The answer.</param>
internal readonly record struct LabelledAnswer(Node? Label, Node Value)
{
    /// <summary>
    /// The last side of a chain of equations counts where the first only names something, or has no variables; approximations of the value
    /// before them are left out. An equation proper stays one.
    /// </summary>
    public static LabelledAnswer Of(Node node)
    {
        if (node is not RelationNode relation || relation.Relations.AsSpan().IndexOfAnyExcept("=~e") >= 0)
        {
            return new LabelledAnswer(null, node);
        }

        if (relation is { Relations: "e", Sides: [var element, var set] })
        {
            return IsLabel(element) ? new LabelledAnswer(element, set) : new LabelledAnswer(null, node);
        }

        Node first = relation.Sides[0];
        int approximation = relation.Relations.IndexOf('~', StringComparison.Ordinal);
        bool named = IsLabel(first);
        if (relation.Relations.Contains('e', StringComparison.Ordinal))
        {
            return new LabelledAnswer(null, node);
        }

        if (named)
        {
            return new LabelledAnswer(
                first,
                approximation is 0 ? relation.Sides[1] : relation.Sides[approximation < 0 ? ^1 : approximation]
            );
        }

        if (relation is { Relations: "=", Sides: [_, var last] } && IsLabel(last))
        {
            return new LabelledAnswer(last, first);
        }

        if (approximation >= 0)
        {
            return approximation == 0
                ? new LabelledAnswer(null, first)
                : Of(new RelationNode([.. relation.Sides.Take(approximation + 1)], relation.Relations[..approximation]));
        }

        // x + y = 6 + 4 = 10 is worked out too, from the second side on.
        if (
            relation.Relations.Length > 1
            && relation.Sides.Skip(1).All(side => !NodeRewriter.Any(side, at => at is SymbolNode or TextNode))
        )
        {
            return new LabelledAnswer(null, relation.Sides[^1]);
        }

        // 3 + 4 = 7 is worked out; 25 = x² + y² is an equation.
        return relation.Sides.Any(side => NodeRewriter.Variables(side).Any() || NodeRewriter.Any(side, at => at is TextNode))
            ? new LabelledAnswer(null, node)
            : new LabelledAnswer(null, relation.Sides[^1]);
    }

    /// <summary>Whether a side only names something: a symbol, f(x), |AB|, AB/CD, ∠A, words, or several of these in brackets.</summary>
    private static bool IsLabel(Node side) =>
        side switch
        {
            SymbolNode or TextNode => true,
            CallNode { Name: ['@', ..] } => true,
            QuotientNode { Numerator: var above, Denominator: var below } when IsDerivative(above, below) => true,
            CallNode { Name: "abs", Arguments: [var inner] } => IsSegment(inner),
            QuotientNode quotient => IsSegment(quotient.Numerator) && IsSegment(quotient.Denominator),
            ProductNode => IsSegment(side),
            RatioNode ratio => ratio.Parts.All(IsLabel),
            GroupNode { Open: '(', Items.Count: > 1 } group => group.Items.All(IsLabel),
            ListNode { Join: Join.Comma } list => list.Items.All(IsLabel),
            _ => false,
        };

    /// <summary>dy/dx.</summary>
    private static bool IsDerivative(Node above, Node below) =>
        above is ProductNode { Factors: [SymbolNode { Name: "d" }, SymbolNode] }
        && below is ProductNode { Factors: [SymbolNode { Name: "d" }, SymbolNode] };

    /// <summary>AB: points, in capitals, that name a line or a figure.</summary>
    private static bool IsSegment(Node node) =>
        node switch
        {
            SymbolNode symbol => char.IsUpper(symbol.Name[0]) || symbol.Name.StartsWith("segment ", StringComparison.Ordinal),
            ProductNode product => product.Factors.All(IsSegment),
            _ => false,
        };
}
