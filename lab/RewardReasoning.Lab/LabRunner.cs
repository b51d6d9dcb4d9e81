using RewardReasoning.Lab.Arithmetic;
using RewardReasoning.Lab.Words;
using RewardReasoning.Models.Decoder;
using RewardReasoning.Recipes;
using RewardReasoning.Text.Tokenization;
using RewardReasoning.Training;
using RewardReasoning.Training.Runs;

namespace RewardReasoning.Lab;

/// <summary>
/// Runs a lab's steps. Finished training steps are skipped and unfinished ones are resumed; the other steps are quick and run again.
/// </summary>
internal sealed class LabRunner(LabRecipe recipe, TimeProvider clock)
{
    /// <summary>As <see cref="TrainingRun.DefaultStore"/>.</summary>
    /// <value>null: nowhere.</value>
    public Func<string>? DefaultStore { get; init; }

    /// <summary>Runs all steps.</summary>
    /// <param name="began">Told of each step as it begins: its number from 1 and the step.</param>
    /// <param name="progress">Told of each training step.</param>
    /// <param name="cancellationToken">Ends the step in hand at its next checkpoint or token.</param>
    /// <exception cref="RewardReasoningException">A recipe, its data or a run folder is unusable.</exception>
    public void Run(
        Action<int, LabStep>? began = null,
        Action<TrainingProgress>? progress = null,
        CancellationToken cancellationToken = default
    )
    {
        recipe.Validate();
        for (int i = 0; i < recipe.Steps.Count; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            began?.Invoke(i + 1, recipe.Steps[i]);
            Run(recipe.Steps[i], progress, cancellationToken);
        }
    }

    private void Run(LabStep step, Action<TrainingProgress>? progress, CancellationToken cancellationToken)
    {
        string path = step.Recipe ?? "";
        switch (step.Kind)
        {
            case LabStepKind.Tokenizer:
                TokenizerBuilder.Write(step.To ?? "", RecipeFile.Load<TokenizerRecipe>(path));
                break;
            case LabStepKind.World:
                ArithmeticWorld.Write(RecipeFile.Load<ArithmeticWorldRecipe>(path));
                break;
            case LabStepKind.TextWorld:
                TextWorld.Write(RecipeFile.Load<TextWorldRecipe>(path));
                break;
            case LabStepKind.Sft:
                Train(TrainingKind.Sft, path, progress, cancellationToken);
                break;
            case LabStepKind.Grpo:
                Train(TrainingKind.Grpo, path, progress, cancellationToken);
                break;
            case LabStepKind.Policy:
                Train(TrainingKind.Policy, path, progress, cancellationToken);
                break;
            case LabStepKind.Publish:
                Publish(step.From ?? "", step.To ?? "", step.Base);
                break;
            default:
                throw new RecipeException($"There is no step {step.Kind}.");
        }
    }

    private void Train(TrainingKind kind, string path, Action<TrainingProgress>? progress, CancellationToken cancellationToken)
    {
        TrainingRun run = TrainingRun.Load(kind, path);
        (run.Clock, run.DefaultStore) = (clock, DefaultStore);
        _ = run.Run(progress, cancellationToken);
    }

    private static void Publish(string from, string to, string? baseModel)
    {
        if (!Directory.Exists(from))
        {
            throw new RecipeException($"{from} does not exist; a step before must have made it.");
        }

        Directory.CreateDirectory(to);
        foreach (string file in Directory.EnumerateFiles(from))
        {
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)), overwrite: true);
        }

        if (baseModel is not null)
        {
            AdapterFolder.Rebase(to, baseModel);
        }
    }
}
