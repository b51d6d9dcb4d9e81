using System.Text.Json.Nodes;
using RewardReasoning.Models.Decoder;
using RewardReasoning.Training.Optimization;
using RewardReasoning.Training.Rollouts;
using RewardReasoning.Training.Runs;
using TorchSharp;
using static TorchSharp.torch;

namespace RewardReasoning.Training.Grpo;

/// <summary>
/// Reward reasoning via RL (arXiv 2505.14674, section 3.2): sample judgments of labelled pairs, reward each verdict with +1 or −1,
/// normalise within the group, and take one policy-gradient step. Nothing tells the judge how to think.
/// Deviation: a group is both orders of a pair together, so that a preference for one side has no advantage.
/// </summary>
public sealed class GrpoTrainer(GrpoRecipe recipe, TimeProvider clock)
{
    private const int EvaluationBatch = 128;
    private const int LoggedCompletions = 4;

    /// <summary>Runs, or goes on with, the recipe until its last step; the finished model lies in <see cref="RunFolder.FinalModel"/>.</summary>
    /// <exception cref="RecipeException">The recipe, its data or its run folder is unusable.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; the last checkpoint stands.</exception>
    public RunFolder Run(Action<TrainingProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        recipe.Validate();
        RunFolder folder = RunFolder.Open(recipe.Out, recipe);
        if (folder.IsFinished)
        {
            return folder;
        }

        (int Step, string Folder)? last = folder.LastCheckpoint();
        using DecoderModel model = DecoderModel.Load(last?.Folder ?? recipe.Model, ScalarType.Float32, CPU);
        JudgeTask task = new(recipe.Model, model.Config.EosTokenIds);
        GrpoState state = last is { } from ? RunFolder.ReadState<GrpoState>(from.Folder) : new GrpoState(0, 0);
        folder.ForgetLogsFrom(state.Step + 1);
        PairStream pairs = new(JudgeTask.ReadPairs(recipe.Data), recipe.Seed, state.PairPosition);
        IReadOnlyList<LabelledPair> heldOut = recipe.Evaluation is { } options ? [.. JudgeTask.ReadPairs(options.Data).Take(options.Pairs)] : [];
        using FusedAdamW optimizer = new(model.Parameters, recipe.Optimizer);
        if (last is { } checkpoint)
        {
            RunFolder.RestoreOptimizer(checkpoint.Folder, optimizer);
        }

        using ParallelWorkers workers = new(recipe.Workers);
        using ModelReplicas replicas = new(model, recipe.Workers);
        LearningRateSchedule schedule = new()
        {
            PeakRate = recipe.LearningRate,
            Shape = recipe.Schedule,
            WarmupSteps = recipe.WarmupSteps,
            TotalSteps = recipe.Steps,
            FloorRatio = recipe.FinalRateRatio,
        };
        schedule.Validate();

        for (int step = state.Step; step < recipe.Steps; step++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using DisposeScope scope = NewDisposeScope();
            long started = clock.GetTimestamp();
            JudgeQuestion[][] questions = DrawQuestions(pairs, task, step);
            List<JudgeRollout>[] rollouts = workers.Run(worker => Sample(task, replicas.Models[worker], questions[worker], step, worker, cancellationToken));
            TimeSpan sampling = clock.GetElapsedTime(started);
            Dictionary<string, double> metrics = Describe([.. rollouts.SelectMany(part => part)]);
            GrpoMetrics update = AccumulateGradients(rollouts, step, workers, replicas, task, metrics);
            double norm = GradientClip.ClipByNorm(replicas.SumGradients(), recipe.ClipNorm);
            if (!double.IsFinite(norm))
            {
                throw new RecipeException($"The gradient of step {step + 1} is not finite; lower learning_rate ({recipe.LearningRate}).");
            }

            double rate = schedule.At(step + 1);
            optimizer.Step(replicas.Gradients, rate);
            replicas.ClearGradients();
            state = new GrpoState(step + 1, pairs.Position);
            metrics["grpo/loss"] = update.Loss;
            metrics["grpo/clip_fraction"] = update.ClipFraction;
            metrics["train/gradient_norm"] = norm;
            metrics["train/learning_rate"] = rate;
            metrics["time/sampling_seconds"] = sampling.TotalSeconds;
            metrics["time/step_seconds"] = clock.GetElapsedTime(started).TotalSeconds;
            bool ends = state.Step == recipe.Steps;
            if (heldOut.Count > 0 && (ends || state.Step % (recipe.Evaluation?.Every ?? 1) == 0))
            {
                metrics["evaluation/accuracy"] = Evaluate(task, heldOut, workers, replicas, cancellationToken);
            }

            folder.Log(state.Step, metrics);
            folder.LogCompletions(state.Step, rollouts[0].Where((_, index) => index % recipe.RolloutsPerOrder == 0).Take(LoggedCompletions).Select(Row));
            progress?.Invoke(new TrainingProgress(state.Step, recipe.Steps, metrics));
            if (ends || state.Step % recipe.CheckpointEvery == 0)
            {
                folder.Checkpoint(state.Step, target =>
                {
                    Export(model, target);
                    RunFolder.WriteState(target, state, optimizer);
                });
            }
        }

        folder.Finish(target => Export(model, target));
        return folder;
    }

    private static JsonObject Row(JudgeRollout rollout) => new()
    {
        ["difficulty"] = rollout.Question.Difficulty,
        ["reward"] = rollout.Reward,
        ["completion"] = rollout.Text,
    };

    private static Dictionary<string, double> Describe(List<JudgeRollout> rollouts)
    {
        Dictionary<string, double> metrics = new()
        {
            ["reward/mean"] = rollouts.Average(rollout => rollout.Reward),
            ["judge/accuracy"] = Share(rollouts, rollout => rollout.IsRight),
            ["judge/parsed"] = Share(rollouts, rollout => rollout.Verdict != Verdict.Unparsable),
            ["judge/first"] = Share(rollouts, rollout => rollout.Verdict == Verdict.First),
            ["judge/cut"] = Share(rollouts, rollout => !rollout.Completion.Finished),
            ["policy/nll"] = -rollouts.Sum(rollout => rollout.Completion.LogProbs.Sum(logProb => (double)logProb))
                / rollouts.Sum(rollout => rollout.Completion.Ids.Length),
            ["length/mean"] = rollouts.Average(rollout => rollout.Completion.Ids.Length),
        };
        foreach (IGrouping<string, JudgeRollout> group in rollouts.GroupBy(rollout => rollout.Question.Difficulty).OrderBy(group => group.Key))
        {
            if (group.Key.Length > 0)
            {
                metrics[$"judge/accuracy_{group.Key}"] = Share([.. group], rollout => rollout.IsRight);
                metrics[$"length/{group.Key}"] = group.Average(rollout => rollout.Completion.Ids.Length);
            }
        }

        return metrics;
    }

    private static double Share(List<JudgeRollout> rollouts, Func<JudgeRollout, bool> which) => rollouts.Count(which) / (double)rollouts.Count;

    private JudgeQuestion[][] DrawQuestions(PairStream pairs, JudgeTask task, int step)
    {
        IReadOnlyList<string>? difficulties = recipe.DifficultiesAt(step);
        LabelledPair[] drawn = [.. Enumerable.Range(0, recipe.PairsPerStep).Select(_ => pairs.Next(difficulties))];
        return
        [
            .. Enumerable.Range(0, recipe.Workers).Select(worker => drawn
                .Select((pair, number) => (pair, number))
                .Where(entry => entry.number % recipe.Workers == worker)
                .SelectMany(entry => task.Questions(entry.pair, entry.number))
                .ToArray()),
        ];
    }

    private List<JudgeRollout> Sample(
        JudgeTask task, DecoderModel model, JudgeQuestion[] questions, int step, int worker, CancellationToken cancellationToken)
    {
        ulong seed = new SeededRandom(recipe.Seed ^ ((ulong)step << 20) ^ (ulong)worker).NextBits();
        using Generator generator = new(seed, model.Device);
        return task.Judge(
            model, questions, recipe.RolloutsPerOrder, new SamplingSettings(recipe.Temperature, recipe.MaxTokens), generator, cancellationToken);
    }

    private GrpoMetrics AccumulateGradients(
        List<JudgeRollout>[] rollouts, int step, ParallelWorkers workers, ModelReplicas replicas, JudgeTask task, Dictionary<string, double> metrics)
    {
        JudgeRollout[] all = [.. rollouts.SelectMany(part => part)];
        double[] rewards = [.. all.Select(rollout => rollout.Reward)];
        int[] groups = [.. all.Select(rollout => rollout.Question.Pair)];
        double[] advantages = GroupAdvantage.Compute(rewards, groups, recipe.Advantage);
        GroupCounts groupCounts = GroupAdvantage.Count(rewards, groups);
        metrics["grpo/zero_variance_groups"] = groupCounts.ZeroVariance / (double)groupCounts.Groups;

        TrainedRollout[] trained = [.. all.Select((rollout, i) => new TrainedRollout(rollout, advantages[i], FirstTrained(rollout, step, task)))];
        BatchCounts counts = new(
            trained.Sum(rollout => (long)Math.Max(0, rollout.Rollout.Completion.Ids.Length - rollout.FirstTrained)),
            trained.Length,
            trained.Max(rollout => rollout.Rollout.Completion.Ids.Length));
        int[] starts = [.. rollouts.Select((_, worker) => rollouts.Take(worker).Sum(part => part.Count))];
        PolicyUpdate update = new(recipe.Loss, recipe.Temperature, recipe.TokensPerPass);
        return workers
            .Run(worker => update.AccumulateGradients(
                replicas.Models[worker], trained.AsSpan(starts[worker], rollouts[worker].Count).ToArray(), counts))
            .Aggregate(GrpoMetrics.Zero, (sum, part) => sum.Add(part));
    }

    private int FirstTrained(JudgeRollout rollout, int step, JudgeTask task)
    {
        if (step >= recipe.VerdictOnlySteps || task.ThoughtEnd is not { } thoughtEnd)
        {
            return 0;
        }

        int end = Array.LastIndexOf(rollout.Completion.Ids, thoughtEnd);
        return end < 0 ? rollout.Completion.Ids.Length : end + 1;
    }

    private double Evaluate(
        JudgeTask task, IReadOnlyList<LabelledPair> pairs, ParallelWorkers workers, ModelReplicas replicas, CancellationToken cancellationToken)
    {
        JudgeQuestion[][] batches =
        [
            .. pairs.SelectMany((pair, number) => task.Questions(pair, number)).OrderBy(question => question.PromptIds.Length).Chunk(EvaluationBatch),
        ];
        SamplingSettings settings = new(recipe.Evaluation?.Temperature ?? 0, recipe.MaxTokens);
        int right = workers.Run(worker =>
        {
            int count = 0;
            for (int batch = worker; batch < batches.Length; batch += workers.Count)
            {
                using Generator generator = new(recipe.Seed + (ulong)batch, replicas.Models[worker].Device);
                count += task.Judge(replicas.Models[worker], batches[batch], 1, settings, generator, cancellationToken).Count(rollout => rollout.IsRight);
            }

            return count;
        }).Sum();
        return right / (2.0 * pairs.Count);
    }

    private void Export(DecoderModel model, string target)
    {
        model.Save(target, ScalarType.Float32);
        ModelFiles.Carry(recipe.Model, target);
    }

    private sealed record GrpoState(int Step, long PairPosition);
}
