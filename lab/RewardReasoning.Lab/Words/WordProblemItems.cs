using System.Globalization;
using RewardReasoning.Lab.Arithmetic;

namespace RewardReasoning.Lab.Words;

/// <summary>Makes a word problem a choice between its answer and one that somebody could have arrived at.</summary>
internal static class WordProblemItems
{
    private static readonly char[] Operators = ['+', '-', '*', '/'];

    /// <summary>The problem with a right and a wrong response, each worded by chance alike.</summary>
    public static TextItem Make(WordProblem problem, SeededRandom random)
    {
        (decimal wrong, string mistake) = Mistake(problem, random);
        string answer = Expression.Format(problem.Answer);
        return new TextItem(
            problem.Source,
            problem.Text,
            problem.Work,
            $"said {answer}",
            Say(answer, random),
            Say(Expression.Format(wrong), random),
            answer,
            problem.Operations switch
            {
                1 => "easy",
                2 => "medium",
                _ => "hard",
            }
        )
        {
            Mistake = mistake,
            WrongDid = $"said {Expression.Format(wrong)}",
        };
    }

    private static string Say(string number, SeededRandom random) =>
        random.Weighted([0.5, 0.14, 0.12, 0.12, 0.12]) switch
        {
            0 => number,
            1 => $"The answer is {number}.",
            2 => $"It is {number}.",
            3 => $"I get {number}.",
            _ => $"Answer: {number}",
        };

    /// <summary>A wrong answer and how it came about; never the right one, never below zero.</summary>
    private static (decimal Value, string Kind) Mistake(WordProblem problem, SeededRandom random)
    {
        for (int attempt = 0; attempt < 100; attempt++)
        {
            (decimal? value, string kind) = random.Weighted([0.40, 0.14, 0.14, 0.20, 0.12]) switch
            {
                0 => (OtherOperation(problem, random), "operation"),
                1 => (Pick([.. problem.Numbers], random), "number"),
                2 => (Pick([.. problem.Steps.SkipLast(1).Select(step => step.Value)], random), "unfinished"),
                3 => (OtherDigit(problem.Answer, random), "digit"),
                _ => (problem.Answer + (random.Chance(0.5) ? 1 : -1), "near"),
            };
            if (value is { } wrong && wrong != problem.Answer && wrong >= 0 && wrong < 1_000_000)
            {
                return (wrong, kind);
            }
        }

        return (problem.Answer + 1, "near");
    }

    /// <summary>The answer if one operation, drawn by chance, had been another; the steps after it are worked out anew.</summary>
    private static decimal? OtherOperation(WordProblem problem, SeededRandom random)
    {
        Calculation step = problem.Steps[^1];
        ExpressionToken[] tokens = [.. step.Expression.Tokens];
        int[] places = [.. Enumerable.Range(0, tokens.Length).Where(i => tokens[i].IsOperator)];
        tokens[places[random.Next(places.Length)]] = new(Operators[random.Next(Operators.Length)], 0);
        if (random.Chance(0.3) && tokens.Length == 3)
        {
            (tokens[0], tokens[2]) = (tokens[2], tokens[0]);
        }

        decimal? value = Expression.TryParse(Expression.Render(tokens))?.Evaluate()?.ToDecimal(2);
        return value is { } number && decimal.IsInteger(problem.Answer) ? Math.Round(number) : value;
    }

    private static decimal? OtherDigit(decimal right, SeededRandom random)
    {
        char[] digits = Expression.Format(right).ToCharArray();
        int at = random.Next(digits.Length);
        if (!char.IsAsciiDigit(digits[at]))
        {
            return null;
        }

        digits[at] = (char)('0' + random.Next(10));
        return digits[0] == '0' && digits.Length > 1 ? null : decimal.Parse(digits, CultureInfo.InvariantCulture);
    }

    private static decimal? Pick(decimal[] values, SeededRandom random) => values.Length == 0 ? null : values[random.Next(values.Length)];
}
