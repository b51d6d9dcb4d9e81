using RewardReasoning.Models.Decoder;
using RewardReasoning.Recipes;
using RewardReasoning.Training.Losses;
using RewardReasoning.Training.Rollouts;
using RewardReasoning.Training.Runs;
using static TorchSharp.torch;

namespace RewardReasoning.Training.Sft;

/// <summary>Position in supervised data: the packer, and the tokens of all rows so far.</summary>
internal sealed record SftPosition(PackerState Packer, long Tokens);

/// <summary>Rows of documents and their cross entropy.</summary>
internal sealed class SftMethod : ITrainingMethod<SftPosition>
{
    private readonly SftRecipe _recipe;
    private readonly TimeProvider _clock;
    private readonly TrainingSession _session;
    private readonly SftDocuments _documents;
    private readonly DocumentPacker _packer;
    private readonly ExactMatchEvaluation? _evaluation;
    private readonly HeldOutEvaluation? _heldOut;
    private long _tokens;

    public SftMethod(SftRecipe recipe, TimeProvider clock, TrainingSession session, SftPosition? position)
    {
        (_recipe, _clock, _session) = (recipe, clock, session);
        RequireContext(recipe, session.Chat);
        _documents = new SftDocuments(recipe.Data, session.Chat);
        _heldOut = recipe.HeldOut is { } held ? new(held, HeldOut(held), session.Chat) : null;
        _packer = new DocumentPacker(_documents, recipe.RowTokens, recipe.PackingPool, recipe.Seed, position?.Packer);
        _evaluation = recipe.Evaluation is { } options ? new(options, session.Chat) : null;
        _tokens = position?.Tokens ?? 0;
    }

    public SftPosition Position => new(_packer.State, _tokens);

    public int? EvaluateEvery => _recipe.Evaluation?.Every ?? _recipe.HeldOut?.Every;

    public StepOutcome Step(int step, CancellationToken cancellationToken)
    {
        long started = _clock.GetTimestamp();
        PackedRow[] rows = [.. Enumerable.Range(0, _recipe.RowsPerStep).Select(_ => _packer.NextRow())];
        double denominator = rows.Sum(row => row.Weights.Sum(weight => (double)weight));
        double loss = _session
            .Workers.Run(worker =>
                rows.Where((_, index) => index % _session.Workers.Count == worker)
                    .Chunk(_recipe.RowsPerPass)
                    .Sum(pass => _session.Backpropagate(worker, (model, recompute) => Backpropagate(model, pass, denominator, recompute)))
            )
            .Sum();
        (double norm, double rate) = _session.Update(step);
        long tokens = (long)_recipe.RowsPerStep * _recipe.RowTokens;
        _tokens += tokens;
        return new StepOutcome(
            new Dictionary<string, double>
            {
                ["train/loss"] = loss,
                ["train/gradient_norm"] = norm,
                ["train/learning_rate"] = rate,
                ["train/tokens"] = _tokens,
                ["documents/too_long"] = _packer.TooLong,
                ["time/tokens_per_second"] = tokens / _clock.GetElapsedTime(started).TotalSeconds,
            },
            []
        );
    }

    public Measurement Evaluate(CancellationToken cancellationToken)
    {
        using RolloutSampler sampler = new(_session.Replicas, _session.Workers, _session.Chat.EndTokens, _session.Chat.Calculator);
        Measurement? documents = _heldOut?.Measure(_session, sampler, cancellationToken);
        if (_evaluation is null)
        {
            return documents ?? new Measurement(0, []);
        }

        double exact = _evaluation.Measure(sampler, cancellationToken);
        return new Measurement(exact, [("evaluation/exact_match", exact), .. documents?.Metrics ?? []]) { Items = documents?.Items ?? [] };
    }

    public void Dispose() => _documents.Dispose();

    /// <summary>Rows whose tokens are counted through, documents after documents, must fit into the context.</summary>
    private static void RequireContext(SftRecipe recipe, TrainedChat chat)
    {
        if (recipe.RowTokens > chat.ContextLength)
        {
            throw new RecipeException(
                $"row_tokens is {recipe.RowTokens} and the context of {recipe.Model} is {chat.ContextLength} tokens; lower row_tokens."
            );
        }
    }

    private IReadOnlyList<SftDocument> HeldOut(HeldOutOptions options)
    {
        if (options.Data is not { } path)
        {
            return _documents.TakeOut(options.Documents, _recipe.RowTokens, _recipe.Seed);
        }

        using SftDocuments others = new(path, _session.Chat);
        return [.. Enumerable.Range(0, Math.Min(options.Documents, others.Count)).Select(others.Read)];
    }

    private double Backpropagate(DecoderModel model, PackedRow[] rows, double denominator, bool recompute)
    {
        using TorchSharp.DisposeScope scope = NewDisposeScope();
        Tensor ids = Rows(rows, row => row.Ids, model.Device);
        Tensor weights = tensor(rows.SelectMany(row => row.Weights).ToArray(), rows.Length, _recipe.RowTokens, device: model.Device);
        (Tensor positions, Tensor targets, Tensor targetWeights) = NextTokenTargets.Select(ids, weights);
        return _recipe.DocumentsAlone
            ? model.BackpropagatePacked(
                ids,
                Rows(rows, row => row.Positions, model.Device),
                Rows(rows, row => row.Documents, model.Device),
                Loss,
                recompute
            )
            : model.Backpropagate(ids, Loss, recompute);

        Tensor Loss(Tensor hidden)
        {
            Tensor scored = hidden.reshape(-1, hidden.shape[2]).index_select(0, positions); // [N, H]
            return CrossEntropy.Compute(model.Logits(scored), targets, targetWeights, denominator, _recipe.Loss);
        }
    }

    private Tensor Rows(PackedRow[] rows, Func<PackedRow, long[]> part, Device device) =>
        tensor(rows.SelectMany(part).ToArray(), rows.Length, _recipe.RowTokens, device: device);
}
