using System.Text.Json;
using System.Text.Json.Nodes;
using RewardReasoning.Judging;
using RewardReasoning.Lab.Worlds;

namespace RewardReasoning.Lab.Arithmetic;

/// <summary>
/// Writes the data of a miniature judge:
/// <list type="bullet">
/// <item><c>documents.jsonl</c>: supervised documents (<see cref="ArithmeticDocuments"/>);</item>
/// <item><c>pairs.jsonl</c>: preference pairs for training, right value against a wrong one, with difficulty and operations;</item>
/// <item><c>verdicts.jsonl</c>: the same pairs in both orders as supervised documents, an empty thought and the right verdict: for the
/// baseline that judges without thinking, and for nothing else;</item>
/// <item><c>questions.jsonl</c>: expressions alone, for policies that a judge trains;</item>
/// <item><c>heldout-pairs.jsonl</c>: one pair for each distinct held-out real expression, which no training file holds;</item>
/// <item><c>heldout.jsonl</c>: the same pairs, each in both orders with its label: the file that figures are measured on;</item>
/// <item><c>heldout-long.jsonl</c>: pairs of generated expressions of five and six operations, in both orders, where the recipe asks for
/// them; of the held-out tenth too;</item>
/// <item><c>heldout-solve.jsonl</c>: the same expressions with their values;</item>
/// <item><c>heldout-verdicts.jsonl</c>: the held-out pairs in both orders with their right verdicts.</item>
/// </list>
/// The same recipe writes the same bytes.
/// </summary>
internal static class ArithmeticWorld
{
    /// <summary>Writes all files; those that exist are written anew.</summary>
    /// <exception cref="FormatException">A line of the expressions is unusable; file and line are named.</exception>
    public static void Write(ArithmeticWorldRecipe recipe)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        Directory.CreateDirectory(recipe.Out);
        List<Expression> real = ReadExpressions(recipe.Expressions);
        JudgePrompt prompt = JudgePrompt.Load(recipe.JudgePrompt);

        WorldFiles.Write(recipe.Out, "documents.jsonl", Documents(real, prompt, recipe));

        SeededRandom pairRandom = new(recipe.Seed + 1);
        ExpressionSampler pairSampler = new(real, pairRandom, recipe.Calculator);
        List<Pair> pairs = [.. Enumerable.Range(0, recipe.Pairs).Select(_ => TrainingPair(pairSampler.Next(), pairRandom))];
        WorldFiles.Write(recipe.Out, "pairs.jsonl", pairs.Select(pair => pair.ToRow()));
        WorldFiles.Write(recipe.Out, "verdicts.jsonl", pairs.SelectMany(pair => Verdicts(prompt, pair, "completion", "</think>")));

        ExpressionSampler questions = new(real, new SeededRandom(recipe.Seed + 3));
        WorldFiles.Write(
            recipe.Out,
            "questions.jsonl",
            Enumerable.Range(0, recipe.Questions).Select(_ => new JsonObject { ["query"] = questions.Next().Expression.Text })
        );

        SeededRandom heldOutRandom = new(recipe.Seed + 2);
        List<Expression> heldOut = [.. real.Where(ArithmeticSplit.IsHeldOut).DistinctBy(expression => expression.Normalized)];
        List<Pair> heldOutPairs = [.. heldOut.Select(expression => HeldOutPair(expression, heldOutRandom)).OfType<Pair>()];
        WorldFiles.Write(recipe.Out, "heldout-pairs.jsonl", heldOutPairs.Select(pair => pair.ToRow()));
        WorldFiles.Write(recipe.Out, "heldout.jsonl", heldOutPairs.SelectMany(BothOrders));
        WorldFiles.Write(recipe.Out, "heldout-verdicts.jsonl", heldOutPairs.SelectMany(pair => Verdicts(prompt, pair, "answer", "")));
        if (recipe.LongPairs > 0)
        {
            WorldFiles.Write(recipe.Out, "heldout-long.jsonl", LongPairs(real, recipe).SelectMany(BothOrders));
        }

        heldOutRandom.Shuffle(heldOut);
        WorldFiles.Write(recipe.Out, "heldout-solve.jsonl", heldOut.Select(Question).OfType<JsonObject>());
    }

    /// <summary>Pairs of five and six operations in turn, expressions distinct.</summary>
    private static IEnumerable<Pair> LongPairs(List<Expression> real, ArithmeticWorldRecipe recipe)
    {
        SeededRandom random = new(recipe.Seed + 4);
        ExpressionSampler sampler = new(real, random);
        HashSet<string> seen = [];
        while (seen.Count < recipe.LongPairs)
        {
            Expression expression = sampler.NextHeldOut(5 + (seen.Count % 2));
            if (!seen.Contains(expression.Normalized) && HeldOutPair(expression, random) is { } pair)
            {
                _ = seen.Add(expression.Normalized);
                yield return pair;
            }
        }
    }

    private static IEnumerable<JsonObject> Documents(List<Expression> real, JudgePrompt prompt, ArithmeticWorldRecipe recipe)
    {
        SeededRandom random = new(recipe.Seed);
        ArithmeticDocuments documents = new(
            new ExpressionSampler(real, random, recipe.Calculator),
            (query, first, second) => prompt.Render(new Comparison(query, first, second))[^1].Text,
            random,
            recipe.Mix,
            recipe.Calculator
        );
        return Enumerable
            .Range(0, recipe.Documents)
            .Select(_ => documents.Next())
            .Select(document => WorldFiles.Document(document.Kind, document.Prompt, document.Completion));
    }

    private static List<Expression> ReadExpressions(string path)
    {
        List<Expression> expressions = [];
        int number = 0;
        foreach (string line in File.ReadLines(path))
        {
            number++;
            if (line.Length == 0)
            {
                continue;
            }

            try
            {
                string? text = JsonNode.Parse(line)?["expr"]?.GetValue<string>();
                if (text is not null && Expression.TryParse(text) is { } expression)
                {
                    expressions.Add(expression);
                }
            }
            catch (Exception error) when (error is JsonException or InvalidOperationException)
            {
                throw new FormatException($"{path}, line {number}: {error.Message} Each line must be an object with \"expr\".", error);
            }
        }

        return expressions;
    }

    /// <summary>
    /// A pair as <see cref="PairOf"/> makes it, or now and then one whose rejected response is empty: that too must be judged.
    /// </summary>
    private static Pair TrainingPair(ArithmeticProblem problem, SeededRandom random)
    {
        Pair pair = PairOf(problem, random);
        return random.Chance(ArithmeticDocuments.EmptyResponses)
            ? pair with
            {
                Texts = pair.Texts with { Rejected = "" },
                Mistake = "empty",
            }
            : pair;
    }

    private static Pair PairOf(ArithmeticProblem problem, SeededRandom random)
    {
        WrongAnswer wrong = WrongAnswer.Draw(problem, random);
        string chosen = NumberSpelling.Write(problem.Solution.Value, random, 0.15);
        string rejected = NumberSpelling.Write(wrong.Value, random, 0.15);
        return new Pair(
            new(problem.Expression.Text, chosen, rejected),
            problem.Solution.Difficulty,
            problem.Expression.OperationCount,
            wrong.Kind
        );
    }

    /// <summary>Also expressions without a worked solution are held-out questions, as long as their value can be written down.</summary>
    private static Pair? HeldOutPair(Expression expression, SeededRandom random)
    {
        if (expression.Evaluate()?.ToDecimal(6) is not { } value)
        {
            return null;
        }

        WorkedSolution solution = WorkedSolution.TryWrite(expression) ?? WorkedSolution.Unwritten(value);
        return PairOf(new ArithmeticProblem(expression, solution), random) with { Tail = ArithmeticTail.Contains(expression) };
    }

    /// <summary>A pair in both orders, each with its right verdict under <paramref name="field"/>.</summary>
    private static IEnumerable<JsonObject> Verdicts(JudgePrompt prompt, Pair pair, string field, string before) =>
        ((bool[])[true, false]).Select(chosenFirst => new JsonObject
        {
            ["prompt"] = prompt.Render(pair.Texts.ToComparison(chosenFirst))[^1].Text,
            [field] = $"{before}\\boxed{{Assistant {(chosenFirst ? 1 : 2)}}}",
        });

    private static IEnumerable<JsonObject> BothOrders(Pair pair) =>
        ((bool[])[true, false]).Select(chosenFirst =>
        {
            Comparison shown = pair.Texts.ToComparison(chosenFirst);
            return pair.Describe(
                new()
                {
                    ["query"] = shown.Query,
                    ["response_1"] = shown.Response1,
                    ["response_2"] = shown.Response2,
                    ["label"] = chosenFirst ? 1 : 2,
                }
            );
        });

    private static JsonObject? Question(Expression expression) =>
        expression.Evaluate()?.ToDecimal(6) is { } value
            ? new JsonObject
            {
                ["prompt"] = expression.Text,
                ["answer"] = Expression.Format(value),
                ["operations"] = expression.OperationCount,
            }
            : null;

    /// <summary>Right value against a wrong one.</summary>
    /// <param name="Texts">Question, right and wrong response.</param>
    /// <param name="Difficulty">That of the worked solution.</param>
    /// <param name="Operations">How many the expression has.</param>
    /// <param name="Mistake">How the wrong value came about.</param>
    private sealed record Pair(PreferencePair Texts, string Difficulty, int Operations, string Mistake)
    {
        /// <summary>Whether a held-out expression is of the rarer shapes (<see cref="ArithmeticTail"/>); null of a training pair.</summary>
        public bool? Tail { get; init; }

        public JsonObject ToRow() =>
            Describe(
                new()
                {
                    ["query"] = Texts.Query,
                    ["chosen"] = Texts.Chosen,
                    ["rejected"] = Texts.Rejected,
                }
            );

        /// <summary>A row with what is known of the pair added.</summary>
        public JsonObject Describe(JsonObject row)
        {
            row["difficulty"] = Difficulty;
            row["operations"] = Operations;
            row["mistake"] = Mistake;
            if (Tail is { } tail)
            {
                row["tail"] = tail;
            }

            return row;
        }
    }
}
