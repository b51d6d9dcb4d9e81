using RewardReasoning.Lab.Arithmetic;
using RewardReasoning.Recipes;
using RewardReasoning.Text.Tokenization;
using RewardReasoning.Training.Grpo;
using RewardReasoning.Training.Runs;
using RewardReasoning.Training.Sft;

namespace RewardReasoning.Lab;

/// <summary>
/// Runs a lab's steps. Training steps that finished are skipped and those that were killed go on; the others are quick and done again.
/// </summary>
public sealed class LabRunner(LabRecipe recipe, TimeProvider clock)
{
    /// <summary>As <see cref="GrpoTrainer.DefaultStore"/>.</summary>
    /// <value>null: nowhere.</value>
    public Func<string>? DefaultStore { get; init; }

    /// <summary>Runs all steps.</summary>
    /// <param name="began">Told of each step as it begins: its number from 1 and the step.</param>
    /// <param name="progress">Told of each training step.</param>
    /// <param name="cancellationToken">Ends the step in hand at its next checkpoint or token.</param>
    /// <exception cref="RecipeException">A recipe, its data or a run folder is unusable.</exception>
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
            case LabStepKind.Sft:
                _ = new SftTrainer(RecipeFile.Load<SftRecipe>(path), clock).Run(progress, cancellationToken);
                break;
            case LabStepKind.Grpo:
                _ = new GrpoTrainer(RecipeFile.Load<GrpoRecipe>(path), clock) { DefaultStore = DefaultStore }.Run(
                    progress,
                    cancellationToken
                );
                break;
            case LabStepKind.Publish:
                Publish(step.From ?? "", step.To ?? "");
                break;
            default:
                throw new RecipeException($"There is no step {step.Kind}.");
        }
    }

    private static void Publish(string from, string to)
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
    }
}
