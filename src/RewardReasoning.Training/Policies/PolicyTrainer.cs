using RewardReasoning.Endpoints;
using RewardReasoning.Judging;
using RewardReasoning.Recipes;
using RewardReasoning.Training.Grpo;
using RewardReasoning.Training.Runs;

namespace RewardReasoning.Training.Policies;

/// <summary>Trains a policy by a judge's rankings of its responses (arXiv 2505.14674, section 4).</summary>
/// <param name="recipe">What to do.</param>
/// <param name="clock">For timings.</param>
/// <param name="judge">Ranks in place of the judge that the recipe names; null opens that one.</param>
internal sealed class PolicyTrainer(PolicyRecipe recipe, TimeProvider clock, IJudge? judge = null)
    : Trainer<PolicyRecipe, GrpoPosition>(recipe, clock)
{
    /// <summary>Where the completions of a judge behind endpoints are stored if the recipe does not say; null: nowhere.</summary>
    public Func<string>? DefaultStore { get; init; }

    /// <inheritdoc/>
    protected override ITrainingMethod<GrpoPosition> Begin(TrainingSession session, GrpoPosition? position) =>
        new GrpoMethod(Recipe, Clock, session, at => BeginTask(session, at), position);

    private PolicyTask BeginTask(TrainingSession session, DataPosition? position)
    {
        RequireFiles();
        if (judge is null && Recipe.Judge.Rewards is not null)
        {
            return BeginWithService(session, position);
        }

        OpenedJudge? opened = judge is null ? Recipe.Judge.Open(Recipe.Device, DefaultStore) : null;
        try
        {
            IJudge ranks = judge ?? opened ?? throw new InvalidOperationException("No judge was opened.");
            return new PolicyTask(Recipe, session, position, new GroupRanker(ranks, Recipe), opened?.Domain) { Owned = opened };
        }
        catch
        {
            opened?.Dispose();
            throw;
        }
    }

    private PolicyTask BeginWithService(TrainingSession session, DataPosition? position)
    {
        RewardClient client = Recipe.Judge.OpenRewards(Clock);
        try
        {
            (string fingerprint, JudgeDomain? domain) = client.AskForJudgeAsync(CancellationToken.None).GetAwaiter().GetResult();
            return new PolicyTask(Recipe, session, position, new ServiceRanker(client, fingerprint), domain) { Owned = client };
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
            ("data", Recipe.Data, File.Exists(Recipe.Data)),
            ("evaluation.data", Recipe.Evaluation?.Data, File.Exists(Recipe.Evaluation?.Data)),
            (
                "judge.model",
                Recipe.Judge.Model,
                judge is not null
                    || Recipe.Judge.Endpoints.Count > 0
                    || Recipe.Judge.Rewards is not null
                    || Directory.Exists(Recipe.Judge.Model)
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
