using RewardReasoning.Judging;
using RewardReasoning.Models.Decoder;
using RewardReasoning.Recipes;
using RewardReasoning.Training.Policies;
using RewardReasoning.Training.Runs;

namespace RewardReasoning.Training.Grpo;

/// <summary>
/// Reward reasoning via RL (arXiv 2505.14674, section 3.2): sample judgments of labelled pairs, reward each verdict with +1 or −1,
/// normalise within the group, and take policy-gradient steps. Nothing tells the judge how to think.
/// Deviation: a group is both orders of a pair together, so that a preference for one side has no advantage.
/// A policy is trained the same way, on a judge's rankings of its responses.
/// </summary>
/// <param name="recipe">What to do.</param>
/// <param name="clock">For timings.</param>
/// <param name="judge">Ranks a policy's responses in place of the judge that the recipe names; null opens that one.</param>
public sealed class GrpoTrainer(GrpoRecipe recipe, TimeProvider clock, IJudge? judge = null)
{
    /// <summary>Says where the completions of a policy's judge behind endpoints are kept if the recipe does not.</summary>
    /// <value>null: nowhere.</value>
    public Func<string>? DefaultStore { get; init; }

    /// <summary>
    /// Runs, or goes on with, the recipe until its last step; the finished model lies in <see cref="RunFolder.FinalModel"/>.
    /// </summary>
    /// <exception cref="RecipeException">The recipe, its data or its run folder is unusable.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; a checkpoint of the last finished step was written.</exception>
    public RunFolder Run(Action<TrainingProgress>? progress = null, CancellationToken cancellationToken = default) =>
        new TrainingLoop<GrpoPosition>(recipe, clock).Run(
            DecoderModel.Load,
            (session, position) => new GrpoMethod(recipe, clock, session, at => Begin(session, at), position),
            progress,
            cancellationToken
        );

    private IRolloutTask Begin(TrainingSession session, GrpoPosition? position)
    {
        if (recipe.Policy is not { } policy)
        {
            return new JudgeTask(recipe, session.Model.Config.EosTokenIds, position);
        }

        RequireFiles(policy);
        OpenedJudge? opened = judge is null ? policy.Judge.Open(recipe.Device, DefaultStore) : null;
        try
        {
            return new PolicyTask(
                recipe,
                policy,
                session.Model.Config.EosTokenIds,
                position?.PairPosition ?? 0,
                judge ?? opened ?? throw new InvalidOperationException("No judge was opened."),
                opened?.Domain
            )
            {
                Owned = opened,
            };
        }
        catch
        {
            opened?.Dispose();
            throw;
        }
    }

    /// <summary>All that is missing is told at once.</summary>
    private void RequireFiles(PolicyOptions policy)
    {
        (string Field, string? Path, bool Exists)[] named =
        [
            .. recipe.Data.Select(file => ("data", (string?)file.Path, File.Exists(file.Path))),
            ("evaluation.data", recipe.Evaluation?.Data, File.Exists(recipe.Evaluation?.Data)),
            (
                "policy.judge.model",
                policy.Judge.Model,
                judge is not null || policy.Judge.Endpoints.Count > 0 || Directory.Exists(policy.Judge.Model)
            ),
        ];
        string[] missing = [.. named.Where(file => file.Path is not null && !file.Exists).Select(file => $"{file.Path} ({file.Field})")];
        if (missing.Length > 0)
        {
            throw new RecipeException(
                $"The recipe names what does not exist: {string.Join(", ", missing)}. Paths start from the current folder."
            );
        }
    }
}
