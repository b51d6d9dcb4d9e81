using System.Collections.Concurrent;
using RewardReasoning.Models.Decoder;
using RewardReasoning.Training.Losses;
using RewardReasoning.Training.Preferences;
using RewardReasoning.Training.Runs;
using TorchSharp;
using static TorchSharp.torch;

namespace RewardReasoning.Training.Dpo;

/// <summary>Pairs as two completions of one prompt, under the policy and under its reference.</summary>
internal sealed class DpoObjective : IPreferenceObjective
{
    private readonly DpoRecipe _recipe;
    private readonly TrainingSession _session;
    private readonly DpoLoss _loss;
    private readonly FrozenReference _reference;
    private readonly ConcurrentDictionary<PreferenceExample, (double First, double Second)> _sides = new(
        ReferenceEqualityComparer.Instance
    );
    private Dictionary<PreferenceExample, int> _places = new(ReferenceEqualityComparer.Instance);
    private DpoTransport? _transport;

    public DpoObjective(DpoRecipe recipe, TrainingSession session)
    {
        (_recipe, _session, _loss) = (recipe, session, new DpoLoss(recipe.Loss));
        _reference = new FrozenReference(recipe, session, recipe.Reference);
    }

    public PreferenceExample Tokenize(PreferenceRow row)
    {
        TrainedChat chat = _session.Chat;
        int[] prompt = chat.Prompt(row.Conversation);
        return new(prompt, Reply(row.Pair.Chosen), Reply(row.Pair.Rejected), Margin: 0);

        int[] Reply(string response) => [.. chat.Reply(prompt, response), chat.EndOfTurn];
    }

    public bool ComparesPairs => _recipe.Loss.SortsBatch;

    public void Observe(int worker, IReadOnlyList<PreferenceExample> pass)
    {
        using IDisposable noGradients = no_grad();
        using DisposeScope scope = NewDisposeScope();
        CompletionBatch batch = Batch(pass);
        DecoderModel model = _session.Replicas.Models[worker];
        Tensor logProbs = batch.LogProbs(model, batch.States(model), temperature: 1).LogProbs;
        Tensor reference = ReferenceLogProbs(worker, batch);
        (double[] first, double[] second) = _loss.Sides(
            Side(batch, logProbs, reference, null, 0),
            Side(batch, logProbs, reference, null, 1)
        );
        for (int pair = 0; pair < pass.Count; pair++)
        {
            _sides[pass[pair]] = (first[pair], second[pair]);
        }
    }

    public void Compare(IReadOnlyList<PreferenceExample> step)
    {
        _transport = DpoTransport.Of([.. step.Select(pair => _sides[pair].First)], [.. step.Select(pair => _sides[pair].Second)]);
        _places = new(step.Select((pair, place) => KeyValuePair.Create(pair, place)), ReferenceEqualityComparer.Instance);
        _sides.Clear();
    }

    public PreferenceMetrics Backpropagate(int worker, IReadOnlyList<PreferenceExample> pass, IReadOnlyList<PreferenceExample> step)
    {
        using DisposeScope scope = NewDisposeScope();
        CompletionBatch batch = Batch(pass);
        Tensor reference = ReferenceLogProbs(worker, batch);
        DpoMetrics metrics = new();
        _ = _session.Backpropagate(
            worker,
            (model, recompute) =>
            {
                batch.Backpropagate(model, states => Loss(model, batch, states, reference, pass, step, out metrics), recompute);
                return metrics.Loss;
            }
        );
        return Describe(metrics);
    }

    public PreferenceMetrics Measure(int worker, IReadOnlyList<PreferenceExample> pass, IReadOnlyList<PreferenceExample> all)
    {
        using IDisposable noGradients = no_grad();
        using DisposeScope scope = NewDisposeScope();
        CompletionBatch batch = Batch(pass);
        DecoderModel model = _session.Replicas.Models[worker];
        _ = Loss(model, batch, batch.States(model), ReferenceLogProbs(worker, batch), pass, all, out DpoMetrics metrics);
        return Describe(metrics);
    }

    public void Dispose() => _reference.Dispose();

    private static PreferenceMetrics Describe(DpoMetrics metrics) =>
        new(
            metrics.Loss,
            new Dictionary<string, double>
            {
                [PreferenceMetrics.Accuracy] = metrics.Correct,
                ["margin"] = metrics.ChosenReward - metrics.RejectedReward,
                ["chosen_reward"] = metrics.ChosenReward,
                ["rejected_reward"] = metrics.RejectedReward,
                ["chosen_log_prob"] = metrics.ChosenLogProb,
                ["rejected_log_prob"] = metrics.RejectedLogProb,
            }
        );

    /// <summary>Rows in the order chosen, rejected of each pair.</summary>
    private CompletionBatch Batch(IReadOnlyList<PreferenceExample> pass) =>
        new(
            [.. pass.SelectMany(pair => new ResponseRow[] { new(pair.Prompt, pair.Chosen), new(pair.Prompt, pair.Rejected) })],
            _recipe.SharePrompts,
            _session.Model.Device
        );

    private Tensor ReferenceLogProbs(int worker, CompletionBatch batch) =>
        _reference.Compute(worker, model => batch.LogProbs(model, batch.States(model), temperature: 1).LogProbs.MoveToOuterDisposeScope());

    private Tensor Loss(
        DecoderModel model,
        CompletionBatch batch,
        Tensor states,
        Tensor reference,
        IReadOnlyList<PreferenceExample> pass,
        IReadOnlyList<PreferenceExample> all,
        out DpoMetrics metrics
    )
    {
        (Tensor logProbs, Tensor logits) = batch.LogProbs(model, states, temperature: 1); // [2P, T], [N, V]
        Tensor? squares = _recipe.Loss.ConfidenceWeighted ? batch.Spread(SequenceLogProbs.LogSumSquares(logits)) : null;
        DpoCounts counts = new(all.Count, all.Sum(pair => (long)pair.Chosen.Length));
        (Tensor loss, metrics) = _loss.Compute(
            Side(batch, logProbs, reference, squares, 0),
            Side(batch, logProbs, reference, squares, 1),
            counts,
            _transport?.Select(pass.Select(pair => _places[pair]))
        );
        return loss;
    }

    private static DpoSide Side(CompletionBatch batch, Tensor logProbs, Tensor reference, Tensor? squares, int which) =>
        new()
        {
            LogProbs = Half(logProbs, which),
            ReferenceLogProbs = Half(reference, which),
            Mask = Half(batch.Mask, which),
            LogSumSquares = squares is null ? null : Half(squares, which),
        };

    private static Tensor Half(Tensor rows, int which) => rows.view(rows.shape[0] / 2, 2, rows.shape[1]).select(1, which);

    private sealed record ResponseRow(int[] Prompt, int[] Completion) : ICompletion
    {
        public int FirstTrained => 0;
    }
}
