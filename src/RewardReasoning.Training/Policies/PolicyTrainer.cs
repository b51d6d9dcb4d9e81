using RewardReasoning.Endpoints;
using RewardReasoning.Judging;
using RewardReasoning.Models.Decoder;
using RewardReasoning.Recipes;
using RewardReasoning.Training.Grpo;
using RewardReasoning.Training.Runs;

namespace RewardReasoning.Training.Policies;

/// <summary>Trains a policy by a judge's rankings of its responses (arXiv 2505.14674, section 4).</summary>
/// <param name="recipe">What to do.</param>
/// <param name="clock">For timings.</param>
/// <param name="judge">Ranks in place of the judge that the recipe names; null opens that one.</param>
internal sealed class PolicyTrainer(PolicyRecipe recipe, TimeProvider clock, IJudge? judge = null)
{
    /// <summary>Where the completions of a judge behind endpoints are stored if the recipe does not say; null: nowhere.</summary>
    public Func<string>? DefaultStore { get; init; }

    /// <summary>Runs or resumes the recipe until its last step; the finished model is in <see cref="RunFolder.FinalModel"/>.</summary>
    /// <exception cref="RewardReasoningException">The recipe, its data or its run folder cannot be used.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; a checkpoint of the last finished step was written.</exception>
    public RunFolder Run(Action<TrainingProgress>? progress = null, CancellationToken cancellationToken = default) =>
        new TrainingLoop<GrpoPosition>(recipe, clock).Run(
            DecoderModel.Load,
            (session, position) => new GrpoMethod(recipe, clock, session, at => Begin(session, at), position),
            progress,
            cancellationToken
        );

    private PolicyTask Begin(TrainingSession session, DataPosition? position)
    {
        RequireFiles();
        if (judge is null && recipe.Judge.Rewards is not null)
        {
            return BeginWithService(session, position);
        }

        OpenedJudge? opened = judge is null ? recipe.Judge.Open(recipe.Device, DefaultStore) : null;
        try
        {
            IJudge ranks = judge ?? opened ?? throw new InvalidOperationException("No judge was opened.");
            return new PolicyTask(recipe, session, position, new GroupRanker(ranks, recipe), opened?.Domain) { Owned = opened };
        }
        catch
        {
            opened?.Dispose();
            throw;
        }
    }

    private PolicyTask BeginWithService(TrainingSession session, DataPosition? position)
    {
        RewardClient client = recipe.Judge.OpenRewards(clock);
        try
        {
            (string fingerprint, JudgeDomain? domain) = client.AskForJudgeAsync(CancellationToken.None).GetAwaiter().GetResult();
            return new PolicyTask(recipe, session, position, new ServiceRanker(client, fingerprint), domain) { Owned = client };
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    /// <summary>Reports everything that is missing at once.</summary>
    private void RequireFiles()
    {
        (string Field, string? Path, bool Exists)[] named =
        [
            ("data", recipe.Data, File.Exists(recipe.Data)),
            ("evaluation.data", recipe.Evaluation?.Data, File.Exists(recipe.Evaluation?.Data)),
            (
                "judge.model",
                recipe.Judge.Model,
                judge is not null
                    || recipe.Judge.Endpoints.Count > 0
                    || recipe.Judge.Rewards is not null
                    || Directory.Exists(recipe.Judge.Model)
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
