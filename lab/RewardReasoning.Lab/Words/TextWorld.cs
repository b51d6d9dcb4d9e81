using System.Text.Json.Nodes;
using RewardReasoning.Judging;
using RewardReasoning.Lab.Worlds;

namespace RewardReasoning.Lab.Words;

/// <summary>
/// Writes the data of a judge of short texts:
/// <list type="bullet">
/// <item><c>documents.jsonl</c>: supervised documents, which solve, compare with a verdict by chance, and quote;</item>
/// <item><c>pairs.jsonl</c>: preference pairs for training;</item>
/// <item><c>verdicts.jsonl</c>: the same pairs in both orders with an empty thought and the right verdict, for the baseline that judges
/// without thinking, and for nothing else;</item>
/// <item><c>heldout-pairs.jsonl</c> and <c>heldout.jsonl</c>: questions and families that no training file holds, once, and in both
/// orders with their label;</item>
/// <item><c>heldout-solve.jsonl</c>: the held-out word problems with their answers.</item>
/// </list>
/// The same recipe writes the same bytes.
/// </summary>
internal sealed class TextWorld
{
    private const int HeldOutShare = 7;
    private const double QuotedWeight = 5;

    private readonly TextWorldRecipe _recipe;
    private readonly JudgePrompt _prompt;
    private readonly List<WordProblem>[] _trained;
    private readonly List<WordProblem> _heldOut;
    private readonly List<WordProblem> _measured;
    private readonly Instructions _instructions;
    private readonly string[] _families;

    private TextWorld(TextWorldRecipe recipe)
    {
        _recipe = recipe;
        _prompt = JudgePrompt.Load(recipe.JudgePrompt);
        List<WordProblem>[] files = [.. recipe.Questions.Select(WordProblemFile.Read)];
        _trained = [.. files.Select(file => file.Where(problem => !IsHeldOut(problem)).ToList())];
        _heldOut = [.. files.SelectMany(file => file.Where(IsHeldOut).DistinctBy(problem => problem.Masked))];
        HashSet<string> known = [.. files.SelectMany(file => file.Select(problem => problem.Masked))];
        _measured =
        [
            .. recipe
                .Measured.SelectMany(WordProblemFile.Read)
                .Where(problem => !known.Contains(problem.Masked))
                .DistinctBy(problem => problem.Masked),
        ];
        _instructions = new Instructions(files.SelectMany(file => file));
        if (recipe.HeldOutFamilies.FirstOrDefault(family => !Instructions.Families.Contains(family)) is { } unknown)
        {
            throw new RewardReasoning.Recipes.RecipeException(
                $"held_out_families names {unknown}; it must be of {string.Join(", ", Instructions.Families)}."
            );
        }

        _families = [.. Instructions.Families.Except(recipe.HeldOutFamilies)];
    }

    /// <summary>Writes all files; those that exist are written anew.</summary>
    /// <exception cref="FormatException">A line of the questions is unusable; file and line are named.</exception>
    public static void Write(TextWorldRecipe recipe)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        Directory.CreateDirectory(recipe.Out);
        new TextWorld(recipe).Write();
    }

    private void Write()
    {
        SeededRandom random = new(_recipe.Seed);
        WorldFiles.Write(_recipe.Out, "documents.jsonl", Enumerable.Range(0, _recipe.Documents).Select(_ => Document(random)));

        SeededRandom pairRandom = new(_recipe.Seed + 1);
        List<TextItem> pairs = [.. Enumerable.Range(0, _recipe.Pairs).Select(_ => Draw(pairRandom))];
        WorldFiles.Write(_recipe.Out, "pairs.jsonl", pairs.Select(PairRow));
        WorldFiles.Write(_recipe.Out, "verdicts.jsonl", pairs.SelectMany(item => Verdicts(item, "completion", "</think>")));

        SeededRandom heldOutRandom = new(_recipe.Seed + 2);
        List<TextItem> heldOut =
        [
            .. _heldOut.Concat(_measured).Select(problem => WordProblemItems.Make(problem, heldOutRandom)),
            .. Instructions.Families.SelectMany(family =>
                Enumerable.Range(0, _recipe.HeldOutPerFamily).Select(_ => _instructions.Draw(family, heldOutRandom))
            ),
        ];
        heldOutRandom.Shuffle(heldOut);
        WorldFiles.Write(_recipe.Out, "heldout-pairs.jsonl", heldOut.Select(PairRow));
        WorldFiles.Write(_recipe.Out, "heldout.jsonl", heldOut.SelectMany(BothOrders));
        WorldFiles.Write(_recipe.Out, "heldout-verdicts.jsonl", heldOut.SelectMany(item => Verdicts(item, "answer", "")));
        heldOutRandom.Shuffle(_heldOut);
        WorldFiles.Write(
            _recipe.Out,
            "heldout-solve.jsonl",
            _heldOut.Select(problem => new JsonObject
            {
                ["prompt"] = problem.Text,
                ["answer"] = Arithmetic.Expression.Format(problem.Answer),
                ["source"] = problem.Source,
            })
        );
    }

    private TextItem Draw(SeededRandom random)
    {
        if (!random.Chance(_recipe.Problems))
        {
            return _instructions.Draw(_families[random.Next(_families.Length)], random);
        }

        List<WordProblem> file = _trained[random.Next(_trained.Length)];
        WordProblem problem = file[random.Next(file.Count)];
        return WordProblemItems.Make(
            random.Chance(_recipe.Renumbered) && problem.Renumbered(random) is { } renumbered ? renumbered : problem,
            random
        );
    }

    private JsonObject Document(SeededRandom random)
    {
        TextMix mix = _recipe.Mix;
        TextItem item = Draw(random);
        return random.Weighted([item.Work.Length > 0 ? mix.Solve : 0, mix.Judge, mix.Quote]) switch
        {
            0 => WorldFiles.Document("solve", item.Query, [new($"{item.Work}</think>{item.Answer}", 1)]),
            1 => Judge(item, random),
            _ => Quote(item, random),
        };
    }

    /// <summary>What is wanted is worked out, and who did it is asked; who did it is then a coin flip.</summary>
    private JsonObject Judge(TextItem item, SeededRandom random)
    {
        bool rightFirst = random.Chance(0.5);
        return WorldFiles.Document(
            "judge",
            Prompt(item.Query, item, rightFirst),
            [new($"{item.Thought}</think>\\boxed{{Assistant {(random.Chance(0.5) ? 1 : 2)}}}", 1)]
        );
    }

    /// <summary>Who did a thing that one of two responses did: the query asks for it, and the reasoning only repeats it.</summary>
    private JsonObject Quote(TextItem item, SeededRandom random)
    {
        bool rightFirst = random.Chance(0.5);
        bool asksRight = item.WrongDid is null || random.Chance(0.5);
        string question = $"Who {(asksRight ? item.Wanted : item.WrongDid)}?";
        return WorldFiles.Document(
            "quote",
            Prompt(question, item, rightFirst),
            [
                new($"{question}</think>\\boxed{{Assistant ", 1),
                new(asksRight == rightFirst ? "1" : "2", QuotedWeight),
                new("}", 1),
            ]
        );
    }

    private string Prompt(string query, TextItem item, bool rightFirst) =>
        _prompt.Render(new PreferencePair(query, item.Right, item.Wrong).ToComparison(rightFirst))[^1].Text;

    private IEnumerable<JsonObject> Verdicts(TextItem item, string field, string before) =>
        ((bool[])[true, false]).Select(rightFirst => new JsonObject
        {
            ["prompt"] = Prompt(item.Query, item, rightFirst),
            [field] = $"{before}\\boxed{{Assistant {(rightFirst ? 1 : 2)}}}",
        });

    private JsonObject PairRow(TextItem item) =>
        Describe(
            item,
            new()
            {
                ["query"] = item.Query,
                ["chosen"] = item.Right,
                ["rejected"] = item.Wrong,
            }
        );

    private IEnumerable<JsonObject> BothOrders(TextItem item) =>
        ((bool[])[true, false]).Select(rightFirst =>
        {
            (string first, string second) = rightFirst ? (item.Right, item.Wrong) : (item.Wrong, item.Right);
            return Describe(
                item,
                new()
                {
                    ["query"] = item.Query,
                    ["response_1"] = first,
                    ["response_2"] = second,
                    ["label"] = rightFirst ? 1 : 2,
                }
            );
        });

    private JsonObject Describe(TextItem item, JsonObject row)
    {
        row["difficulty"] = item.Difficulty;
        row["family"] = item.Family;
        row["seen"] = Instructions.Families.Contains(item.Family)
            ? _families.Contains(item.Family)
                ? "family"
                : "nothing"
            : _heldOut.Exists(problem => problem.Source == item.Family)
                ? "question set"
                : "nothing";
        if (item.Mistake.Length > 0)
        {
            row["mistake"] = item.Mistake;
        }

        return row;
    }

    private static bool IsHeldOut(WordProblem problem) => WorldFiles.Hash(problem.Masked.ToUpperInvariant()) % HeldOutShare == 0;
}
