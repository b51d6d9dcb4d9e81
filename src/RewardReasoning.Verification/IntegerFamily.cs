using System.Numerics;
using RewardReasoning.Verification.Arithmetic;
using RewardReasoning.Verification.Parsing;

namespace RewardReasoning.Verification;

/// <summary>
/// Numbers start + step · k for all whole numbers k, as in "π/4 + kπ, k ∈ ℤ" and "x ≡ 3 (mod 7)". What the whole number is called and where
/// it starts to count is nothing to the answer, so families are compared as sets: brought to one period, by their members within it.
/// </summary>
internal sealed class IntegerFamily
{
    private const int MaxMembers = 400;
    private const int SameBits = FixedMath.Places - 130;

    private static readonly string[] UsualLetters = ["k", "n", "m"];

    private readonly List<(BigInteger Start, BigInteger Step)> _progressions = [];

    /// <summary>Whether it is said that the letter is a whole number; a letter beside π or degrees only seems to be one.</summary>
    public bool IsExplicit { get; private init; }

    /// <summary>The family that an answer describes; null where it does not describe one.</summary>
    /// <param name="node">The answer.</param>
    /// <param name="scalars">Compares numbers.</param>
    /// <param name="isFamily">
    /// Whether k, n or m is a whole number although nothing says so, because the other answer is a family; else it is one beside π or
    /// degrees.
    /// </param>
    /// <param name="budget">What work may still be done.</param>
    public static IntegerFamily? Read(Node node, ScalarComparer scalars, bool isFamily, WorkBudget budget)
    {
        if (Congruences(node) is { } congruences)
        {
            return OfCongruences(congruences, scalars);
        }

        (List<Node> expressions, HashSet<string> letters) = Parts(node);
        bool isExplicit = letters.Count > 0;
        if (!isExplicit && (isFamily || expressions.TrueForAll(HasPeriod)))
        {
            letters = [.. expressions.SelectMany(at => NodeRewriter.Variables(LabelledAnswer.Of(at).Value)).Where(UsualLetters.Contains)];
        }

        if (letters.Count == 0 || expressions.Count == 0)
        {
            return null;
        }

        IntegerFamily family = new() { IsExplicit = isExplicit };
        foreach (Node expression in expressions.SelectMany(NodeRewriter.Signs))
        {
            Node value = NodeRewriter.Rewrite(LabelledAnswer.Of(expression).Value, InRadians);
            string[] variables = [.. NodeRewriter.Variables(value)];
            if (
                variables.Length > 1
                || (variables.Length == 1 && !letters.Contains(variables[0]))
                || !family.Add(value, variables, scalars, budget)
            )
            {
                return null;
            }
        }

        return family;
    }

    /// <summary>Whether two families have the same members.</summary>
    public AnswerVerdict Compare(IntegerFamily other)
    {
        BigInteger unit = _progressions
            .Concat(other._progressions)
            .Select(p => BigInteger.Abs(p.Step))
            .FirstOrDefault(step => !step.IsZero);
        if (unit.IsZero)
        {
            return AnswerVerdict.Unknown;
        }

        BigInteger periods = 1;
        BigInteger parts = 1;
        List<(BigInteger Above, BigInteger Below)> ratios = [];
        foreach ((_, BigInteger step) in _progressions.Concat(other._progressions))
        {
            if (step.IsZero)
            {
                return AnswerVerdict.Unknown;
            }

            if (Ratio(BigInteger.Abs(step), unit) is not { } ratio)
            {
                return AnswerVerdict.Different;
            }

            ratios.Add(ratio);
            parts = Lcm(parts, ratio.Below);
        }

        // In units of unit / parts all steps are whole; their least common multiple is the common period.
        foreach ((BigInteger above, BigInteger below) in ratios)
        {
            periods = Lcm(periods, above * (parts / below));
        }

        return Members(periods, unit, parts) is { } mine && other.Members(periods, unit, parts) is { } others
            ? AreSame(mine, others)
                ? AnswerVerdict.Equal
                : AnswerVerdict.Different
            : AnswerVerdict.Unknown;
    }

    /// <summary>The members within one common period, in order.</summary>
    private List<BigInteger>? Members(BigInteger periods, BigInteger unit, BigInteger parts)
    {
        BigInteger period = Rounded(periods * unit, parts);
        List<BigInteger> members = [];
        foreach ((BigInteger start, BigInteger step) in _progressions)
        {
            BigInteger count = Rounded(period, BigInteger.Abs(step));
            if (count > MaxMembers || members.Count > MaxMembers)
            {
                return null;
            }

            for (int i = 0; i < count; i++)
            {
                BigInteger member = (((start + (i * step)) % period) + period) % period;
                members.Add((period - member).GetBitLength() < SameBits ? 0 : member);
            }
        }

        members.Sort();
        return members;
    }

    private static bool AreSame(List<BigInteger> a, List<BigInteger> b)
    {
        List<BigInteger> distinctA = Distinct(a);
        List<BigInteger> distinctB = Distinct(b);
        return distinctA.Count == distinctB.Count
            && distinctA.Zip(distinctB).All(pair => (pair.First - pair.Second).GetBitLength() < SameBits);

        static List<BigInteger> Distinct(List<BigInteger> sorted) =>
            [.. sorted.Where((member, i) => i == 0 || (member - sorted[i - 1]).GetBitLength() >= SameBits)];
    }

    private static BigInteger Rounded(BigInteger above, BigInteger below) => ((2 * above) + below) / (2 * below);

    private static BigInteger Lcm(BigInteger a, BigInteger b) => a / BigInteger.GreatestCommonDivisor(a, b) * b;

    /// <summary>The ratio of two sizes, where it is one of small whole numbers.</summary>
    private static (BigInteger Above, BigInteger Below)? Ratio(BigInteger a, BigInteger b)
    {
        for (int below = 1; below <= 60; below++)
        {
            BigInteger above = Rounded(a * below, b);
            if (
                above.Sign > 0
                && above < 10_000
                && ((a * below) - (above * b)).GetBitLength() < SameBits + b.GetBitLength() - FixedMath.Places + 8
            )
            {
                BigInteger divisor = BigInteger.GreatestCommonDivisor(above, below);
                return (above / divisor, below / divisor);
            }
        }

        return null;
    }

    private bool Add(Node value, string[] variables, ScalarComparer scalars, WorkBudget budget)
    {
        if (variables.Length == 0)
        {
            return false;
        }

        budget.Spend(100);
        BigInteger?[] at =
        [
            .. Enumerable.Range(0, 6).Select(k => scalars.RealValue(NodeRewriter.Replace(value, variables[0], NumberNode.Of(k)))),
        ];
        if (at.Contains(null))
        {
            return false;
        }

        BigInteger[] f = [.. at.Select(number => number ?? 0)];

        // Linear, or linear for even and for odd k, as (−1)^k π/6 + kπ is.
        for (int period = 1; period <= 2; period++)
        {
            BigInteger step = f[period] - f[0];
            if (
                Enumerable.Range(0, 6 - period).All(i => (f[i + period] - f[i] - step).GetBitLength() < SameBits)
                && step.GetBitLength() > SameBits
            )
            {
                for (int i = 0; i < period; i++)
                {
                    _progressions.Add((f[i], step));
                }

                return true;
            }
        }

        return false;
    }

    private static bool HasPeriod(Node node) =>
        NodeRewriter.Any(node, at => at is ConstantNode { Kind: Constant.Pi } or QuantityNode { Unit: "deg" })
        && NodeRewriter.Variables(LabelledAnswer.Of(node).Value).Any();

    private static Node InRadians(Node node) =>
        node is QuantityNode { Unit: "deg" } degrees
            ? new ProductNode([degrees.Value, new QuotientNode(new ConstantNode(Constant.Pi), NumberNode.Of(180))])
            : node;

    /// <summary>The expressions of an answer, and the letters that it says stand for whole numbers.</summary>
    private static (List<Node> Expressions, HashSet<string> Letters) Parts(Node node)
    {
        List<Node> expressions = [];
        HashSet<string> letters = [];
        Visit(node);
        return (expressions, letters);

        void Visit(Node at)
        {
            switch (at)
            {
                case ListNode list:
                    foreach (Node item in list.Items)
                    {
                        Visit(item);
                    }

                    break;
                case SetBuilderNode builder:
                    Visit(builder.Element);
                    Visit(builder.Condition);
                    break;
                case GroupNode { Open: '{' } set:
                    foreach (Node item in set.Items)
                    {
                        Visit(item);
                    }

                    break;
                case RelationNode { Relations: "e", Sides: [SymbolNode letter, SymbolNode { Name: "ℤ" or "Z" }] }:
                    letters.Add(letter.Name);
                    break;
                case SymbolNode when node is SetBuilderNode:
                    break;
                default:
                    expressions.Add(at);
                    break;
            }
        }
    }

    private static List<CongruenceNode>? Congruences(Node node)
    {
        if (node is CongruenceNode only)
        {
            return [only];
        }

        // x ≡ 1, 3 (mod 4): the modulus follows the last one only.
        if (node is ListNode list && list.Items[^1] is CongruenceNode { Modulus: var modulus })
        {
            List<CongruenceNode> all = [];
            foreach (Node item in list.Items)
            {
                all.Add(
                    item switch
                    {
                        CongruenceNode congruence => congruence,
                        RelationNode { Relations: "=", Sides: [var left, var right] } => new CongruenceNode(left, right, modulus),
                        _ => new CongruenceNode(null, item, modulus),
                    }
                );
            }

            return all;
        }

        return null;
    }

    private static IntegerFamily? OfCongruences(List<CongruenceNode> congruences, ScalarComparer scalars)
    {
        IntegerFamily family = new() { IsExplicit = true };
        foreach (CongruenceNode congruence in congruences)
        {
            if (congruence.Left is not (null or SymbolNode))
            {
                return null;
            }

            foreach (Node residue in NodeRewriter.Signs(congruence.Right))
            {
                if (scalars.RealValue(residue) is not { } start || scalars.RealValue(congruence.Modulus) is not { Sign: > 0 } step)
                {
                    return null;
                }

                family._progressions.Add((start, step));
            }
        }

        return family;
    }
}
