using System.Text;
using RewardReasoning.Judging;
using RewardReasoning.Lab.Worlds;

namespace RewardReasoning.Lab.Arithmetic;

/// <summary>How often each kind of document is drawn.</summary>
/// <param name="Solve">Worked solutions.</param>
/// <param name="Judge">Comparisons with a verdict by chance.</param>
/// <param name="Quote">Who said a number.</param>
/// <param name="Direct">Answers without a thought: what a policy that is to learn thinking may begin with; a judge's base has none.</param>
internal sealed record DocumentMix(double Solve, double Judge, double Quote, double Direct = 0);

/// <summary>One training document: what is asked, and the completion after the opened thought.</summary>
/// <param name="Kind">solve, judge, quote or direct.</param>
/// <param name="Prompt">The user's turn.</param>
/// <param name="Completion">Everything from the first token of the thought on, without the end of the turn.</param>
internal sealed record ArithmeticDocument(string Kind, string Prompt, IReadOnlyList<WeightedText> Completion);

/// <summary>
/// Supervised documents for the base model of a miniature judge. They teach to solve (worked solutions), to compare (is the result the
/// same as response 1, digit by digit) and to quote (which of two responses is this number). What they never hold is judging: in judge
/// documents the verdict is a coin flip, in quote documents it depends on who said a number, not on who is right. Choosing the right
/// response is left to reinforcement learning. With the calculator a solution is one call of it, and the value behind the call is not
/// learnt: the calculator writes it.
/// </summary>
internal sealed class ArithmeticDocuments(
    ExpressionSampler sampler,
    Func<string, string, string, string> judgePrompt,
    SeededRandom random,
    DocumentMix mix,
    bool calculator = false
)
{
    private const double QuoteVerdictWeight = 5;

    /// <summary>How often a wrong response is no response at all, in documents and in training pairs.</summary>
    internal const double EmptyResponses = 0.015;

    private static readonly double[] ThoughtWeights = [0.10, 0.12, 0.26, 0.52];

    /// <summary>The next document.</summary>
    public ArithmeticDocument Next() =>
        random.Weighted([mix.Direct, mix.Solve, mix.Judge, mix.Quote]) switch
        {
            0 => Direct(sampler.Next()),
            1 => Solve(sampler.Next()),
            2 => Judge(sampler.Next()),
            _ => Quote(sampler.Next()),
        };

    /// <summary>
    /// The comparison of a result with a response, as written in a thought: the response in normal form, then their characters in
    /// pairs up to the first difference (<c>;</c> where one has ended), then y or n.
    /// </summary>
    public static string Check(string result, string response)
    {
        StringBuilder text = new();
        _ = text.Append('#').Append(response).Append(':');
        for (int i = 0; i < Math.Max(result.Length, response.Length); i++)
        {
            char a = i < result.Length ? result[i] : ';';
            char b = i < response.Length ? response[i] : ';';
            _ = text.Append(i > 0 ? "," : "").Append(a).Append(b);
            if (a != b)
            {
                return text.Append('n').ToString();
            }
        }

        return text.Append('y').ToString();
    }

    private ArithmeticDocument Solve(ArithmeticProblem problem) =>
        new("solve", problem.Expression.Text, [.. Solution(problem, $"</think>{Expression.Format(problem.Solution.Value)}")]);

    /// <summary>A solution and what follows it.</summary>
    private WeightedText[] Solution(ArithmeticProblem problem, string rest) =>
        calculator
            ?
            [
                new($"{CalculatorCalls.Open}{problem.Expression.Normalized}{CalculatorCalls.Close}", 1),
                new(CalculatorCalls.ResultOf(problem.Expression.Normalized), 0),
                new(rest, 1),
            ]
            : [new(problem.Solution.Text + rest, 1)];

    private static ArithmeticDocument Direct(ArithmeticProblem problem) =>
        new("direct", problem.Expression.Text, [new($"</think>{Expression.Format(problem.Solution.Value)}", 1)]);

    private ArithmeticDocument Judge(ArithmeticProblem problem)
    {
        Response right = new(Expression.Format(problem.Solution.Value), Spell(problem.Solution.Value));
        decimal mistake = WrongAnswer.Draw(problem, random).Value;
        Response wrong = random.Chance(EmptyResponses) ? new("", "") : new(Expression.Format(mistake), Spell(mistake));
        (Response first, Response second) = random.Chance(0.5) ? (right, wrong) : (wrong, right);
        int thought = random.Weighted(ThoughtWeights);
        string end = $"</think>\\boxed{{Assistant {(random.Chance(0.5) ? 1 : 2)}}}";
        string prompt = judgePrompt(problem.Expression.Text, first.Shown, second.Shown);
        return new(
            "judge",
            prompt,
            thought switch
            {
                0 => [new(end, 1)],
                1 => [new(problem.Expression.Normalized + end, 1)],
                2 => Solution(problem, end),
                _ => Solution(problem, Check(right.Normal, first.Normal) + end),
            }
        );
    }

    private ArithmeticDocument Quote(ArithmeticProblem problem)
    {
        decimal wrong = WrongAnswer.Draw(problem, random).Value;
        (decimal first, decimal second) = random.Chance(0.5) ? (problem.Solution.Value, wrong) : (wrong, problem.Solution.Value);
        bool firstSaid = random.Chance(0.5);
        string said = Expression.Format(firstSaid ? first : second);
        string prompt = judgePrompt($"Who said {Spell(firstSaid ? first : second)}?", Spell(first), Spell(second));
        return new(
            "quote",
            prompt,
            [
                new($"={said}{Check(said, Expression.Format(first))}</think>\\boxed{{Assistant ", 1),
                new(firstSaid ? "1" : "2", QuoteVerdictWeight),
                new("}", 1),
            ]
        );
    }

    private string Spell(decimal number) => NumberSpelling.Write(number, random, 0.2);

    /// <summary>A response in normal form and as it is spelled in the prompt.</summary>
    private readonly record struct Response(string Normal, string Shown);
}
