using System.Text.Json.Nodes;
using RewardReasoning.Models.Decoder;
using RewardReasoning.Training.Rollouts;
using RewardReasoning.Training.Runs;
using static TorchSharp.torch;

namespace RewardReasoning.Training.Grpo;

/// <summary>Where reinforcement learning stands: pairs drawn or passed over, and the KL's coefficient where a controller moves it.</summary>
internal sealed record GrpoPosition(long PairPosition, double KlCoefficient);

/// <summary>Rollouts of the judge, their rewards, and the updates that follow from them.</summary>
internal sealed class GrpoMethod : ITrainingMethod<GrpoPosition>
{
    private const int EvaluationBatch = 128;
    private const int LoggedCompletions = 4;

    private readonly GrpoRecipe _recipe;
    private readonly TimeProvider _clock;
    private readonly TrainingSession _session;
    private readonly JudgeTask _task;
    private readonly PairStream _pairs;
    private readonly IReadOnlyList<LabelledPair> _heldOut;
    private readonly FrozenReference? _reference;
    private double _klCoefficient;

    public GrpoMethod(GrpoRecipe recipe, TimeProvider clock, TrainingSession session, GrpoPosition? position)
    {
        (_recipe, _clock, _session) = (recipe, clock, session);
        _task = new JudgeTask(recipe.Model, session.Model.Config.EosTokenIds);
        _pairs = new PairStream(JudgeTask.ReadPairs(recipe.Data), recipe.Seed, position?.PairPosition ?? 0);
        _heldOut = recipe.Evaluation is { } options ? [.. JudgeTask.ReadPairs(options.Data).Take(options.Pairs)] : [];
        _reference = recipe.Loss.KlCoefficient > 0 ? new FrozenReference(recipe, session, recipe.Reference) : null;
        _klCoefficient = position?.KlCoefficient ?? recipe.Loss.KlCoefficient;
    }

    public GrpoPosition Position => new(_pairs.Position, _klCoefficient);

    public int? EvaluateEvery => _recipe.Evaluation?.Every;

    private int UpdatesPerStep => _recipe.Epochs * _recipe.Minibatches;

    public StepOutcome Step(int step, CancellationToken cancellationToken)
    {
        long started = _clock.GetTimestamp();
        RolloutBatch batch = SampleBatch(step, cancellationToken);
        TimeSpan sampling = _clock.GetElapsedTime(started);
        Dictionary<string, double> metrics = batch.Describe();
        Train(batch, step, metrics);
        metrics["time/sampling_seconds"] = sampling.TotalSeconds;
        metrics["time/step_seconds"] = _clock.GetElapsedTime(started).TotalSeconds;
        return new StepOutcome(
            metrics,
            [.. batch.Sampled.Where((_, index) => index % _recipe.RolloutsPerOrder == 0).Take(LoggedCompletions).Select(Row)]);
    }

    public IReadOnlyList<(string Metric, double Value)> Evaluate(CancellationToken cancellationToken)
    {
        JudgeQuestion[][] batches =
        [
            .. _heldOut.SelectMany((pair, number) => _task.Questions(pair, number)).OrderBy(question => question.PromptIds.Length).Chunk(EvaluationBatch),
        ];
        SamplingSettings settings = new(_recipe.Evaluation?.Temperature ?? 0, _recipe.MaxTokens);
        int right = _session.Workers.Run(worker =>
        {
            int count = 0;
            for (int batch = worker; batch < batches.Length; batch += _session.Workers.Count)
            {
                DecoderModel model = _session.Replicas.Models[worker];
                using Generator generator = new(_recipe.Seed + (ulong)batch, model.Device);
                count += _task.Judge(model, batches[batch], 1, settings, generator, cancellationToken).Count(rollout => rollout.IsRight);
            }

            return count;
        }).Sum();
        return [("evaluation/accuracy", right / (2.0 * _heldOut.Count))];
    }

    public void Dispose() => _reference?.Dispose();

    private static JsonObject Row(JudgeRollout rollout) => new()
    {
        ["difficulty"] = rollout.Question.Difficulty,
        ["reward"] = rollout.Reward,
        ["completion"] = rollout.Text,
    };

    /// <summary>Samples the step's pairs, and fresh ones in place of those that teach nothing, as often as the recipe says.</summary>
    private RolloutBatch SampleBatch(int step, CancellationToken cancellationToken)
    {
        RolloutBatch batch = new(_recipe.Advantage);
        batch.Add(Sample(DrawQuestions(_recipe.PairsPerStep, 0, step), step, 0, cancellationToken));
        int drawn = _recipe.PairsPerStep;
        for (int round = 1; round <= _recipe.ResampleRounds; round++)
        {
            batch.DropFlat();
            int missing = _recipe.PairsPerStep - batch.GroupCount;
            if (missing == 0)
            {
                break;
            }

            batch.Add(Sample(DrawQuestions(missing, drawn, step), step, round, cancellationToken));
            drawn += missing;
        }

        return batch;
    }

    private JudgeQuestion[][] DrawQuestions(int count, int firstNumber, int step)
    {
        IReadOnlyList<string>? difficulties = _recipe.DifficultiesAt(step);
        LabelledPair[] drawn = [.. Enumerable.Range(0, count).Select(_ => _pairs.Next(difficulties))];
        return
        [
            .. Enumerable.Range(0, _recipe.Workers).Select(worker => drawn
                .Select((pair, number) => (pair, number))
                .Where(entry => entry.number % _recipe.Workers == worker)
                .SelectMany(entry => _task.Questions(entry.pair, firstNumber + entry.number))
                .ToArray()),
        ];
    }

    private IEnumerable<JudgeRollout> Sample(JudgeQuestion[][] questions, int step, int round, CancellationToken cancellationToken)
    {
        SamplingSettings settings = new(_recipe.Temperature, _recipe.MaxTokens);
        return _session.Workers.Run(worker =>
        {
            if (questions[worker].Length == 0)
            {
                return [];
            }

            DecoderModel model = _session.Replicas.Models[worker];
            ulong seed = new SeededRandom(_recipe.Seed ^ ((ulong)step << 20) ^ ((ulong)round << 10) ^ (ulong)worker).NextBits();
            using Generator generator = new(seed, model.Device);
            return _task.Judge(model, questions[worker], _recipe.RolloutsPerOrder, settings, generator, cancellationToken);
        }).SelectMany(part => part).Select(Shape);
    }

    private JudgeRollout Shape(JudgeRollout rollout) =>
        rollout with { Reward = rollout.Reward + _recipe.Overlong.Shape(rollout.Completion.Ids.Length, _recipe.MaxTokens) };

    private void Train(RolloutBatch batch, int step, Dictionary<string, double> metrics)
    {
        PolicyUpdate update = new(_recipe.Loss with { KlCoefficient = _klCoefficient }, _recipe.Temperature, _recipe.TokensPerPass, _recipe.SharePrompts);

        IReadOnlyList<IReadOnlyList<(JudgeRollout Rollout, double Advantage)>> groups = batch.WithAdvantages();

        // Groups in the order of their numbers, by minibatch and worker: [minibatch][worker] rollouts.
        TrainedRollout[][][] parts =
        [
            .. Enumerable.Range(0, _recipe.Minibatches).Select(minibatch => Enumerable.Range(0, _recipe.Workers).Select(worker => groups
                .Where((_, index) => index % _recipe.Workers == worker && index / _recipe.Workers % _recipe.Minibatches == minibatch)
                .SelectMany(group => group.Select(entry => new TrainedRollout(entry.Rollout, entry.Advantage, FirstTrained(entry.Rollout, step))))
                .ToArray()).ToArray()),
        ];
        AddLogProbs(parts, update);
        GrpoMetrics sum = GrpoMetrics.Zero;
        double norms = 0, rate = 0;
        for (int epoch = 0; epoch < _recipe.Epochs; epoch++)
        {
            foreach (TrainedRollout[][] minibatch in parts)
            {
                sum = sum.Add(AccumulateGradients(minibatch, update));
                (double norm, rate) = _session.Update(step);
                norms += norm;
            }
        }

        metrics["grpo/loss"] = sum.Loss / UpdatesPerStep;
        metrics["grpo/clip_fraction"] = sum.ClipFraction;
        if (UpdatesPerStep > 1)
        {
            metrics["grpo/lower_clip_fraction"] = sum.LowerClipFraction;
            metrics["grpo/approximate_kl"] = sum.ApproximateKl;
        }

        if (_reference is not null)
        {
            metrics["grpo/kl"] = sum.KlLoss / UpdatesPerStep;
            metrics["grpo/kl_coefficient"] = _klCoefficient;
            if (_recipe.KlControl is { } control)
            {
                _klCoefficient = KlPenalty.NextCoefficient(_klCoefficient, sum.KlLoss / UpdatesPerStep, control, batch.Sampled.Count);
            }
        }

        metrics["train/gradient_norm"] = norms / UpdatesPerStep;
        metrics["train/learning_rate"] = rate;
    }

    /// <summary>Adds log-probs under the sampling weights, where these are about to change, and under the reference.</summary>
    private void AddLogProbs(TrainedRollout[][][] parts, PolicyUpdate update)
    {
        if (UpdatesPerStep == 1 && _reference is null)
        {
            return;
        }

        _ = _session.Workers.Run(worker =>
        {
            foreach (TrainedRollout[] part in parts.Select(minibatch => minibatch[worker]))
            {
                Dictionary<TrainedRollout, int> places = new(ReferenceEqualityComparer.Instance);
                for (int i = 0; i < part.Length; i++)
                {
                    places[part[i]] = i;
                }

                TrainedRollout[] plain = [.. part];
                if (UpdatesPerStep > 1)
                {
                    foreach ((TrainedRollout rollout, float[] logProbs) in update.LogProbs(_session.Replicas.Models[worker], plain))
                    {
                        part[places[rollout]] = part[places[rollout]] with { OldLogProbs = logProbs };
                    }
                }

                foreach ((TrainedRollout rollout, float[] logProbs) in _reference?.Compute(worker, model => update.LogProbs(model, plain).ToList()) ?? [])
                {
                    part[places[rollout]] = part[places[rollout]] with { ReferenceLogProbs = logProbs };
                }
            }

            return 0;
        });
    }

    private GrpoMetrics AccumulateGradients(TrainedRollout[][] minibatch, PolicyUpdate update)
    {
        TrainedRollout[] all = [.. minibatch.SelectMany(part => part)];
        BatchCounts counts = new(
            all.Sum(rollout => (long)rollout.TrainedTokens), all.Length, all.Length == 0 ? 0 : all.Max(rollout => rollout.Completion.Length));
        return _session.Workers.Run(worker =>
        {
            GrpoMetrics metrics = GrpoMetrics.Zero;
            foreach (IReadOnlyList<TrainedRollout> pass in update.Passes(minibatch[worker]))
            {
                _ = _session.Backpropagate(worker, (model, recompute) =>
                {
                    GrpoMetrics part = update.Backpropagate(model, pass, counts, recompute);
                    metrics = metrics.Add(part);
                    return part.Loss;
                });
            }

            return metrics;
        }).Aggregate(GrpoMetrics.Zero, (sum, part) => sum.Add(part));
    }

    private int FirstTrained(JudgeRollout rollout, int step)
    {
        int length = rollout.Completion.Ids.Length;
        if (_recipe.Overlong.MaskCut && !rollout.Completion.Finished)
        {
            return length;
        }

        if (step >= _recipe.VerdictOnlySteps || _task.ThoughtEnd is not { } thoughtEnd)
        {
            return 0;
        }

        int end = Array.LastIndexOf(rollout.Completion.Ids, thoughtEnd);
        return end < 0 ? length : end + 1;
    }
}
