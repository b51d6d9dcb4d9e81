using System.Text.Json.Nodes;
using RewardReasoning.Training.Rollouts;
using RewardReasoning.Training.Runs;

namespace RewardReasoning.Training.Grpo;

/// <summary>
/// State of reinforcement learning in a checkpoint: items drawn or skipped, and the KL's coefficient where a controller moves it.
/// </summary>
internal sealed record GrpoPosition(long PairPosition, double KlCoefficient)
{
    /// <summary>Position in each source, where the count of items does not say it all.</summary>
    public MixturePosition? Mixture { get; init; }
}

/// <summary>Rollouts, their rewards, and the updates that follow from them.</summary>
internal sealed class GrpoMethod : ITrainingMethod<GrpoPosition>
{
    private const int EvaluationBatch = 256;
    private const int LoggedCompletions = 4;

    private readonly GrpoRecipe _recipe;
    private readonly TimeProvider _clock;
    private readonly TrainingSession _session;
    private readonly IRolloutTask _task;
    private readonly RolloutSampler _sampler;
    private readonly FrozenReference? _reference;
    private double _klCoefficient;

    /// <param name="recipe">A valid recipe.</param>
    /// <param name="clock">For timings.</param>
    /// <param name="session">The model and its workers.</param>
    /// <param name="begin">Makes the task at a position in its data; the method owns it.</param>
    /// <param name="position">Null at the beginning.</param>
    public GrpoMethod(
        GrpoRecipe recipe,
        TimeProvider clock,
        TrainingSession session,
        Func<DataPosition?, IRolloutTask> begin,
        GrpoPosition? position
    )
    {
        (_recipe, _clock, _session) = (recipe, clock, session);
        _task = begin(position is null ? null : new DataPosition(position.PairPosition, position.Mixture));
        _sampler = new RolloutSampler(session.Replicas, session.Workers, _task.EndTokens, session.Chat.Calculator);
        _reference = recipe.Loss.KlCoefficient > 0 ? new FrozenReference(recipe, session, recipe.Reference) : null;
        _klCoefficient = position?.KlCoefficient ?? recipe.Loss.KlCoefficient;
    }

    public GrpoPosition Position => new(_task.Position.Taken, _klCoefficient) { Mixture = _task.Position.Mixture };

    public int? EvaluateEvery => _recipe.Measured?.Every;

    private int UpdatesPerStep => _recipe.Epochs * _recipe.Minibatches;

    public StepOutcome Step(int step, CancellationToken cancellationToken)
    {
        long started = _clock.GetTimestamp();
        RolloutBatch batch = SampleBatch(step, cancellationToken);
        TimeSpan sampling = _clock.GetElapsedTime(started);
        Dictionary<string, double> metrics = batch.Describe();
        foreach ((string metric, double value) in _task.Describe(batch.Sampled))
        {
            metrics[metric] = value;
        }

        Train(batch, step, metrics);
        metrics["time/sampling_seconds"] = sampling.TotalSeconds;
        metrics["time/step_seconds"] = _clock.GetElapsedTime(started).TotalSeconds;
        return new StepOutcome(
            metrics,
            [.. batch.Sampled.Where((_, index) => index % _task.Repeats == 0).Take(LoggedCompletions).Select(_task.Row)]
        );
    }

    public Measurement Evaluate(CancellationToken cancellationToken)
    {
        SamplingSettings settings = new(_recipe.Measured?.Temperature ?? 0, _recipe.MaxTokens);
        Rollout[] rollouts =
        [
            .. _task
                .HeldOut.OrderBy(prompt => prompt.PromptIds.Length)
                .Chunk(EvaluationBatch)
                .SelectMany((batch, index) => Sample(batch, 1, settings, _recipe.Seed + (ulong)index, cancellationToken)),
        ];
        return Measurement.Of(
            ("evaluation/accuracy", rollouts.Count(_task.IsRight) / (double)rollouts.Length),
            ("evaluation/length", rollouts.Average(rollout => rollout.Completion.Ids.Length)),
            ("evaluation/cut", rollouts.Count(rollout => !rollout.Completion.Finished) / (double)rollouts.Length)
        ) with
        {
            Items = [.. rollouts.Select(HeldOutRow)],
        };
    }

    public void Dispose()
    {
        _reference?.Dispose();
        _sampler.Dispose();
        _task.Dispose();
    }

    /// <summary>
    /// Samples the step's groups, and fresh ones in place of those that give no gradient, as often as the recipe allows.
    /// </summary>
    private RolloutBatch SampleBatch(int step, CancellationToken cancellationToken)
    {
        RolloutBatch batch = new(_recipe.Advantage);
        int drawn = 0;
        for (int round = 0; round <= _recipe.ResampleRounds; round++)
        {
            if (round > 0)
            {
                batch.DropFlat();
            }

            int missing = _recipe.GroupsPerStep - batch.GroupCount;
            if (missing == 0)
            {
                break;
            }

            DrawnPrompts fresh = _task.Draw(missing, drawn, step);
            batch.Add(Sample(fresh.Prompts, step, round, cancellationToken), fresh.Skipped);
            _task.Require(batch.Sampled);
            drawn += missing;
        }

        return batch;
    }

    private IEnumerable<Rollout> Sample(IReadOnlyList<RolloutPrompt> prompts, int step, int round, CancellationToken cancellationToken)
    {
        SamplingSettings settings = new(_recipe.Temperature, _recipe.MaxTokens);
        ulong seed = new SeededRandom(_recipe.Seed ^ ((ulong)step << 20) ^ ((ulong)round << 10)).NextBits();
        return _task.Reward(Sample(prompts, _task.Repeats, settings, seed, cancellationToken), cancellationToken).Select(Shape);
    }

    private Rollout[] Sample(
        IReadOnlyList<RolloutPrompt> prompts,
        int repeats,
        SamplingSettings settings,
        ulong seed,
        CancellationToken cancellationToken
    )
    {
        IReadOnlyList<SampledCompletion> completions = _sampler.Sample(
            [.. prompts.Select(prompt => prompt.PromptIds)],
            repeats,
            settings,
            seed,
            cancellationToken
        );
        return [.. completions.Select((completion, index) => _task.Read(prompts[index / repeats], completion))];
    }

    private JsonObject HeldOutRow(Rollout rollout)
    {
        JsonObject row = _task.Row(rollout);
        row.Remove("reward");
        row[Measurement.Right] = _task.IsRight(rollout);
        return row;
    }

    private Rollout Shape(Rollout rollout) =>
        rollout with
        {
            Reward = rollout.Reward + _recipe.Overlong.Shape(rollout.Completion.Ids.Length, _recipe.MaxTokens),
        };

    private void Train(RolloutBatch batch, int step, Dictionary<string, double> metrics)
    {
        PolicyUpdate update = new(
            _recipe.Loss with
            {
                KlCoefficient = _klCoefficient,
            },
            _recipe.Temperature,
            _recipe.TokensPerPass,
            _recipe.SharePrompts
        );

        IReadOnlyList<IReadOnlyList<(Rollout Rollout, double Advantage)>> groups = batch.WithAdvantages();

        // Groups in the order of their numbers, by minibatch and worker: [minibatch][worker] rollouts.
        TrainedRollout[][][] parts =
        [
            .. Enumerable
                .Range(0, _recipe.Minibatches)
                .Select(minibatch =>
                    Enumerable
                        .Range(0, _recipe.Workers)
                        .Select(worker =>
                            groups
                                .Where(
                                    (_, index) =>
                                        index % _recipe.Workers == worker && index / _recipe.Workers % _recipe.Minibatches == minibatch
                                )
                                .SelectMany(group =>
                                    group.Select(entry => new TrainedRollout(
                                        entry.Rollout,
                                        entry.Advantage,
                                        FirstTrained(entry.Rollout, step)
                                    ))
                                )
                                .ToArray()
                        )
                        .ToArray()
                ),
        ];
        AddLogProbs(parts, update);
        GrpoMetrics sum = GrpoMetrics.Zero;
        double norms = 0,
            rate = 0;
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

                foreach (
                    (TrainedRollout rollout, float[] logProbs) in _reference?.Compute(
                        worker,
                        model => update.LogProbs(model, plain).ToList()
                    )
                        ?? []
                )
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
            all.Sum(rollout => (long)rollout.TrainedTokens),
            all.Length,
            all.Length == 0 ? 0 : all.Max(rollout => rollout.Completion.Length)
        );
        return _session
            .Workers.Run(worker =>
            {
                GrpoMetrics metrics = GrpoMetrics.Zero;
                foreach (IReadOnlyList<TrainedRollout> pass in update.Passes(minibatch[worker]))
                {
                    _ = _session.Backpropagate(
                        worker,
                        (model, recompute) =>
                        {
                            GrpoMetrics part = update.Backpropagate(model, pass, counts, recompute);
                            metrics = metrics.Add(part);
                            return part.Loss;
                        }
                    );
                }

                return metrics;
            })
            .Aggregate(GrpoMetrics.Zero, (sum, part) => sum.Add(part));
    }

    private int FirstTrained(Rollout rollout, int step)
    {
        int length = rollout.Completion.Ids.Length;
        if (_recipe.Overlong.MaskCut && !rollout.Completion.Finished)
        {
            return length;
        }

        return step < _recipe.AnswerOnlySteps ? _session.Chat.ReasoningLength(rollout.Prompt.PromptIds, rollout.Completion.Ids) : 0;
    }
}
