using RewardReasoning.Judging;
using RewardReasoning.Models.ChatTemplates;
using RewardReasoning.Models.Decoder;
using RewardReasoning.Training.Preferences;
using RewardReasoning.Training.Rewards;
using RewardReasoning.Training.Rollouts;
using RewardReasoning.Training.Runs;
using static TorchSharp.torch;

namespace RewardReasoning.Training.Grpo;

/// <summary>What turns pairs into prompts and completions into verdicts, the same in training and in evaluation.</summary>
internal sealed class JudgeTask
{
    private const string ThoughtOpens = "<think>";
    private const string ThoughtCloses = "</think>";
    private readonly JudgePrompt _prompt;
    private readonly ChatTokenizer _chat;
    private readonly int? _thoughtOpens;

    public JudgeTask(string modelFolder, IReadOnlyList<int> endTokens)
    {
        _chat = ChatTokenizer.Load(modelFolder);
        string prompt = Path.Combine(modelFolder, "judge-prompt.txt");
        _prompt = File.Exists(prompt) ? JudgePrompt.Load(prompt) : JudgePrompt.Default;
        _thoughtOpens = _chat.Tokenizer.FindToken(ThoughtOpens);
        ThoughtEnd = _chat.Tokenizer.FindToken(ThoughtCloses);
        EndTokens = endTokens.Count > 0
            ? endTokens.ToHashSet()
            : throw new RecipeException($"{modelFolder} names no end-of-turn token; set eos_token_id in its config.json or generation_config.json.");
    }

    public IReadOnlySet<int> EndTokens { get; }

    /// <summary>The token that closes a thought; null for a model without thoughts.</summary>
    public int? ThoughtEnd { get; }

    /// <summary>All labelled pairs of a file.</summary>
    /// <exception cref="RecipeException">The file cannot be read, a row is unusable or unlabelled; file and line are named.</exception>
    public static List<LabelledPair> ReadPairs(string path) =>
        [.. PreferenceFile.Read(path).Select(row => new LabelledPair(row.Pair, row.Row.Field("difficulty") ?? ""))];

    /// <summary>The pair as question number <paramref name="number"/>, in both orders.</summary>
    public IEnumerable<JudgeQuestion> Questions(LabelledPair pair, int number) =>
        ((bool[])[true, false]).Select(chosenFirst => new JudgeQuestion(
            number,
            pair.Difficulty,
            chosenFirst ? Verdict.First : Verdict.Second,
            ConversationIds.Of(_chat, _prompt.Render(pair.Pair.ToComparison(chosenFirst)))));

    /// <summary>Samples judgments of the questions.</summary>
    public List<JudgeRollout> Judge(
        DecoderModel model, IReadOnlyList<JudgeQuestion> questions, int repeats, SamplingSettings settings, Generator generator, CancellationToken cancellationToken)
    {
        IReadOnlyList<SampledCompletion> completions = new RolloutSampler(model, EndTokens).Sample(
            [.. questions.Select(question => question.PromptIds)], repeats, settings, generator, cancellationToken);
        return [.. completions.Select((completion, index) => Read(questions[index / repeats], completion))];
    }

    private JudgeRollout Read(JudgeQuestion question, SampledCompletion completion)
    {
        int written = completion.Finished ? completion.Ids.Length - 1 : completion.Ids.Length;
        string text = _chat.Tokenizer.Decode(completion.Ids.AsSpan(0, written));
        Verdict verdict = VerdictParser.Parse(text, promptOpensThought: question.PromptIds[^1] == _thoughtOpens);
        return new JudgeRollout(question, completion, text, verdict, VerdictReward.Of(verdict, question.Right));
    }
}
