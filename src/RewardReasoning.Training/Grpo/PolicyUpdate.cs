using RewardReasoning.Models.Decoder;
using RewardReasoning.Training.Losses;
using TorchSharp;
using static TorchSharp.torch;

namespace RewardReasoning.Training.Grpo;

/// <summary>
/// The objective over rollouts, in passes of bounded size. Rollouts of advantage 0 count in the denominators but are not computed where
/// neither KL nor entropy needs them: their gradient is 0.
/// </summary>
internal sealed class PolicyUpdate(GrpoOptions options, double temperature, int tokensPerPass, bool sharePrompts = false)
{
    private readonly GrpoLoss _loss = new(options);

    /// <summary>Which rollouts have to be computed.</summary>
    public bool IsComputed(TrainedRollout rollout) =>
        rollout.TrainedTokens > 0 && (rollout.Advantage != 0 || options.KlCoefficient > 0 || options.EntropyCoefficient > 0);

    /// <summary>Rollouts of like length together, as many as fit; with shared prompts, those of a prompt together.</summary>
    public IEnumerable<IReadOnlyList<TrainedRollout>> Passes(IEnumerable<TrainedRollout> rollouts)
    {
        IEnumerable<TrainedRollout> computed = rollouts.Where(IsComputed);
        return sharePrompts ? SharedPasses(computed) : PaddedPasses(computed);
    }

    /// <summary>Forward and backward pass; the gradient is added to the model's.</summary>
    /// <param name="model">A view whose weights require gradients.</param>
    /// <param name="rollouts">One of <see cref="Passes"/>.</param>
    /// <param name="counts">Of the whole update.</param>
    /// <param name="recomputeLayers">See <see cref="TrainingPasses"/>; for whole rows only.</param>
    public GrpoMetrics Backpropagate(
        DecoderModel model,
        IReadOnlyList<TrainedRollout> rollouts,
        BatchCounts counts,
        bool recomputeLayers = false
    )
    {
        using DisposeScope scope = NewDisposeScope();
        CompletionBatch pass = new(rollouts, sharePrompts, model.Device);
        GrpoMetrics metrics = GrpoMetrics.Zero;
        pass.Backpropagate(model, Loss, recomputeLayers);
        return metrics;

        Tensor Loss(Tensor states)
        {
            (Tensor logProbs, Tensor logits) = pass.LogProbs(model, states, temperature);
            (Tensor loss, metrics) = _loss.Compute(
                new GrpoLossInput
                {
                    LogProbs = logProbs,
                    OldLogProbs = pass.Spread(rollouts.Select(rollout => rollout.OldLogProbs)),
                    ReferenceLogProbs = pass.Spread(rollouts.Select(rollout => rollout.ReferenceLogProbs)),
                    Entropy = options.EntropyCoefficient > 0 ? pass.Spread(SequenceLogProbs.Entropy(logits, temperature)) : null,
                    Advantages = pass.Column(rollouts.Select(rollout => rollout.Advantage)),
                    Mask = pass.Mask,
                },
                counts
            );
            return loss;
        }
    }

    /// <summary>Log-probs of the completions under a model, without gradients, in the order of <see cref="Passes"/>.</summary>
    public IEnumerable<(TrainedRollout Rollout, float[] LogProbs)> LogProbs(DecoderModel model, IEnumerable<TrainedRollout> rollouts) =>
        Passes(rollouts).SelectMany(pass => pass.Zip(LogProbs(model, pass)));

    private float[][] LogProbs(DecoderModel model, IReadOnlyList<TrainedRollout> rollouts)
    {
        using IDisposable noGradients = no_grad();
        using DisposeScope scope = NewDisposeScope();
        CompletionBatch pass = new(rollouts, sharePrompts, model.Device);
        float[] all = pass.LogProbs(model, pass.States(model), temperature).LogProbs.cpu().contiguous().data<float>().ToArray();
        return [.. rollouts.Select((rollout, row) => all.AsSpan(row * pass.Width, rollout.Completion.Length).ToArray())];
    }

    private IEnumerable<IReadOnlyList<TrainedRollout>> PaddedPasses(IEnumerable<TrainedRollout> rollouts)
    {
        List<TrainedRollout> pass = [];
        foreach (TrainedRollout rollout in rollouts.OrderBy(rollout => rollout.Rollout.Length))
        {
            if (pass.Count > 0 && (pass.Count + 1) * rollout.Rollout.Length > tokensPerPass)
            {
                yield return pass;
                pass = [];
            }

            pass.Add(rollout);
        }

        if (pass.Count > 0)
        {
            yield return pass;
        }
    }

    private IEnumerable<IReadOnlyList<TrainedRollout>> SharedPasses(IEnumerable<TrainedRollout> rollouts)
    {
        // A prompt with more completions than fit is computed once for each part of them.
        IEnumerable<TrainedRollout[]> parts = rollouts
            .GroupBy(rollout => rollout.Prompt)
            .SelectMany(prompt =>
                prompt.Chunk(Math.Max(1, (tokensPerPass - prompt.Key.Length) / prompt.Max(rollout => rollout.Completion.Length)))
            );
        foreach (IGrouping<int, TrainedRollout[]> alike in parts.GroupBy(part => part.Length).OrderBy(group => group.Key))
        {
            List<TrainedRollout[]> pass = [];
            foreach (TrainedRollout[] part in alike.OrderBy(part => part.Max(rollout => rollout.Rollout.Length)))
            {
                if (pass.Count > 0 && Tokens([.. pass, part]) > tokensPerPass)
                {
                    yield return [.. pass.SelectMany(rows => rows)];
                    pass = [];
                }

                pass.Add(part);
            }

            yield return [.. pass.SelectMany(rows => rows)];
        }

        static long Tokens(IReadOnlyList<TrainedRollout[]> parts) =>
            (long)parts.Count
            * (
                parts.Max(part => part[0].Prompt.Length)
                + (parts[0].Length * parts.Max(part => part.Max(rollout => rollout.Completion.Length)))
            );
    }
}
