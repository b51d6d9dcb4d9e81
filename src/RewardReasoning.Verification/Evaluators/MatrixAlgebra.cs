using System.Numerics;
using RewardReasoning.Verification.Arithmetic;
using RewardReasoning.Verification.Parsing;

namespace RewardReasoning.Verification.Evaluators;

/// <summary>
/// Works out sums, multiples, products, powers, transposes and determinants of matrices, entry by entry, so that what is left to compare
/// are entries.
/// </summary>
internal static class MatrixAlgebra
{
    private const int MaxSize = 12;
    private const int MaxDeterminant = 5;
    private const int MaxPower = 8;

    /// <summary>The node with all matrix expressions in it worked out, as far as their sizes fit.</summary>
    public static Node Simplify(Node node, WorkBudget budget) =>
        !NodeRewriter.Any(node, at => at is MatrixNode) ? node : NodeRewriter.Rewrite(node, at => Step(at, budget));

    private static Node Step(Node node, WorkBudget budget)
    {
        budget.Spend(4);
        return node switch
        {
            NegateNode { Value: MatrixNode matrix } => Map(matrix, cell => new NegateNode(cell)),
            SumNode sum when sum.Terms.All(term => term is MatrixNode) => Sum([.. sum.Terms.Cast<MatrixNode>()], budget) ?? node,
            QuotientNode { Numerator: MatrixNode matrix, Denominator: not MatrixNode } quotient => Map(
                matrix,
                cell => new QuotientNode(cell, quotient.Denominator)
            ),
            ProductNode product when product.Factors.Any(factor => factor is MatrixNode) => Product(product, budget) ?? node,
            PowerNode { Base: MatrixNode matrix, Exponent: SymbolNode { Name: "T" or "t" } } => Transpose(matrix),
            PowerNode { Base: MatrixNode matrix, Exponent: NumberNode exponent } => Power(matrix, exponent, budget) ?? node,
            CallNode { Name: "det" or "abs", Arguments: [MatrixNode matrix] }
                when IsSquare(matrix) && matrix.Rows.Count <= MaxDeterminant => Determinant([.. matrix.Rows], budget),
            GroupNode { Open: '(' or '[', Items: [MatrixNode only] } => only,
            _ => node,
        };
    }

    private static bool IsSquare(MatrixNode matrix) => matrix.Rows.Count == matrix.Rows[0].Count;

    private static MatrixNode Map(MatrixNode matrix, Func<Node, Node> change) =>
        new([.. matrix.Rows.Select(row => (IReadOnlyList<Node>)[.. row.Select(change)])]);

    private static MatrixNode Transpose(MatrixNode matrix) =>
        new([
            .. Enumerable.Range(0, matrix.Rows[0].Count).Select(column => (IReadOnlyList<Node>)[.. matrix.Rows.Select(row => row[column])]),
        ]);

    private static MatrixNode? Sum(IReadOnlyList<MatrixNode> terms, WorkBudget budget)
    {
        MatrixNode first = terms[0];
        budget.Spend(terms.Count * first.Rows.Count * first.Rows[0].Count);
        return terms.Any(term => term.Rows.Count != first.Rows.Count || term.Rows[0].Count != first.Rows[0].Count)
            ? null
            : new MatrixNode([
                .. first.Rows.Select(
                    (row, i) => (IReadOnlyList<Node>)[.. row.Select((_, j) => new SumNode([.. terms.Select(term => term.Rows[i][j])]))]
                ),
            ]);
    }

    private static MatrixNode? Product(ProductNode product, WorkBudget budget)
    {
        Node[] scalars = [.. product.Factors.Where(factor => factor is not MatrixNode)];
        MatrixNode? result = null;
        foreach (MatrixNode factor in product.Factors.OfType<MatrixNode>())
        {
            result = result is null ? factor : Times(result, factor, budget);
            if (result is null)
            {
                return null;
            }
        }

        return result is null || scalars.Length == 0 ? result : Map(result, cell => new ProductNode([.. scalars, cell]));
    }

    private static MatrixNode? Times(MatrixNode a, MatrixNode b, WorkBudget budget)
    {
        int inner = b.Rows.Count;
        if (a.Rows[0].Count != inner || a.Rows.Count > MaxSize || inner > MaxSize || b.Rows[0].Count > MaxSize)
        {
            return null;
        }

        budget.Spend(4 * a.Rows.Count * inner * b.Rows[0].Count);
        return new MatrixNode([
            .. a.Rows.Select(row =>
                (IReadOnlyList<Node>)
                    [
                        .. Enumerable
                            .Range(0, b.Rows[0].Count)
                            .Select(j => new SumNode([.. row.Select((cell, k) => new ProductNode([cell, b.Rows[k][j]]))])),
                    ]
            ),
        ]);
    }

    private static MatrixNode? Power(MatrixNode matrix, NumberNode exponent, WorkBudget budget)
    {
        if (!exponent.Value.Denominator.IsOne || exponent.Value.Numerator < 1 || exponent.Value.Numerator > MaxPower || !IsSquare(matrix))
        {
            return null;
        }

        MatrixNode? result = matrix;
        for (BigInteger i = 1; i < exponent.Value.Numerator && result is not null; i++)
        {
            result = matrix.Rows.Count > 3 ? null : Times(result, matrix, budget);
        }

        return result;
    }

    /// <summary>Expanded by the first row.</summary>
    private static Node Determinant(IReadOnlyList<Node>[] rows, WorkBudget budget)
    {
        budget.Spend(10);
        if (rows.Length == 1)
        {
            return rows[0][0];
        }

        return new SumNode([
            .. rows[0]
                .Select(
                    (cell, column) =>
                    {
                        Node minor = Determinant(
                            [.. rows.Skip(1).Select(row => (IReadOnlyList<Node>)[.. row.Where((_, j) => j != column)])],
                            budget
                        );
                        Node term = new ProductNode([cell, minor]);
                        return column % 2 == 0 ? term : new NegateNode(term);
                    }
                ),
        ]);
    }
}
