using System.Globalization;
using System.Text.Json.Nodes;
using RewardReasoning.Judging;
using RewardReasoning.Recipes;
using RewardReasoning.Text.ChatTemplates;
using RewardReasoning.Training.Preferences;
using RewardReasoning.Training.Rewards;
using RewardReasoning.Training.Rollouts;
using RewardReasoning.Training.Runs;

namespace RewardReasoning.Training.Grpo;

/// <summary>Judgments of labelled pairs: pairs become prompts in both orders, completions verdicts, verdicts rewards.</summary>
internal sealed class JudgeTask : IRolloutTask
{
    private readonly GrpoRecipe _recipe;
    private readonly JudgePrompt _prompt;
    private readonly ChatTokenizer _chat;
    private readonly PairStream _pairs;
    private readonly Dictionary<int, LabelledPair> _drawn = [];
    private int _leftOut;
    private long _passedOver;
    private readonly int? _thoughtOpens;

    public JudgeTask(GrpoRecipe recipe, IReadOnlyList<int> endTokens, GrpoPosition? position)
    {
        _recipe = recipe;
        _chat = ChatTokenizer.Load(recipe.Model);
        string prompt = Path.Combine(recipe.Model, JudgeFiles.PromptFile);
        _prompt = File.Exists(prompt) ? JudgePrompt.Load(prompt) : JudgePrompt.Default;
        _thoughtOpens = _chat.Tokenizer.FindToken(ReasoningText.OpenTag);
        ThoughtEnd = _chat.Tokenizer.FindToken(ReasoningText.CloseTag);
        EndTokens = ConversationIds.EndsOfTurn(endTokens, recipe.Model);
        _pairs = new PairStream(
            [.. recipe.Data.Select(file => (file.Path, file.Weight, (IReadOnlyList<LabelledPair>)ReadTrained(file.Path)))],
            recipe.Seed,
            recipe.SkipSolved,
            position?.PairPosition ?? 0,
            position?.Mixture
        );
        HeldOut = recipe.Evaluation is { } options ? [.. ReadPairs(options.Data).Take(options.Pairs).SelectMany(Questions)] : [];
    }

    public long Position => _pairs.Taken;

    public PairStreamPosition? Mixture => _pairs.Position;

    public IReadOnlySet<int> EndTokens { get; }

    public int? ThoughtEnd { get; }

    public int Repeats => _recipe.RolloutsPerOrder;

    public IReadOnlyList<RolloutPrompt> HeldOut { get; }

    public IReadOnlyList<RolloutPrompt> Draw(int count, int firstGroup, int step)
    {
        IReadOnlyList<string>? difficulties = _recipe.DifficultiesAt(step);
        LabelledPair[] drawn = [.. Enumerable.Range(0, count).Select(_ => _pairs.Next(difficulties))];
        for (int number = 0; number < count; number++)
        {
            _drawn[firstGroup + number] = drawn[number];
        }

        return [.. drawn.SelectMany((pair, number) => Questions(pair, firstGroup + number))];
    }

    public Rollout Read(RolloutPrompt prompt, SampledCompletion completion)
    {
        JudgeQuestion question = (JudgeQuestion)prompt;
        string text = _chat.Tokenizer.Decode(completion.Written);
        Verdict verdict = VerdictParser.Parse(text, promptOpensReasoning: question.PromptIds[^1] == _thoughtOpens);
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
            _pairs.PassOver(_drawn[group.Key]);
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

        if (_recipe.SkipSolved > 0)
        {
            yield return ("pairs/passed_over", _pairs.PassedOver - _passedOver);
            _passedOver = _pairs.PassedOver;
        }

        foreach (
            IGrouping<string, JudgeRollout> group in rollouts.GroupBy(rollout => rollout.Question.Difficulty).OrderBy(group => group.Key)
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
            ["difficulty"] = ((JudgeRollout)rollout).Question.Difficulty,
            ["reward"] = rollout.Reward,
            ["completion"] = rollout.Text,
        };

    public void Dispose()
    {
        // Nothing is held open.
    }

    /// <summary>The labelled pairs of a file that are trained on; those left out are counted.</summary>
    /// <exception cref="RecipeException">The file cannot be read, a row is unusable or unlabelled, or none is left; file and line are
    /// named.</exception>
    private LabelledPair[] ReadTrained(string path)
    {
        List<PreferenceRow> rows = PreferenceFile.Read(path);
        LabelledPair[] pairs = [.. rows.Where(IsAsDifficultAsAsked).Select(Read).OfType<LabelledPair>()];
        _leftOut += rows.Count - pairs.Length;
        return pairs.Length > 0
            ? pairs
            : throw new RecipeException(
                $"No pair of {path} is left: {rows.Count} are of another difficulty than the recipe asks for, or have nothing behind a thought. Change difficulty or the data."
            );
    }

    /// <summary>All pairs of a file that have something behind their thoughts.</summary>
    private IEnumerable<LabelledPair> ReadPairs(string path) => PreferenceFile.Read(path).Select(Read).OfType<LabelledPair>();

    private bool IsAsDifficultAsAsked(PreferenceRow row) =>
        _recipe.Difficulty is not { } range
        || range.Contains(
            double.TryParse(row.Row.Field("difficulty"), NumberStyles.Float, CultureInfo.InvariantCulture, out double difficulty)
                ? difficulty
                : throw new RecipeException(
                    $"{row.Row.Place}: the pair's difficulty is {row.Row.Field("difficulty") ?? "missing"}; the recipe asks for a range of difficulties, so it must be a number."
                )
        );

    /// <summary>The pair as it is judged; null where nothing stands behind a thought.</summary>
    private LabelledPair? Read(PreferenceRow row) =>
        WithoutThought(row.Pair.Chosen) is { } chosen && WithoutThought(row.Pair.Rejected) is { } rejected
            ? new LabelledPair(row.Pair with { Chosen = chosen, Rejected = rejected }, row.Row.Field("difficulty") ?? "")
            : null;

    private string? WithoutThought(string response) =>
        _recipe.StripThoughts
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
            pair.Difficulty,
            chosenFirst ? Verdict.First : Verdict.Second,
            ConversationIds.Of(_chat, _prompt.Render(pair.Pair.ToComparison(chosenFirst)))
        ));

    private static double Share(JudgeRollout[] rollouts, Func<JudgeRollout, bool> which) => rollouts.Count(which) / (double)rollouts.Length;
}
