using System.Collections.Concurrent;
using RewardReasoning.Judging;
using RewardReasoning.Models.Checkpoints;
using RewardReasoning.Models.Decoder;
using RewardReasoning.Text.ChatTemplates;
using TorchSharp;
using static TorchSharp.torch;

namespace RewardReasoning.Models;

/// <summary>
/// A scalar reward model as a judge: each response is scored by itself, once, and the higher score wins. It does not think, so it has no
/// votes; its confidence, and the share of votes to be expected, is the Bradley-Terry probability of its own scores. Safe to use from many
/// threads; one thread computes at a time.
/// </summary>
public sealed class ScalarJudge : IScalarJudge
{
    private const int RememberedScores = 4_096;

    private readonly DecoderModel _model;
    private readonly ChatTokenizer _chat;
    private readonly ChatRenderOptions _rendering;
    private readonly TimeProvider _time;
    private readonly Lazy<string> _identity;
    private readonly Lock _computing = new();
    private readonly ConcurrentDictionary<(string Query, string Response), ResponseScore> _scores = new();

    private ScalarJudge(string folder, DecoderModel model, ChatTokenizer chat, LocalModelOptions options, TimeProvider time)
    {
        (_model, _chat, _time) = (model, chat, time);
        _rendering = new ChatRenderOptions { Variables = options.TemplateVariables };
        _identity = new Lazy<string>(() => LocalModel.IdentityOf(folder, model, options));
        Name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)));
    }

    /// <summary>The folder's name, for people.</summary>
    public string Name { get; }

    /// <summary>
    /// A name for what the model computes, as <see cref="LocalModel.Identity"/>; read from the files when first asked for.
    /// </summary>
    public string Identity => _identity.Value;

    /// <summary>2: one response is scored at a time, and meanwhile the next one is prepared.</summary>
    public int Concurrency => 2;

    /// <summary>Whether a folder holds a scalar reward model: its <c>config.json</c> names a <c>…ForSequenceClassification</c>.</summary>
    /// <exception cref="RewardReasoningException">The config is missing, broken or of an unknown kind.</exception>
    public static bool Handles(string folder) => DecoderConfig.Load(folder).ScalarHead;

    /// <summary>Loads a folder.</summary>
    /// <param name="folder">A Hugging Face folder with <c>score.weight</c>, tokenizer and chat template.</param>
    /// <param name="options">Type and device; the defaults if null.</param>
    /// <param name="time">Clock for the time that judgments take; the system's if null.</param>
    /// <exception cref="RewardReasoningException">Config or weights are missing or damaged, or of another kind.</exception>
    /// <exception cref="RewardReasoningException">The chat template is missing or cannot be read.</exception>
    public static ScalarJudge Load(string folder, LocalModelOptions? options = null, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(folder);
        DecoderConfig config = DecoderConfig.Load(folder);
        if (!config.ScalarHead)
        {
            throw new CheckpointException(
                Path.Combine(folder, DecoderConfig.FileName),
                "the model writes text and gives no score; a scalar reward model is a …ForSequenceClassification, such as rrm train "
                    + "reward-model makes."
            );
        }

        ChatTokenizer chat = ChatTokenizer.Load(folder);
        options ??= new LocalModelOptions();
        return new ScalarJudge(folder, LocalModel.LoadDecoder(folder, config, options), chat, options, time ?? TimeProvider.System);
    }

    /// <summary>The score of a response; only differences between responses to one query mean anything.</summary>
    /// <exception cref="ArgumentException">The conversation is longer than the model's context.</exception>
    public Task<double> ScoreAsync(string query, string response, CancellationToken cancellationToken = default) =>
        Task.Run(() => Score(query, response).Value, cancellationToken);

    /// <inheritdoc/>
    public Task<Judgment> JudgeAsync(Comparison comparison, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(comparison);
        return Task.Run(() => Judge(comparison, cancellationToken), cancellationToken);
    }

    /// <inheritdoc/>
    public void Dispose() => _model.Dispose();

    private Judgment Judge(Comparison comparison, CancellationToken cancellationToken)
    {
        long start = _time.GetTimestamp();
        ResponseScore first = Score(comparison.Query, comparison.Response1);
        cancellationToken.ThrowIfCancellationRequested();
        ResponseScore second = Score(comparison.Query, comparison.Response2);
        Usage usage = new() { PromptTokens = first.Tokens + second.Tokens, Elapsed = _time.GetElapsedTime(start) };
        return Judgment.OfScores(comparison, first.Value, second.Value, usage, Name);
    }

    private ResponseScore Score(string query, string response)
    {
        if (_scores.TryGetValue((query, response), out ResponseScore known))
        {
            return known;
        }

        int[] ids = _chat.Render([new ChatMessageText("user", query), new ChatMessageText("assistant", response)], _rendering).Ids;
        if (ids.Length > _model.Config.MaxPositions)
        {
            throw new ArgumentException(
                $"The conversation has {ids.Length} tokens; the context of {Name} is {_model.Config.MaxPositions}.",
                nameof(response)
            )
            {
                Data = { [ChatResponseKeys.PromptTokens] = ids.Length, [ChatResponseKeys.ContextTokens] = _model.Config.MaxPositions },
            };
        }

        ResponseScore score;
        lock (_computing)
        {
            using IDisposable noGradients = no_grad();
            using DisposeScope scope = NewDisposeScope();
            ScoredRows rows = new([ids], _model.Config.PadTokenId, _model.Device);
            score = new ResponseScore(rows.Scores(_model, _model.Hidden(rows.Ids)).item<float>(), ids.Length);
        }

        if (_scores.Count >= RememberedScores)
        {
            _scores.Clear();
        }

        _scores[(query, response)] = score;
        return score;
    }

    private readonly record struct ResponseScore(double Value, int Tokens);
}
