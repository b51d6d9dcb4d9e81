using System.Text.Json.Nodes;
using RewardReasoning.Judging;
using RewardReasoning.Models.ChatTemplates;
using RewardReasoning.Training.Preferences;
using RewardReasoning.Training.Rewards;
using RewardReasoning.Training.Rollouts;
using RewardReasoning.Training.Runs;

namespace RewardReasoning.Training.Grpo;

/// <summary>Judgments of labelled pairs: pairs become prompts in both orders, completions verdicts, verdicts rewards.</summary>
internal sealed class JudgeTask : IRolloutTask
{
    private const string ThoughtOpens = "<think>";
    private readonly GrpoRecipe _recipe;
    private readonly JudgePrompt _prompt;
    private readonly ChatTokenizer _chat;
    private readonly PairStream _pairs;
    private readonly int? _thoughtOpens;

    public JudgeTask(GrpoRecipe recipe, IReadOnlyList<int> endTokens, long position)
    {
        _recipe = recipe;
        _chat = ChatTokenizer.Load(recipe.Model);
        string prompt = Path.Combine(recipe.Model, JudgeFiles.PromptFile);
        _prompt = File.Exists(prompt) ? JudgePrompt.Load(prompt) : JudgePrompt.Default;
        _thoughtOpens = _chat.Tokenizer.FindToken(ThoughtOpens);
        ThoughtEnd = _chat.Tokenizer.FindToken(ThinkingText.CloseTag);
        EndTokens = ConversationIds.EndsOfTurn(endTokens, recipe.Model);
        _pairs = new PairStream(ReadPairs(recipe.Data), recipe.Seed, position);
        HeldOut = recipe.Evaluation is { } options ? [.. ReadPairs(options.Data).Take(options.Pairs).SelectMany(Questions)] : [];
    }

    public long Position => _pairs.Position;

    public IReadOnlySet<int> EndTokens { get; }

    public int? ThoughtEnd { get; }

    public int Repeats => _recipe.RolloutsPerOrder;

    public IReadOnlyList<RolloutPrompt> HeldOut { get; }

    public IReadOnlyList<RolloutPrompt> Draw(int count, int firstGroup, int step)
    {
        IReadOnlyList<string>? difficulties = _recipe.DifficultiesAt(step);
        LabelledPair[] drawn = [.. Enumerable.Range(0, count).Select(_ => _pairs.Next(difficulties))];
        return [.. drawn.SelectMany((pair, number) => Questions(pair, firstGroup + number))];
    }

    public Rollout Read(RolloutPrompt prompt, SampledCompletion completion)
    {
        JudgeQuestion question = (JudgeQuestion)prompt;
        string text = _chat.Tokenizer.Decode(completion.Written);
        Verdict verdict = VerdictParser.Parse(text, promptOpensThought: question.PromptIds[^1] == _thoughtOpens);
        return new JudgeRollout(question, completion, text, verdict, VerdictReward.Of(verdict, question.Right));
    }

    public IReadOnlyList<Rollout> Reward(IReadOnlyList<Rollout> rollouts, CancellationToken cancellationToken) => rollouts;

    public bool IsRight(Rollout rollout) => ((JudgeRollout)rollout).IsRight;

    public IEnumerable<(string Metric, double Value)> Describe(IReadOnlyList<Rollout> sampled)
    {
        JudgeRollout[] rollouts = [.. sampled.Cast<JudgeRollout>()];
        yield return ("judge/accuracy", Share(rollouts, rollout => rollout.IsRight));
        yield return ("judge/parsed", Share(rollouts, rollout => rollout.Verdict != Verdict.Unparsable));
        yield return ("judge/first", Share(rollouts, rollout => rollout.Verdict == Verdict.First));
        yield return ("judge/cut", Share(rollouts, rollout => !rollout.Completion.Finished));
        foreach (IGrouping<string, JudgeRollout> group in rollouts.GroupBy(rollout => rollout.Question.Difficulty).OrderBy(group => group.Key))
        {
            if (group.Key.Length > 0)
            {
                yield return ($"judge/accuracy_{group.Key}", Share([.. group], rollout => rollout.IsRight));
                yield return ($"length/{group.Key}", group.Average(rollout => rollout.Completion.Ids.Length));
            }
        }
    }

    public JsonObject Row(Rollout rollout) => new()
    {
        ["difficulty"] = ((JudgeRollout)rollout).Question.Difficulty,
        ["reward"] = rollout.Reward,
        ["completion"] = rollout.Text,
    };

    public void Dispose()
    {
        // Nothing is held open.
    }

    /// <summary>All labelled pairs of a file.</summary>
    /// <exception cref="RecipeException">The file cannot be read, a row is unusable or unlabelled; file and line are named.</exception>
    private static List<LabelledPair> ReadPairs(string path) =>
        [.. PreferenceFile.Read(path).Select(row => new LabelledPair(row.Pair, row.Row.Field("difficulty") ?? ""))];

    /// <summary>The pair as question number <paramref name="number"/>, in both orders.</summary>
    private IEnumerable<JudgeQuestion> Questions(LabelledPair pair, int number) =>
        ((bool[])[true, false]).Select(chosenFirst => new JudgeQuestion(
            number,
            pair.Difficulty,
            chosenFirst ? Verdict.First : Verdict.Second,
            ConversationIds.Of(_chat, _prompt.Render(pair.Pair.ToComparison(chosenFirst)))));

    private static double Share(JudgeRollout[] rollouts, Func<JudgeRollout, bool> which) => rollouts.Count(which) / (double)rollouts.Length;
}
