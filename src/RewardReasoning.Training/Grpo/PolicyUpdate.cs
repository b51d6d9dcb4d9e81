using RewardReasoning.Models.Decoder;
using RewardReasoning.Training.Losses;
using TorchSharp;
using static TorchSharp.torch;

namespace RewardReasoning.Training.Grpo;

/// <summary>A rollout with what the update needs of it.</summary>
/// <param name="Rollout">The rollout.</param>
/// <param name="Advantage">Its advantage within its group.</param>
/// <param name="FirstTrained">Index of the first completion token that is trained.</param>
internal sealed record TrainedRollout(JudgeRollout Rollout, double Advantage, int FirstTrained);

/// <summary>
/// Gradients of the objective over one worker's rollouts, in passes of bounded size. Rows are padded on the right, so causal attention
/// needs no mask. Rollouts of advantage 0 count in the denominators but are not computed: their gradient is 0.
/// </summary>
internal sealed class PolicyUpdate(GrpoOptions options, double temperature, int tokensPerPass)
{
    private readonly GrpoLoss _loss = new(options);

    public GrpoMetrics AccumulateGradients(DecoderModel model, IReadOnlyList<TrainedRollout> rollouts, BatchCounts counts)
    {
        GrpoMetrics metrics = GrpoMetrics.Zero;
        bool everyRolloutCounts = options.KlCoefficient > 0 || options.EntropyCoefficient > 0;
        foreach (List<TrainedRollout> pass in Passes(rollouts.Where(rollout => everyRolloutCounts || rollout.Advantage != 0)))
        {
            using DisposeScope scope = NewDisposeScope();
            (Tensor loss, GrpoMetrics part) = _loss.Compute(Input(model, pass), counts);
            loss.backward();
            metrics = metrics.Add(part);
        }

        return metrics;
    }

    /// <summary>Rollouts of like length together, as many as fit.</summary>
    private IEnumerable<List<TrainedRollout>> Passes(IEnumerable<TrainedRollout> rollouts)
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

    private GrpoLossInput Input(DecoderModel model, List<TrainedRollout> pass)
    {
        int rows = pass.Count;
        int length = pass.Max(rollout => rollout.Rollout.Length);
        int width = pass.Max(rollout => rollout.Rollout.Completion.Ids.Length);
        long[,] ids = new long[rows, length];
        long[] positions = new long[rows * width];
        long[] tokens = new long[rows * width];
        bool[,] mask = new bool[rows, width];
        for (int row = 0; row < rows; row++)
        {
            int[] prompt = pass[row].Rollout.Question.PromptIds;
            int[] completion = pass[row].Rollout.Completion.Ids;
            for (int i = 0; i < prompt.Length; i++)
            {
                ids[row, i] = prompt[i];
            }

            for (int i = 0; i < completion.Length; i++)
            {
                ids[row, prompt.Length + i] = completion[i];
                positions[(row * width) + i] = ((long)row * length) + prompt.Length + i - 1; // the token before foretells it
                tokens[(row * width) + i] = completion[i];
                mask[row, i] = i >= pass[row].FirstTrained;
            }
        }

        Tensor hidden = model.Hidden(tensor(ids)); // [B, L, H]
        Tensor scored = hidden.reshape(-1, hidden.shape[2]).index_select(0, tensor(positions)); // [B·T, H]
        Tensor logProbs = SequenceLogProbs.Compute(model.Logits(scored), tensor(tokens), temperature); // [B·T]
        return new GrpoLossInput
        {
            LogProbs = logProbs.view(rows, width),
            Advantages = tensor(pass.Select(rollout => (float)rollout.Advantage).ToArray()),
            Mask = tensor(mask),
        };
    }
}
