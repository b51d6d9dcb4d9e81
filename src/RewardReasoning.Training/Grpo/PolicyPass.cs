using RewardReasoning.Models.Decoder;
using RewardReasoning.Training.Losses;
using static TorchSharp.torch;

namespace RewardReasoning.Training.Grpo;

/// <summary>
/// Rollouts that go through the model at once, as tensors [B, T] over their completions. Either every row holds its prompt and is padded
/// on the right, so that causal attention needs no mask; or each prompt is computed once and its completions look back at it.
/// </summary>
internal sealed class PolicyPass
{
    private readonly IReadOnlyList<TrainedRollout> _rollouts;
    private readonly Tensor _ids; // padded: [B, prompt + T]; shared: [B, T]
    private readonly Tensor? _positions; // padded: [B·T], of the states that foretell the completions, in flattened rows
    private readonly Tensor? _prompts; // shared: [P, L]
    private readonly Tensor? _promptMask;
    private readonly Tensor _tokens; // [B·T]

    /// <param name="rollouts">Rollouts; with shared prompts, those of a prompt beside each other and as many of each.</param>
    /// <param name="sharePrompts">Which layout.</param>
    /// <param name="device">Where the tensors lie; they belong to the caller's dispose scope.</param>
    public PolicyPass(IReadOnlyList<TrainedRollout> rollouts, bool sharePrompts, Device device)
    {
        _rollouts = rollouts;
        Width = rollouts.Max(rollout => rollout.Completion.Length);
        bool[,] mask = new bool[rollouts.Count, Width];
        long[,] completions = new long[rollouts.Count, Width];
        for (int row = 0; row < rollouts.Count; row++)
        {
            for (int i = 0; i < rollouts[row].Completion.Length; i++)
            {
                completions[row, i] = rollouts[row].Completion[i];
                mask[row, i] = i >= rollouts[row].FirstTrained;
            }
        }

        Tensor tokens = tensor(completions, device: device); // [B, T]
        _tokens = tokens.reshape(-1);
        Mask = tensor(mask, device: device);
        if (sharePrompts)
        {
            _ids = tokens;
            (_prompts, _promptMask) = Prompts([.. rollouts.Select(rollout => rollout.Prompt).Distinct()], device);
        }
        else
        {
            (_ids, _positions) = Padded(device);
        }
    }

    /// <summary>T: tokens of the longest completion.</summary>
    public int Width { get; }

    /// <summary>[B, T], true where a token is trained.</summary>
    public Tensor Mask { get; }

    /// <summary>Whole rows [B, prompt + T], where prompts are not shared.</summary>
    public Tensor? Rows => _positions is null ? null : _ids;

    /// <summary>Advantages of the rows, [B].</summary>
    public Tensor Advantages => tensor(_rollouts.Select(rollout => (float)rollout.Advantage).ToArray(), device: _ids.device);

    /// <summary>[B, T] of what <paramref name="part"/> gives for each rollout; null where the first has none.</summary>
    public Tensor? Spread(Func<TrainedRollout, float[]?> part)
    {
        if (part(_rollouts[0]) is null)
        {
            return null;
        }

        float[,] values = new float[_rollouts.Count, Width];
        for (int row = 0; row < _rollouts.Count; row++)
        {
            float[] given = part(_rollouts[row]) ?? [];
            for (int i = 0; i < given.Length; i++)
            {
                values[row, i] = given[i];
            }
        }

        return tensor(values, device: _ids.device);
    }

    /// <summary>Hidden states that foretell the completions, [B·T, H], computed by the model.</summary>
    public Tensor States(DecoderModel model) => _prompts is { } prompts && _promptMask is { } promptMask
        ? model.HiddenOfCompletions(prompts, promptMask, _ids).reshape(-1, model.Config.HiddenSize)
        : Select(model.Hidden(_ids));

    /// <summary>The same out of the states of whole rows [B, prompt + T, H].</summary>
    public Tensor Select(Tensor hidden) => _positions is { } positions ? hidden.reshape(-1, hidden.shape[2]).index_select(0, positions) : hidden;

    /// <summary>Log-probs [B, T] of the completions, and logits [B·T, V].</summary>
    public (Tensor LogProbs, Tensor Logits) LogProbs(DecoderModel model, Tensor states, double temperature)
    {
        Tensor logits = model.Logits(states); // [B·T, V]
        return (SequenceLogProbs.Compute(logits, _tokens, temperature).view(_rollouts.Count, Width), logits);
    }

    private static (Tensor Prompts, Tensor Mask) Prompts(int[][] prompts, Device device)
    {
        int longest = prompts.Max(prompt => prompt.Length);
        long[,] ids = new long[prompts.Length, longest];
        bool[,] mask = new bool[prompts.Length, longest];
        for (int row = 0; row < prompts.Length; row++)
        {
            int pad = longest - prompts[row].Length;
            for (int i = pad; i < longest; i++)
            {
                ids[row, i] = prompts[row][i - pad];
                mask[row, i] = true;
            }
        }

        return (tensor(ids, device: device), tensor(mask, device: device));
    }

    private (Tensor Ids, Tensor Positions) Padded(Device device)
    {
        int length = _rollouts.Max(rollout => rollout.Rollout.Length);
        long[,] ids = new long[_rollouts.Count, length];
        long[] positions = new long[_rollouts.Count * Width];
        for (int row = 0; row < _rollouts.Count; row++)
        {
            int prompt = _rollouts[row].Prompt.Length;
            for (int i = 0; i < prompt; i++)
            {
                ids[row, i] = _rollouts[row].Prompt[i];
            }

            for (int i = 0; i < _rollouts[row].Completion.Length; i++)
            {
                ids[row, prompt + i] = _rollouts[row].Completion[i];
                positions[(row * Width) + i] = ((long)row * length) + prompt + i - 1; // the token before foretells it
            }
        }

        return (tensor(ids, device: device), tensor(positions, device: device));
    }
}
