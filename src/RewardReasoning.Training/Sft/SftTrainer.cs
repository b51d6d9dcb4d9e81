using RewardReasoning.Models.ChatTemplates;
using RewardReasoning.Models.Decoder;
using RewardReasoning.Training.Losses;
using RewardReasoning.Training.Optimization;
using RewardReasoning.Training.Runs;
using TorchSharp;
using static TorchSharp.torch;

namespace RewardReasoning.Training.Sft;

/// <summary>
/// Supervised training: packed rows, next-token cross entropy over completions, AdamW. Each worker computes its share of the rows with
/// gradients of its own; they are added in a fixed order, so a run repeats bit for bit, also when it was killed and resumed.
/// </summary>
public sealed class SftTrainer(SftRecipe recipe, TimeProvider clock)
{
    /// <summary>Runs, or goes on with, the recipe until its last step; the finished model lies in <see cref="RunFolder.FinalModel"/>.</summary>
    /// <exception cref="RecipeException">The recipe, its data or its run folder is unusable.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; a checkpoint of the last finished step was written.</exception>
    public RunFolder Run(Action<TrainingProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        recipe.Validate();
        RunFolder folder = RunFolder.Open(recipe.Out, recipe);
        if (folder.IsFinished)
        {
            return folder;
        }

        (int Step, string Folder)? last = folder.LastCheckpoint();
        ChatTokenizer chat = ChatTokenizer.Load(recipe.Model);
        using DecoderModel model = LoadModel(last?.Folder);
        model.ProductType = recipe.Products.ToScalarType();
        int endOfTurn = model.Config.EosTokenIds.Count > 0
            ? model.Config.EosTokenIds[0]
            : throw new RecipeException($"{recipe.Model} names no end-of-turn token; set eos_token_id in its config.json or generation_config.json.");
        using SftDocuments documents = new(recipe.Data, chat, endOfTurn);
        SftState state = last is { } from ? RunFolder.ReadState<SftState>(from.Folder) : new SftState(0, null, 0);
        folder.ForgetLogsFrom(state.Step + 1);
        DocumentPacker packer = new(documents, recipe.RowTokens, recipe.PackingPool, recipe.Seed, state.Packer);
        using FusedAdamW optimizer = new(model.Parameters, recipe.Optimizer);
        if (last is { } checkpoint)
        {
            RunFolder.RestoreOptimizer(checkpoint.Folder, optimizer);
        }

        using ParallelWorkers workers = new(recipe.Workers);
        using ModelReplicas replicas = new(model, recipe.Workers);
        ExactMatchEvaluation? evaluation = recipe.Evaluation is { } options ? new(options, chat) : null;
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
            if (cancellationToken.IsCancellationRequested)
            {
                Save(folder, step, model, optimizer, packer, state.Tokens);
                cancellationToken.ThrowIfCancellationRequested();
            }

            using DisposeScope scope = NewDisposeScope();
            long started = clock.GetTimestamp();
            (long[] Ids, float[] Weights)[] rows = [.. Enumerable.Range(0, recipe.RowsPerStep).Select(_ => packer.NextRow())];
            double loss = ComputeGradients(rows, workers, replicas);
            double norm = GradientClip.ClipByNorm(replicas.SumGradients(), recipe.ClipNorm);
            if (!double.IsFinite(norm))
            {
                throw new RecipeException($"The gradient of step {step + 1} is not finite; lower learning_rate ({recipe.LearningRate}) or clip_norm.");
            }

            double rate = schedule.At(step + 1);
            optimizer.Step(replicas.Gradients, rate);
            replicas.ClearGradients();
            state = state with { Step = step + 1, Tokens = state.Tokens + ((long)recipe.RowsPerStep * recipe.RowTokens) };
            TimeSpan elapsed = clock.GetElapsedTime(started);
            Dictionary<string, double> metrics = new()
            {
                ["train/loss"] = loss,
                ["train/gradient_norm"] = norm,
                ["train/learning_rate"] = rate,
                ["train/tokens"] = state.Tokens,
                ["time/tokens_per_second"] = recipe.RowsPerStep * recipe.RowTokens / elapsed.TotalSeconds,
            };
            bool ends = state.Step == recipe.Steps;
            if (evaluation is not null && (ends || state.Step % (recipe.Evaluation?.Every ?? 1) == 0))
            {
                metrics["evaluation/exact_match"] = evaluation.Measure(workers, replicas.Models, model.Config.EosTokenIds.ToHashSet());
            }

            folder.Log(state.Step, metrics);
            progress?.Invoke(new TrainingProgress(state.Step, recipe.Steps, metrics));
            if (ends || state.Step % recipe.CheckpointEvery == 0)
            {
                Save(folder, state.Step, model, optimizer, packer, state.Tokens);
            }
        }

        folder.Finish(target =>
        {
            model.Save(target, ScalarType.Float32);
            ModelFiles.Carry(recipe.Model, target);
        });
        return folder;
    }

    private DecoderModel LoadModel(string? checkpoint)
    {
        if (checkpoint is not null)
        {
            return DecoderModel.Load(checkpoint, ScalarType.Float32, CPU);
        }

        bool hasWeights = Directory.EnumerateFiles(recipe.Model, "*.safetensors").Any();
        return hasWeights
            ? DecoderModel.Load(recipe.Model, ScalarType.Float32, CPU)
            : DecoderModel.CreateRandom(DecoderConfig.Load(recipe.Model), recipe.Seed, CPU);
    }

    private double ComputeGradients((long[] Ids, float[] Weights)[] rows, ParallelWorkers workers, ModelReplicas replicas)
    {
        double denominator = rows.Sum(row => row.Weights.Sum(weight => (double)weight));
        return workers.Run(worker =>
        {
            double sum = 0;
            foreach ((long[] Ids, float[] Weights)[] part in rows.Where((_, index) => index % workers.Count == worker).Chunk(recipe.RowsPerPass))
            {
                using DisposeScope scope = NewDisposeScope();
                Tensor loss = Loss(replicas.Models[worker], part, denominator);
                loss.backward();
                sum += loss.item<float>();
            }

            return sum;
        }).Sum();
    }

    private Tensor Loss(DecoderModel model, (long[] Ids, float[] Weights)[] rows, double denominator)
    {
        Tensor ids = tensor(rows.SelectMany(row => row.Ids).ToArray(), rows.Length, recipe.RowTokens);
        Tensor weights = tensor(rows.SelectMany(row => row.Weights).ToArray(), rows.Length, recipe.RowTokens);
        (Tensor positions, Tensor targets, Tensor targetWeights) = NextTokenTargets.Select(ids, weights);
        Tensor hidden = model.Hidden(ids); // [B, T, H]
        Tensor scored = hidden.reshape(-1, hidden.shape[2]).index_select(0, positions); // [N, H]
        return CrossEntropy.Compute(model.Logits(scored), targets, targetWeights, denominator);
    }

    private void Save(RunFolder folder, int step, DecoderModel model, FusedAdamW optimizer, DocumentPacker packer, long tokens)
    {
        if (folder.LastCheckpoint()?.Step == step)
        {
            return;
        }

        folder.Checkpoint(step, target =>
        {
            model.Save(target, ScalarType.Float32);
            ModelFiles.Carry(recipe.Model, target);
            RunFolder.WriteState(target, new SftState(step, packer.State, tokens), optimizer);
        });
    }

    private sealed record SftState(int Step, PackerState? Packer, long Tokens);
}
