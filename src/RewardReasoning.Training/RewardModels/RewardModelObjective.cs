using System.Globalization;
using RewardReasoning.Models;
using RewardReasoning.Models.Decoder;
using RewardReasoning.Recipes;
using RewardReasoning.Training.Preferences;
using RewardReasoning.Training.Runs;
using TorchSharp;
using static TorchSharp.torch;

namespace RewardReasoning.Training.RewardModels;

/// <summary>Pairs as two whole conversations, each with its score.</summary>
internal sealed class RewardModelObjective(RewardModelRecipe recipe, TrainingSession session) : IPreferenceObjective
{
    public PreferenceExample Tokenize(PreferenceRow row) =>
        new(
            [],
            session.Chat.Whole(row.Conversation, row.Pair.Chosen),
            session.Chat.Whole(row.Conversation, row.Pair.Rejected),
            MarginOf(row)
        );

    public PreferenceMetrics Backpropagate(int worker, IReadOnlyList<PreferenceExample> pass, IReadOnlyList<PreferenceExample> step)
    {
        RewardModelMetrics metrics = new();
        _ = session.Backpropagate(
            worker,
            (model, recompute) =>
            {
                using DisposeScope scope = NewDisposeScope();
                ScoredRows rows = Rows(pass);
                return model.Backpropagate(rows.Ids, hidden => Loss(model, rows, hidden, pass, step.Count, out metrics), recompute);
            }
        );
        return Describe(metrics);
    }

    public PreferenceMetrics Measure(int worker, IReadOnlyList<PreferenceExample> pass, IReadOnlyList<PreferenceExample> all)
    {
        using IDisposable noGradients = no_grad();
        using DisposeScope scope = NewDisposeScope();
        DecoderModel model = session.Replicas.Models[worker];
        ScoredRows rows = Rows(pass);
        _ = Loss(model, rows, model.Hidden(rows.Ids), pass, all.Count, out RewardModelMetrics metrics);
        return Describe(metrics);
    }

    public void Dispose()
    {
        // The session owns the model.
    }

    private static double MarginOf(PreferenceRow row)
    {
        string? given = row.Row.Field("margin");
        return given is null ? 0
            : double.TryParse(given, NumberStyles.Float, CultureInfo.InvariantCulture, out double margin) && double.IsFinite(margin)
                ? margin
            : throw new RecipeException($"{row.Row.Place}: margin is {given}; it must be a number.");
    }

    private static PreferenceMetrics Describe(RewardModelMetrics metrics) =>
        new(
            metrics.Loss,
            new Dictionary<string, double>
            {
                [PreferenceMetrics.Accuracy] = metrics.Correct,
                ["margin"] = metrics.Margin,
                ["reward"] = metrics.Rewards / 2,
            }
        );

    /// <summary>Rows in the order chosen, rejected of each pair.</summary>
    private ScoredRows Rows(IReadOnlyList<PreferenceExample> pass) =>
        new([.. pass.SelectMany(pair => new[] { pair.Chosen, pair.Rejected })], session.Model.Config.PadTokenId, session.Model.Device);

    private Tensor Loss(
        DecoderModel model,
        ScoredRows rows,
        Tensor hidden,
        IReadOnlyList<PreferenceExample> pass,
        long pairs,
        out RewardModelMetrics metrics
    )
    {
        Tensor scores = rows.Scores(model, hidden).view(-1, 2); // [P, 2]
        Tensor margins = tensor(pass.Select(pair => (float)pair.Margin).ToArray(), device: model.Device);
        (Tensor loss, metrics) = RewardModelLoss.Compute(scores.select(1, 0), scores.select(1, 1), margins, recipe.Loss, pairs);
        return loss;
    }
}
