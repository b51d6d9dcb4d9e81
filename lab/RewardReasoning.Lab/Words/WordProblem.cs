using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using RewardReasoning.Lab.Arithmetic;

namespace RewardReasoning.Lab.Words;

/// <summary>One calculation of a worked solution.</summary>
/// <param name="Expression">Left of the equals sign.</param>
/// <param name="Value">Right of it.</param>
internal sealed record Calculation(Expression Expression, decimal Value)
{
    /// <summary>As it stands in a thought: <c>380-57=323</c>.</summary>
    public string Text => $"{Expression.Normalized}={Expression.Format(Value)}";
}

/// <summary>
/// A question in words whose answer is worked out by calculations. Where each number of the calculations has one source only (a number of
/// the question, or an earlier result), the same question can be asked with other numbers.
/// </summary>
internal sealed partial class WordProblem
{
    private const int Attempts = 60;
    private const decimal LargestValue = 99_999;

    private readonly string[] _pieces;
    private readonly string[] _numbers;

    private WordProblem(string source, string[] pieces, string[] numbers, IReadOnlyList<Calculation> steps)
    {
        (Source, _pieces, _numbers, Steps) = (source, pieces, numbers, steps);
    }

    /// <summary>Name of the question set.</summary>
    public string Source { get; }

    /// <summary>The calculations; the last one's value is the answer.</summary>
    public IReadOnlyList<Calculation> Steps { get; }

    /// <summary>The question.</summary>
    public string Text
    {
        get
        {
            StringBuilder text = new(_pieces[0]);
            for (int i = 0; i < _numbers.Length; i++)
            {
                _ = text.Append(_numbers[i]).Append(_pieces[i + 1]);
            }

            return text.ToString();
        }
    }

    /// <summary>The question with every number masked: what is held out is held out with any numbers.</summary>
    public string Masked => string.Join('#', _pieces);

    /// <summary>The numbers of the question.</summary>
    public IEnumerable<decimal> Numbers => _numbers.Select(Parse);

    /// <summary>The answer.</summary>
    public decimal Answer => Steps[^1].Value;

    /// <summary>How many operations the calculations have.</summary>
    public int Operations => Steps.Sum(step => step.Expression.OperationCount);

    /// <summary>The calculations one after another.</summary>
    public string Work => string.Join(' ', Steps.Select(step => step.Text));

    /// <summary>A question with its calculations; null where a calculation does not come out, or the last one not at the answer.</summary>
    public static WordProblem? TryMake(string source, string question, IReadOnlyList<string> expressions, decimal answer)
    {
        List<Calculation> steps = [];
        foreach (string text in expressions)
        {
            if (Expression.TryParse(text) is not { OperationCount: > 0 } expression || Value(expression) is not { } value)
            {
                return null;
            }

            steps.Add(new Calculation(expression, value));
        }

        if (steps.Count == 0 || steps[^1].Value != answer)
        {
            return null;
        }

        string flat = Blanks().Replace(question, " ").Trim();
        MatchCollection numbers = Number().Matches(flat);
        List<string> pieces = [];
        int at = 0;
        foreach (Match number in numbers)
        {
            pieces.Add(flat[at..number.Index]);
            at = number.Index + number.Length;
        }

        pieces.Add(flat[at..]);
        return new WordProblem(source, [.. pieces], [.. numbers.Select(number => number.Value)], steps);
    }

    /// <summary>
    /// A question whose calculation is not given: the operations are tried on its numbers. Null unless exactly one calculation of one or
    /// two operations gives the answer.
    /// </summary>
    public static WordProblem? TryFind(string source, string question, decimal answer)
    {
        decimal[] numbers = [.. Number().Matches(question).Select(number => Parse(number.Value))];
        List<string> found = [];
        if (numbers.Length == 2)
        {
            found.AddRange(Combine(Spell(numbers[0]), Spell(numbers[1])));
        }
        else if (numbers.Length == 3)
        {
            foreach ((int a, int b, int c) in new[] { (0, 1, 2), (0, 2, 1), (1, 2, 0) })
            {
                foreach (string inner in Combine(Spell(numbers[a]), Spell(numbers[b])))
                {
                    found.AddRange(Combine($"({inner})", Spell(numbers[c])));
                }
            }
        }

        string[][] right =
        [
            .. found
                .Where(text => Expression.TryParse(text) is { } expression && Value(expression) == answer)
                .Select(StepsOf)
                .DistinctBy(steps => string.Join(' ', steps)),
        ];
        return right.Length == 1 ? TryMake(source, question, right[0], answer) : null;
    }

    /// <summary>The calculations of an expression, innermost parentheses first: <c>(3+4)*5</c> is 3+4, then 7*5.</summary>
    public static string[] StepsOf(string text)
    {
        List<string> steps = [];
        string rest = text.Replace(" ", "", StringComparison.Ordinal);
        while (Inner().Match(rest) is { Success: true } inner)
        {
            string body = inner.Groups[1].Value;
            if (Expression.TryParse(body) is not { } expression || Value(expression) is not { } value)
            {
                return [];
            }

            if (expression.OperationCount > 0)
            {
                steps.Add(body);
            }

            rest = rest[..inner.Index] + Expression.Format(value) + rest[(inner.Index + inner.Length)..];
        }

        return Expression.TryParse(rest) is { OperationCount: > 0 } ? [.. steps, rest] : [.. steps];
    }

    /// <summary>The same question with other numbers, worked out anew; null where its numbers cannot be told apart or none fit.</summary>
    public WordProblem? Renumbered(SeededRandom random)
    {
        if (Sources() is not { } sources)
        {
            return null;
        }

        bool whole = Steps.All(step => decimal.IsInteger(step.Value));
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            decimal[] numbers = [.. Numbers.Select(number => Redraw(number, random))];
            List<Calculation> steps = [];
            foreach ((Calculation step, Origin[] of) in Steps.Zip(sources))
            {
                int at = 0;
                string text = Expression.Render(
                    step.Expression.Tokens.Select(token =>
                        !token.IsNumber
                            ? token
                            : of[at++] switch
                            {
                                { InQuestion: { } index } => ExpressionToken.Number(numbers[index]),
                                { EarlierStep: { } index } => ExpressionToken.Number(steps[index].Value),
                                _ => token,
                            }
                    )
                );
                if (
                    Expression.TryParse(text) is not { } expression
                    || Value(expression) is not { } value
                    || value <= 0
                    || value > LargestValue
                    || (whole && !decimal.IsInteger(value))
                )
                {
                    break;
                }

                steps.Add(new Calculation(expression, value));
            }

            if (steps.Count == Steps.Count)
            {
                return new WordProblem(Source, _pieces, [.. numbers.Select(Spell)], steps);
            }
        }

        return null;
    }

    /// <summary>Where each number of each calculation comes from; null where one has two sources, or the question no number.</summary>
    private Origin[][]? Sources()
    {
        decimal[] numbers = [.. Numbers];
        if (numbers.Length == 0 || numbers.Distinct().Count() < numbers.Length)
        {
            return null;
        }

        Origin[][] all = new Origin[Steps.Count][];
        for (int i = 0; i < Steps.Count; i++)
        {
            List<Origin> sources = [];
            foreach (ExpressionToken token in Steps[i].Expression.Tokens.Where(token => token.IsNumber))
            {
                int question = Array.IndexOf(numbers, token.Value);
                int[] earlier = [.. Enumerable.Range(0, i).Where(step => Steps[step].Value == token.Value)];
                if ((question >= 0 ? 1 : 0) + earlier.Length > 1)
                {
                    return null;
                }

                sources.Add(new Origin(question >= 0 ? question : null, earlier.Length > 0 ? earlier[0] : null));
            }

            all[i] = [.. sources];
        }

        return all;
    }

    private static decimal Redraw(decimal number, SeededRandom random) =>
        number switch
        {
            _ when !decimal.IsInteger(number) => number,
            <= 1 => number,
            < 10 => random.Between(2, 9),
            < 100 => random.Between(10, 99),
            < 1_000 => random.Between(100, 999),
            < 10_000 => random.Between(10, 99) * 100,
            _ => number,
        };

    private static IEnumerable<string> Combine(string a, string b) =>
        [$"{a}+{b}", $"{a}-{b}", $"{b}-{a}", $"{a}*{b}", $"{a}/{b}", $"{b}/{a}"];

    private static decimal? Value(Expression expression) => expression.Evaluate()?.ToDecimal(4);

    private static decimal Parse(string number) => decimal.Parse(number, NumberStyles.Number, CultureInfo.InvariantCulture);

    private static string Spell(decimal number) => Expression.Format(number);

    [GeneratedRegex(@"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?")]
    private static partial Regex Number();

    [GeneratedRegex(@"\(([^()]*)\)")]
    private static partial Regex Inner();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();

    /// <summary>Where a number of a calculation comes from; both null for a number of its own.</summary>
    private readonly record struct Origin(int? InQuestion, int? EarlierStep);
}
