using System.Diagnostics;
using RewardReasoning.IO;
using RewardReasoning.Models.Decoder;
using TorchSharp;
using static TorchSharp.torch;

namespace RewardReasoning.Training.Runs;

/// <summary>
/// One run of a recipe, the same for every kind of training: set up or restored, its steps counted and logged, held-out data measured,
/// checkpoints written, the best model kept, ended at the last step or before. What a step does is the method's.
/// </summary>
internal sealed class TrainingLoop<TPosition>(TrainingRecipe recipe, TimeProvider clock)
    where TPosition : class
{
    /// <summary>Runs, or goes on with, the recipe until its end.</summary>
    /// <param name="load">Loads a model folder as a type, onto a device.</param>
    /// <param name="begin">Makes the method, at the beginning (null) or where its data stood.</param>
    /// <param name="progress">Told of each finished step.</param>
    /// <param name="cancellationToken">Ends the run with a checkpoint of the last finished step.</param>
    /// <exception cref="RewardReasoningException">The recipe, its data or its run folder is unusable.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; nothing that was finished is lost.</exception>
    public RunFolder Run(
        Func<string, ScalarType, Device, DecoderModel> load,
        Func<TrainingSession, TPosition?, ITrainingMethod<TPosition>> begin,
        Action<TrainingProgress>? progress,
        CancellationToken cancellationToken
    )
    {
        recipe.Validate();
        Directory.CreateDirectory(recipe.Out);
        using FileLock held = FileLock.Take(recipe.Out, clock);
        RunFolder folder = RunFolder.Open(recipe.Out, recipe);
        if (folder.IsFinished)
        {
            return folder;
        }

        (int Step, string Folder)? last = folder.LastCheckpoint();
        RunState<TPosition> state = last is { } from ? RunFolder.ReadState<RunState<TPosition>>(from.Folder) : new();
        DateTimeOffset began = state.Began ?? clock.GetLocalNow();
        state = state with { Began = began };
        using TrainingSession session = new(recipe, load, last?.Folder, began);
        using ITrainingMethod<TPosition> method = begin(session, state.Position);
        using RunLog log = new(
            folder,
            clock,
            firstMetrics: state is { Unmeasured: null, Step: > 0 } ? state.Step + 1 : state.Step,
            firstCompletions: state.Step + 1
        );
        RunningLoop loop = new(this, folder, session, method, log, progress) { State = state };
        if (state.Unmeasured is { } metrics)
        {
            loop.Complete(metrics, cancellationToken);
        }

        if (recipe.MeasureFirst && state.Step == 0)
        {
            loop.MeasureStart(cancellationToken);
        }

        while (loop.State.Step < recipe.Steps && !loop.State.Ended)
        {
            loop.Step(cancellationToken);
        }

        if (recipe.Lora is { } lora)
        {
            folder.Place(
                "adapter",
                target =>
                {
                    session.SaveAdapters(lora, target);
                    ModelCard.Write(target, recipe, log.Last, isAdapter: true);
                }
            );
        }

        if (recipe.EarlyStop is not null && loop.State.Best is { } best)
        {
            session.LoadWeights(folder.BestModel(best.Step));
        }

        folder.Finish(target =>
        {
            session.SaveFinished(target);
            ModelCard.Write(target, recipe, log.Last, isAdapter: false);
        });
        return folder;
    }

    /// <summary>Does the last steps of the recipe with the weights it begins with, and measures once; nothing is written.</summary>
    /// <param name="load">Loads a model folder as a type, onto a device.</param>
    /// <param name="begin">Makes the method.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="RewardReasoningException">The recipe or its data is unusable.</exception>
    public TrainingEstimate Estimate(
        Func<string, ScalarType, Device, DecoderModel> load,
        Func<TrainingSession, TPosition?, ITrainingMethod<TPosition>> begin,
        CancellationToken cancellationToken
    )
    {
        const int Tried = 3;
        recipe.Validate();
        using TrainingSession session = new(recipe, load, checkpoint: null, clock.GetLocalNow());
        using ITrainingMethod<TPosition> method = begin(session, null);
        List<(TimeSpan Step, double? Sampling)> steps = [];
        for (int i = Math.Min(Tried, recipe.Steps); i > 0; i--)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using DisposeScope scope = NewDisposeScope();
            long started = clock.GetTimestamp();
            StepOutcome outcome = method.Step(recipe.Steps - i, cancellationToken);
            bool samples = outcome.Metrics.TryGetValue("time/sampling_seconds", out double seconds);
            steps.Add((clock.GetElapsedTime(started), samples ? seconds : null));
        }

        (TimeSpan step, double? sampled) = steps.OrderBy(step => step.Step).ElementAt(steps.Count / 2);
        (int measurements, TimeSpan? measurement) = (0, null);
        if (method.EvaluateEvery is { } every)
        {
            long started = clock.GetTimestamp();
            _ = method.Evaluate(cancellationToken);
            measurement = clock.GetElapsedTime(started);
            measurements = ((recipe.Steps + every - 1) / every) + (recipe.MeasureFirst ? 1 : 0);
        }

        using Process process = Process.GetCurrentProcess();
        TimeSpan? sampling = sampled is { } time ? TimeSpan.FromSeconds(time) : null;
        return new(recipe.Steps, step, sampling, measurements, measurement, process.PeakWorkingSet64);
    }

    private sealed class RunningLoop(
        TrainingLoop<TPosition> owner,
        RunFolder folder,
        TrainingSession session,
        ITrainingMethod<TPosition> method,
        RunLog log,
        Action<TrainingProgress>? progress
    )
    {
        private readonly TrainingRecipe _recipe = owner.Recipe;

        public required RunState<TPosition> State { get; set; }

        public void Step(CancellationToken cancellationToken)
        {
            TPosition before = method.Position;
            long updates = session.Updates;
            StepOutcome outcome;
            try
            {
                cancellationToken.ThrowIfCancellationRequested();
                using DisposeScope scope = NewDisposeScope();
                outcome = method.Step(State.Step, cancellationToken);
            }
            catch (OperationCanceledException) when (session.Updates == updates)
            {
                Save(State with { Position = before });
                throw;
            }

            State = State with { Step = State.Step + 1, Position = method.Position };
            log.Completions(State.Step, outcome.Completions);
            Complete(outcome.Metrics, cancellationToken);
        }

        /// <summary>Logs as step 0 what the model measures before it is trained.</summary>
        public void MeasureStart(CancellationToken cancellationToken)
        {
            if (method.EvaluateEvery is not null)
            {
                Measurement measured = method.Evaluate(cancellationToken);
                log.HeldOut(0, measured.Items);
                Dictionary<string, double> metrics = measured.Metrics.ToDictionary(metric => metric.Metric, metric => metric.Value);
                log.Metrics(0, metrics);
                progress?.Invoke(new TrainingProgress(0, _recipe.Steps, metrics));
            }
        }

        /// <summary>Measures where that is due, logs the step and keeps what is to be kept.</summary>
        public void Complete(Dictionary<string, double> metrics, CancellationToken cancellationToken)
        {
            bool ends = State.Step == _recipe.Steps;
            if (method.EvaluateEvery is { } every && (ends || State.Step % every == 0))
            {
                Measure(metrics, cancellationToken);
            }

            State = State with { Unmeasured = null };
            log.Metrics(State.Step, metrics);
            progress?.Invoke(new TrainingProgress(State.Step, _recipe.Steps, metrics));
            if (ends || State.Ended || State.Step % _recipe.CheckpointEvery == 0)
            {
                Save(State);
            }
        }

        private void Measure(Dictionary<string, double> metrics, CancellationToken cancellationToken)
        {
            Measurement measured;
            try
            {
                measured = method.Evaluate(cancellationToken);
            }
            catch (OperationCanceledException)
            {
                Save(State with { Unmeasured = metrics.Where(metric => double.IsFinite(metric.Value)).ToDictionary() });
                throw;
            }

            foreach ((string metric, double value) in measured.Metrics)
            {
                metrics[metric] = value;
            }

            if (log.HeldOut(State.Step, measured.Items) is { } changed)
            {
                (metrics["evaluation/gained"], metrics["evaluation/lost"]) = (changed.Gained, changed.Lost);
            }

            if (State.Best is not { } best || measured.Score > best.Score + (_recipe.EarlyStop?.MinimumGain ?? 0))
            {
                folder.KeepBest(State.Step, session.SaveWeights);
                State = State with { Best = new BestModel(State.Step, measured.Score), Stale = 0 };
            }
            else
            {
                State = State with { Stale = State.Stale + 1 };
                State = State with { Ended = State.Stale >= _recipe.EarlyStop?.Patience };
            }
        }

        private void Save(RunState<TPosition> state)
        {
            // A checkpoint of this step was written before only where its measurement was interrupted: then this one says no more.
            if (folder.LastCheckpoint()?.Step != state.Step)
            {
                folder.Checkpoint(state.Step, _recipe.KeepEvery, target => session.SaveCheckpoint(target, state));
            }
        }
    }

    private TrainingRecipe Recipe => recipe;
}

/// <summary>What a checkpoint says besides weights and moments.</summary>
/// <typeparam name="TPosition">Position in the method's data.</typeparam>
internal sealed record RunState<TPosition>
{
    /// <summary>When the run began; null in checkpoints of older versions.</summary>
    public DateTimeOffset? Began { get; init; }

    /// <summary>Steps done.</summary>
    public int Step { get; init; }

    /// <summary>Position in the method's data; null before the first step.</summary>
    public TPosition? Position { get; init; }

    /// <summary>The best measurement so far.</summary>
    public BestModel? Best { get; init; }

    /// <summary>Measurements since then.</summary>
    public int Stale { get; init; }

    /// <summary>Whether the run has ended before its last step.</summary>
    public bool Ended { get; init; }

    /// <summary>
    /// Metrics of the last step where its measurement was interrupted: it is measured, and then logged, when the run goes on.
    /// </summary>
    public Dictionary<string, double>? Unmeasured { get; init; }
}

/// <summary>The best measurement of a run, and the step it was taken at.</summary>
internal sealed record BestModel(int Step, double Score);
