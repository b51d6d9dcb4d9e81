using System.Globalization;
using System.Text.Json.Nodes;
using RewardReasoning.Judging;
using RewardReasoning.Recipes;
using RewardReasoning.Training.Grpo;
using RewardReasoning.Training.Preferences;
using RewardReasoning.Training.Rollouts;
using RewardReasoning.Training.Runs;

namespace RewardReasoning.Training.Judges;

/// <summary>Judgments of labelled pairs: each pair is shown in both orders; a completion's verdict is its reward.</summary>
internal sealed class JudgeTask : IRolloutTask
{
    private readonly JudgeRecipe _recipe;
    private readonly JudgePrompt _prompt;
    private readonly TrainedChat _chat;
    private readonly PairStream _pairs;
    private readonly ContextFilter _context;
    private int _leftOut;

    public JudgeTask(JudgeRecipe recipe, TrainingSession session, DataPosition? position)
    {
        _recipe = recipe;
        _chat = session.Chat;
        string prompt = Path.Combine(recipe.Model, JudgeFiles.PromptFile);
        _prompt = File.Exists(prompt) ? JudgePrompt.Load(prompt) : JudgePrompt.Default;
        EndTokens = session.Chat.EndTokens;
        _pairs = new PairStream(
            [.. recipe.Data.Select(file => (file.Path, file.Weight, (IReadOnlyList<LabelledPair>)ReadTrained(file.Path)))],
            recipe.Seed,
            recipe.SkipSolved,
            position?.Taken ?? 0,
            position?.Mixture
        );
        _context = new ContextFilter(_chat.ContextLength, recipe.MaxTokens, "pair", _pairs.Count);
        HeldOut = _context.RequireAll(
            recipe.Evaluation is { } options ? [.. ReadPairs(options.Data).Take(options.Pairs).SelectMany(Questions)] : []
        );
    }

    public DataPosition Position => new(_pairs.Taken, _pairs.Mixture);

    public IReadOnlySet<int> EndTokens { get; }

    public int Repeats => _recipe.RolloutsPerOrder;

    public IReadOnlyList<RolloutPrompt> HeldOut { get; }

    public DrawnPrompts Draw(int count, int firstGroup, int step)
    {
        (long skipped, long leftOut) = (_pairs.Skipped, _context.LeftOut);
        IReadOnlyList<string>? difficulties = _recipe.DifficultiesAt(step);
        List<RolloutPrompt> prompts = [];
        for (int group = firstGroup; group < firstGroup + count; )
        {
            JudgeQuestion[] questions = [.. Questions(_pairs.Next(difficulties), group)];
            if (_context.Fits(questions))
            {
                prompts.AddRange(questions);
                group++;
            }
        }

        List<(string, long)> counts = _recipe.SkipSolved > 0 ? [("pairs/passed_over", _pairs.Skipped - skipped)] : [];
        return new DrawnPrompts(
            prompts,
            _context.LeftOut > leftOut ? [.. counts, ("pairs/beyond_context", _context.LeftOut - leftOut)] : counts
        );
    }

    public Rollout Read(RolloutPrompt prompt, SampledCompletion completion)
    {
        JudgeQuestion question = (JudgeQuestion)prompt;
        string text = _chat.Tokenizer.Decode(completion.Written);
        Verdict verdict = VerdictParser.Parse(text, promptOpensReasoning: _chat.OpensReasoning(question.PromptIds));
        return new JudgeRollout(question, completion, text, verdict, VerdictReward.Of(verdict, question.Right));
    }

    public IReadOnlyList<Rollout> Reward(IReadOnlyList<Rollout> rollouts, CancellationToken cancellationToken)
    {
        foreach (
            IGrouping<int, Rollout> group in rollouts
                .GroupBy(rollout => rollout.Prompt.Group)
                .Where(group => group.Select(IsRight).Distinct().Count() == 1)
        )
        {
            _pairs.Skip(((JudgeRollout)group.First()).Question.Pair);
        }

        return rollouts;
    }

    public bool IsRight(Rollout rollout) => ((JudgeRollout)rollout).IsRight;

    public IEnumerable<(string Metric, double Value)> Describe(IReadOnlyList<Rollout> sampled)
    {
        JudgeRollout[] rollouts = [.. sampled.Cast<JudgeRollout>()];
        yield return ("judge/accuracy", Share(rollouts, rollout => rollout.IsRight));
        yield return ("judge/parsed", Share(rollouts, rollout => rollout.Verdict != Verdict.Unparsable));
        yield return ("judge/first", Share(rollouts, rollout => rollout.Verdict == Verdict.First));
        yield return ("judge/cut", Share(rollouts, rollout => !rollout.Completion.Finished));
        if (_leftOut > 0)
        {
            yield return ("pairs/left_out", _leftOut);
        }

        foreach (
            IGrouping<string, JudgeRollout> group in rollouts
                .GroupBy(rollout => rollout.Question.Pair.Difficulty)
                .OrderBy(group => group.Key)
        )
        {
            if (group.Key.Length > 0)
            {
                yield return ($"judge/accuracy_{group.Key}", Share([.. group], rollout => rollout.IsRight));
                yield return ($"length/{group.Key}", group.Average(rollout => rollout.Completion.Ids.Length));
            }
        }
    }

    public JsonObject Row(Rollout rollout) =>
        new()
        {
            ["difficulty"] = ((JudgeRollout)rollout).Question.Pair.Difficulty,
            ["reward"] = rollout.Reward,
            ["completion"] = rollout.Text,
        };

    public void Dispose()
    {
        // Nothing is held open.
    }

    /// <summary>Reads the labelled pairs of a file that are trained on, and counts those left out.</summary>
    /// <exception cref="RewardReasoningException">The file cannot be read, a row is unusable or unlabelled, or none is left; file and line
    /// are named.</exception>
    private LabelledPair[] ReadTrained(string path)
    {
        List<PreferenceRow> rows = PreferenceFile.Read(path);
        LabelledPair[] pairs = [.. rows.Where(IsAsDifficultAsAsked).Select(Read).OfType<LabelledPair>()];
        _leftOut += rows.Count - pairs.Length;
        return pairs.Length > 0
            ? pairs
            : throw new RecipeException(
                $"{path}: none of the {rows.Count} pairs can be used; each has a difficulty outside the recipe's range, or a response "
                    + "without an answer after its reasoning. Change difficulty or the data."
            );
    }

    /// <summary>The pairs of a file whose responses have answers after their reasoning.</summary>
    private IEnumerable<LabelledPair> ReadPairs(string path) => PreferenceFile.Read(path).Select(Read).OfType<LabelledPair>();

    private bool IsAsDifficultAsAsked(PreferenceRow row) =>
        _recipe.Difficulty is not { } range
        || range.Contains(
            double.TryParse(row.Row.Field("difficulty"), NumberStyles.Float, CultureInfo.InvariantCulture, out double difficulty)
                ? difficulty
                : throw new RecipeException(
                    $"{row.Row.Place}: the pair's difficulty is {row.Row.Field("difficulty") ?? "missing"}; "
                        + "the recipe asks for a range of difficulties, so it must be a number."
                )
        );

    /// <summary>The pair as it is judged; null where a response has no answer after its reasoning.</summary>
    private LabelledPair? Read(PreferenceRow row) =>
        WithoutReasoning(row.Pair.Chosen) is { } chosen && WithoutReasoning(row.Pair.Rejected) is { } rejected
            ? new LabelledPair(row.Pair with { Chosen = chosen, Rejected = rejected }, row.Row.Field("difficulty") ?? "")
            : null;

    private string? WithoutReasoning(string response) =>
        _recipe.StripReasoning
        && (
            response.Contains(ReasoningText.OpenTag, StringComparison.Ordinal)
            || response.Contains(ReasoningText.CloseTag, StringComparison.Ordinal)
        )
            ? ReasoningText.AnswerOf(response)
            : response;

    /// <summary>The pair as question number <paramref name="number"/>, in both orders.</summary>
    private IEnumerable<JudgeQuestion> Questions(LabelledPair pair, int number) =>
        ((bool[])[true, false]).Select(chosenFirst => new JudgeQuestion(
            number,
            pair,
            chosenFirst ? Verdict.First : Verdict.Second,
            _chat.Prompt(_prompt.Render(pair.Pair.ToComparison(chosenFirst)))
        ));

    private static double Share(JudgeRollout[] rollouts, Func<JudgeRollout, bool> which) => rollouts.Count(which) / (double)rollouts.Length;
}
