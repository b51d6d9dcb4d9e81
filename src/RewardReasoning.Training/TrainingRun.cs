using System.Text.Json;
using System.Text.Json.Nodes;
using RewardReasoning.Recipes;
using RewardReasoning.Training.Dpo;
using RewardReasoning.Training.Judges;
using RewardReasoning.Training.Policies;
using RewardReasoning.Training.RewardModels;
using RewardReasoning.Training.Runs;
using RewardReasoning.Training.Sft;

namespace RewardReasoning.Training;

/// <summary>The kinds of training; each has recipes of its own.</summary>
public enum TrainingKind
{
    /// <summary>Supervised training on documents of prompt and completion.</summary>
    Sft,

    /// <summary>Reinforcement learning of a judge on labelled pairs (GRPO).</summary>
    Grpo,

    /// <summary>Reinforcement learning of a policy by a judge's rankings of its responses (GRPO).</summary>
    Policy,

    /// <summary>Direct preference optimization on labelled pairs.</summary>
    Dpo,

    /// <summary>A scalar reward model, trained on labelled pairs.</summary>
    RewardModel,
}

/// <summary>
/// Trains a model by a recipe, which is a JSON file. A run writes checkpoints and logs into the recipe's <c>out</c> folder; running the
/// same recipe again resumes an unfinished run at its last checkpoint and returns at once from a finished one.
/// </summary>
/// <example>
/// <code>
/// TrainingRun run = TrainingRun.Load(TrainingKind.Grpo, "recipe.json");
/// string model = run.Run(progress => Console.WriteLine(progress.Step));
/// </code>
/// </example>
public sealed class TrainingRun
{
    private const string HubScheme = "hf://";

    private static readonly JsonDocumentOptions Comments = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    private readonly TrainingRecipe _recipe;

    private TrainingRun(TrainingRecipe recipe) => _recipe = recipe;

    /// <summary>The folder that the run writes into.</summary>
    public string Folder => _recipe.Out;

    /// <summary>The folder that the finished model will be in.</summary>
    public string ModelFolder => Path.Combine(_recipe.Out, RunFolder.FinalName);

    /// <summary>Steps of the whole run.</summary>
    public int Steps => _recipe.Steps;

    /// <summary>Ranks a policy's responses in place of the judge that its recipe names; the caller disposes it.</summary>
    /// <value>null: the recipe's.</value>
    public IJudge? Judge { get; set; }

    /// <summary>Where the completions of a policy's judge behind endpoints are stored if the recipe does not say.</summary>
    /// <value>null: nowhere.</value>
    public Func<string>? DefaultStore { get; set; }

    /// <summary>Time, for the log.</summary>
    /// <value>The system's.</value>
    public TimeProvider Clock { get; set; } = TimeProvider.System;

    /// <summary>The recipe type of a kind of training, which <see cref="RecipeDescription"/> describes field by field.</summary>
    public static Type RecipeOf(TrainingKind kind) =>
        kind switch
        {
            TrainingKind.Sft => typeof(SftRecipe),
            TrainingKind.Grpo => typeof(JudgeRecipe),
            TrainingKind.Policy => typeof(PolicyRecipe),
            TrainingKind.Dpo => typeof(DpoRecipe),
            TrainingKind.RewardModel => typeof(RewardModelRecipe),
            _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "There is no such kind of training."),
        };

    /// <summary>Reads and checks a recipe.</summary>
    /// <param name="kind">Which kind of recipe it is.</param>
    /// <param name="path">Its file; paths in it start from the current folder.</param>
    /// <param name="text">Read in place of the file's own text, such as that text with other paths; null for the file's.</param>
    /// <exception cref="RewardReasoningException">The recipe has faults; the message lists all of them.</exception>
    public static TrainingRun Load(TrainingKind kind, string path, string? text = null)
    {
        TrainingRecipe recipe = (TrainingRecipe)RecipeFile.Load(RecipeOf(kind), path, text);
        recipe.Validate();
        return new TrainingRun(recipe with { GivenModel = text is null ? null : ModelNamedIn(path) });
    }

    /// <summary>The model that a recipe's own file names, such as one of the hub.</summary>
    private static string? ModelNamedIn(string path) =>
        JsonNode.Parse(File.ReadAllText(path), null, Comments)?["model"]?.GetValue<string>() is { } named
            ? named.StartsWith(HubScheme, StringComparison.Ordinal)
                ? named[HubScheme.Length..]
                : named
            : null;

    /// <summary>Runs or resumes the recipe until its last step.</summary>
    /// <param name="progress">Called after each step.</param>
    /// <param name="cancellationToken">Ends the run with a checkpoint of the last finished step.</param>
    /// <returns>The folder of the finished model.</returns>
    /// <exception cref="RewardReasoningException">The recipe, its data or its run folder cannot be used.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; a checkpoint of the last finished step was written.</exception>
    public string Run(Action<TrainingProgress>? progress = null, CancellationToken cancellationToken = default) =>
        Trainer().Run(progress, cancellationToken).FinalModel;

    /// <summary>What the whole run would take on this machine, from some steps that are done and thrown away.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="RewardReasoningException">The recipe or its data cannot be used.</exception>
    internal TrainingEstimate Estimate(CancellationToken cancellationToken) => Trainer().Estimate(cancellationToken);

    private ITrainer Trainer() =>
        _recipe switch
        {
            SftRecipe sft => new SftTrainer(sft, Clock),
            JudgeRecipe judge => new JudgeTrainer(judge, Clock),
            PolicyRecipe policy => new PolicyTrainer(policy, Clock, Judge) { DefaultStore = DefaultStore },
            DpoRecipe dpo => new DpoTrainer(dpo, Clock),
            RewardModelRecipe reward => new RewardModelTrainer(reward, Clock),
            _ => throw new InvalidOperationException($"There is no training for a {_recipe.GetType().Name}."),
        };
}
